//! The oracle: a plain walk over all routes, with matching of its own. It is slow and it is meant to be obvious.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crossfade::route::canonical::{Canonical, LetterCase, PathParameters, Slashes, TrailingSlash};
use crossfade::route::condition::{HostPattern, ValueTest};
use crossfade::route::pattern::{MapRow, PathPattern, Segment};
use crossfade::route::query::QueryPolicy;
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{
    Action, Condition, Definition, Fact, KeyedQuery, Origin, OriginKind, Request, Route, Table, Told, Window,
};
use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use crate::placement::{places, spellings, strips};

/// What the oracle says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) route: Option<String>,
    pub(crate) action: String,
    pub(crate) refused: Option<String>,
    /// Position of its behavior, and whether CloudFront may find it in another one; where there are several.
    pub(crate) behavior: Option<(usize, bool)>,
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
    /// Of what was written; the table made of it says which names of a query are in its keys, and nothing else.
    pub(crate) fn new(definition: &'t Definition, table: &Table) -> Oracle<'t> {
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

    /// Rule 17: a behavior that the router does not run on, and a path that may be in two, come before any route.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Answer {
        let behaviors = &self.definition.behaviors;
        let patterns: Vec<String> = behaviors.by_pattern.iter().map(|(pattern, _)| pattern.to_string()).collect();
        if patterns.is_empty() {
            return self.answer_by_routes(request);
        }
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let places = places(&patterns, request.path, strips(self.definition));
        let (at, is_unclear) = (places[5], places.iter().any(|place| *place != places[5]));
        let behavior = behaviors.by_pattern.get(at).map_or(&behaviors.default, |(_, behavior)| behavior);
        let answer = if !is_unclear && !behavior.is_routed {
            self.unchanged(behavior.configured, request, None)
        } else if is_unclear && !self.is_refused(request) {
            let [.., clean] = spellings(request.path, strips(self.definition));
            let redirect = |location| Answer {
                route: None,
                action: format!("redirect 308 {location}"),
                refused: None,
                behavior: None,
            };
            let refused = || Answer { action: "respond 400".into(), ..redirect(String::new()) };
            location(&clean, request.query).map_or_else(refused, redirect)
        } else {
            self.answer_by_routes(request)
        };
        Answer { behavior: Some((at, is_unclear)), ..answer }
    }

    fn is_refused(&self, request: &Request<'_>) -> bool {
        refused(&self.definition.canonical, request.path)
    }

    fn answer_by_routes(&self, request: &Request<'_>) -> Answer {
        let definition = self.definition;
        if self.is_refused(request) {
            return Answer { route: None, action: "respond 400".into(), refused: None, behavior: None };
        }
        let path = normal(&definition.canonical, request.path);
        let path = String::from_utf8(path).unwrap();
        for (route, matcher) in definition.routes.iter().zip(&self.matchers) {
            let matcher = matcher.get_or_init(|| Matcher::of(&route.path));
            if matcher.matches(&path) && conditions(route, request) && has_row(route, &path, request.query) {
                let own_case = Canonical { case: LetterCase::Keep, ..definition.canonical.clone() };
                let own_case = String::from_utf8(normal(&own_case, request.path)).unwrap();
                return self.act(route, matcher, (&path, &own_case), request);
            }
        }
        self.by_default(request, None)
    }

    fn by_default(&self, request: &Request<'_>, refused: Option<String>) -> Answer {
        let default = self.definition.default;
        // A bucket is sent a query only where a route says so.
        let is_bucket = matches!(self.definition.origins[default].kind, OriginKind::S3(_));
        let query = if is_bucket { String::new() } else { self.sent(request, request.query) };
        let path = self.passed_on(default, request.path);
        let action = format!("origin {} {path} ? {query}", self.definition.origins[default].id);
        Answer { route: None, action, refused, behavior: None }
    }

    fn unchanged(&self, origin: usize, request: &Request<'_>, refused: Option<String>) -> Answer {
        let origin = &self.definition.origins[origin].id;
        let path = if request.path.is_empty() { "/" } else { request.path };
        let action = format!("origin {origin} {path} ? {}", request.query);
        Answer { route: None, action, refused, behavior: None }
    }

    /// Of a GET or HEAD no more of the query than is in the key of its behavior.
    fn sent(&self, request: &Request<'_>, query: &str) -> String {
        let patterns = &self.definition.behaviors.by_pattern;
        let path = request.path.strip_prefix('/').unwrap_or(request.path);
        let takes = |pattern: &str| like(&pattern.chars().collect::<Vec<_>>(), &path.chars().collect::<Vec<_>>());
        let behavior = patterns.iter().position(|(pattern, _)| takes(pattern.without_slash()));
        match &self.keys[behavior.unwrap_or(patterns.len())] {
            Some(names) if matches!(request.method, "GET" | "HEAD") => kept(&QueryPolicy::Only(names.clone()), query),
            _ => query.to_owned(),
        }
    }

    fn act(&self, route: &Route, matcher: &Matcher, path: (&str, &str), request: &Request<'_>) -> Answer {
        // What is made must not be what no request may be.
        let fine = |made: &String| {
            let path =
                made.split_once("://").map_or(made.as_str(), |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
            !refused(&self.definition.canonical, path.split(['?', '#']).next().unwrap())
        };
        let action = match &route.action {
            Action::Origin(action) => {
                let Origin { id: origin, kind, .. } = &self.definition.origins[action.origin];
                let is_root = matches!(kind, OriginKind::S3(bucket) if bucket.path.is_empty());
                // No object of a bucket has an empty key.
                let has_key = |made: &String| !is_root || made != "/";
                let uri = match &action.rewrite {
                    Some(target) => safe(matcher.fill(target, path)).filter(fine).filter(has_key),
                    None => Some(self.passed_on(action.origin, request.path)),
                };
                let query = self.sent(request, &kept(&action.query_string, request.query));
                uri.map(|uri| {
                    // A rewrite's own query comes first.
                    let is_made = action.rewrite.is_some() && uri.contains('?');
                    let (path, own) = if is_made { uri.split_once('?').unwrap() } else { (uri.as_str(), "") };
                    let joint = if own.is_empty() || query.is_empty() { "" } else { "&" };
                    format!("origin {origin} {path} ? {own}{joint}{query}")
                })
            }
            Action::Normalize(_) => panic!("no table has it"),
            Action::Redirect(action) => safe(matcher.fill(&action.target, path))
                .filter(fine)
                .and_then(|target| location(&target, &kept(&action.query_string, request.query)))
                .map(|location| format!("redirect {} {location}", action.status)),
            Action::RedirectMap(action) => {
                let row = row(route, path.0, request.query).unwrap();
                if row.status == Some(410) {
                    Some("respond 410".to_owned())
                } else {
                    safe(row.to.clone())
                        .filter(fine)
                        .and_then(|target| location(&target, &kept(&action.query_string, request.query)))
                        .map(|location| format!("redirect {} {location}", row.status.unwrap_or(action.status)))
                }
            }
            Action::Respond(action) => Some(format!("respond {}", action.status)),
        };
        match action {
            Some(action) => Answer { route: Some(route.id.clone()), action, refused: None, behavior: None },
            None => self.by_default(request, Some(route.id.clone())),
        }
    }

    /// As it came, but for the exceptions of design rule 12.
    fn passed_on(&self, origin: usize, raw: &str) -> String {
        let canonical = &self.definition.canonical;
        let after_d = String::from_utf8(without_dots(&before_dots(canonical, raw))).unwrap();
        let dots = String::from_utf8(before_dots(canonical, raw)).unwrap();
        let dots = dots.split('/').any(|segment| segment == "." || segment == "..");
        let bucket = matches!(self.definition.origins[origin].kind, OriginKind::S3(_));
        let odd = raw.contains(|char: char| char == '?' || char == '#' || char < ' ' || char == '\u{7f}');
        let path =
            if dots || odd || bucket && canonical.path_parameters == PathParameters::Strip { &after_d } else { raw };
        let rooted = path.starts_with('/') || path == raw && !raw.is_empty();
        if rooted { path.to_owned() } else { format!("/{path}") }
    }
}

impl Matcher {
    fn of(pattern: &PathPattern) -> Matcher {
        let regex =
            |text: String, first| Regex::new(&text).map_or(Matcher::Nothing, |regex| Matcher::Regex(regex, first));
        match pattern {
            PathPattern::AnyOf(_) => panic!("no table has it"),
            PathPattern::Any => Matcher::All,
            PathPattern::Exact(path) => Matcher::Texts(vec![path.clone()]),
            PathPattern::Map(map) => {
                Matcher::Texts(map.rows.iter().map(|row| row.from.split('?').next().unwrap().to_owned()).collect())
            }
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
                    Some(_) if template.takes_bare => regex(text + r"(?:/(.*))?\z", 1),
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

    fn fill(&self, target: &Target, (path, own_case): (&str, &str)) -> String {
        let (groups, first) = match self {
            Matcher::Regex(regex, first) => (regex.captures(path), *first),
            _ => (None, 0),
        };
        let text = |number: usize| groups.as_ref().and_then(|groups| groups.get(number + first));
        let mut literals = String::new();
        let mut part = |part: &Part| match part {
            Part::Literal(literal) => {
                literals += literal;
                literal.clone()
            }
            Part::Hole(Hole::Capture(number)) => {
                fitted(text(*number).map_or("", |group| &own_case[group.range()]), &literals)
            }
            Part::Hole(hole) => panic!("no table has {hole:?}"),
        };
        target.parts.iter().map(&mut part).collect()
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

/// Whether a route is no map, or has a row for the request.
fn has_row(route: &Route, path: &str, query: &str) -> bool {
    !matches!(route.path, PathPattern::Map(_)) || row(route, path, query).is_some()
}

/// The first row of a map that has the path and, of the parameters that the map names, those of the request.
fn row<'t>(route: &'t Route, path: &str, query: &str) -> Option<&'t MapRow> {
    let PathPattern::Map(map) = &route.path else { return None };
    let named = |query: &str| {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for piece in query.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = pair(piece).unwrap_or((piece, ""));
            if map.names.iter().any(|known| known == name) {
                found.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        found
    };
    map.rows.iter().find(|row| {
        let (from, asked) =
            row.from.find('?').map_or((row.from.as_str(), ""), |at| (&row.from[..at], &row.from[at + 1..]));
        from == path && named(asked) == named(query)
    })
}

/// Every condition but the path.
fn conditions(route: &Route, request: &Request<'_>) -> bool {
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
    let of = |pairs: &[(&str, &str)], name: &String, test: &ValueTest| {
        let mut first = None;
        for (known, value) in pairs {
            if known == name && first.is_none() {
                first = Some(*value);
            }
        }
        test_of(test, first)
    };
    route.conditions.iter().all(|Condition { fact, test }| match (fact, test) {
        (_, ValueTest::Within(window)) => live(*window, request),
        (Fact::Host, ValueTest::HostIn(patterns)) => request.host.is_some_and(|host| hosts(patterns, host)),
        // A route that takes GET takes HEAD.
        (Fact::Method, test) => {
            test_of(test, Some(request.method)) || request.method == "HEAD" && test_of(test, Some("GET"))
        }
        (Fact::Query(name), test) => of(&query, name, test),
        (Fact::Header(name), test) => of(&fields, name, test),
        (Fact::Cookie(name), test) => of(&cookies, name, test),
        (Fact::Told(Told::Cohort), test) => {
            request.viewer.get(Told::Cohort).is_some_and(|all| all.split(',').any(|one| test_of(test, Some(one))))
        }
        (Fact::Told(told), test) => test_of(test, request.viewer.get(*told)),
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
        HostPattern::AnyLabel(star) => host
            .strip_suffix(star.parent.as_str())
            .and_then(|label| label.strip_suffix('.'))
            .is_some_and(|label| !label.is_empty() && !label.contains('.')),
    })
}

fn test_of(test: &ValueTest, value: Option<&str>) -> bool {
    match (test, value) {
        (ValueTest::Absent, value) => value.is_none(),
        (ValueTest::NoneOf(_), None) => true,
        (_, None) => false,
        (ValueTest::Equal(text), Some(value)) => text == value,
        (ValueTest::Present, Some(_)) => true,
        (ValueTest::AnyOf(texts), Some(value)) => texts.contains(&value.to_owned()),
        (ValueTest::NoneOf(texts), Some(value)) => !texts.contains(&value.to_owned()),
        (ValueTest::Regex(regex), Some(value)) => Regex::new(regex.text()).unwrap().is_match(value),
        (ValueTest::HostIn(_) | ValueTest::Within(_), _) => panic!("{test:?} is of no text"),
    }
}

/// At the second that the gate tells, else at the time of the clock; in nanoseconds.
fn live(window: Window, request: &Request<'_>) -> bool {
    let told = request.epoch.map(|second| i128::from(second) * 1_000_000_000);
    match told.or(request.time.map(|time| time.0)) {
        None => window.from.is_none() && window.until.is_none(),
        Some(now) => window.from.is_none_or(|from| from.0 <= now) && window.until.is_none_or(|until| now < until.0),
    }
}

fn kept(policy: &QueryPolicy, query: &str) -> String {
    match policy {
        QueryPolicy::Keep => query.to_owned(),
        QueryPolicy::Drop => String::new(),
        QueryPolicy::Without(names) => {
            let keeps = |piece: &&str| {
                !piece.is_empty() && !names.iter().any(|name| name == pair(piece).map_or(*piece, |(name, _)| name))
            };
            query.split('&').filter(keeps).collect::<Vec<_>>().join("&")
        }
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
    let encode = |char: char| match char {
        '!' | '#'..=';' | '=' | '?'..='[' | ']' | '_' | 'a'..='z' | '~' => char.to_string(),
        char => char.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    Some(format!("{target}{joint}{query}{fragment}").chars().map(encode).collect())
}

/// What a path captured, as it stands behind these literals: only path bytes and escapes are captured.
fn fitted(text: &str, before: &str) -> String {
    let whole = Regex::new("%[0-9A-Fa-f]{2}").unwrap();
    let mut at = 0;
    let mut out = String::new();
    while let Some(char) = text[at..].chars().next() {
        let escape = whole.find_at(text, at).filter(|found| found.start() == at);
        let delimits = !before.contains('#') && before.contains('?') && "&=+;".contains(char);
        match (escape, char) {
            (Some(escape), _) => out += escape.as_str(),
            (None, '%') => out += "%25",
            (None, char) if delimits => out += &format!("%{:02X}", u32::from(char)),
            (None, char) => out.push(char),
        }
        at += escape.map_or(char.len_utf8(), |escape| escape.len());
    }
    out
}

/// In any of the three forms of design rule 3.
fn refused(canonical: &Canonical, raw: &str) -> bool {
    let forms = [raw.as_bytes().to_vec(), escaped(raw.as_bytes()), without_dots(&before_dots(canonical, raw))];
    let forms = forms.map(|form| String::from_utf8(form).unwrap().to_ascii_lowercase());
    let holds = |text: &String| forms.iter().any(|form| form.contains(&text.to_ascii_lowercase()));
    canonical.refuse.texts().iter().any(holds)
}

/// Only what no browser or server reads as another place.
fn safe(made: String) -> Option<String> {
    let mut lower = made.to_ascii_lowercase();
    for (escape, char) in [("%2e", "."), ("%2f", "/"), ("%5c", "/"), ("\\", "/"), ("%3b", ";")] {
        lower = lower.replace(escape, char);
    }
    let path = lower.split(['?', '#']).next().unwrap();
    let climbs = path.split('/').any(|segment| matches!(segment.split(';').next(), Some("." | "..")));
    let elsewhere = made.starts_with("//") || made.starts_with("/\\");
    (!climbs && !elsewhere && !made.chars().any(char::is_control)).then_some(made)
}

/// The first three steps of design rule 3, each as its own pass.
fn before_dots(canonical: &Canonical, raw: &str) -> Vec<u8> {
    let mut path = escaped(raw.as_bytes());
    if canonical.path_parameters == PathParameters::Strip {
        let cut = |segment: &[u8]| segment.split(|byte| *byte == b';').next().unwrap().to_vec();
        path = path.split(|byte| *byte == b'/').map(cut).collect::<Vec<_>>().join(&b'/');
    }
    if canonical.slashes == Slashes::Merge {
        path.dedup_by(|next, before| *next == b'/' && *before == b'/');
    }
    path
}

/// The six steps of design rule 3.
pub(crate) fn normal(canonical: &Canonical, raw: &str) -> Vec<u8> {
    let mut path = without_dots(&before_dots(canonical, raw));
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
