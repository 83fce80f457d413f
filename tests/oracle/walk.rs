//! The oracle: a plain walk over all routes, with matching of its own. It is slow and it is meant to be obvious.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crossfade::route::canonical::{Canonical, LetterCase, PathParameters, Slashes, TrailingSlash};
use crossfade::route::condition::{HostPattern, ValueTest};
use crossfade::route::pattern::{MapRow, PathPattern, Segment};
use crossfade::route::query::QueryPolicy;
use crossfade::route::{
    Action, Condition, Definition, Fact, HeaderChanges, KeyedQuery, OriginAction, OriginKind, Request, RequestHeader,
    Route, Table, Told, Window,
};
use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use crate::fill::Taken;
use crate::placement::{places, spellings, strips};

/// What the oracle says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) route: Option<String>,
    pub(crate) action: String,
    pub(crate) refused: Option<String>,
    /// What a route changes of a request's headers, sorted.
    pub(crate) headers: Vec<String>,
    /// Position of its behavior, and whether CloudFront may find it in another one; where there are several.
    pub(crate) behavior: Option<(usize, bool)>,
}

pub(crate) struct Oracle<'t> {
    definition: &'t Definition,
    /// Of each behavior, what of a query is in its key; `None`: all. That the keys are right is not for a walk to say.
    keys: Vec<Option<Vec<String>>>,
    matchers: Vec<OnceCell<Matcher>>,
}

pub(crate) enum Matcher {
    All,
    Texts(Vec<String>),
    /// With the number of the group that is capture 0.
    Regex(Regex, usize),
    Glob(GlobMatcher),
    /// Each with the names and numbers of its captures.
    Several(Vec<(Matcher, Vec<(String, usize)>)>),
    Nothing,
}

/// An answer that no route has a part in.
fn plain(action: impl Into<String>) -> Answer {
    Answer { route: None, action: action.into(), refused: None, headers: Vec::new(), behavior: None }
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
            self.unchanged(behavior.configured, request)
        } else if is_unclear && !self.is_refused(request) {
            let [.., clean] = spellings(request.path, strips(self.definition));
            let redirect = |location| plain(format!("redirect 308 {location}"));
            location(&clean, request.query).map_or_else(|| plain("respond 400"), redirect)
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
            return plain("respond 400");
        }
        let path = String::from_utf8(normal(&definition.canonical, request.path)).unwrap();
        for (route, matcher) in definition.routes.iter().zip(&self.matchers) {
            let matcher = matcher.get_or_init(|| Matcher::of(&route.path));
            // There must be something to normalize.
            let is_idle = || matches!(route.action, Action::Normalize(_)) && path == self.before_folding(request.path);
            let takes = matcher.matches(&path) && conditions(route, request) && has_row(route, &path, request.query);
            if takes && !is_idle() {
                let own_case = Canonical { case: LetterCase::Keep, ..definition.canonical.clone() };
                let own_case = String::from_utf8(normal(&own_case, request.path)).unwrap();
                return self.act(&Taken { route, matcher, path: &path, own_case: &own_case, request });
            }
        }
        self.by_default(request, None)
    }

    /// After steps (a), (c) and (d) of design rule 3.
    fn before_folding(&self, raw: &str) -> String {
        let canonical = Canonical { path_parameters: PathParameters::Keep, ..self.definition.canonical.clone() };
        let path = String::from_utf8(without_dots(&before_dots(&canonical, raw))).unwrap();
        if path.is_empty() { "/".to_owned() } else { path }
    }

    fn by_default(&self, request: &Request<'_>, refused: Option<String>) -> Answer {
        let default = self.definition.default;
        // A bucket is sent a query only where a route says so.
        let is_bucket = matches!(self.definition.origins[default].kind, OriginKind::S3(_));
        let query = if is_bucket { String::new() } else { self.sent(request, request.query) };
        let path = self.passed_on(default, request.path);
        let action = format!("origin {} {path} ? {query}", self.definition.origins[default].id);
        Answer { refused, ..plain(action) }
    }

    fn unchanged(&self, origin: usize, request: &Request<'_>) -> Answer {
        let origin = &self.definition.origins[origin].id;
        let path = if request.path.is_empty() { "/" } else { request.path };
        plain(format!("origin {origin} {path} ? {}", request.query))
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

    fn act(&self, taken: &Taken<'_>) -> Answer {
        let Taken { route, path, request, .. } = *taken;
        let redirect = |made: Option<String>, policy, status| {
            let location = location(&self.fine(made?)?, &kept(policy, request.query))?;
            Some((format!("redirect {status} {location}"), Vec::new()))
        };
        let done = match &route.action {
            Action::Origin(action) => self.send(taken, action),
            Action::Normalize(action) => {
                // What is no path from the root would be read beside another one, or as a URL.
                let made = Some(path.to_owned()).filter(|path| path.starts_with('/'));
                redirect(made, &action.query_string, action.status)
            }
            Action::Redirect(action) => redirect(taken.url(&action.target), &action.query_string, action.status),
            Action::RedirectMap(action) => {
                let row = row(route, path, request.query).unwrap();
                let to_it =
                    || redirect(Some(row.to.clone()), &action.query_string, row.status.unwrap_or(action.status));
                if row.status == Some(410) { Some(("respond 410".to_owned(), Vec::new())) } else { to_it() }
            }
            Action::Respond(action) => Some((format!("respond {}", action.status), Vec::new())),
        };
        match done {
            Some((action, headers)) => Answer { route: Some(route.id.clone()), headers, ..plain(action) },
            None => self.by_default(request, Some(route.id.clone())),
        }
    }

    fn send(&self, taken: &Taken<'_>, action: &OriginAction) -> Option<(String, Vec<String>)> {
        let origin = &self.definition.origins[action.origin];
        let made = match &action.rewrite {
            Some(target) => self.fine(taken.url(target)?)?,
            None => self.passed_on(action.origin, taken.request.path),
        };
        // A rewrite's own query comes first.
        let (path, own) = match made.split_once('?') {
            Some(parts) if action.rewrite.is_some() => parts,
            _ => (made.as_str(), ""),
        };
        // No object of a bucket has an empty key.
        let is_root = matches!(&origin.kind, OriginKind::S3(bucket) if bucket.path.is_empty());
        if action.rewrite.is_some() && is_root && path == "/" {
            return None;
        }
        let query = self.sent(taken.request, &kept(&action.query_string, taken.request.query));
        let joint = if own.is_empty() || query.is_empty() { "" } else { "&" };
        let headers = headers(taken, &action.request_headers)?;
        Some((format!("origin {} {path} ? {own}{joint}{query}", origin.id), headers))
    }

    /// What is made must not be what no request may be, nor lead elsewhere.
    fn fine(&self, made: String) -> Option<String> {
        let made = safe(made)?;
        let url = made.split(['?', '#']).next().unwrap();
        let path = match url.split_once("://") {
            Some(("http" | "https", rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
            _ => url,
        };
        (!refused(&self.definition.canonical, path)).then_some(made)
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
            PathPattern::AnyOf(several) => {
                Matcher::Several(several.iter().map(|one| (Matcher::of(one), names(one))).collect())
            }
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
            Matcher::Several(several) => several.iter().any(|(one, _)| one.matches(path)),
            Matcher::Nothing => false,
        }
    }

    /// Where the captures of a path are that it takes; a group that took no part is nowhere.
    pub(crate) fn captures(&self, path: &str) -> Vec<Option<Range<usize>>> {
        match self {
            Matcher::Regex(regex, first) => {
                let groups = regex.captures(path).unwrap();
                groups.iter().skip(*first).map(|group| Some(group?.range())).collect()
            }
            Matcher::Several(several) => {
                let (first, own) = several.iter().find(|(one, _)| one.matches(path)).unwrap();
                let places = first.captures(path);
                let number = |names: &[(String, usize)], wanted: &str| {
                    names.iter().find(|(name, _)| name == wanted).map(|(_, number)| *number)
                };
                let has_all = |name: &&String| several.iter().all(|(_, names)| number(names, name).is_some());
                let common = several[0].1.iter().map(|(name, _)| name).filter(has_all);
                common.map(|name| places[number(own, name).unwrap()].clone()).collect()
            }
            Matcher::All | Matcher::Texts(_) | Matcher::Glob(_) | Matcher::Nothing => Vec::new(),
        }
    }
}

/// The names of what a pattern captures, with the numbers of its captures. A regex's have numbers for names too; only a
/// definition that no text has made has lists of those.
fn names(pattern: &PathPattern) -> Vec<(String, usize)> {
    let names: Vec<String> = match pattern {
        PathPattern::Prefix(_) => vec!["rest".to_owned()],
        PathPattern::Template(template) => {
            let captures = template.segments.iter().filter_map(|segment| match segment {
                Segment::Capture(name) => Some(name.clone()),
                Segment::Literal(_) => None,
            });
            captures.chain(template.rest.clone()).collect()
        }
        PathPattern::Regex(regex) => {
            let Ok(regex) = Regex::new(regex.text()) else { return Vec::new() };
            let named = regex.capture_names().enumerate().filter_map(|(at, name)| Some((name?.to_owned(), at)));
            let numbers = (0..regex.captures_len()).map(|number| (number.to_string(), number));
            return numbers.chain(named).collect();
        }
        _ => Vec::new(),
    };
    names.into_iter().enumerate().map(|(at, name)| (name, at)).collect()
}

/// What a route changes of headers; `None` where a value is refused.
fn headers(taken: &Taken<'_>, changes: &HeaderChanges) -> Option<Vec<String>> {
    let mut told: Vec<String> = changes.remove.iter().map(|name| format!("remove {name}")).collect();
    for (verb, fields) in [("set", &changes.set), ("add", &changes.add)] {
        for (name, value) in fields {
            let value = match value {
                RequestHeader::Secret(secret) => Some(format!("the secret {secret}")),
                RequestHeader::Text(text) => taken.header(text).ok()?.map(|text| format!("`{text}`")),
            };
            match value {
                Some(value) => told.push(format!("{verb} {name} {value}")),
                // What a viewer sent under this name is not what the route says.
                None if verb == "set" => told.push(format!("remove {name}")),
                None => {}
            }
        }
    }
    told.sort();
    Some(told)
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
    route.conditions.iter().all(|Condition { fact, test }| match (fact, test) {
        (_, ValueTest::Within(window)) => live(*window, request),
        (Fact::Host, ValueTest::HostIn(patterns)) => request.host.is_some_and(|host| hosts(patterns, host)),
        // A route that takes GET takes HEAD.
        (Fact::Method, test) => {
            test_of(test, Some(request.method)) || request.method == "HEAD" && test_of(test, Some("GET"))
        }
        (Fact::Query(_) | Fact::Header(_) | Fact::Cookie(_), test) => test_of(test, value_of(fact, request)),
        (Fact::Told(Told::Cohort), test) => {
            request.viewer.get(Told::Cohort).is_some_and(|all| all.split(',').any(|one| test_of(test, Some(one))))
        }
        (Fact::Told(told), test) => test_of(test, request.viewer.get(*told)),
        other => panic!("no table has {other:?}"),
    })
}

/// The first value of a parameter, header or cookie.
pub(crate) fn value_of<'r>(fact: &Fact, request: &Request<'r>) -> Option<&'r str> {
    let fields = |wanted: &str| {
        let wanted = wanted.to_ascii_lowercase();
        request.headers.iter().filter(move |(name, _)| name.to_ascii_lowercase() == wanted).map(|(_, value)| *value)
    };
    match fact {
        Fact::Query(wanted) => {
            let pieces = request.query.split('&').filter(|piece| !piece.is_empty());
            let mut pairs = pieces.map(|piece| pair(piece).unwrap_or((piece, "")));
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
        }
        Fact::Header(wanted) => fields(wanted).next(),
        Fact::Cookie(wanted) => {
            let parts = fields("cookie").flat_map(|field| field.split(';'));
            let mut pairs = parts.filter_map(|part| pair(part.trim_matches(|c| c == ' ' || c == '\t')));
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
        }
        // Of nothing else a regex is asked.
        _ => None,
    }
}

fn pair(piece: &str) -> Option<(&str, &str)> {
    let at = piece.find('=')?;
    Some((&piece[..at], &piece[at + 1..]))
}

/// A host in lower case, without a port and one trailing dot.
pub(crate) fn bare(host: &str) -> String {
    let mut host = host.to_ascii_lowercase();
    if !(host.starts_with('[') && host.ends_with(']'))
        && let Some(at) = host.rfind(':')
        && host[at + 1..].chars().all(|c| c.is_ascii_digit())
    {
        host.truncate(at);
    }
    host.strip_suffix('.').unwrap_or(&host).to_owned()
}

fn hosts(patterns: &[HostPattern], host: &str) -> bool {
    let host = bare(host);
    patterns.iter().any(|pattern| match pattern {
        HostPattern::Name(name) => *name == host,
        HostPattern::AnyLabel(star) => host
            .strip_suffix(star.parent.as_str())
            .and_then(|label| label.strip_suffix('.'))
            .is_some_and(|label| !label.is_empty() && !label.contains('.')),
    })
}

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
}

/// A regex of a value, compiled once.
pub(crate) fn with_regex<T>(text: &str, look: impl FnOnce(&Regex) -> T) -> T {
    COMPILED.with_borrow_mut(|all| look(all.entry(text.to_owned()).or_insert_with(|| Regex::new(text).unwrap())))
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
        (ValueTest::Regex(regex), Some(value)) => with_regex(regex.text(), |regex| regex.is_match(value)),
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
