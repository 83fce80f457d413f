//! What a route should not take: methods of redirects and of routes to a bucket, and paths of any case as keys of one
//! (design §4.4).

use crate::route::canonical::LetterCase;
use crate::route::{Action, Route, Table};

use crate::config::RouteSpans;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Span};

/// Routes that a warning names.
const NAMED: usize = 3;

/// A kind of route. It has one warning for all its routes: most of a table are alike, and so is the cure.
struct Mistake {
    code: &'static Code,
    what: &'static str,
    help: &'static str,
    is_made_by: fn(&Route, &Table) -> bool,
    /// What of a route is marked.
    place: fn(&Route, &RouteSpans) -> Span,
}

static MISTAKES: [Mistake; 4] = [
    Mistake {
        code: &codes::REDIRECT_LOSES_METHOD,
        what: "redirects with status 301 or 302 take more than GET and HEAD",
        help: "give them `method = \"GET\"`, which takes HEAD too; a redirect of a form takes status 307 or 308",
        is_made_by: |route, _| {
            loses_method(route) == Some(true) && takes_any(route, |method| !matches!(method, "GET" | "HEAD"))
        },
        place: methods_or_redirect,
    },
    Mistake {
        code: &codes::REDIRECT_TAKES_OPTIONS,
        what: "redirects take OPTIONS",
        help: "give them `method` without OPTIONS",
        is_made_by: |route, _| loses_method(route) == Some(false) && takes_any(route, |method| method == "OPTIONS"),
        place: methods_or_redirect,
    },
    Mistake {
        code: &codes::BUCKET_TAKES_WRITES,
        what: "routes to a bucket name methods that write",
        help: "give them `method = \"GET\"`, which takes HEAD too; send what writes to an origin that checks who asks",
        is_made_by: |route, table| names_writes(route) && leads_to_bucket(route, table),
        place: methods_or_redirect,
    },
    Mistake {
        code: &codes::KEY_KEEPS_CASE,
        what: "paths are matched without case and sent to a bucket as they came",
        help: "give them a `rewrite` that spells what is known: `prefix = \"/assets\"`, `rewrite = \"/assets{rest}\"`",
        is_made_by: |route, table| {
            table.definition().canonical.case == LetterCase::Lower
                && matches!(&route.action, Action::Origin(action) if action.rewrite.is_none())
                && leads_to_bucket(route, table)
        },
        place: |_, spans| spans.key("origin"),
    },
];

/// Reports what methods can do wrong in redirects. O(n) in routes.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    for mistake in &MISTAKES {
        let made = table.routes().iter().zip(spans).filter(|(route, _)| (mistake.is_made_by)(route, table));
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
            findings.report(self.code, (self.place)(first, spans), message).label("the first of them").help(self.help);
        let others = made.iter().skip(1);
        others
            .fold(report, |report, (route, spans)| report.also((self.place)(route, spans), format!("`{}`", route.id)));
    }
}

/// What of a route says its methods, or that it redirects.
fn methods_or_redirect(route: &Route, spans: &RouteSpans) -> Span {
    match &route.action {
        _ if !route.methods().is_empty() => spans.value("method"),
        Action::RedirectMap(_) => spans.key("redirect_map"),
        Action::Normalize(_) => spans.key("normalize"),
        Action::Redirect(_) | Action::Origin(_) | Action::Respond(_) => spans.key("redirect"),
    }
}

/// Whether browsers follow a redirect with GET, whatever the method was; `None` for a route that redirects nothing.
fn loses_method(route: &Route) -> Option<bool> {
    let loses = |status: u16| matches!(status, 301 | 302);
    match &route.action {
        Action::Redirect(action) => Some(loses(action.status)),
        Action::Normalize(action) => Some(loses(action.status)),
        Action::RedirectMap(action) => {
            let mut redirects = route.path.rows().iter().filter(|row| !row.is_gone()).peekable();
            redirects.peek()?;
            Some(redirects.any(|row| loses(row.status.unwrap_or(action.status))))
        }
        Action::Origin(_) | Action::Respond(_) => None,
    }
}

fn takes_any(route: &Route, wanted: impl Fn(&str) -> bool) -> bool {
    let methods = route.methods();
    methods.is_empty() || methods.iter().any(|method| wanted(method))
}

/// Whether a route asks for a method that changes things. One without `method` takes these too; but there the cache
/// behavior decides, and one with a bucket is as a rule read-only.
fn names_writes(route: &Route) -> bool {
    route.methods().iter().any(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"))
}

fn leads_to_bucket(route: &Route, table: &Table) -> bool {
    matches!(&route.action, Action::Origin(action) if table.origin(table.target_of(action)).is_bucket())
}
