//! GET and HEAD share an answer in CloudFront's cache, so a table must not tell them apart (design §4.4).
//!
//! Only what a concrete request proves is reported. A table of which no route takes exactly one of the two cannot fail;
//! for any other, every route's own requests are decided with both methods, and again with the facts that the routes of
//! one method ask for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::route::condition::ValueTest;
use crate::route::{Decision, Fact, Forward, HeaderChanges, Outcome, Route, RouteId, Table, decide};

use crate::check::places::path_span;
use crate::check::witness::{add_query, fill, fill_query, witnesses};
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::requests::RequestLine;

/// Pairs of a route of one method and any route that are tried together: the cost stays linear in large tables.
const MOST_PAIRS: usize = 50_000;
/// How often a request is changed to get past an earlier route.
const MOST_DODGES: usize = 4;

/// The two methods, the one that a route takes first.
type Methods = (&'static str, &'static str);

/// A request of which a route of one method takes only that one, and the other is decided differently.
struct Disagreement {
    /// The position of the route.
    at: usize,
    /// The method that it takes, and the other.
    methods: Methods,
    /// The position of what takes the other method; `None`: the default.
    other: Option<usize>,
    /// The request and both decisions in words.
    witness: String,
}

/// Reports each route that takes one of the two and is proved to disagree with what takes the other.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    let single: Vec<&Route> = table.routes().iter().filter(|route| only_one(route).is_some()).collect();
    if single.is_empty() {
        return;
    }
    let mut found = BTreeMap::new();
    for line in requests(table, &single) {
        if found.len() == single.len() {
            break;
        }
        if let Some(disagreement) = disagreement(table, &line) {
            found.entry(disagreement.at).or_insert(disagreement);
        }
    }
    for disagreement in found.into_values() {
        report(table, spans, disagreement, findings);
    }
}

/// GET or HEAD where a route takes one of them and not the other.
fn only_one(route: &Route) -> Option<Methods> {
    let names = |wanted: &str| route.methods().iter().any(|method| method == wanted);
    match (names("GET"), names("HEAD")) {
        (true, false) => Some(("GET", "HEAD")),
        (false, true) => Some(("HEAD", "GET")),
        _ => None,
    }
}

/// Requests that may tell the two apart: of the routes of one method, then of all, then of all with the facts that the
/// routes of one method ask for.
fn requests<'a>(table: &'a Table, single: &'a [&'a Route]) -> impl Iterator<Item = RequestLine<'static>> + 'a {
    let definition = table.definition();
    let own = single.iter().flat_map(move |route| witnesses(definition, route).flat_map(|line| dodges(table, line)));
    let all = table.routes().iter().flat_map(move |route| witnesses(definition, route));
    let few = MOST_PAIRS / single.len().max(1);
    let others = table.routes().iter().take(few).flat_map(move |route| witnesses(definition, route));
    let both = others.flat_map(move |line| single.iter().map(move |route| with_facts_of(route, line.clone())));
    let firsts = single.iter().flat_map(move |route| witnesses(definition, route));
    let narrowed = firsts.flat_map(move |line| {
        let routes = table.routes().iter().take(few);
        routes.map(move |route| with_facts_of(route, line.clone()))
    });
    own.chain(all).chain(both.chain(narrowed).flat_map(|line| dodges(table, line)))
}

/// A request with what another route asks for, beside its path.
fn with_facts_of(route: &Route, mut line: RequestLine<'static>) -> RequestLine<'static> {
    fill_query(&mut line, route);
    fill(route, line)
}

/// A request, and what it must be changed to for each earlier route that takes it because something is absent.
fn dodges(table: &Table, line: RequestLine<'static>) -> Vec<RequestLine<'static>> {
    let mut lines = vec![line];
    for _ in 0..MOST_DODGES {
        let Some(next) = lines.last().and_then(|line| dodge(table, line)) else { break };
        lines.push(next);
    }
    lines
}

fn dodge(table: &Table, line: &RequestLine<'static>) -> Option<RequestLine<'static>> {
    let request = line.request();
    let taker = decide(table, &request).route?;
    let absent = taker.conditions.iter().find(|condition| condition.test == ValueTest::Absent)?;
    let mut line = line.clone();
    match &absent.fact {
        Fact::Query(name) => add_query(&mut line, name, "1"),
        Fact::Header(name) => line.headers.push((Cow::Owned(name.clone()), Cow::Borrowed("1"))),
        Fact::Cookie(name) => line.headers.push((Cow::Borrowed("cookie"), Cow::Owned(format!("{name}=1")))),
        Fact::Host | Fact::Method | Fact::WholeQuery | Fact::Told(_) | Fact::Time => return None,
    }
    Some(line)
}

/// How the two methods of a request are decided differently, if a route of one of them takes it.
fn disagreement(table: &Table, line: &RequestLine<'static>) -> Option<Disagreement> {
    let with = |method: &'static str| RequestLine { method: Some(Cow::Borrowed(method)), ..line.clone() };
    let (get, head) = (with("GET"), with("HEAD"));
    let (get_request, head_request) = (get.request(), head.request());
    let (get_decision, head_decision) = (decide(table, &get_request), decide(table, &head_request));
    if same_outcome(&get_decision.outcome, &head_decision.outcome) {
        return None;
    }
    let takes = |decision: &Decision<'_, '_>, own: &str| {
        let id = decision.taker_id?;
        only_one(table.route(id)).filter(|methods| methods.0 == own).map(|methods| (id, methods))
    };
    let ((at, methods), line, passed) = match takes(&get_decision, "GET") {
        Some(taken) => (taken, &get, &head_decision),
        None => (takes(&head_decision, "HEAD")?, &head, &get_decision),
    };
    let id = &table.route(at).id;
    let witness = format!("{line} is decided by `{id}`, {} of it by {}", methods.1, decider(passed));
    let other = passed.route.and(passed.taker_id).map(RouteId::position);
    Some(Disagreement { at: at.position(), methods, other, witness })
}

fn decider(decision: &Decision<'_, '_>) -> String {
    decision.route_id().map_or("the default".to_owned(), |id| format!("`{id}`"))
}

fn report(table: &Table, spans: &[RouteSpans], disagreement: Disagreement, findings: &mut Findings) {
    let route = &table.routes()[disagreement.at];
    let (own, other) = disagreement.methods;
    let further = route.methods().iter().map(String::as_str).filter(|method| *method != own);
    let cure: Vec<String> = ["GET", "HEAD"].into_iter().chain(further).map(|method| format!("\"{method}\"")).collect();
    let message = format!("`{}` takes {own} but not {other} of a URL, and the two get different decisions", route.id);
    let mut report = findings
        .report(&codes::GET_IS_NOT_HEAD, spans[disagreement.at].value("method"), message)
        .label(format!("takes {own} without {other}"));
    if let Some(at) = disagreement.other {
        report = report.also(path_span(table, spans, at), format!("`{}` takes {other} of it", table.routes()[at].id));
    }
    report.witness(disagreement.witness).help(format!("write `method = [{}]`", cure.join(", ")));
}

/// Whether two decisions do the same; which route made them does not matter.
fn same_outcome(one: &Outcome<'_, '_>, other: &Outcome<'_, '_>) -> bool {
    match (one, other) {
        (Outcome::Origin(one), Outcome::Origin(other)) => {
            one.origin.id == other.origin.id
                && one.uri.as_str() == other.uri.as_str()
                && one.query_string == other.query_string
                && changes(one) == changes(other)
        }
        (Outcome::Redirect(one), Outcome::Redirect(other)) => {
            one.status == other.status
                && one.location.to_string() == other.location.to_string()
                && one.cache_control == other.cache_control
                && one.headers == other.headers
        }
        (Outcome::Respond(one), Outcome::Respond(other)) => one == other,
        _ => false,
    }
}

/// No changes are the same as empty ones.
fn changes(forward: &Forward<'_, '_>) -> HeaderChanges {
    forward.headers.cloned().unwrap_or_default()
}
