//! Routes that keep a path from an origin, and the spelling of it that gets around them (design §4).
//!
//! Servers of Java ignore what follows a `;` in a segment: `/manager;x/html` is `/manager/html` to them, and another path
//! to a table that does not strip it. Most servers merge slashes, and a table may not. A guard is warned of only where a concrete request proves it: the path as it is
//! written is answered by the guard, the other spelling is sent to a custom origin.

use std::borrow::Cow;

use crate::route::canonical::{PathParameters, Slashes};
use crate::route::pattern::{MapRow, PathPattern};
use crate::route::{Action, Definition, OriginKind, Outcome, Route, Table, Url, decide};

use crate::check::places::path_span;
use crate::check::witness::{MAP_ROWS, witnesses, witnesses_at};
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::requests::RequestLine;

/// Answers that keep a path from an origin.
const GUARDS: [u16; 4] = [401, 403, 404, 410];
/// What makes another spelling of a segment.
const PARAMETER: &str = ";x";

/// How another spelling is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    /// By a parameter.
    Parameter,
    /// By a second slash at the front.
    Slash,
}
/// Guards that the warning names.
const NAMED: usize = 3;

/// A guard, by its position, and a request that gets around it.
struct Passed {
    at: usize,
    request: String,
    origin: String,
}

/// Warns once, for each way, of all guards that are passed: the cure of one is the cure of all. O(n) in guards.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    let canonical = &table.definition().canonical;
    let parameter = (canonical.path_parameters == PathParameters::Keep).then_some(Around::Parameter);
    let slash = (canonical.slashes == Slashes::Keep).then_some(Around::Slash);
    for way in parameter.into_iter().chain(slash) {
        let guards = table.routes().iter().enumerate().filter(|(_, route)| is_guard(route));
        let passed = guards.filter_map(|(at, route)| passed(table, way, (at, route))).collect();
        AllPassed { way, passed, table }.report(spans, findings);
    }
}

fn is_guard(route: &Route) -> bool {
    let keeps = match &route.action {
        Action::Respond(action) => GUARDS.contains(&action.status),
        Action::RedirectMap(_) => route.path.rows().iter().any(MapRow::is_gone),
        Action::Origin(_) | Action::Redirect(_) | Action::Normalize(_) => false,
    };
    keeps && route.path != PathPattern::Any
}

/// A few requests that it keeps from an origin: of a map those of rows that are gone.
fn kept<'r>(definition: &'r Definition, route: &'r Route) -> Box<dyn Iterator<Item = RequestLine<'static>> + 'r> {
    match &route.path {
        PathPattern::Map(map) => {
            let gone = map.rows.iter().filter(|row| row.is_gone()).take(MAP_ROWS);
            Box::new(witnesses_at(definition, route, gone.map(|row| row.from.clone()).collect()))
        }
        _ => Box::new(witnesses(definition, route)),
    }
}

fn passed(table: &Table, way: Around, (at, route): (usize, &Route)) -> Option<Passed> {
    kept(table.definition(), route).find_map(|line| {
        let is_taken = decide(table, &line.request()).taker_id.is_some_and(|id| id.position() == at);
        let others = is_taken.then(|| way.other_spellings(&line));
        others.into_iter().flatten().find_map(|other| {
            let origin = way.origin_of(table, &other)?;
            Some(Passed { at, request: other.to_string(), origin })
        })
    })
}

impl Around {
    /// The id of the custom origin that sees the spelling.
    fn origin_of(self, table: &Table, line: &RequestLine<'_>) -> Option<String> {
        let request = line.request();
        let decision = decide(table, &request);
        let Outcome::Origin(forward) = &decision.outcome else { return None };
        let is_seen = forward.uri.as_str().contains(if self == Around::Slash { "//" } else { PARAMETER });
        let sees_it = matches!(forward.origin.kind, OriginKind::Custom(_)) && is_seen;
        sees_it.then(|| forward.origin.id.clone())
    }

    /// A request with a parameter at the end of each segment in turn, then in an empty segment before the first; or with
    /// its first slash doubled.
    fn other_spellings(self, line: &RequestLine<'static>) -> Vec<RequestLine<'static>> {
        let Url { path, query, .. } = Url::split(&line.url);
        let path_at = line.url.len() - path.len() - query.map_or(0, |query| query.len() + 1);
        let path = path.to_owned();
        let with = |at: usize, text: &str| {
            let mut url = line.url.to_string();
            url.insert_str(path_at + at, text);
            RequestLine { url: Cow::Owned(url), ..line.clone() }
        };
        if self == Around::Slash {
            // Two slashes at the front of a URL without a host would be its host's.
            let host = if path_at == 0 { "https://www.example.com/" } else { "/" };
            return path.match_indices('/').map(|(at, _)| with(at, if at == 0 { host } else { "/" })).collect();
        }
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        ends.map(|end| with(end, PARAMETER)).chain([with(0, "/;x")]).collect()
    }

    fn cure(self, table: &Table) -> String {
        if self == Around::Slash {
            return "write `merge_slashes = true` in `[canonical]`".to_owned();
        }
        let refuse = &table.definition().canonical.refuse;
        let texts = refuse.texts().iter().map(String::as_str).chain(refuse.missing());
        let all = [";"].into_iter().chain(texts.filter(|text| !text.contains(';')));
        let all: Vec<String> = all.map(|text| format!("\"{text}\"")).collect();
        format!(
            "write `path_parameters = \"strip\"` in `[canonical]`, or, where no URL of the site has a `;`, `refuse = [{}]`",
            all.join(", ")
        )
    }
}

/// Guards that are passed in one way.
struct AllPassed<'a> {
    way: Around,
    passed: Vec<Passed>,
    table: &'a Table,
}

impl AllPassed<'_> {
    fn report(&self, spans: &[RouteSpans], findings: &mut Findings) {
        let AllPassed { way, passed, table } = self;
        let Some((first, others)) = passed.split_first() else { return };
        let id = |passed: &Passed| table.routes()[passed.at].id.clone();
        let mut named: Vec<String> = passed.iter().take(NAMED).map(|passed| format!("`{}`", id(passed))).collect();
        if let Some(more @ 1..) = passed.len().checked_sub(NAMED) {
            named.push(format!("{more} more"));
        }
        let what = if *way == Around::Slash { "a doubled slash" } else { "a `;`" };
        let (origin, named) = (&first.origin, named.join(", "));
        let report = findings
            .report(
                &codes::GUARD_PASSED,
                path_span(table, spans, first.at),
                format!("{what} in a path gets around what keeps it from `{origin}`: {named}"),
            )
            .label(format!("`{}` does not take {}", id(first), first.request))
            .witness(format!("{} is sent to `{origin}`", first.request));
        let report = others.iter().fold(report, |report, other| {
            let text = format!("`{}` does not take {}", id(other), other.request);
            report.also(path_span(table, spans, other.at), text)
        });
        report.help(way.cure(table));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::load;
    use crate::config::MemoryFiles;

    /// What is warned of, of routes in a table: a line of the label and the witness.
    fn told(canonical: &str, default: &str, routes: &str) -> Option<(String, Option<String>)> {
        let text = format!(
            "schema = 1\ndefault = \"{default}\"\n[canonical]\n{canonical}\n\
             [origins.legacy]\nside = \"legacy\"\ntype = \"custom\"\ndomain = \"legacy.example.com\"\n\
             [origins.site]\nside = \"new\"\ntype = \"s3\"\ndomain = \"b.s3.amazonaws.com\"\n{routes}"
        );
        let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
        assert!(loaded.table.is_some(), "{:?}", loaded.diagnostics);
        let warning = loaded.diagnostics.into_iter().find(|found| found.code == "R167")?;
        Some((warning.message, warning.witness))
    }

    fn route(id: &str, path: &str, action: &str) -> String {
        format!("[[route]]\nid = \"{id}\"\n{path}\n{action}\n")
    }

    const FORBIDDEN: &str = "respond = { status = 403 }";
    const SPLIT: &str = "merge_slashes = false\npath_parameters = \"strip\"";

    #[test]
    fn a_guard_is_warned_of_with_the_spelling_that_reaches_a_custom_origin() {
        let to_site = |path: &str| route("site", path, "origin = \"site\"");
        let rows = [
            ("", route("g", "path = \"/a/b\"", FORBIDDEN), Some("GET /a;x/b")),
            ("", route("g", "path = \"/\"", FORBIDDEN), Some("GET /;x")),
            ("", route("g", "prefix = \"/a\"", "respond = { status = 401 }"), Some("GET /a;x")),
            ("", route("g", "path = \"/{x}/a\"", "respond = { status = 404 }"), Some("GET /x/a;x")),
            ("", route("g", "glob = \"/a/*\"", "gone = true"), Some("GET /a;x/")),
            ("", route("g", "regex = '^/a'", FORBIDDEN), Some("GET /;x/a")),
            ("", route("g", "path = \"/a\"\nquery = { id = \"1\" }", FORBIDDEN), Some("GET /a;x?id=1")),
            ("", route("g", "path = \"/a\"\nhost = \"b.example\"", FORBIDDEN), Some("GET https://b.example/a;x")),
            // The first spellings reach a bucket, the last does not.
            ("", route("g", "path = \"/a\"", FORBIDDEN) + &to_site("glob = \"/a*\""), Some("GET /;x/a")),
            // Not a guard, no path, another route's request, every spelling taken or refused or sent to a bucket.
            ("", route("g", "path = \"/a\"", "respond = { status = 200 }"), None),
            ("", route("g", "path = \"/a\"", "respond = { status = 503 }"), None),
            ("", route("g", "host = \"b.example\"", FORBIDDEN), None),
            ("", route("f", "path = \"/a\"", "origin = \"legacy\"") + &route("g", "path = \"/a\"", FORBIDDEN), None),
            ("", route("g", "path = \"/{*x}\"", FORBIDDEN), None),
            ("", route("g", "path = \"/a\"", FORBIDDEN) + &to_site(""), None),
            ("", route("g", "path = \"/a\"", FORBIDDEN) + &route("all", "", "redirect = \"/b\""), None),
            ("path_parameters = \"strip\"", route("g", "path = \"/a\"", FORBIDDEN), None),
            ("refuse = [\";\", \"%\"]", route("g", "path = \"/a\"", FORBIDDEN), None),
            (SPLIT, route("g", "prefix = \"/a\"", FORBIDDEN), Some("GET https://www.example.com//a")),
            (SPLIT, route("g", "path = \"/a\"\nhost = \"b.example\"", FORBIDDEN), Some("GET https://b.example//a")),
            (SPLIT, route("f", "path = \"/{x}/a\"", "gone = true") + &to_site("prefix = \"//x\""), Some("GET /x//a")),
        ];
        for (canonical, routes, expected) in rows {
            let witness = told(canonical, "legacy", &routes).and_then(|(_, witness)| witness);
            let expected = expected.map(|request| format!("{request} is sent to `legacy`"));
            assert_eq!(witness, expected, "{canonical} {routes}");
        }
        assert_eq!(told("", "site", &route("g", "path = \"/a\"", FORBIDDEN)), None);
    }

    #[test]
    fn a_rewrite_that_leaves_the_spelling_behind_reaches_nothing() {
        let guard = route("g", "path = \"/a\"", FORBIDDEN);
        let literal = guard.clone() + &route("all", "", "origin = \"legacy\"\nrewrite = \"/home\"");
        assert_eq!(told("", "legacy", &literal), None);
        let kept = guard + &route("all", "path = \"/{*all}\"", "origin = \"legacy\"\nrewrite = \"/b/{all}\"");
        assert!(told("", "legacy", &kept).is_some());
    }

    #[test]
    fn many_guards_have_one_warning() {
        let routes: String = (0..5).map(|n| route(&format!("g{n}"), &format!("path = \"/a{n}\""), FORBIDDEN)).collect();
        let (message, _) = told("", "legacy", &routes).unwrap();
        assert_eq!(message, "a `;` in a path gets around what keeps it from `legacy`: `g0`, `g1`, `g2`, 2 more");
    }
}
