//! The origins of a table, made ready to be written into answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::contract::{Violation, check_custom};
use crate::event::EventOrigin;
use crate::event::answer::write_fields;
use crate::event::json::{Member, ObjectWriter, written};
use crate::route::{CustomOrigin, HeaderValue, Origin, OriginId, OriginKind, Table};

/// All origins of a table. Holds values of secrets: neither printed nor logged anywhere.
pub(super) struct Origins {
    /// In the table's order.
    all: Vec<ReadyOrigin>,
}

/// One origin.
pub(super) struct ReadyOrigin {
    pub(super) id: String,
    /// The table's.
    pub(super) origin_id: OriginId,
    /// Names that no request may carry when it goes there: its own custom headers.
    pub(super) own_headers: Vec<String>,
    /// How it is written; nothing for a bucket, which can only be kept.
    pub(super) server: Option<ReadyServer>,
}

/// How a custom origin is written.
pub(super) struct ReadyServer {
    /// The `host` that it is sent: its own domain, or the name that the table gives it.
    pub(super) host: String,
    /// Whether it is sent the viewer's in place of that, where it is known.
    pub(super) takes_viewers_host: bool,
    /// What is written as `origin`.
    pub(super) block: Result<CustomBlock, OriginProblem>,
}

/// The `origin` of a custom origin.
pub(super) struct CustomBlock {
    /// Names and values inside its `custom`, as JSON.
    members: Vec<(&'static str, String)>,
    text: String,
}

/// Why no request can be aimed at an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginProblem {
    /// The name of a secret without a value.
    #[error("the secret `{0}` has no value here")]
    MissingSecret(String),
    /// CloudFront would not take it.
    #[error(transparent)]
    Violation(#[from] Violation),
}

/// The members of `origin.custom` that a table decides; any other is kept where the origin stays the same.
pub const CUSTOM_MEMBERS: [&str; 9] = [
    "customHeaders",
    "domainName",
    "keepaliveTimeout",
    "path",
    "port",
    "protocol",
    "readTimeout",
    "responseCompletionTimeout",
    "sslProtocols",
];

impl Origins {
    /// Writes every block once. O(n) in origins.
    pub(super) fn of(table: &Table, secrets: &BTreeMap<String, String>) -> Origins {
        let ready = |id| ReadyOrigin::new(id, table.origin(id), secrets);
        Origins { all: table.origin_ids().map(ready).collect() }
    }

    /// One of the table that these were made of.
    #[allow(clippy::indexing_slicing, reason = "there is one for each id of the table")]
    pub(super) fn at(&self, id: OriginId) -> &ReadyOrigin {
        &self.all[id.position()]
    }
}

impl ReadyOrigin {
    fn new(origin_id: OriginId, origin: &Origin, secrets: &BTreeMap<String, String>) -> ReadyOrigin {
        let own_headers = origin.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let server = match &origin.kind {
            OriginKind::S3(_) => None,
            OriginKind::Custom(custom) => Some(ReadyServer::new(origin, custom, secrets)),
        };
        ReadyOrigin { id: origin.id.clone(), origin_id, own_headers, server }
    }
}

impl ReadyServer {
    fn new(origin: &Origin, custom: &CustomOrigin, secrets: &BTreeMap<String, String>) -> ReadyServer {
        ReadyServer {
            host: origin.own_host().to_owned(),
            takes_viewers_host: origin.sends_viewer_host(),
            block: CustomBlock::new(origin, custom, secrets),
        }
    }
}

/// The `origin` member of a request that goes to a custom origin, as JSON; it may hold secrets.
///
/// # Errors
/// A secret has no value, or CloudFront would not take the origin.
pub fn custom_block(
    origin: &Origin,
    custom: &CustomOrigin,
    secrets: &BTreeMap<String, String>,
) -> Result<String, OriginProblem> {
    CustomBlock::new(origin, custom, secrets).map(|block| block.text)
}

impl CustomBlock {
    fn new(
        origin: &Origin,
        custom: &CustomOrigin,
        secrets: &BTreeMap<String, String>,
    ) -> Result<CustomBlock, OriginProblem> {
        let mut headers = Vec::with_capacity(origin.headers.len());
        for (name, value) in &origin.headers {
            let value = match value {
                HeaderValue::Text(text) => text,
                HeaderValue::Secret(name) => {
                    secrets.get(name).ok_or_else(|| OriginProblem::MissingSecret(name.clone()))?
                }
            };
            headers.push((name.as_str(), value.as_str()));
        }
        check_custom(origin, custom, &headers)?;
        let members = members(origin, custom, &headers);
        let text = joined(&members, &[]);
        Ok(CustomBlock { members, text })
    }

    /// The whole of it, for a request that aims elsewhere.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is written over an event's own block of the same origin; nothing where that says the same already.
    ///
    /// Members that no table names are kept: CloudFront may give them a meaning that we do not know.
    pub(super) fn over(&self, event: &EventOrigin<'_>) -> Option<Cow<'_, str>> {
        let is_known = |member: &&Member<'_>| CUSTOM_MEMBERS.contains(&&*member.name);
        let (known, further): (Vec<_>, Vec<_>) = event.object.members.iter().partition(is_known);
        let says_the_same =
            |(name, value): &(&str, String)| event.object.get(name).is_some_and(|theirs| theirs.get() == value);
        if known.len() == self.members.len() && self.members.iter().all(says_the_same) {
            return None;
        }
        Some(if further.is_empty() { Cow::Borrowed(self.text()) } else { Cow::Owned(joined(&self.members, &further)) })
    }
}

/// The members that a table decides, each as JSON, in the order of [`CUSTOM_MEMBERS`].
fn members(origin: &Origin, custom: &CustomOrigin, headers: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let mut own_headers = String::new();
    let mut own = ObjectWriter::open(&mut own_headers);
    for (name, value) in headers {
        write_fields(own.key(&name.to_ascii_lowercase()), &[], name, &[Cow::Borrowed(value)]);
    }
    own.close();
    let ssl_protocols: Vec<String> = custom.ssl_protocols.iter().map(|name| written(name)).collect();
    let completion = custom.response_completion_timeout.map(|timeout| timeout.to_string());
    let mut members = vec![
        ("customHeaders", own_headers),
        ("domainName", written(&origin.domain)),
        ("keepaliveTimeout", custom.keepalive_timeout.to_string()),
        ("path", written(&custom.path)),
        ("port", custom.port.to_string()),
        ("protocol", written(custom.protocol.name())),
        ("readTimeout", custom.read_timeout.to_string()),
    ];
    members.extend(completion.map(|timeout| ("responseCompletionTimeout", timeout)));
    members.push(("sslProtocols", format!("[{}]", ssl_protocols.join(","))));
    members
}

/// An `origin` of these members and an event's further ones.
fn joined(members: &[(&'static str, String)], further: &[&Member<'_>]) -> String {
    let mut out = String::with_capacity(512);
    let mut outer = ObjectWriter::open(&mut out);
    let mut object = ObjectWriter::open(outer.key("custom"));
    for (name, value) in members {
        object.key(name).push_str(value);
    }
    for member in further {
        object.raw_key(member.key).push_str(member.value.get());
    }
    object.close();
    outer.close();
    out
}
