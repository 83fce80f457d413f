//! What a table says: routes, what they ask and what they do.

use serde::{Deserialize, Serialize};

use super::behavior::Behaviors;
use super::cache_control::DEFAULT_CACHE_CONTROL;
use super::canonical::Canonical;
use super::condition::{Asked, Condition, HostPattern, ValueTest};
use super::fact::Fact;
use super::origin::Origin;
use super::pattern::{PathPattern, RedirectMap};
use super::query::QueryPolicy;
use super::target::{Hole, Part, Target};
use super::time::Window;
use super::viewer::{Declared, Share};

/// What a table says, in the order it was written. Plain data; [`Table::compile`](super::Table::compile) judges it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The normal form of paths.
    pub canonical: Canonical,
    /// All origins, in written order. Never empty.
    pub origins: Vec<Origin>,
    /// Position in `origins` of what takes a request that no route takes.
    pub default: usize,
    /// CloudFront's cache behaviors.
    pub behaviors: Behaviors,
    /// What it declares for the gate to tell of viewers.
    pub declared: Declared,
    /// Share of decisions that are logged.
    pub log_sample: Share,
    /// What the function is given.
    pub memory: FunctionMemory,
    /// In the order they are tried.
    pub routes: Vec<Route>,
    /// The files that the table was read from; [`Place::file`] counts in them.
    pub files: Vec<String>,
}

/// The memory that a function is given, MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionMemory(pub u16);

/// Lambda's smallest.
impl Default for FunctionMemory {
    fn default() -> Self {
        FunctionMemory(128)
    }
}

/// One entry of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Unique, `a-z0-9-`.
    pub id: String,
    /// Which paths it takes.
    pub path: PathPattern,
    /// What else must hold, in the order in which it is tried: host, method, query, header, cookie, what is told of
    /// the viewer, time.
    pub conditions: Vec<Condition>,
    /// What happens.
    pub action: Action,
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
    /// The day when it was written, `2026-11-30`.
    pub added: Option<String>,
    /// The day when it should go, likewise.
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
    /// It is answered as the map's row says, with a redirect or 410; the route's path is a [`PathPattern::Map`].
    RedirectMap(MapAction),
    /// It is answered with a redirect to the normal form of its path. Only requests are taken whose path is not that yet.
    Normalize(NormalizeAction),
    /// It is answered; `gone` is the status 410.
    Respond(RespondAction),
}

/// How a request is sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginAction {
    /// Position in [`Definition::origins`].
    pub origin: usize,
    /// The path sent on, and a query of its own where it has a `?`; as it came where there is none.
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
    pub set: Vec<(String, RequestHeader)>,
    /// Put after what is there.
    pub add: Vec<(String, RequestHeader)>,
    /// Taken away, before anything is set.
    pub remove: Vec<String>,
}

/// The value of a header of a request that is sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestHeader {
    /// A text, perhaps with holes.
    Text(Target),
    /// The name of a secret, whose value is never in the table.
    Secret(String),
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

/// How a path that is not in normal form is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalizeAction {
    /// 301, 302, 303, 307 or 308.
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

impl Default for ResponseHeaders {
    fn default() -> Self {
        ResponseHeaders { cache_control: DEFAULT_CACHE_CONTROL.to_owned(), set: Vec::new() }
    }
}

impl Route {
    /// A route with no condition but its path.
    #[must_use]
    pub fn new(id: impl Into<String>, path: PathPattern, action: Action) -> Route {
        let (conditions, place, about) = (Vec::new(), Place::default(), About::default());
        Route { id: id.into(), path, conditions, action, place, about }
    }

    /// When it is live.
    #[must_use]
    pub fn window(&self) -> Window {
        let window = |condition: &Condition| match condition.test {
            ValueTest::Within(window) => Some(window),
            _ => None,
        };
        self.conditions.iter().find_map(window).unwrap_or_default()
    }

    /// The hosts that it answers for; none: for every host.
    #[must_use]
    pub fn hosts(&self) -> &[HostPattern] {
        match self.condition(&Fact::Host) {
            Some(ValueTest::HostIn(hosts)) => hosts,
            _ => &[],
        }
    }

    /// The methods that it takes; none: every method.
    #[must_use]
    pub fn methods(&self) -> &[String] {
        self.condition(&Fact::Method).and_then(ValueTest::texts).unwrap_or_default()
    }

    /// Lets a list of methods that has GET take HEAD too: CloudFront keeps one answer for both.
    pub(super) fn take_head(&mut self) {
        let Some(condition) = self.conditions.iter_mut().find(|condition| condition.fact == Fact::Method) else {
            return;
        };
        let Some(methods) = condition.test.texts().map(<[String]>::to_vec) else { return };
        let names = |wanted: &str| methods.iter().any(|method| method == wanted);
        if names("GET") && !names("HEAD") {
            condition.test = ValueTest::AnyOf(methods.into_iter().chain(["HEAD".to_owned()]).collect());
        }
    }

    /// The condition on a fact.
    #[must_use]
    pub fn condition(&self, fact: &Fact) -> Option<&ValueTest> {
        self.conditions.iter().find(|condition| condition.fact == *fact).map(|condition| &condition.test)
    }

    /// Whether its path is right for a request; a map's rows are looked up by the index.
    #[must_use]
    pub fn takes_path(&self, asked: &Asked<'_>) -> bool {
        self.path.matches(asked.path) && self.may_change(asked)
    }

    /// Whether what it does is of use: there must be something to normalize.
    pub(super) fn may_change(&self, asked: &Asked<'_>) -> bool {
        !matches!(self.action, Action::Normalize(_)) || asked.can_be_normalized()
    }

    /// Every fact that says whether the route takes a request of its paths: what its conditions ask for, and what tells
    /// the rows of its map apart. A fact may come twice.
    pub fn asked_facts(&self) -> impl Iterator<Item = Fact> {
        let map = match &self.path {
            PathPattern::Map(map) => Some(map),
            _ => None,
        };
        let conditions = self.conditions.iter().map(|condition| condition.fact.clone());
        conditions.chain(map.into_iter().flat_map(RedirectMap::facts))
    }

    /// Every fact that the route reads: what it asks for, what fills its holes, and what of the query goes into a redirect
    /// or, by name, to an origin. How much of a query counts that an origin is sent whole, the origin declares. A fact may come twice.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        let query = self.action.query_string().filter(|policy| match self.action {
            Action::Origin(_) => !policy.asks_the_origin(),
            _ => true,
        });
        let holes = self.action.targets().flat_map(Target::holes).filter_map(Hole::fact);
        self.asked_facts().chain(holes).chain(query.into_iter().flat_map(QueryPolicy::facts))
    }
}

impl Action {
    /// What of the viewer's query goes on; `None` where there is nowhere for it to go.
    #[must_use]
    pub fn query_string(&self) -> Option<&QueryPolicy> {
        match self {
            Action::Origin(action) => Some(&action.query_string),
            Action::Redirect(action) => Some(&action.query_string),
            Action::RedirectMap(action) => Some(&action.query_string),
            Action::Normalize(action) => Some(&action.query_string),
            Action::Respond(_) => None,
        }
    }
}

impl Action {
    /// Every text with holes: where it sends to, and the headers that it writes.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let (own, headers) = match self {
            Action::Origin(action) => (action.rewrite.as_ref(), Some(&action.request_headers)),
            Action::Redirect(action) => (Some(&action.target), None),
            Action::RedirectMap(_) | Action::Normalize(_) | Action::Respond(_) => (None, None),
        };
        let values = headers.into_iter().flat_map(HeaderChanges::values);
        own.into_iter().chain(values.filter_map(|(_, value)| match value {
            RequestHeader::Text(text) => Some(text),
            RequestHeader::Secret(_) => None,
        }))
    }

    /// Name and secret of every header that it writes from a secret.
    pub fn secret_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = match self {
            Action::Origin(action) => Some(&action.request_headers),
            _ => None,
        };
        headers.into_iter().flat_map(HeaderChanges::values).filter_map(|(name, value)| match value {
            RequestHeader::Secret(secret) => Some((name, secret.as_str())),
            RequestHeader::Text(_) => None,
        })
    }

    /// What an answer made at the edge carries; `None` where there is no such answer.
    #[must_use]
    pub fn response(&self) -> Option<&ResponseHeaders> {
        match self {
            Action::Origin(_) => None,
            Action::Redirect(action) => Some(&action.response),
            Action::RedirectMap(action) => Some(&action.response),
            Action::Normalize(action) => Some(&action.response),
            Action::Respond(action) => Some(&action.response),
        }
    }

    /// The same, to be changed.
    pub fn response_mut(&mut self) -> Option<&mut ResponseHeaders> {
        match self {
            Action::Origin(_) => None,
            Action::Redirect(action) => Some(&mut action.response),
            Action::RedirectMap(action) => Some(&mut action.response),
            Action::Normalize(action) => Some(&mut action.response),
            Action::Respond(action) => Some(&mut action.response),
        }
    }
}

impl HeaderChanges {
    /// What is set, then what is added.
    pub fn values(&self) -> impl Iterator<Item = (&str, &RequestHeader)> {
        self.set.iter().chain(&self.add).map(|(name, value)| (name.as_str(), value))
    }

    /// Whether any value is filled from the request.
    #[must_use]
    pub fn has_holes(&self) -> bool {
        self.values().any(|(_, value)| matches!(value, RequestHeader::Text(text) if text.as_literal().is_none()))
    }
}

impl RequestHeader {
    /// A text without holes.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> RequestHeader {
        RequestHeader::Text(Target::literal(text))
    }
}

impl OriginAction {
    /// Whether the query that is sent may be another than the viewer's.
    #[must_use]
    pub fn makes_query(&self) -> bool {
        let has_own = |target: &Target| {
            target.parts.iter().any(|part| matches!(part, Part::Literal(literal) if literal.contains('?')))
        };
        self.query_string != QueryPolicy::Keep || self.rewrite.as_ref().is_some_and(has_own)
    }

    /// A request that is sent on as it came.
    #[must_use]
    pub fn unchanged(origin: usize) -> OriginAction {
        let (query_string, request_headers) = (QueryPolicy::Keep, HeaderChanges::default());
        OriginAction { origin, rewrite: None, query_string, request_headers }
    }
}
