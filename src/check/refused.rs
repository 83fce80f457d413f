//! Targets that are refused at run time (rule 13): for every request, which `made` proves, or for some, of which one is
//! the proof. And targets that double a slash for some.

use std::borrow::Cow;

use crate::check::made::is_always_refused;
use crate::check::rewrites::refused_in;
use crate::check::tried::tried_requests;
use crate::config::RouteSpans;
use crate::diagnostic::codes::Code;
use crate::diagnostic::{Findings, codes};
use crate::requests::RequestLine;
use crate::route::canonical::{LetterCase, Slashes};
use crate::route::target::{Hole, Part, Target, Unsafe};
use crate::route::{Action, Outcome, Route, Table, Uri, Url, decide};

/// Reports each route of whose requests some are refused. O(n).
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    for (at, (route, spans)) in table.routes().iter().zip(spans).enumerate() {
        if !may_be_refused(table, route) {
            continue;
        }
        let tried = Tried::of(table, (at, route));
        match (tried.refused, tried.doubled) {
            (Some(refused), _) => {
                let is_always = tried.fine == 0 && refused.is_for_every_request(table, route);
                refused.report(table, (route, spans), is_always, findings);
            }
            (None, Some(doubled)) => report_doubled(route, spans, &doubled, findings),
            (None, None) => {}
        }
    }
}

/// Whether what a route makes depends on its requests. What is written was judged before.
fn may_be_refused(table: &Table, route: &Route) -> bool {
    let canonical = &table.definition().canonical;
    match route.action {
        // A path in normal form begins with two slashes only where nothing merges them.
        Action::Normalize(_) => canonical.slashes == Slashes::Keep,
        _ => own_target(route)
            .is_some_and(|target| target.as_literal().is_none() && refused_in(canonical, target).is_none()),
    }
}

/// What came of the requests that a route was tried with.
#[derive(Default)]
struct Tried {
    /// The first that was refused.
    refused: Option<RefusedRequest>,
    /// The first of which a path with a doubled slash was made.
    doubled: Option<DoubledSlash>,
    /// How many were not refused.
    fine: usize,
}

/// A request that a route takes and refuses.
struct RefusedRequest {
    line: RequestLine<'static>,
    why: Unsafe,
}

/// A request, and the path with a doubled slash that is made of it.
struct DoubledSlash {
    line: RequestLine<'static>,
    made: String,
}

impl Tried {
    fn of(table: &Table, (at, route): (usize, &Route)) -> Tried {
        let mut tried = Tried::default();
        for line in tried_requests(table.definition(), route) {
            let request = line.request();
            let decision = decide(table, &request);
            if decision.taker_id.is_none_or(|id| id.position() != at) {
                continue;
            }
            if let Some(refused) = decision.refused {
                let why = refused.why;
                tried.refused.get_or_insert_with(|| RefusedRequest { line: line.clone(), why });
                continue;
            }
            tried.fine += 1;
            let made = made_path(&decision.outcome).filter(|made| made.contains("//") && !request.path.contains("//"));
            if let Some(made) = made.filter(|_| may_double(route)) {
                tried.doubled.get_or_insert_with(|| DoubledSlash { line: line.clone(), made });
            }
        }
        tried
    }
}

/// The path that a rewrite or redirect made.
fn made_path(outcome: &Outcome<'_, '_>) -> Option<String> {
    match outcome {
        Outcome::Origin(forward) => match &forward.uri {
            Uri::Rewritten(path) => Some(path.to_string()),
            _ => None,
        },
        Outcome::Redirect(redirect) => Some(Url::split(&redirect.location.to_string()).path.to_owned()),
        Outcome::Respond(_) => None,
    }
}

/// Whether a doubled slash would be news: it is neither written so, nor made of what begins with a slash for every
/// request, which was reported when it was read.
fn may_double(route: &Route) -> bool {
    let Some(target) = own_target(route) else { return false };
    let begins_path = |hole: Hole| hole == Hole::Path || (hole == Hole::Capture(0) && route.path.key() == "prefix");
    let is_told = target.parts.windows(2).any(|pair| match pair {
        [Part::Literal(text), Part::Hole(hole)] => text.ends_with('/') && begins_path(*hole),
        _ => false,
    });
    let is_written = target.parts.iter().any(|part| match part {
        Part::Literal(text) => Url::split(text).path.contains("//"),
        Part::Hole(_) => false,
    });
    !is_told && !is_written
}

/// The rewrite or redirect of a route.
fn own_target(route: &Route) -> Option<&Target> {
    match &route.action {
        Action::Origin(action) => action.rewrite.as_ref(),
        Action::Redirect(action) => Some(&action.target),
        Action::RedirectMap(_) | Action::Normalize(_) | Action::Respond(_) => None,
    }
}

/// The key of what makes a path.
fn key_of(route: &Route) -> &'static str {
    match &route.action {
        Action::Origin(_) => "rewrite",
        Action::Normalize(_) => "normalize",
        _ => "redirect",
    }
}

impl RefusedRequest {
    fn is_for_every_request(&self, table: &Table, route: &Route) -> bool {
        own_target(route).is_some_and(|target| is_always_refused(table.definition(), route, target))
    }

    fn report(&self, table: &Table, (route, spans): (&Route, &RouteSpans), is_always: bool, findings: &mut Findings) {
        let RefusedRequest { line, why } = self;
        let (code, which): (&Code, _) = if is_always {
            (&codes::REFUSED_ALWAYS, "every request")
        } else {
            (&codes::REFUSED_SOMETIMES, "some requests")
        };
        let message = format!("what `{}` makes of {which} is refused: {why}", route.id);
        findings
            .report(code, spans.value(key_of(route)), message)
            .label("these go to the default")
            .witness(line.to_string())
            .help(self.cure(table, is_always));
    }

    /// What to do about requests like this one.
    fn cure(&self, table: &Table, is_always: bool) -> Cow<'static, str> {
        let path = Url::split(&self.line.url).path;
        match self.why {
            Unsafe::HostLabel if !is_always && folds(table, &self.line) => {
                "captures keep the case that they came in: a route above this one with the same path and `normalize = true` \
                 redirects to lower case first"
                    .into()
            }
            Unsafe::HostLabel => {
                "a label of a host holds `a-z`, `0-9` and `-`: let a regex capture nothing else, `(?<name>[a-z0-9-]+)`".into()
            },
            Unsafe::EmptyKey if !is_always => format!(
                "name the object of such requests in a route above this one: `path = \"{path}\"` with `rewrite = \"/index.html\"`"
            )
            .into(),
            _ if is_always => "leave what is refused out of what is captured, such as the slash at its beginning".into(),
            Unsafe::DoubleSlash if path.contains("//") && table.definition().canonical.slashes == Slashes::Keep => {
                "write `merge_slashes = true` in `[canonical]`, or take such requests by a route above this one".into()
            }
            _ => "take such requests by a route of their own above this one, or let this one not take them".into(),
        }
    }
}

/// Whether the path in lower case would do.
fn folds(table: &Table, line: &RequestLine<'_>) -> bool {
    let path = Url::split(&line.url).path;
    table.definition().canonical.case == LetterCase::Lower && path.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn report_doubled(route: &Route, spans: &RouteSpans, doubled: &DoubledSlash, findings: &mut Findings) {
    let key = key_of(route);
    findings
        .report(
            &codes::TARGET_DOUBLE_SLASH,
            spans.value(key),
            format!("`{}` doubles a slash for some requests", route.id),
        )
        .label(format!("makes `{}` of the witness", doubled.made))
        .witness(doubled.line.to_string())
        .help("let the capture neither be empty nor end with a slash, or take such requests by a route above this one");
}
