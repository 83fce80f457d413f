//! Lints of methods, which no cache key can hold (design §4).
//!
//! CloudFront keeps one answer for GET and HEAD of a URL, so a table must not tell them apart. Only what a concrete
//! request proves is reported.

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Label};
use crate::route::pattern::{MapRow, PathPattern};
use crate::route::{Action, Decision, Forward, HeaderChanges, Outcome, Route, Table, decide};

use super::codes;
use super::codes::Code;
use super::context::Context;
use super::facts::RequestLine;
use super::lines::Lines;
use super::witness::witnesses;

/// Redirects that a summary names.
const NAMED: usize = 3;

/// Reports what methods can do wrong in a table. O(n) in routes, each at the cost of two decisions at most.
pub(crate) fn check(context: &mut Context<'_>, table: &Table) {
    let mut lines = Lines::default();
    for route in table.routes() {
        let found = get_is_not_head(table, route).and_then(|finding| at(context, &mut lines, route, finding));
        context.extend(found);
    }
    let redirects = || table.routes().iter().filter_map(|route| Some((route, statuses(route)?)));
    let loses = |statuses: &[u16]| statuses.iter().any(|status| matches!(status, 301 | 302));
    let losing: Vec<&Route> = redirects()
        .filter(|(route, statuses)| loses(statuses) && takes_any(route, |method| method != "GET" && method != "HEAD"))
        .map(|(route, _)| route)
        .collect();
    let preflight: Vec<&Route> = redirects()
        .filter(|(route, statuses)| !loses(statuses) && takes_any(route, |method| method == "OPTIONS"))
        .map(|(route, _)| route)
        .collect();
    let help = "give them `method = [\"GET\", \"HEAD\"]`; a redirect of a form takes status 307 or 308";
    summary(
        context,
        &mut lines,
        &codes::REDIRECT_LOSES_METHOD,
        &losing,
        ("redirects with status 301 or 302 take more than GET and HEAD", help),
    );
    let help = "give them `method` without OPTIONS";
    summary(context, &mut lines, &codes::REDIRECT_TAKES_OPTIONS, &preflight, ("redirects take OPTIONS", help));
}

/// A finding of a route, made ready but for its place.
struct Finding {
    message: String,
    witness: String,
    label: String,
    help: String,
}

fn at(context: &Context<'_>, lines: &mut Lines, route: &Route, finding: Finding) -> Option<Diagnostic> {
    let label = lines.label(context, route.place, finding.label)?;
    Some(Diagnostic {
        code: codes::GET_IS_NOT_HEAD.code,
        severity: codes::GET_IS_NOT_HEAD.severity,
        message: finding.message,
        labels: vec![label],
        witness: Some(finding.witness),
        help: vec![finding.help],
    })
}

/// A route that takes one of the two is put to a request with both.
fn get_is_not_head(table: &Table, route: &Route) -> Option<Finding> {
    let methods = &route.conditions.methods;
    let names = |wanted: &str| methods.iter().any(|method| method == wanted);
    let (own, other) = match (names("GET"), names("HEAD")) {
        (true, false) => ("GET", "HEAD"),
        (false, true) => ("HEAD", "GET"),
        _ => return None,
    };
    let mut cure = vec!["GET", "HEAD"];
    cure.extend(methods.iter().map(String::as_str).filter(|method| *method != own));
    let cure: Vec<String> = cure.into_iter().map(|method| format!("\"{method}\"")).collect();
    let proof = witnesses(table.definition(), route).find_map(|line| proof(table, route, line, (own, other)))?;
    Some(Finding {
        message: format!("`{}` takes {own} but not {other} of a URL, and the two get different decisions", route.id),
        witness: proof,
        label: format!("takes {own} without {other}"),
        help: format!("write `method = [{}]`", cure.join(", ")),
    })
}

/// A request that reaches the route with one method and is decided differently with the other, in words.
fn proof(table: &Table, route: &Route, line: RequestLine<'_>, (own, other): (&str, &str)) -> Option<String> {
    let line = RequestLine { method: Some(Cow::Borrowed(own)), ..line };
    let swapped = RequestLine { method: Some(Cow::Borrowed(other)), ..line.clone() };
    let (request, swapped) = (line.request(), swapped.request());
    let (taken, passed) = (decide(table, &request), decide(table, &swapped));
    let reached = taken.route.or(taken.refused.map(|refused| refused.route)).is_some_and(|it| it.id == route.id);
    let differs = reached && !same_outcome(&taken.outcome, &passed.outcome);
    differs.then(|| format!("{line} is decided by `{}`, {other} of it by {}", route.id, decider(&passed)))
}

fn decider(decision: &Decision<'_, '_>) -> String {
    decision.route_id().map_or("the default".to_owned(), |id| format!("`{id}`"))
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

/// The statuses that a redirect can answer with.
fn statuses(route: &Route) -> Option<Vec<u16>> {
    match (&route.action, &route.path) {
        (Action::Redirect(action), _) => Some(vec![action.status]),
        (Action::RedirectMap(action), PathPattern::Map(rows)) => {
            let status = |row: &MapRow| row.status.unwrap_or(action.status);
            Some(rows.iter().map(status).collect())
        }
        _ => None,
    }
}

fn takes_any(route: &Route, wanted: impl Fn(&str) -> bool) -> bool {
    let methods = &route.conditions.methods;
    methods.is_empty() || methods.iter().any(|method| wanted(method))
}

/// One warning for all routes of a kind: most redirects of a table are alike, and so is the cure.
fn summary(
    context: &mut Context<'_>,
    lines: &mut Lines,
    code: &'static Code,
    routes: &[&Route],
    (what, help): (&str, &str),
) {
    let Some(first) = routes.first() else { return };
    let mut named: Vec<String> = routes.iter().take(NAMED).map(|route| format!("`{}`", route.id)).collect();
    let more = routes.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let labels: Vec<Label> = lines.label(context, first.place, "the first of them").into_iter().collect();
    context.extend([Diagnostic {
        code: code.code,
        severity: code.severity,
        message: format!("{what}: {}", named.join(", ")),
        labels,
        witness: None,
        help: vec![help.to_owned()],
    }]);
}
