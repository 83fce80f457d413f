//! The story of a decision: what was looked at, what failed, what won, and what the answer depended on.
//!
//! Data only; `report` writes it. The decision inside is [`decide`]'s own, and the story is a plain walk over all
//! routes, so it costs O(n m): for people, never for the edge. The property tests hold the two to one answer.

mod miss;
mod reads;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};

use super::canonical::{Change, NormalPath};
use super::condition::Asked;
use super::decide::decide;
use super::decision::{Decision, Outcome};
use super::definition::Route;
use super::holes::{HoleTexts, hole_names};
use super::pattern::{MapRow, PathPattern};
use super::request::Request;
use super::table::Table;
use super::target::Hole;
use super::time::moment_of;
use super::viewer::Viewer;
use crate::text::host::bare_host;
pub use miss::{MissedAt, NearMiss, Wanted};
pub use reads::Reads;

/// How many of the routes behind the winner are named.
const LATER_NAMED: usize = 5;

/// Why a request gets its decision. Borrows the table (`'t`) and the request (`'r`).
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'t, 'r> {
    /// The facts as they were given.
    pub request: Given<'r>,
    /// What matching was made on.
    pub path: Path,
    /// The epoch that the request was decided in, a Unix second; `None`: neither epoch nor time is known.
    pub epoch: Option<u64>,
    /// The text of `[canonical] refuse` that the path holds, in one of three forms: no route was tried.
    pub refused_text: Option<&'t str>,
    /// Every route whose path matches (or that asks for none), in written order, up to and with the winner.
    pub candidates: Vec<Candidate<'t, 'r>>,
    /// The first route whose every condition holds.
    pub winner: Option<Winner<'t>>,
    /// The first of the routes behind the winner that would have taken the request too.
    pub later: Vec<RouteRef<'t>>,
    /// How many such routes there are.
    pub later_count: usize,
    /// What was decided.
    pub decision: Decision<'t, 'r>,
    /// Where a request that is not answered goes.
    pub sent: Option<Sent<'t>>,
    /// The facts that the answer depended on: another value of any other fact gives the same decision.
    pub reads: Reads,
}

/// The facts as they were given; what is `None` was not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Given<'r> {
    /// The method.
    pub method: &'r str,
    /// The host with its port, if it has one.
    pub host: Option<&'r str>,
    /// The raw path.
    pub path: &'r str,
    /// The raw query, empty for none.
    pub query: &'r str,
    /// Name and value of every field.
    pub headers: &'r [(&'r str, &'r str)],
    /// What is told of the viewer.
    #[serde(flatten)]
    pub viewer: Viewer<'r>,
    /// The time, as text with an offset.
    pub time: Option<String>,
    /// The epoch that a gate told.
    pub epoch: Option<u64>,
}

/// The path that routes were matched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Path {
    /// The normal form.
    pub normal: String,
    /// What each step that changed the raw path made of it.
    pub changes: Vec<Change>,
}

/// A route by what people find it with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RouteRef<'t> {
    /// The route.
    pub route: &'t Route,
    /// The name of its file.
    pub file: &'t str,
}

/// A route whose path matches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate<'t, 'r> {
    /// The route.
    #[serde(flatten)]
    pub route: RouteRef<'t>,
    /// The first of its conditions that failed; `None` for the winner.
    pub failed: Option<NearMiss<'t, 'r>>,
}

/// The route that decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Winner<'t> {
    /// The route.
    #[serde(flatten)]
    pub route: RouteRef<'t>,
    /// The row of its redirect map.
    pub row: Option<ExplainedRow<'t>>,
    /// The texts that a target can use, by name, in the order of the path.
    #[serde(serialize_with = "by_name")]
    pub captured: Vec<(String, String)>,
}

/// Pairs as an object, in their order.
fn by_name<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, text)| (name, text)))
}

/// A row of a redirect map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedRow<'t> {
    /// The source: its path in normal form, and its query as written.
    pub from: &'t str,
    /// The target; empty where the row is gone.
    pub to: &'t str,
    /// Its line in the CSV file.
    pub line: u32,
}

/// Where a request is sent, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent<'t> {
    /// Id of the origin.
    pub origin: &'t str,
    /// Its DNS name.
    pub domain: &'t str,
    /// The `Host` that it sees.
    pub host: String,
}

/// Explains a request. The decision is [`decide`]'s. O(n m).
#[must_use]
pub fn explain<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Explanation<'t, 'r> {
    let canonical = &table.definition().canonical;
    let path = canonical.normalize(request.path);
    let epoch = table.epoch(request.epoch, request.time);
    let decision = decide(table, request);
    let is_not_routed = decision.placed.is_some_and(|placed| placed.is_not_routed());
    let refused_text = canonical.refused_text(request.path).filter(|_| !is_not_routed);
    let mut story = Explanation {
        request: given(request),
        path: Path { normal: path.as_str().to_owned(), changes: canonical.changes(request.path) },
        epoch,
        refused_text,
        candidates: Vec::new(),
        winner: None,
        later: Vec::new(),
        later_count: 0,
        sent: sent(&decision, request),
        decision,
        reads: Reads::default(),
    };
    if story.tries_routes() {
        let moment = moment_of(request.epoch, request.time);
        let asked = Asked::new(request, canonical, path.as_str(), moment);
        RouteWalk { table, request, path: &path, asked: &asked }.tell(&mut story);
    }
    story.reads.outcome(table, &story.decision);
    story
}

impl Explanation<'_, '_> {
    /// Whether routes were tried: not where the path is refused, nor where the router does not run, nor where nobody knows
    /// the behavior.
    #[must_use]
    pub fn tries_routes(&self) -> bool {
        let is_placed = self.decision.placed.is_none_or(|placed| placed.other.is_none() && placed.behavior.is_routed);
        self.refused_text.is_none() && is_placed
    }
}

/// A walk over every route in written order.
struct RouteWalk<'t, 'r, 'a> {
    table: &'t Table,
    request: &'r Request<'r>,
    path: &'a NormalPath<'r>,
    asked: &'a Asked<'a>,
}

impl<'t, 'r> RouteWalk<'t, 'r, '_> {
    /// Tells what it met.
    fn tell(&self, story: &mut Explanation<'t, 'r>) {
        let RouteWalk { table, request, path, asked } = *self;
        for route in table.routes().iter().filter(|route| route.takes_path(asked)) {
            let failed = route.failed(asked);
            let found = RouteRef { route, file: table.file_of(route.place.file as usize) };
            if story.winner.is_none() {
                story.reads.route(route, failed);
                let failed = failed.map(|failed| NearMiss::new(failed, request, asked));
                if failed.is_none() {
                    story.winner = Some(Winner::new(found, asked, path));
                }
                story.candidates.push(Candidate { route: found, failed });
            } else if failed.is_none() {
                story.later_count += 1;
                if story.later.len() < LATER_NAMED {
                    story.later.push(found);
                }
            }
        }
    }
}

fn given<'r>(request: &'r Request<'r>) -> Given<'r> {
    Given {
        method: request.method,
        host: request.host,
        path: request.path,
        query: request.query,
        headers: &request.headers,
        viewer: request.viewer,
        time: request.time.map(|time| time.to_string()),
        epoch: request.epoch,
    }
}

fn sent<'t>(decision: &Decision<'t, '_>, request: &Request<'_>) -> Option<Sent<'t>> {
    let Outcome::Origin(forward) = &decision.outcome else { return None };
    let origin = forward.origin;
    let viewers = request.host.filter(|_| origin.sends_viewer_host());
    // A host of its own is the router's to write.
    let is_not_routed = decision.placed.is_some_and(|placed| placed.is_not_routed());
    let own_host = if is_not_routed { &origin.domain } else { origin.own_host() };
    let host = viewers.map_or(own_host, bare_host);
    Some(Sent { origin: &origin.id, domain: &origin.domain, host: host.to_owned() })
}

impl Serialize for RouteRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("route", &self.route.id)?;
        map.serialize_entry("file", self.file)?;
        map.serialize_entry("line", &self.route.place.line)?;
        map.end()
    }
}

impl<'t> Winner<'t> {
    fn new(route: RouteRef<'t>, asked: &Asked<'_>, path: &NormalPath<'_>) -> Winner<'t> {
        let row = match &route.route.path {
            PathPattern::Map(map) => map.row(asked.path, asked.request.query).map(ExplainedRow::of),
            _ => None,
        };
        Winner { route, row, captured: captured(route.route, asked, path) }
    }
}

impl<'t> ExplainedRow<'t> {
    fn of(row: &'t MapRow) -> ExplainedRow<'t> {
        ExplainedRow { from: &row.from, to: &row.to, line: row.line }
    }
}

/// Each captured text under the last of its names; a regex's whole match (`{0}`) is left out.
fn captured(route: &Route, asked: &Asked<'_>, path: &NormalPath<'_>) -> Vec<(String, String)> {
    let own_case = asked.canonical.in_own_case(asked.request.path, path);
    let texts = HoleTexts::new(route, asked, own_case.as_str());
    let mut captured: Vec<(String, Hole)> = Vec::new();
    for (name, hole) in hole_names(&route.path, &route.conditions) {
        match captured.iter_mut().find(|(_, known)| *known == hole) {
            Some(known) => known.0 = name,
            None => captured.push((name, hole)),
        }
    }
    captured.retain(|(name, _)| name != "0");
    let text = |(name, hole)| Some((name, texts.text(hole).ok()?.text.into_owned()));
    captured.into_iter().filter_map(text).collect()
}
