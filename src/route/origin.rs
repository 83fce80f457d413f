//! Origins: what answers a request that is sent on, and how CloudFront talks to it.

use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::query::QueryPolicy;

/// Which site an origin belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The site that is left.
    Legacy,
    /// The site that is moved to.
    New,
}

impl Side {
    /// As a table writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Legacy => "legacy",
            Side::New => "new",
        }
    }
}

/// Something that answers requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As routes name it.
    pub id: String,
    /// Old site or new.
    pub side: Side,
    /// DNS name, lower case.
    pub domain: String,
    /// Custom headers that CloudFront adds, names in lower case.
    pub headers: Vec<(String, HeaderValue)>,
    /// What its answers depend on.
    pub varies: Varies,
    /// How CloudFront talks to it.
    pub kind: OriginKind,
}

/// The two kinds of origin that an event can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginKind {
    /// An HTTP server.
    Custom(CustomOrigin),
    /// A bucket.
    S3(S3Origin),
}

/// How CloudFront talks to an HTTP server. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomOrigin {
    /// What `Host` is sent on.
    pub host: HostRule,
    /// `https` unless said otherwise.
    pub protocol: Protocol,
    /// 443 or 80 unless said otherwise.
    pub port: u16,
    /// Put before every path; empty or `/x`.
    pub path: String,
    /// How long to wait for an answer.
    pub read_timeout: u16,
    /// How long to keep an idle connection.
    pub keepalive_timeout: u16,
    /// How long a whole answer may take.
    pub response_completion_timeout: Option<u16>,
    /// `TLSv1.2` and friends.
    pub ssl_protocols: Vec<String>,
    /// What the table says of these, though it be the default: see [`CustomOrigin::says`].
    pub said: Vec<ServerSetting>,
}

/// A setting of an HTTP server that a table may leave to the distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerSetting {
    /// `protocol`.
    Protocol,
    /// `port`, which a `protocol` says too.
    Port,
    /// `path`.
    Path,
    /// `read_timeout`.
    ReadTimeout,
    /// `keepalive_timeout`.
    KeepaliveTimeout,
    /// `response_completion_timeout`.
    ResponseCompletionTimeout,
    /// `ssl_protocols`.
    SslProtocols,
}

/// Where a bucket is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Origin {
    /// AWS region.
    pub region: Option<String>,
    /// Put before every path; empty or `/x`.
    pub path: String,
}

/// Scheme towards an HTTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Plain.
    Http,
    /// TLS.
    Https,
}

impl Protocol {
    /// As a table and an event write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Http => "http",
            Protocol::Https => "https",
        }
    }
}

/// What `Host` header an origin is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostRule {
    /// The origin's own domain.
    Origin,
    /// The viewer's; the origin's own where that is unknown.
    Viewer,
    /// This name.
    Name(String),
}

impl HostRule {
    /// As a table writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            HostRule::Origin => "origin",
            HostRule::Viewer => "viewer",
            HostRule::Name(name) => name,
        }
    }
}

/// The value of an origin's custom header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HeaderValue {
    /// As written.
    Text(String),
    /// The name of a secret, whose value is never in the table.
    Secret(String),
}

/// What an origin's answers depend on, beside the path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Varies {
    /// Query parameters.
    pub query: VariesQuery,
    /// Cookie names.
    pub cookies: Vec<String>,
    /// Header names, lower case.
    pub headers: Vec<String>,
}

/// Which query parameters an answer depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VariesQuery {
    /// Any of them.
    #[default]
    All,
    /// These names only.
    Names(Vec<String>),
}

impl Origin {
    /// An HTTP server, https on its usual port, with CloudFront's own timeouts.
    #[must_use]
    pub fn custom(id: impl Into<String>, side: Side, domain: impl Into<String>) -> Origin {
        Origin {
            id: id.into(),
            side,
            domain: domain.into(),
            headers: Vec::new(),
            varies: Varies::default(),
            kind: OriginKind::Custom(CustomOrigin::default()),
        }
    }

    /// Every fact that its answers depend on, as it declares, and what its `Host` is built from.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        let names: &[String] = match &self.varies.query {
            VariesQuery::All => &[],
            VariesQuery::Names(names) => names,
        };
        let whole = (self.varies.query == VariesQuery::All).then_some(Fact::WholeQuery);
        let query = whole.into_iter().chain(names.iter().cloned().map(Fact::Query));
        let cookies = self.varies.cookies.iter().cloned().map(Fact::Cookie);
        let headers = self.varies.headers.iter().map(|name| Fact::Header(name.to_ascii_lowercase()));
        query.chain(cookies).chain(headers).chain(self.sends_viewer_host().then_some(Fact::Host))
    }

    /// Whether it is a bucket.
    #[must_use]
    pub fn is_bucket(&self) -> bool {
        matches!(self.kind, OriginKind::S3(_))
    }

    /// What of a query it is sent where no route says it: S3 obeys `response-content-type` and its like, so a bucket is
    /// sent nothing.
    #[must_use]
    pub fn query_string(&self) -> &'static QueryPolicy {
        if self.is_bucket() { &QueryPolicy::Drop } else { &QueryPolicy::Keep }
    }

    /// Whether a path (without query) names no object of it: a bucket has none with an empty key.
    #[must_use]
    pub fn has_no_key(&self, path: &str) -> bool {
        matches!(&self.kind, OriginKind::S3(s3) if s3.path.is_empty() && path == "/")
    }

    /// Whether it is sent the viewer's own host, where that is known.
    #[must_use]
    pub fn sends_viewer_host(&self) -> bool {
        matches!(&self.kind, OriginKind::Custom(custom) if custom.host == HostRule::Viewer)
    }

    /// The host that it is sent, unless that is the viewer's: its own domain, or the name that the table gives it.
    #[must_use]
    pub fn own_host(&self) -> &str {
        match &self.kind {
            OriginKind::Custom(CustomOrigin { host: HostRule::Name(name), .. }) => name,
            OriginKind::Custom(_) | OriginKind::S3(_) => &self.domain,
        }
    }

    /// A bucket, whose answers depend on no query.
    #[must_use]
    pub fn s3(id: impl Into<String>, side: Side, domain: impl Into<String>) -> Origin {
        let varies = Varies { query: VariesQuery::Names(Vec::new()), ..Varies::default() };
        Origin { varies, kind: OriginKind::S3(S3Origin::default()), ..Origin::custom(id, side, domain) }
    }
}

impl Default for CustomOrigin {
    fn default() -> Self {
        CustomOrigin {
            host: HostRule::Origin,
            protocol: Protocol::Https,
            port: 443,
            path: String::new(),
            read_timeout: 30,
            keepalive_timeout: 5,
            response_completion_timeout: None,
            ssl_protocols: vec!["TLSv1.2".to_owned()],
            said: Vec::new(),
        }
    }
}

impl CustomOrigin {
    /// Whether the table says this setting; where it does not, and the distribution has the same origin, its own stays. A
    /// value that is not the default was said.
    #[must_use]
    pub fn says(&self, setting: ServerSetting) -> bool {
        let unsaid = CustomOrigin::default();
        let differs = match setting {
            ServerSetting::Protocol => self.protocol != unsaid.protocol,
            ServerSetting::Port => self.port != unsaid.port,
            ServerSetting::Path => self.path != unsaid.path,
            ServerSetting::ReadTimeout => self.read_timeout != unsaid.read_timeout,
            ServerSetting::KeepaliveTimeout => self.keepalive_timeout != unsaid.keepalive_timeout,
            ServerSetting::ResponseCompletionTimeout => self.response_completion_timeout.is_some(),
            ServerSetting::SslProtocols => self.ssl_protocols != unsaid.ssl_protocols,
        };
        differs || self.said.contains(&setting)
    }
}
