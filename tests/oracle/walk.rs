//! The oracle: a plain walk over all routes, with matching of its own. It is slow and it is meant to be obvious.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crossfade::route::canonical::{Canonical, LetterCase, Slashes, TrailingSlash};
use crossfade::route::condition::{HostPattern, ValueTest};
use crossfade::route::pattern::{PathPattern, Segment};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Part, Target};
use crossfade::route::{Action, Condition, Definition, Fact, KeyedQuery, Request, Route, Table, Timestamp, Window};
use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

/// What the oracle says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) route: Option<String>,
    pub(crate) action: String,
    pub(crate) refused: Option<String>,
}

pub(crate) struct Oracle<'t> {
    definition: &'t Definition,
    /// Of each behavior, what of a query is in its key; `None`: all. That the keys are right is not for a walk to say.
    keys: Vec<Option<Vec<String>>>,
    matchers: Vec<OnceCell<Matcher>>,
}

enum Matcher {
    All,
    Texts(Vec<String>),
    /// With the number of the group that is capture 0.
    Regex(Regex, usize),
    Glob(GlobMatcher),
    Nothing,
}

impl<'t> Oracle<'t> {
    pub(crate) fn new(table: &'t Table) -> Oracle<'t> {
        let definition = table.definition();
        let key = |behavior| match table.keyed_query(behavior) {
            KeyedQuery::All => None,
            KeyedQuery::Names(names) => Some(names.clone()),
        };
        Oracle {
            definition,
            keys: table.behavior_ids().map(key).collect(),
            matchers: definition.routes.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    pub(crate) fn answer(&self, request: &Request<'_>) -> Answer {
        let definition = self.definition;
        let raw = request.path.to_ascii_lowercase();
        if definition.canonical.refuse.iter().any(|text| !text.is_empty() && raw.contains(&text.to_ascii_lowercase())) {
            return Answer { route: None, action: "respond 400".into(), refused: None };
        }
        let path = normal(&definition.canonical, request.path);
        let path = String::from_utf8(path).unwrap();
        for (route, matcher) in definition.routes.iter().zip(&self.matchers) {
            let matcher = matcher.get_or_init(|| Matcher::of(&route.path));
            if matcher.matches(&path) && conditions(definition, route, request) {
                return self.act(route, matcher, &path, request);
            }
        }
        self.by_default(request, None)
    }

    fn by_default(&self, request: &Request<'_>, refused: Option<String>) -> Answer {
        let origin = &self.definition.origins[self.definition.default].id;
        let path = if request.path.is_empty() { "/" } else { request.path };
        Answer {
            route: None,
            action: format!("origin {origin} {path} ? {}", self.sent(request, request.query)),
            refused,
        }
    }

    /// Of a GET or HEAD no more of the query than is in the key of its behavior.
    fn sent(&self, request: &Request<'_>, query: &str) -> String {
        let patterns = &self.definition.behaviors.by_pattern;
        let path = request.path.trim_start_matches('/');
        let takes = |pattern: &str| like(&pattern.chars().collect::<Vec<_>>(), &path.chars().collect::<Vec<_>>());
        let behavior = patterns.iter().position(|(pattern, _)| takes(pattern.without_slash()));
        match &self.keys[behavior.unwrap_or(patterns.len())] {
            Some(names) if matches!(request.method, "GET" | "HEAD") => kept(&QueryPolicy::Only(names.clone()), query),
            _ => query.to_owned(),
        }
    }

    fn act(&self, route: &Route, matcher: &Matcher, path: &str, request: &Request<'_>) -> Answer {
        let action = match &route.action {
            Action::Origin(action) => {
                let origin = &self.definition.origins[action.origin].id;
                let uri = match &action.rewrite {
                    Some(target) => safe(matcher.fill(target, path)),
                    None => Some(if request.path.is_empty() { "/" } else { request.path }.to_owned()),
                };
                let query = self.sent(request, &kept(&action.query_string, request.query));
                uri.map(|uri| format!("origin {origin} {uri} ? {query}"))
            }
            Action::Redirect(action) => safe(matcher.fill(&action.target, path))
                .and_then(|target| location(&target, &kept(&action.query_string, request.query)))
                .map(|location| format!("redirect {} {location}", action.status)),
            Action::RedirectMap(action) => {
                let PathPattern::Map(rows) = &route.path else { unreachable!() };
                let row = rows.iter().find(|row| row.from == path).unwrap();
                safe(row.to.clone())
                    .and_then(|target| location(&target, &kept(&action.query_string, request.query)))
                    .map(|location| format!("redirect {} {location}", row.status.unwrap_or(action.status)))
            }
            Action::Respond(action) => Some(format!("respond {}", action.status)),
        };
        match action {
            Some(action) => Answer { route: Some(route.id.clone()), action, refused: None },
            None => self.by_default(request, Some(route.id.clone())),
        }
    }
}

impl Matcher {
    fn of(pattern: &PathPattern) -> Matcher {
        let regex =
            |text: String, first| Regex::new(&text).map_or(Matcher::Nothing, |regex| Matcher::Regex(regex, first));
        match pattern {
            PathPattern::Any => Matcher::All,
            PathPattern::Exact(path) => Matcher::Texts(vec![path.clone()]),
            PathPattern::Map(rows) => Matcher::Texts(rows.iter().map(|row| row.from.clone()).collect()),
            PathPattern::Prefix(prefix) => regex(format!(r"\A{}(\z|/.*\z)", regex::escape(prefix)), 1),
            PathPattern::Template(template) => {
                let mut text = r"\A".to_owned();
                for segment in &template.segments {
                    match segment {
                        Segment::Literal(literal) => text += &format!("/{}", regex::escape(literal)),
                        Segment::Capture(_) => text += "/([^/]+)",
                    }
                }
                match template.rest {
                    Some(_) => regex(text + r"/(.*)\z", 1),
                    None if template.segments.is_empty() => Matcher::Nothing,
                    None => regex(text + r"\z", 1),
                }
            }
            PathPattern::Glob(glob) => GlobBuilder::new(glob.text())
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map_or(Matcher::Nothing, |glob| Matcher::Glob(glob.compile_matcher())),
            PathPattern::Regex(text) => regex(text.text().to_owned(), 0),
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Matcher::All => true,
            Matcher::Texts(texts) => texts.iter().any(|text| text == path),
            Matcher::Regex(regex, _) => regex.is_match(path),
            Matcher::Glob(glob) => glob.is_match(path),
            Matcher::Nothing => false,
        }
    }

    fn fill(&self, target: &Target, path: &str) -> String {
        let (groups, first) = match self {
            Matcher::Regex(regex, first) => (regex.captures(path), *first),
            _ => (None, 0),
        };
        let text = |number: usize| groups.as_ref().and_then(|groups| groups.get(number + first));
        let part = |part: &Part| match part {
            Part::Literal(literal) => literal.clone(),
            Part::Capture(number) => text(*number).map_or("", |group| group.as_str()).to_owned(),
        };
        target.parts.iter().map(part).collect()
    }
}

/// CloudFront's `*` and `?`.
fn like(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('*', rest)), None) => like(rest, text),
        (Some(('*', rest)), Some((_, after))) => like(rest, text) || like(pattern, after),
        (Some((wanted, rest)), Some((found, after))) => (*wanted == '?' || wanted == found) && like(rest, after),
        (Some(_), None) => false,
    }
}

/// Every condition but the path.
fn conditions(definition: &Definition, route: &Route, request: &Request<'_>) -> bool {
    let query: Vec<(&str, &str)> = request
        .query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| pair(piece).unwrap_or((piece, "")))
        .collect();
    let headers: Vec<(String, &str)> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    let fields: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let joined =
        headers.iter().filter(|(name, _)| name == "cookie").map(|(_, value)| *value).collect::<Vec<_>>().join("; ");
    let cookies: Vec<(&str, &str)> =
        joined.split(';').filter_map(|part| pair(part.trim_matches(|c| c == ' ' || c == '\t'))).collect();
    let one = |value: Option<&str>, test: &ValueTest| test_of(test, &value.into_iter().collect::<Vec<_>>());
    let of = |pairs: &[(&str, &str)], name: &String, test: &ValueTest| {
        let values: Vec<&str> = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| *value).collect();
        test_of(test, &values)
    };
    route.conditions.iter().all(|Condition { fact, test }| match (fact, test) {
        (_, ValueTest::Within(window)) => live(definition, *window, request),
        (Fact::Host, ValueTest::HostIn(patterns)) => request.host.is_some_and(|host| hosts(patterns, host)),
        (Fact::Method, test) => one(Some(request.method), test),
        (Fact::Query(name), test) => of(&query, name, test),
        (Fact::Header(name), test) => of(&fields, name, test),
        (Fact::Cookie(name), test) => of(&cookies, name, test),
        (Fact::Told(told), test) => one(request.viewer.get(*told), test),
        other => panic!("no table has {other:?}"),
    })
}

fn pair(piece: &str) -> Option<(&str, &str)> {
    let at = piece.find('=')?;
    Some((&piece[..at], &piece[at + 1..]))
}

fn hosts(patterns: &[HostPattern], host: &str) -> bool {
    let mut host = host.to_ascii_lowercase();
    if !(host.starts_with('[') && host.ends_with(']'))
        && let Some(at) = host.rfind(':')
        && host[at + 1..].chars().all(|c| c.is_ascii_digit())
    {
        host.truncate(at);
    }
    let host = host.strip_suffix('.').unwrap_or(&host);
    patterns.iter().any(|pattern| match pattern {
        HostPattern::Name(name) => name == host,
        HostPattern::AnyLabel(parent) => host
            .strip_suffix(parent.as_str())
            .and_then(|label| label.strip_suffix('.'))
            .is_some_and(|label| !label.is_empty() && !label.contains('.')),
    })
}

fn test_of(test: &ValueTest, values: &[&str]) -> bool {
    match test {
        ValueTest::Equal(text) => values.contains(&text.as_str()),
        ValueTest::Present => !values.is_empty(),
        ValueTest::Absent => values.is_empty(),
        ValueTest::AnyOf(texts) => values.iter().any(|value| texts.iter().any(|text| text == value)),
        ValueTest::Regex(regex) => values.iter().any(|value| Regex::new(regex.text()).unwrap().is_match(value)),
        ValueTest::HostIn(_) | ValueTest::Within(_) => panic!("{test:?} is of no text"),
    }
}

/// By moments where the time is known, by epochs where only that is.
fn live(definition: &Definition, window: Window, request: &Request<'_>) -> bool {
    let windows = definition.routes.iter().map(Route::window);
    let instants: BTreeSet<Timestamp> = windows.flat_map(|window| [window.from, window.until]).flatten().collect();
    let known = request.epoch.map(|epoch| epoch as usize).filter(|epoch| *epoch <= instants.len());
    let epoch = known.or_else(|| request.time.map(|time| instants.iter().filter(|instant| **instant <= time).count()));
    let index = |moment| instants.iter().position(|instant| *instant == moment).unwrap() + 1;
    match epoch {
        None => window.from.is_none() && window.until.is_none(),
        Some(epoch) => {
            window.from.is_none_or(|from| epoch >= index(from)) && window.until.is_none_or(|until| epoch < index(until))
        }
    }
}

fn kept(policy: &QueryPolicy, query: &str) -> String {
    match policy {
        QueryPolicy::Keep => query.to_owned(),
        QueryPolicy::Drop => String::new(),
        QueryPolicy::Only(names) => {
            let keeps = |piece: &&str| {
                !piece.is_empty() && names.iter().any(|name| name == pair(piece).map_or(*piece, |(name, _)| name))
            };
            query.split('&').filter(keeps).collect::<Vec<_>>().join("&")
        }
    }
}

fn location(target: &str, query: &str) -> Option<String> {
    if query.chars().any(char::is_control) {
        return None;
    }
    let (target, fragment) = match target.find('#') {
        Some(at) => target.split_at(at),
        None => (target, ""),
    };
    let joint = match target.find('?') {
        _ if query.is_empty() => "",
        None => "?",
        Some(at) if at + 1 == target.len() => "",
        Some(_) => "&",
    };
    Some(format!("{target}{joint}{query}{fragment}"))
}

/// Only what no browser or server reads as another place.
fn safe(made: String) -> Option<String> {
    let lower = made.to_ascii_lowercase().replace("%2e", ".");
    let path = lower.split(['?', '#']).next().unwrap();
    let climbs = path.split(['/', '\\']).any(|segment| segment == "..");
    let elsewhere = made.starts_with("//") || made.starts_with("/\\");
    (!climbs && !elsewhere && !made.chars().any(char::is_control)).then_some(made)
}

/// The five steps of design rule 3, each as its own pass.
pub(crate) fn normal(canonical: &Canonical, raw: &str) -> Vec<u8> {
    let mut path = escaped(raw.as_bytes());
    if canonical.slashes == Slashes::Merge {
        path.dedup_by(|next, before| *next == b'/' && *before == b'/');
    }
    path = without_dots(&path);
    if canonical.case == LetterCase::Lower {
        let escape = |at: usize| (1..3).any(|back| at >= back && path[at - back] == b'%');
        path = (0..path.len()).map(|at| if escape(at) { path[at] } else { path[at].to_ascii_lowercase() }).collect();
    }
    if canonical.trailing_slash == TrailingSlash::Strip {
        while path.len() > 1 && path.ends_with(b"/") {
            path.pop();
        }
    }
    if path.is_empty() { b"/".to_vec() } else { path }
}

fn escaped(raw: &[u8]) -> Vec<u8> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let digits = raw.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = match (raw[at], digits) {
            (b'%', Some(digits)) => {
                at += 2;
                let byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
                (byte, unreserved(byte))
            }
            (byte, _) => (byte, unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte)),
        };
        match byte {
            (byte, true) => out.push(byte),
            (byte, false) => out.extend(format!("%{byte:02X}").bytes()),
        }
        at += 1;
    }
    out
}

/// RFC 3986 5.2.4, as it is written there.
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut input = path.to_vec();
    let mut output: Vec<u8> = Vec::new();
    let cut = |input: &mut Vec<u8>, count: usize, put: &[u8]| {
        input.splice(..count, put.iter().copied());
    };
    while !input.is_empty() {
        if input.starts_with(b"../") {
            cut(&mut input, 3, b"");
        } else if input.starts_with(b"./") {
            cut(&mut input, 2, b"");
        } else if input.starts_with(b"/./") || input == b"/." {
            let count = input.len().min(3);
            cut(&mut input, count, b"/");
        } else if input.starts_with(b"/../") || input == b"/.." {
            let count = input.len().min(4);
            cut(&mut input, count, b"/");
            output.truncate(output.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
        } else if input == b"." || input == b".." {
            input.clear();
        } else {
            let end = input.iter().skip(1).position(|byte| *byte == b'/').map_or(input.len(), |at| at + 1);
            output.extend(input.drain(..end));
        }
    }
    output
}
