//! Which of some routes may take a path that another route takes too. Never wrong where it says that none may: what is
//! not known of a pattern counts as any path.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::condition::HostPattern;
use super::definition::Route;
use super::pattern::{PathPattern, Segment};

/// Routes that are looked at for one text; with more, the first of the rest is believed to take it.
const MOST_LOOKED_AT: usize = 64;

/// Routes by the text that all their paths begin with.
#[derive(Debug, Default)]
pub struct Overlaps<'r> {
    /// Of patterns that go on behind their text.
    open: BTreeMap<String, Vec<Taker<'r>>>,
    /// Of whole paths.
    exact: BTreeMap<String, Vec<Taker<'r>>>,
    /// How long the texts of `open` are.
    lengths: BTreeSet<usize>,
}

/// A route, and which of its paths is meant.
#[derive(Clone, Copy, Debug)]
struct Taker<'r> {
    route: &'r Route,
    paths: Paths<'r>,
}

/// Paths of a route: of a redirect map one row's.
#[derive(Clone, Copy, Debug)]
enum Paths<'r> {
    Exact(&'r str),
    Pattern(&'r PathPattern),
}

/// What all paths begin with.
enum Lead {
    Exact(String),
    Open(String),
}

impl<'r> Overlaps<'r> {
    /// Adds a route. O(bytes of its paths).
    pub fn add(&mut self, route: &'r Route) {
        for paths in Paths::of(route) {
            let member = Taker { route, paths };
            match paths.lead() {
                Lead::Exact(path) => self.exact.entry(path).or_default().push(member),
                Lead::Open(text) => {
                    self.lengths.insert(text.len());
                    self.open.entry(text).or_default().push(member);
                }
            }
        }
    }

    /// One of the routes that were added which may take a request that this one takes. For each path nearly independent
    /// of how many there are.
    #[must_use]
    pub fn find(&self, route: &'r Route) -> Option<&'r Route> {
        Paths::of(route).find_map(|paths| self.find_one(Taker { route, paths }))
    }

    fn find_one(&self, wanted: Taker<'r>) -> Option<&'r Route> {
        let (text, goes_on) = match wanted.paths.lead() {
            Lead::Exact(path) => (path, false),
            Lead::Open(text) => (text, true),
        };
        let shorter = self.lengths.iter().take_while(|length| **length <= text.len());
        let shorter = shorter.filter_map(|length| self.open.get(text.get(..*length)?));
        let same = self.exact.get(&text).into_iter().filter(|_| !goes_on);
        let longer = |map: &'_ BTreeMap<String, Vec<Taker<'r>>>, from: Bound<&str>| -> Vec<Taker<'r>> {
            let range = map.range::<str, _>((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(&text));
            range.flat_map(|(_, members)| members.iter().copied()).take(MOST_LOOKED_AT + 1).collect()
        };
        let behind = if goes_on {
            [longer(&self.open, Bound::Excluded(&text)), longer(&self.exact, Bound::Included(&text))].concat()
        } else {
            Vec::new()
        };
        let mut candidates = shorter.chain(same).flatten().copied().chain(behind);
        let few = candidates.by_ref().take(MOST_LOOKED_AT).find(|known| known.may_meet(&wanted));
        few.or_else(|| candidates.next()).map(|member| member.route)
    }
}

impl Taker<'_> {
    fn may_meet(&self, other: &Taker<'_>) -> bool {
        let (one, two) = (self.route, other.route);
        let methods = share(one.methods(), two.methods(), |one, two| one == two);
        methods && share(one.hosts(), two.hosts(), hosts_meet) && self.paths.may_meet(other.paths)
    }
}

/// Whether two lists, of which an empty one holds everything, have something in common.
fn share<T>(one: &[T], two: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    one.is_empty() || two.is_empty() || one.iter().any(|one| two.iter().any(|two| same(one, two)))
}

fn hosts_meet(one: &HostPattern, two: &HostPattern) -> bool {
    match (one, two) {
        (HostPattern::Name(name), pattern) | (pattern, HostPattern::Name(name)) => pattern.matches(name),
        (HostPattern::AnyLabel(one), HostPattern::AnyLabel(two)) => one.parent == two.parent,
    }
}

impl<'r> Paths<'r> {
    fn of(route: &'r Route) -> impl Iterator<Item = Paths<'r>> {
        let rows = route.path.rows().chunk_by(|row, next| row.path() == next.path());
        let rows = rows.filter_map(|rows| rows.first()).map(|row| Paths::Exact(row.path()));
        let patterns = route.path.each().iter().filter(|path| !matches!(path, PathPattern::Map(_)));
        rows.chain(patterns.map(Paths::Pattern))
    }

    fn lead(self) -> Lead {
        match self {
            Paths::Exact(path) => Lead::Exact(path.to_owned()),
            Paths::Pattern(PathPattern::Exact(path)) => Lead::Exact(path.clone()),
            Paths::Pattern(PathPattern::Prefix(prefix)) => Lead::Open(prefix.clone()),
            Paths::Pattern(PathPattern::Template(template)) => {
                let literal = |segment: &Segment| match segment {
                    Segment::Literal(text) => Some(format!("/{text}")),
                    Segment::Capture(_) => None,
                };
                Lead::Open(template.segments.iter().map_while(literal).collect())
            }
            Paths::Pattern(PathPattern::Glob(glob)) => Lead::Open(before(glob.text(), &['*', '?', '[', '{', '\\'])),
            Paths::Pattern(PathPattern::Regex(regex)) => Lead::Open(literal_start(regex.text())),
            Paths::Pattern(_) => Lead::Open(String::new()),
        }
    }

    fn may_meet(self, other: Paths<'_>) -> bool {
        if let (Some((one, one_goes_on)), Some((two, two_goes_on))) = (self.segments(), other.segments()) {
            let agree = one.iter().zip(&two).all(|(one, two)| one.is_none() || two.is_none() || one == two);
            let fits = |count: usize, goes_on: bool, least: usize| goes_on || count >= least;
            return agree && fits(one.len(), one_goes_on, two.len()) && fits(two.len(), two_goes_on, one.len());
        }
        // Their texts begin alike, and what follows is not known.
        true
    }

    /// The segments that its paths begin with, `None` for any, and whether more may follow; not of globs and regexes.
    fn segments(self) -> Option<(Vec<Option<&'r str>>, bool)> {
        let split = |path: &'r str| path.split('/').skip(1).map(Some).collect();
        match self {
            Paths::Exact(path) => Some((split(path), false)),
            Paths::Pattern(PathPattern::Exact(path)) => Some((split(path), false)),
            Paths::Pattern(PathPattern::Prefix(prefix)) => Some((split(prefix), true)),
            Paths::Pattern(PathPattern::Template(template)) => {
                let segment = |segment: &'r Segment| match segment {
                    Segment::Literal(text) => Some(text.as_str()),
                    Segment::Capture(_) => None,
                };
                Some((template.segments.iter().map(segment).collect(), template.rest.is_some()))
            }
            Paths::Pattern(PathPattern::Any) => Some((Vec::new(), true)),
            Paths::Pattern(_) => None,
        }
    }
}

fn before(text: &str, ends: &[char]) -> String {
    text.split(ends).next().unwrap_or_default().to_owned()
}

/// The plain letters that a regex begins with; none where it is not anchored or has a choice.
fn literal_start(regex: &str) -> String {
    let Some(rest) = regex.strip_prefix('^').filter(|rest| !rest.contains('|')) else { return String::new() };
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/-_%~".contains(char);
    let end = rest.find(|char| !is_plain(char)).unwrap_or(rest.len());
    let (mut plain, behind) = rest.split_at(end);
    if behind.starts_with(['?', '*', '+', '{']) {
        // What is repeated may be absent.
        plain = plain.get(..plain.len().saturating_sub(1)).unwrap_or_default();
    }
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::condition::{Condition, ValueTest};
    use crate::route::pattern::{Glob, MapRow, Template};
    use crate::route::{Action, Fact, LazyRegex, OriginAction};

    /// `=` exact, `^` regex, `*` anywhere a glob, `{` a template, else a prefix; rows of a map are split at `,`.
    fn pattern(text: &str) -> PathPattern {
        let row = |from: &str| MapRow { from: from.to_owned(), to: "/".to_owned(), status: None, line: 0 };
        let segment = |text: &str| match text {
            "{}" => Segment::Capture("x".to_owned()),
            text => Segment::Literal(text.to_owned()),
        };
        match text {
            "" => PathPattern::Any,
            text if text.contains(',') => PathPattern::Map(text.split(',').map(row).collect::<Vec<_>>().into()),
            text if text.starts_with('^') || text.starts_with('(') => PathPattern::Regex(LazyRegex::new(text)),
            text if text.contains('*') => PathPattern::Glob(Glob::new(text)),
            text if text.contains('{') => {
                let rest = text.ends_with("/{rest}").then(|| "rest".to_owned());
                let path = text.trim_end_matches("/{rest}");
                PathPattern::Template(Template {
                    segments: path.split('/').skip(1).map(segment).collect(),
                    rest,
                    takes_bare: false,
                })
            }
            text => match text.strip_prefix('=') {
                Some(path) => PathPattern::Exact(path.to_owned()),
                None => PathPattern::Prefix(text.to_owned()),
            },
        }
    }

    fn route(text: &str) -> Route {
        Route::new(text, pattern(text), Action::Origin(OriginAction::unchanged(0)))
    }

    #[test]
    fn paths_that_may_be_taken_by_both_are_found_from_either_side() {
        let rows = [
            ("", "=/a", true),
            ("", "", true),
            ("=/a", "=/a", true),
            ("=/a", "=/b", false),
            ("/a", "=/a/b", true),
            ("/a", "=/ab", false),
            ("/a", "/a/b", true),
            ("/a", "/ab", false),
            ("/a/{}", "=/a/b", true),
            ("/a/{}", "=/a", false),
            ("/a/{}", "=/a/b/c", false),
            ("/{}/b", "/a/{}", true),
            ("/{}/b", "/a/c", false),
            ("/a/{rest}", "=/a/b/c", true),
            ("/a/{rest}", "/a", true),
            ("/a/{}", "/b/{}", false),
            ("/a/*.js", "=/a/b", true),
            ("/a/*.js", "=/b", false),
            ("/a/**", "/a/b/{}", true),
            ("/a/**", "/b", false),
            ("/**", "^/b", true),
            ("^/a/b", "=/a/b", true),
            ("^/ab?c", "=/ac", true),
            ("^/ab?c", "=/b", false),
            ("^/a|b", "=/b", true),
            ("(?i)^/A", "=/a", true),
            ("^/a", "^/b", false),
            ("/x,/y", "=/y", true),
            ("/x,/y", "=/z", false),
            ("/x,/y", "/z,/y", true),
            ("/x,/y", "/y", true),
        ];
        for (one, two, expected) in rows {
            for (one, two) in [(one, two), (two, one)] {
                let (one, two) = (route(one), route(two));
                let mut overlaps = Overlaps::default();
                overlaps.add(&one);
                assert_eq!(overlaps.find(&two).is_some(), expected, "{} {}", one.id, two.id);
            }
        }
    }

    #[test]
    fn other_methods_and_other_hosts_are_told_apart() {
        let with = |fact: Fact, test: ValueTest| Route { conditions: vec![Condition { fact, test }], ..route("/a") };
        let methods = |names: &[&str]| ValueTest::AnyOf(names.iter().map(|name| (*name).to_owned()).collect());
        let host = |pattern| with(Fact::Host, ValueTest::HostIn(vec![pattern]));
        let name = |name: &str| host(HostPattern::Name(name.to_owned()));
        let star = |name: &str| host(HostPattern::any_label(name));
        let rows = [
            (with(Fact::Method, methods(&["GET"])), with(Fact::Method, methods(&["POST"])), false),
            (with(Fact::Method, methods(&["GET"])), with(Fact::Method, methods(&["POST", "GET"])), true),
            (with(Fact::Method, methods(&["GET"])), route("/a"), true),
            (name("a.example"), name("b.example"), false),
            (name("a.example"), star("example"), true),
            (name("a.b.example"), star("example"), false),
            (star("a.example"), star("example"), false),
            (star("example"), route("/a"), true),
        ];
        for (one, two, expected) in &rows {
            for (one, two) in [(one, two), (two, one)] {
                let mut overlaps = Overlaps::default();
                overlaps.add(one);
                assert_eq!(overlaps.find(two).is_some(), *expected, "{one:?} {two:?}");
            }
        }
    }

    #[test]
    fn of_too_many_routes_one_is_believed() {
        let many: Vec<Route> = (0..200).map(|_| route("/a")).collect();
        let of_host = |name: &str| Condition {
            fact: Fact::Host,
            test: ValueTest::HostIn(vec![HostPattern::Name(name.to_owned())]),
        };
        let many: Vec<Route> =
            many.into_iter().map(|route| Route { conditions: vec![of_host("a.example")], ..route }).collect();
        let wanted = Route { conditions: vec![of_host("b.example")], ..route("/a/b") };
        for (count, expected) in [(60, false), (200, true)] {
            let mut overlaps = Overlaps::default();
            many.iter().take(count).for_each(|route| overlaps.add(route));
            assert_eq!(overlaps.find(&wanted).is_some(), expected, "{count}");
        }
    }
}
