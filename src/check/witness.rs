//! Concrete requests that a route takes: what lints prove their findings with, and what fills in an example.
//!
//! A witness is made from the route alone, then put to the very conditions of the route; what does not pass is no
//! witness. Whether an earlier route takes it first is for `decide` to say.

use std::borrow::Cow;

use crate::route::canonical::{LetterCase, TrailingSlash};
use crate::route::condition::{Asked, HostPattern, ValueTest};
use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::query;
use crate::route::target::Target;
use crate::route::{Action, Canonical, Condition, Definition, Fact, Request, Route, Timestamp};

use crate::check::language::{NormalForm, Visible};
use crate::check::sample::{Sample, Walker};
use crate::requests::RequestLine;

/// What stands for text that may be any.
pub(crate) const ANY_TEXT: &str = "x";
/// What stands for a value that may be any.
const ANY_VALUE: &str = "1";
/// What stands for the label of `*.example.com`.
const ANY_LABEL: &str = "www";
/// What stands for a host that may be any.
const ANY_HOST: &str = "www.example.com";
/// Rows of a redirect map that are tried.
pub(crate) const MAP_ROWS: usize = 3;
/// A second, in the unit of [`Timestamp`].
const SECOND: i128 = 1_000_000_000;

/// A request that fits a route: its path and every condition. `None` where none could be made.
#[must_use]
pub fn witness(definition: &Definition, route: &Route) -> Option<RequestLine<'static>> {
    witnesses(definition, route).next()
}

/// A few requests that fit a route and differ in their paths, so that one may get past the routes before it.
pub fn witnesses<'r>(definition: &'r Definition, route: &'r Route) -> impl Iterator<Item = RequestLine<'static>> + 'r {
    let paths = match &route.path {
        PathPattern::Map(map) => map.rows.iter().take(MAP_ROWS).map(|row| row.from.clone()).collect(),
        pattern => paths(&definition.canonical, pattern),
    };
    witnesses_at(definition, route, paths)
}

/// The same of paths that are given, with a query of their own where the row of a map has one.
pub(crate) fn witnesses_at<'r>(
    definition: &'r Definition,
    route: &'r Route,
    mut paths: Vec<String>,
) -> impl Iterator<Item = RequestLine<'static>> + use<'r> {
    if matches!(route.action, Action::Normalize(_)) {
        paths = paths.iter().filter_map(|path| not_normal(&definition.canonical, path)).collect();
    }
    let needs_host = route.action.targets().flat_map(Target::holes).any(|hole| hole.fact().is_some());
    let lines = paths.into_iter().map(move |path| {
        let host = host(route).or_else(|| (needs_host || path.starts_with("//")).then(|| ANY_HOST.to_owned()));
        let url = host.map_or_else(|| path.clone(), |host| format!("https://{host}{path}"));
        let mut line = RequestLine { url: Cow::Owned(url), ..RequestLine::default() };
        fill_query(&mut line, route);
        fill(route, line)
    });
    lines.filter(|line| takes(&definition.canonical, route, &line.request()))
}

/// Whether a route would take a request, were it the only route.
#[must_use]
pub fn takes(canonical: &Canonical, route: &Route, request: &Request<'_>) -> bool {
    let path = canonical.normalize(request.path);
    !canonical.refuses(request.path) && route.takes(&Asked::new(request, canonical, path.as_str(), request.time))
}

/// A path that `normalize` redirects to this one.
fn not_normal(canonical: &Canonical, path: &str) -> Option<String> {
    let letter = path.rfind(|char: char| char.is_ascii_lowercase());
    let other = match letter {
        Some(at) if canonical.case == LetterCase::Lower => {
            let (before, rest) = path.split_at(at);
            let (letter, after) = rest.split_at(1);
            format!("{before}{}{after}", letter.to_ascii_uppercase())
        }
        _ if canonical.trailing_slash == TrailingSlash::Strip => format!("{path}/"),
        _ => format!("{path};{ANY_TEXT}"),
    };
    canonical.differs(&other, path).then_some(other)
}

/// A line with the facts that it does not give, as the route's conditions ask for them.
///
/// Values that it gives replace the filled-in ones; they are not merged: a URL keeps its query, even an empty one, and a
/// `cookie` field gets no further cookie. A path gives no host.
#[must_use]
pub fn fill(route: &Route, mut line: RequestLine<'static>) -> RequestLine<'static> {
    if line.request().host.is_none()
        && let Some(host) = host(route)
    {
        line.url = Cow::Owned(format!("https://{host}{}", line.url));
    }
    fill_cookies(&mut line, route);
    for condition in &route.conditions {
        fill_fact(&mut line, condition);
    }
    line
}

fn fill_fact(line: &mut RequestLine<'static>, Condition { fact, test }: &Condition) {
    match fact {
        Fact::Header(name) if line.request().header_values(name).next().is_none() => {
            let value = wanted(test, Visible::HEADER);
            line.headers.extend(value.map(|value| (Cow::Owned(name.clone()), Cow::Owned(value))));
        }
        Fact::Method if line.method.is_none() => {
            let methods = test.texts().unwrap_or_default();
            let method = methods.iter().find(|method| *method == "GET").or(methods.first());
            line.method = method.cloned().map(Cow::Owned);
        }
        Fact::Told(told) if line.request().viewer.get(*told).is_none() => {
            line.tell(*told, wanted(test, Visible::HEADER).map(Cow::Owned));
        }
        Fact::Time if line.time.is_none() => line.time = moment(test),
        // The line gives it.
        Fact::Header(_) | Fact::Method | Fact::Told(_) | Fact::Time => {}
        // The URL gives them, or `fill_cookies` did.
        Fact::Host | Fact::Query(_) | Fact::WholeQuery | Fact::Cookie(_) => {}
    }
}

/// A time at which a route is live.
fn moment(test: &ValueTest) -> Option<Timestamp> {
    let ValueTest::Within(window) = test else { return None };
    window.from.or(window.until.map(|until| Timestamp(until.0.saturating_sub(SECOND))))
}

/// A few paths in normal form that a pattern matches; empty where none was found.
#[must_use]
pub fn paths(canonical: &Canonical, pattern: &PathPattern) -> Vec<String> {
    let sampled = |walker: Walker| match walker.sample(&NormalForm::new(canonical)) {
        Sample::Text(path) => vec![path],
        Sample::Nothing | Sample::Unknown => Vec::new(),
    };
    let paths = match pattern {
        PathPattern::Any => vec!["/".to_owned(), format!("/{ANY_TEXT}")],
        PathPattern::Exact(path) => vec![path.clone()],
        PathPattern::Template(template) => {
            let path = template_path(template);
            let longer = template.rest.as_ref().map(|_| format!("{path}/{ANY_TEXT}"));
            std::iter::once(path).chain(longer).collect()
        }
        PathPattern::Prefix(prefix) if prefix.is_empty() => vec!["/".to_owned(), format!("/{ANY_TEXT}")],
        PathPattern::Prefix(prefix) => vec![prefix.clone(), format!("{prefix}/{ANY_TEXT}")],
        PathPattern::Glob(glob) => sampled(Walker::glob(glob)),
        PathPattern::Regex(regex) => sampled(Walker::regex(regex)),
        PathPattern::Map(map) => map.rows.iter().take(MAP_ROWS).map(|row| row.path().to_owned()).collect(),
        PathPattern::AnyOf(several) => several.iter().flat_map(|one| paths(canonical, one)).collect(),
    };
    let normal = paths.into_iter().map(|path| canonical.normalize(&path).as_str().to_owned());
    normal.filter(|path| pattern.matches(path)).collect()
}

fn template_path(template: &Template) -> String {
    let texts = template.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        Segment::Capture(_) => ANY_TEXT,
    });
    let rest = template.rest.iter().map(|_| ANY_TEXT);
    texts.chain(rest).flat_map(|text| ["/", text]).collect()
}

/// A host that a route asks for.
fn host(route: &Route) -> Option<String> {
    match route.hosts().first()? {
        HostPattern::Name(name) => Some(name.clone()),
        HostPattern::AnyLabel(star) => Some(format!("{ANY_LABEL}.{}", star.parent)),
    }
}

/// Adds the query parameters that conditions ask for.
fn fill_query(line: &mut RequestLine<'_>, route: &Route) {
    for condition in &route.conditions {
        let Fact::Query(name) = &condition.fact else { continue };
        // The row of a map has its own.
        let is_there = query::value(line.request().query, name).is_some();
        let Some(value) = wanted(&condition.test, Visible::QUERY).filter(|_| !is_there) else { continue };
        add_query(line, name, &value);
    }
}

/// Adds a query parameter.
fn add_query(line: &mut RequestLine<'_>, name: &str, value: &str) {
    let separator = if line.url.contains('?') { "&" } else { "?" };
    line.url = Cow::Owned(format!("{}{separator}{name}={value}", line.url));
}

fn fill_cookies(line: &mut RequestLine<'_>, route: &Route) {
    if line.request().header_values("cookie").next().is_some() {
        return;
    }
    let pair = |condition: &Condition| match &condition.fact {
        Fact::Cookie(name) => Some(format!("{name}={}", wanted(&condition.test, Visible::COOKIE)?)),
        _ => None,
    };
    let pairs: Vec<String> = route.conditions.iter().filter_map(pair).collect();
    if !pairs.is_empty() {
        line.headers.push((Cow::Borrowed("cookie"), Cow::Owned(pairs.join("; "))));
    }
}

/// The value that a condition asks for.
fn wanted(test: &ValueTest, language: Visible) -> Option<String> {
    match test {
        ValueTest::Equal(text) => Some(text.clone()),
        ValueTest::AnyOf(texts) => texts.first().cloned(),
        ValueTest::Present => Some(ANY_VALUE.to_owned()),
        // Nothing at all is none of them.
        ValueTest::NoneOf(_) | ValueTest::Absent | ValueTest::HostIn(_) | ValueTest::Within(_) => None,
        ValueTest::Regex(regex) => match Walker::regex(regex).sample(&language) {
            Sample::Text(text) => Some(text),
            Sample::Nothing | Sample::Unknown => None,
        },
    }
}
