//! Lints of methods, which no cache key can hold (design §4).
//!
//! Here: redirects of methods that a redirect should not take. [`get_and_head`] has the two that share an answer.

use crate::route::pattern::{MapRow, PathPattern};
use crate::route::{Action, Route, Table};

use crate::check::get_and_head;
use crate::check::place;
use crate::config::RouteSpans;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Span};

/// Redirects that a summary names.
const NAMED: usize = 3;

/// Reports what methods can do wrong in a table. O(n) in routes.
pub(crate) fn check(findings: &mut Findings, spans: &[RouteSpans], table: &Table) {
    get_and_head::check(findings, spans, table);
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
        findings,
        losing.first().map(|first| place(table, spans, first)),
        &codes::REDIRECT_LOSES_METHOD,
        &losing,
        ("redirects with status 301 or 302 take more than GET and HEAD", help),
    );
    let help = "give them `method` without OPTIONS";
    summary(
        findings,
        preflight.first().map(|first| place(table, spans, first)),
        &codes::REDIRECT_TAKES_OPTIONS,
        &preflight,
        ("redirects take OPTIONS", help),
    );
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
    let methods = route.methods();
    methods.is_empty() || methods.iter().any(|method| wanted(method))
}

/// One warning for all routes of a kind: most redirects of a table are alike, and so is the cure.
fn summary(
    findings: &mut Findings,
    first: Option<Span>,
    code: &'static Code,
    routes: &[&Route],
    (what, help): (&str, &str),
) {
    let Some(first) = first else { return };
    let mut named: Vec<String> = routes.iter().take(NAMED).map(|route| format!("`{}`", route.id)).collect();
    let more = routes.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    findings.report(code, first, format!("{what}: {}", named.join(", "))).label("the first of them").help(help);
}
