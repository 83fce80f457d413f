//! Targets that are refused at run time (rule 13): for every request, which `made` proves, or for some, of which one is
//! the proof. And targets that double a slash for some.

use std::borrow::Cow;

use crate::check::made::is_always_refused;
use crate::check::rewrites::refused_in;
use crate::check::tried::tried_requests;
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, Report, codes};
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
                let which = if is_always { HowMany::All } else { HowMany::Some };
                refused.report(which, (route, spans), findings).help(refused.cure(table, which));
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

/// How many of a route's requests are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HowMany {
    Some,
    All,
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

    fn report<'f>(
        &self,
        which: HowMany,
        (route, spans): (&Route, &RouteSpans),
        findings: &'f mut Findings,
    ) -> Report<'f> {
        let RefusedRequest { line, why } = self;
        let (code, which) = match which {
            HowMany::All => (&codes::REFUSED_ALWAYS, "every request"),
            HowMany::Some => (&codes::REFUSED_SOMETIMES, "some requests"),
        };
        let message = format!("what `{}` makes of {which} is refused: {why}", route.id);
        let report = findings.report(code, spans.value(key_of(route)), message);
        report.label("these go to the default").witness(line.to_string())
    }

    /// What to do about requests like this one.
    fn cure(&self, table: &Table, which: HowMany) -> Cow<'static, str> {
        let path = Url::split(&self.line.url).path;
        let is_always = which == HowMany::All;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::check::load;
    use crate::config::MemoryFiles;
    use crate::route::{Request, decide};

    const PATHS: [&str; 14] = [
        "regex = '^/a(?<p>/x*)'",
        "regex = '^/a(?<p>/?)'",
        "regex = '^(?<p>/[^.]*[^/.])$'",
        "regex = '^/(?<p>[.]?)b'",
        "regex = '(?<p>[a-z]+)$'",
        "regex = '^/(?<p>|/x)z'",
        "regex = '^/(?<p>[A-Z]+)'",
        "regex = '^/a(?:/(?<p>b+))?'",
        "regex = '^/(?<p>.*)$'",
        "regex = '^/a(?<p>^b|x$|)'",
        "path = '/{p}/{*r}'",
        "path = ['/a/{p}', '/b/{*p}']",
        "path = '/{*p}'",
        "path = '/a/{p}'",
    ];
    const TARGETS: [&str; 12] = [
        "/{p}",
        "/{p}/",
        "/{p}{p}",
        "/{p}/c",
        "/b/.{p}",
        "/b/.{p}./{p}",
        "/b{p}/..{p}?x",
        "/b?{p}",
        "{path}{p}",
        "https://{p}.example.com/{p}",
        "https://example.com/{p}/.{p}",
        "https://example.com{path}?{p}",
    ];

    fn table(canonical: &str, path: &str, action: &str) -> String {
        format!(
            "schema = 1\ndefault = \"legacy\"\n[canonical]\n{canonical}\n\
             [origins.legacy]\nside = \"legacy\"\ntype = \"custom\"\ndomain = \"legacy.example.com\"\n\
             [origins.site]\nside = \"new\"\ntype = \"s3\"\ndomain = \"b.s3.amazonaws.com\"\n\
             [[route]]\nid = \"r\"\n{path}\n{action}\n"
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// An error is one for every request: here are some that were not thought of.
        #[test]
        fn what_is_refused_for_every_request_is_refused_for_any(
            canonical in select(vec!["", "merge_slashes = false", "case = \"lower\"\ntrailing_slash = \"strip\""]),
            path in select(PATHS.to_vec()),
            target in select(TARGETS.to_vec()),
            paths in prop::collection::vec("/[abxzA./]{0,5}", 40),
        ) {
            let action = match target.starts_with('h') {
                true => format!("redirect = \"{target}\""),
                false => format!("origin = \"site\"\nrewrite = \"{target}\""),
            };
            let text = table(canonical, path, &action);
            let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text.clone()));
            let found = |code: &str| loaded.diagnostics.iter().any(|found| found.code == code);
            // The table with a route that is in error is refused: its like without the error is decided by.
            let read = crate::config::load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
            if found("R181") {
                let table = crate::route::Table::compile(read.definition).unwrap();
                for path in &paths {
                    let url = format!("https://www.example.com{path}");
                    let request = Request::get(&url);
                    let decision = decide(&table, &request);
                    let is_taken = decision.taker_id.is_some();
                    prop_assert!(!is_taken || decision.refused.is_some(), "{path} is fine: {target} of {}", table.routes()[0].path);
                }
            }
        }
    }

    #[test]
    fn a_refusal_is_found_and_proved_where_there_is_one() {
        let rows = [
            ("regex = '^/a(?<p>/x*)'", "/{p}", Some("R181")),
            ("regex = '^/a(?<p>/?)'", "/{p}", Some("R181")),
            ("regex = '^/a(?<p>/?)'", "/b{p}", None),
            ("regex = '^/(?<p>[A-Z]+)'", "https://{p}.example.com/", Some("R181")),
            ("regex = '^/(?<p>[A-Za-z]+)'", "https://{p}.example.com/", Some("R182")),
            ("regex = '^/(?<p>[a-z]+)'", "https://{p}.example.com/", None),
            ("regex = '^/(?<p>[.]?)b'", "/b/.{p}", Some("R181")),
            ("regex = '^/(?<p>[.x]?)b'", "/b/.{p}", Some("R182")),
            ("regex = '^/a(?:/(?<p>b+))?$'", "/{p}/c", Some("R182")),
            ("path = '/a/{*p}'", "/{p}", Some("R182")),
            ("path = '/a/{*p}'", "/b/{p}", None),
            ("path = '/a/{*p}'", "/b/{p}/c", Some("R117")),
            ("path = '/a/{p}'", "/{p}/c", None),
            ("path = ['/a/{p}', '/b/{*p}']", "/{p}/c", Some("R182")),
            ("path = ['/a/{p}', '/b/{p}']", "/{p}/c", None),
        ];
        for (path, target, expected) in rows {
            let action = match target.starts_with('h') {
                true => format!("method = \"GET\"\nredirect = \"{target}\""),
                false => format!("origin = \"site\"\nrewrite = \"{target}\""),
            };
            let text = table("", path, &action);
            let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
            let found: Vec<&str> = loaded.diagnostics.iter().map(|found| found.code).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{path} {target}");
        }
    }
}
