//! The manifest's origins and secrets: all settings of each, and where each secret is used.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::route::{
    Action, CustomOrigin, Definition, HeaderValue, Origin, OriginAction, OriginKind, S3Origin, Side, VariesQuery,
};

#[derive(Clone, Debug, Serialize)]
pub(super) struct OriginEntry {
    id: String,
    side: Side,
    #[serde(flatten)]
    kind: KindEntry,
    domain: String,
    headers: Vec<HeaderEntry>,
    varies: VariesEntry,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum KindEntry {
    S3 {
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        path: String,
    },
    Custom {
        host: String,
        protocol: crate::route::Protocol,
        port: u16,
        path: String,
        read_timeout: u16,
        keepalive_timeout: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        response_completion_timeout: Option<u16>,
        ssl_protocols: Vec<String>,
    },
}

/// A custom header: its text, or the name of the secret that it holds.
#[derive(Clone, Debug, Serialize)]
struct HeaderEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct VariesEntry {
    query: QueryEntry,
    cookies: Vec<String>,
    headers: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum QueryEntry {
    All(&'static str),
    Names(Vec<String>),
}

/// A secret by its name; its value is in no manifest.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SecretEntry {
    name: String,
    used_by: Vec<SecretUse>,
}

/// Where a secret is sent.
#[derive(Clone, Debug, Serialize)]
struct SecretUse {
    origin: String,
    header: String,
    /// The route that writes it; none: CloudFront adds it to every request for the origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
}

/// Every secret, by name.
pub(super) fn secrets(definition: &Definition) -> Vec<SecretEntry> {
    let mut secrets: BTreeMap<&str, Vec<SecretUse>> = BTreeMap::new();
    for origin in &definition.origins {
        for (header, value) in &origin.headers {
            if let HeaderValue::Secret(name) = value {
                let place = SecretUse { origin: origin.id.clone(), header: header.clone(), route: None };
                secrets.entry(name).or_default().push(place);
            }
        }
    }
    for route in &definition.routes {
        let Action::Origin(OriginAction { origin, .. }) = &route.action else { continue };
        let Some(origin) = definition.origins.get(*origin) else { continue };
        for (header, name) in route.action.secret_headers() {
            let (origin, header, route) = (origin.id.clone(), header.to_owned(), Some(route.id.clone()));
            secrets.entry(name).or_default().push(SecretUse { origin, header, route });
        }
    }
    secrets.into_iter().map(|(name, used_by)| SecretEntry { name: name.to_owned(), used_by }).collect()
}

impl OriginEntry {
    pub(super) fn of(origin: &Origin) -> OriginEntry {
        OriginEntry {
            id: origin.id.clone(),
            side: origin.side,
            kind: KindEntry::of(&origin.kind),
            domain: origin.domain.clone(),
            headers: origin.headers.iter().map(|(name, value)| HeaderEntry::of(name, value)).collect(),
            varies: VariesEntry {
                query: match &origin.varies.query {
                    VariesQuery::All => QueryEntry::All("all"),
                    VariesQuery::Names(names) => QueryEntry::Names(names.clone()),
                },
                cookies: origin.varies.cookies.clone(),
                headers: origin.varies.headers.clone(),
            },
        }
    }
}

impl KindEntry {
    fn of(kind: &OriginKind) -> KindEntry {
        match kind {
            OriginKind::S3(S3Origin { region, path }) => KindEntry::S3 { region: region.clone(), path: path.clone() },
            OriginKind::Custom(custom) => KindEntry::of_custom(custom.clone()),
        }
    }

    fn of_custom(custom: CustomOrigin) -> KindEntry {
        KindEntry::Custom {
            host: custom.host.name().to_owned(),
            protocol: custom.protocol,
            port: custom.port,
            path: custom.path,
            read_timeout: custom.read_timeout,
            keepalive_timeout: custom.keepalive_timeout,
            response_completion_timeout: custom.response_completion_timeout,
            ssl_protocols: custom.ssl_protocols,
        }
    }
}

impl HeaderEntry {
    fn of(name: &str, value: &HeaderValue) -> HeaderEntry {
        let (value, secret) = match value {
            HeaderValue::Text(text) => (Some(text.clone()), None),
            HeaderValue::Secret(secret) => (None, Some(secret.clone())),
        };
        HeaderEntry { name: name.to_owned(), value, secret }
    }
}
