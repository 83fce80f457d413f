//! The table: everything that a decision reads beside the request.

use serde::{Deserialize, Serialize};

use super::canonical::Canonical;
use super::condition::Conditions;
use super::index::Index;
use super::pattern::PathPattern;
use super::query::QueryPolicy;
use super::target::Target;
use crate::text::Timestamp;

/// A checked table with the index that makes deciding fast. Made by [`Table::compile`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    definition: Definition,
    index: Index,
}

/// What a table says, in the order it was written. Plain data: whoever makes one answers for its numbers being in range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The normal form of paths.
    pub canonical: Canonical,
    /// All origins, in written order. Never empty.
    pub origins: Vec<Origin>,
    /// Position in `origins` of what takes a request that no route takes.
    pub default: usize,
    /// Position in `origins` of what CloudFront itself has on the behavior.
    pub configured: usize,
    /// Declared cohorts.
    pub cohorts: Vec<Cohort>,
    /// Share of decisions that are logged.
    pub log_sample: Share,
    /// In the order they are tried.
    pub routes: Vec<Route>,
    /// Every `from` and `until`, sorted, each once.
    pub instants: Vec<Timestamp>,
    /// The files that the table was read from; [`Place::file`] counts in them.
    pub files: Vec<String>,
}

/// A share in parts per million: 1 % is 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share(pub u32);

/// A named share of viewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cohort {
    /// As routes name it.
    pub name: String,
    /// How many viewers the gate puts in it.
    pub share: Share,
}

/// Which site an origin belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The site that is left.
    Legacy,
    /// The site that is moved to.
    New,
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
}

/// Where a bucket is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// One entry of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Unique, `a-z0-9-`.
    pub id: String,
    /// Which paths it takes.
    pub path: PathPattern,
    /// What else must hold.
    pub conditions: Conditions,
    /// What happens.
    pub action: Action,
    /// First moment it is live, as written.
    pub from: Option<Timestamp>,
    /// First moment it is no longer live, as written.
    pub until: Option<Timestamp>,
    /// Where it is written.
    pub place: Place,
    /// What it says to people.
    pub about: About,
}

/// A line of one of the table's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Position in [`Definition::files`].
    pub file: u32,
    /// From 1.
    pub line: u32,
}

/// Keys of a route that are for people and lints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where it was asked for.
    pub ticket: Option<String>,
    /// When it was written, as text.
    pub added: Option<String>,
    /// When it should go, as text.
    pub expires: Option<String>,
    /// Why it is there.
    pub note: Option<String>,
}

/// What happens to a request that a route takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// It is sent on.
    Origin(OriginAction),
    /// It is answered with a redirect.
    Redirect(RedirectAction),
    /// It is answered with the redirect of the map's row; the route's path is a [`PathPattern::Map`].
    RedirectMap(MapAction),
    /// It is answered; `gone` is the status 410.
    Respond(RespondAction),
}

/// How a request is sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginAction {
    /// Position in [`Definition::origins`].
    pub origin: usize,
    /// The path sent on; as it came where there is none.
    pub rewrite: Option<Target>,
    /// What of the query is sent on.
    pub query_string: QueryPolicy,
    /// What happens to its headers.
    pub request_headers: HeaderChanges,
}

/// Changes of request headers; names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderChanges {
    /// Replaced or made.
    pub set: Vec<(String, String)>,
    /// Put after what is there.
    pub add: Vec<(String, String)>,
    /// Taken away, before anything is set.
    pub remove: Vec<String>,
}

/// How a redirect is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectAction {
    /// Where to.
    pub target: Target,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// What of the query goes along.
    pub query_string: QueryPolicy,
    /// What the answer carries.
    pub response: ResponseHeaders,
}

/// How a map's rows are answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapAction {
    /// Of rows without their own.
    pub status: u16,
    /// What of the query goes along.
    pub query_string: QueryPolicy,
    /// What the answer carries.
    pub response: ResponseHeaders,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RespondAction {
    /// 200 to 599.
    pub status: u16,
    /// Text; empty for none.
    pub body: String,
    /// Of the body.
    pub content_type: Option<String>,
    /// What the answer carries beside it.
    pub response: ResponseHeaders,
}

/// Headers of a generated answer; names in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseHeaders {
    /// Always sent.
    pub cache_control: String,
    /// Beside `cache-control`, `location` and `content-type`.
    pub set: Vec<(String, String)>,
}

/// What a generated answer says of its caching where the table says nothing.
pub const DEFAULT_CACHE_CONTROL: &str = "public, max-age=300";

impl Default for ResponseHeaders {
    fn default() -> Self {
        ResponseHeaders { cache_control: DEFAULT_CACHE_CONTROL.to_owned(), set: Vec::new() }
    }
}

impl Table {
    /// Builds the index. O(n) in routes and map rows.
    #[must_use]
    pub fn compile(definition: Definition) -> Table {
        let index = Index::build(&definition);
        Table { definition, index }
    }

    /// What the table says.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Puts a text before the name of every file, so that the names are found from another folder.
    pub fn prefix_file_names(&mut self, prefix: &str) {
        self.definition.files.iter_mut().for_each(|name| name.insert_str(0, prefix));
    }

    /// The same table without what it says to people, which would take memory at the edge.
    #[must_use]
    pub fn without_words(mut self) -> Table {
        self.definition.routes.iter_mut().for_each(|route| route.about = About::default());
        self
    }

    /// In the order they are tried.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.definition.routes
    }

    /// What finds the deciding route.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The origin of every request that no route takes.
    #[must_use]
    pub fn default_origin(&self) -> Option<&Origin> {
        self.definition.origins.get(self.definition.default)
    }

    /// What CloudFront itself has on the behavior.
    #[must_use]
    pub fn configured_origin(&self) -> Option<&Origin> {
        self.definition.origins.get(self.definition.configured)
    }

    /// The epoch that a request is decided in: its own, where it is one of the table's, else that of its time.
    #[must_use]
    pub fn epoch(&self, epoch: Option<u32>, time: Option<Timestamp>) -> Option<u32> {
        let instants = &self.definition.instants;
        let known = |epoch: &u32| usize::try_from(*epoch).is_ok_and(|epoch| epoch <= instants.len());
        epoch.filter(known).or_else(|| time.map(|time| super::time::epoch_of(instants, time)))
    }
}
