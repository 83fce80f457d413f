//! Redirects of methods that a redirect should not take (design §4.4). [`get_and_head`](super::get_and_head) has the two
//! methods that share an answer.

use crate::route::{Action, Route, Table};

use crate::config::RouteSpans;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Span};

/// Redirects that a warning names.
const NAMED: usize = 3;

/// A kind of redirect. It has one warning for all its routes: most redirects of a table are alike, and so is the cure.
struct Mistake {
    code: &'static Code,
    what: &'static str,
    help: &'static str,
    is_made_by: fn(&Route) -> bool,
}

static MISTAKES: [Mistake; 2] = [
    Mistake {
        code: &codes::REDIRECT_LOSES_METHOD,
        what: "redirects with status 301 or 302 take more than GET and HEAD",
        help: "give them `method = [\"GET\", \"HEAD\"]`; a redirect of a form takes status 307 or 308",
        is_made_by: |route| {
            loses_method(route) == Some(true) && takes_any(route, |method| !matches!(method, "GET" | "HEAD"))
        },
    },
    Mistake {
        code: &codes::REDIRECT_TAKES_OPTIONS,
        what: "redirects take OPTIONS",
        help: "give them `method` without OPTIONS",
        is_made_by: |route| loses_method(route) == Some(false) && takes_any(route, |method| method == "OPTIONS"),
    },
];

/// Reports what methods can do wrong in redirects. O(n) in routes.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    for mistake in &MISTAKES {
        let made = table.routes().iter().zip(spans).filter(|(route, _)| (mistake.is_made_by)(route));
        mistake.report(&made.collect::<Vec<_>>(), findings);
    }
}

impl Mistake {
    fn report(&self, made: &[(&Route, &RouteSpans)], findings: &mut Findings) {
        let Some((first, spans)) = made.first() else { return };
        let mut named: Vec<String> = made.iter().take(NAMED).map(|(route, _)| format!("`{}`", route.id)).collect();
        if let Some(more @ 1..) = made.len().checked_sub(NAMED) {
            named.push(format!("{more} more"));
        }
        let message = format!("{}: {}", self.what, named.join(", "));
        let report =
            findings.report(self.code, place(first, spans), message).label("the first of them").help(self.help);
        let others = made.iter().take(NAMED).skip(1);
        others.fold(report, |report, (route, spans)| report.also(place(route, spans), format!("`{}`", route.id)));
    }
}

/// What of a redirect says its methods, or that it is one.
fn place(route: &Route, spans: &RouteSpans) -> Span {
    match &route.action {
        _ if !route.methods().is_empty() => spans.value("method"),
        Action::RedirectMap(_) => spans.key("redirect_map"),
        Action::Redirect(_) | Action::Origin(_) | Action::Respond(_) => spans.key("redirect"),
    }
}

/// Whether browsers follow a redirect with GET, whatever the method was; `None` for a route that redirects nothing.
fn loses_method(route: &Route) -> Option<bool> {
    let loses = |status: u16| matches!(status, 301 | 302);
    match &route.action {
        Action::Redirect(action) => Some(loses(action.status)),
        Action::RedirectMap(action) => {
            Some(route.path.rows().iter().any(|row| loses(row.status.unwrap_or(action.status))))
        }
        Action::Origin(_) | Action::Respond(_) => None,
    }
}

fn takes_any(route: &Route, wanted: impl Fn(&str) -> bool) -> bool {
    let methods = route.methods();
    methods.is_empty() || methods.iter().any(|method| wanted(method))
}
