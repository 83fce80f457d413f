//! The path part of a route: six kinds or several of one, one question, and the text that each captures.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use super::patterns::Glob;
use super::patterns::LazyRegex;
pub use super::redirect_map::{GONE, MapRow, RedirectMap};

/// Which paths, in normal form, a route takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathPattern {
    /// Every path.
    Any,
    /// This path.
    Exact(String),
    /// `/promo/{slug}`, `/a/{*rest}`.
    Template(Template),
    /// This path and every path below it. Without a slash at its end; `/` is the empty text.
    Prefix(String),
    /// A glob.
    Glob(Glob),
    /// A regex, searched.
    Regex(LazyRegex),
    /// The sources of a redirect map.
    Map(RedirectMap),
    /// Any of several of one key, in written order; none of them a map or another list.
    AnyOf(Vec<PathPattern>),
}

/// A path with holes: literal segments, `{name}` for one segment, and perhaps `{*rest}` at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What stands between the slashes, the first one left out: `/a/{b}/` is `a`, `{b}` and the empty text.
    pub segments: Vec<Segment>,
    /// The name of `{*rest}`, which comes after them.
    pub rest: Option<String>,
    /// Whether `/a/{*rest}` takes `/a` too: under `trailing_slash = "strip"` that is what `/a/` has become.
    pub takes_bare: bool,
}

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Segment {
    /// This text, in normal form.
    Literal(String),
    /// `{name}`: any text that is not empty.
    Capture(String),
}

impl Template {
    /// Whether a path fits; calls `capture` with the place of each hole, in order, on the way.
    fn walk(&self, path: &str, mut capture: impl FnMut(Range<usize>)) -> bool {
        if !path.starts_with('/') {
            return false;
        }
        // Where the next segment begins; none behind the last one.
        let mut left = Some(1);
        for segment in &self.segments {
            let Some((start, rest)) = left.and_then(|start| Some((start, path.get(start..)?))) else { return false };
            let length = rest.find('/').unwrap_or(rest.len());
            let text = rest.get(..length).unwrap_or_default();
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Capture(_) if !text.is_empty() => capture(start..start + length),
                _ => return false,
            }
            left = (length < rest.len()).then_some(start + length + 1);
        }
        match (self.rest.is_some(), left) {
            (true, Some(start)) => capture(start..path.len()),
            (true, None) if self.takes_bare => capture(path.len()..path.len()),
            (has_rest, left) => return has_rest == left.is_some(),
        }
        true
    }
}

/// Captured texts by number. Number *i* of a template is its *i*-th hole, of a prefix 0 is `{rest}`, of a regex its group,
/// of several the *i*-th of the names that each of them has.
pub type Captures<'p> = Vec<&'p str>;

impl PathPattern {
    /// The rows of a redirect map; none of any other kind.
    #[must_use]
    pub fn rows(&self) -> &[MapRow] {
        match self {
            PathPattern::Map(map) => &map.rows,
            _ => &[],
        }
    }

    /// The key that a table writes this kind with.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            PathPattern::Any => "any",
            PathPattern::AnyOf(several) => several.first().map_or("any", PathPattern::key),
            PathPattern::Exact(_) | PathPattern::Template(_) => "path",
            PathPattern::Prefix(_) => "prefix",
            PathPattern::Glob(_) => "glob",
            PathPattern::Regex(_) => "regex",
            PathPattern::Map(_) => "redirect_map",
        }
    }

    /// Whether a path in normal form matches; which row of a map then takes a request, its query says
    /// ([`RedirectMap::row`]). O(m), for a map O(n m): the table's index looks rows up instead.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        match self {
            PathPattern::Any => true,
            PathPattern::Exact(exact) => exact == path,
            PathPattern::Template(template) => template.walk(path, |_| {}),
            PathPattern::Prefix(prefix) => below(prefix, path).is_some(),
            PathPattern::Glob(glob) => glob.takes_path(path),
            PathPattern::Regex(regex) => regex.takes_path(path),
            PathPattern::Map(map) => map.rows.iter().any(|row| row.path() == path),
            PathPattern::AnyOf(several) => several.iter().any(|one| one.matches(path)),
        }
    }

    /// The patterns that it is made of: itself, or each of several.
    #[must_use]
    pub fn each(&self) -> &[PathPattern] {
        match self {
            PathPattern::AnyOf(several) => several,
            one => std::slice::from_ref(one),
        }
    }

    /// The same, to be changed.
    pub(super) fn each_mut(&mut self) -> &mut [PathPattern] {
        match self {
            PathPattern::AnyOf(several) => several,
            one => std::slice::from_mut(one),
        }
    }

    /// The texts that a matching path captures, in normal form but for their case, which is that of `own_case`: the same
    /// path before it was folded. Empty where the path does not match or the kind captures nothing.
    #[must_use]
    pub fn captures<'p>(&self, path: &str, own_case: &'p str) -> Captures<'p> {
        self.places(path).into_iter().map(|place| own_case.get(place).unwrap_or_default()).collect()
    }

    /// Where in a matching path the captured texts are.
    fn places(&self, path: &str) -> Vec<Range<usize>> {
        match self {
            PathPattern::Template(template) => {
                let mut places = Vec::new();
                let matched = template.walk(path, |place| places.push(place));
                if matched { places } else { Vec::new() }
            }
            PathPattern::Prefix(prefix) => below(prefix, path).map(|_| prefix.len()..path.len()).into_iter().collect(),
            PathPattern::Regex(regex) => regex.places(path),
            PathPattern::AnyOf(several) => {
                let Some(first) = several.iter().find(|one| one.matches(path)) else { return Vec::new() };
                let (places, names) = (first.places(path), first.capture_names());
                let place = |wanted: &String| names.iter().find(|(name, _)| name == wanted).map(|(_, at)| *at);
                let common = self.capture_names();
                common
                    .iter()
                    .map(|(name, _)| place(name).and_then(|at| places.get(at).cloned()).unwrap_or(0..0))
                    .collect()
            }
            PathPattern::Any | PathPattern::Exact(_) | PathPattern::Glob(_) | PathPattern::Map(_) => Vec::new(),
        }
    }

    /// The names that a target may use, each with the number of its text in [`PathPattern::captures`].
    #[must_use]
    pub fn capture_names(&self) -> Vec<(String, usize)> {
        match self {
            PathPattern::Template(template) => {
                let holes = template.segments.iter().filter_map(|segment| match segment {
                    Segment::Capture(name) => Some(name),
                    Segment::Literal(_) => None,
                });
                holes.chain(&template.rest).cloned().enumerate().map(|(at, name)| (name, at)).collect()
            }
            PathPattern::Prefix(_) => vec![("rest".to_owned(), 0)],
            PathPattern::Regex(regex) => {
                let names = regex.group_names();
                let numbers: Vec<_> = (0..names.len()).map(|at| (at.to_string(), at)).collect();
                let named = names.into_iter().enumerate().filter_map(|(at, name)| Some((name?, at)));
                numbers.into_iter().chain(named).collect()
            }
            PathPattern::AnyOf(several) => {
                let names =
                    |one: &PathPattern| one.capture_names().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
                let all: Vec<Vec<String>> = several.iter().map(names).collect();
                let first = all.first().cloned().unwrap_or_default();
                let common = first.into_iter().filter(|name| all.iter().all(|names| names.contains(name)));
                common.enumerate().map(|(at, name)| (name, at)).collect()
            }
            PathPattern::Any | PathPattern::Exact(_) | PathPattern::Glob(_) | PathPattern::Map(_) => Vec::new(),
        }
    }
}

/// The pattern as a table writes it; a map is told by its number of rows, no pattern is `every path`.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathPattern::Any => f.write_str("every path"),
            PathPattern::Exact(path) => f.write_str(path),
            PathPattern::Template(template) => template.fmt(f),
            PathPattern::Prefix(prefix) if prefix.is_empty() => f.write_str("/"),
            PathPattern::Prefix(prefix) => f.write_str(prefix),
            PathPattern::Glob(glob) => f.write_str(glob.text()),
            PathPattern::Regex(regex) => f.write_str(regex.text()),
            PathPattern::Map(map) => write!(f, "{} rows", map.rows.len()),
            PathPattern::AnyOf(several) => {
                let (shown, hidden) = several.split_at(several.len().min(3));
                let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
                f.write_str(&shown.join(", "))?;
                if hidden.is_empty() { Ok(()) } else { write!(f, " and {} more", hidden.len()) }
            }
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Capture(name) => write!(f, "/{{{name}}}")?,
            }
        }
        match &self.rest {
            Some(name) => write!(f, "/{{*{name}}}"),
            None => Ok(()),
        }
    }
}

/// What follows a prefix of whole segments: empty, or beginning with a slash.
fn below<'p>(prefix: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(segments: &[&str], rest: Option<&str>) -> PathPattern {
        let segment = |text: &&str| match text.strip_prefix('{') {
            Some(name) => Segment::Capture(name.trim_end_matches('}').to_owned()),
            None => Segment::Literal((*text).to_owned()),
        };
        PathPattern::Template(Template {
            segments: segments.iter().map(segment).collect(),
            rest: rest.map(str::to_owned),
            takes_bare: false,
        })
    }

    fn bare(mut pattern: PathPattern) -> PathPattern {
        let PathPattern::Template(template) = &mut pattern else { unreachable!("`template` makes no other") };
        template.takes_bare = true;
        pattern
    }

    #[test]
    fn each_kind_takes_what_the_design_says() {
        let rows: Vec<(PathPattern, &str, bool)> = vec![
            (template(&["promo", "{slug}"], None), "/promo/x", true),
            (template(&["promo", "{slug}"], None), "/promo/", false),
            (template(&["promo", "{slug}"], None), "/promo", false),
            (template(&["promo", "{slug}"], None), "/promo/x/", false),
            (template(&["promo", "{slug}", ""], None), "/promo/x/", true),
            (template(&["a"], Some("rest")), "/a", false),
            (template(&["a"], Some("rest")), "/a/", true),
            (template(&["a"], Some("rest")), "/a/x/y", true),
            (bare(template(&["a"], Some("rest"))), "/a", true),
            (bare(template(&["a"], Some("rest"))), "/a/x", true),
            (bare(template(&["a"], Some("rest"))), "/ab", false),
            (bare(template(&["a"], Some("rest"))), "/", false),
            (template(&[], Some("rest")), "/", true),
            (template(&[], Some("rest")), "*", false),
            (PathPattern::Prefix("/a".into()), "/a", true),
            (PathPattern::Prefix("/a".into()), "/a/x", true),
            (PathPattern::Prefix("/a".into()), "/ab", false),
            (PathPattern::Prefix(String::new()), "/", true),
            (PathPattern::Prefix(String::new()), "/x", true),
            (PathPattern::Prefix(String::new()), "*", false),
            (PathPattern::Glob(Glob::new("/a/**")), "/a/", true),
            (PathPattern::Glob(Glob::new("/a/**")), "/a", false),
            (PathPattern::Glob(Glob::new("/**/x")), "/x", true),
            (PathPattern::Glob(Glob::new("/a/*.js")), "/a/b/c.js", false),
            (PathPattern::Glob(Glob::new("/a/**/*.{js,css}")), "/a/b/c.css", true),
            (PathPattern::Regex(LazyRegex::new(r"\.php$")), "/x/y.php", true),
        ];
        for (pattern, path, expected) in rows {
            assert_eq!(pattern.matches(path), expected, "{pattern:?} {path}");
        }
    }

    #[test]
    fn a_pattern_is_shown_as_it_is_written() {
        let rows = [
            (template(&["a", "{b}", ""], None), "path", "/a/{b}/"),
            (template(&[], Some("rest")), "path", "/{*rest}"),
            (PathPattern::Prefix(String::new()), "prefix", "/"),
            (PathPattern::Any, "any", "every path"),
        ];
        for (pattern, key, text) in rows {
            assert_eq!((pattern.key(), pattern.to_string().as_str()), (key, text));
        }
    }

    #[test]
    fn captures_come_in_order_and_a_group_that_took_no_part_is_empty() {
        let captures = |pattern: &PathPattern, path: &str| -> Vec<String> {
            pattern.captures(path, path).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(captures(&template(&["{a}", "x", "{b}"], Some("c")), "/1/x/2/3/4"), ["1", "2", "3/4"]);
        assert_eq!(captures(&bare(template(&["{a}"], Some("c"))), "/1"), ["1", ""]);
        assert_eq!(captures(&PathPattern::Prefix("/a".into()), "/a/x"), ["/x"]);
        let regex = PathPattern::Regex(LazyRegex::new(r"^/(?<id>\d+)(?:/(x))?$"));
        assert_eq!(captures(&regex, "/12"), ["/12", "12", ""]);
        assert!(regex.capture_names().contains(&("id".to_owned(), 1)));
    }

    #[test]
    fn captures_keep_the_case_that_they_came_in() {
        let rows = [
            (template(&["a", "{b}"], None), "/a/xy", "/A/Xy", "Xy"),
            (PathPattern::Prefix("/a".into()), "/a/xy", "/A/Xy", "/Xy"),
            (PathPattern::Regex(LazyRegex::new("^/a/(?<b>x)")), "/a/xy", "/A/Xy", "X"),
        ];
        for (pattern, path, own_case, expected) in rows {
            assert_eq!(pattern.captures(path, own_case).last(), Some(&expected), "{pattern}");
        }
    }

    #[test]
    fn of_several_the_first_that_matches_fills_the_names_that_all_have() {
        let several = PathPattern::AnyOf(vec![
            template(&["a", "{x}", "{y}"], None),
            template(&["{y}", "b", "{x}"], None),
            template(&["c", "{y}", "{z}", "{x}"], None),
        ]);
        assert_eq!(several.capture_names(), [("x".to_owned(), 0), ("y".to_owned(), 1)]);
        assert_eq!((several.key(), several.to_string().as_str()), ("path", "/a/{x}/{y}, /{y}/b/{x}, /c/{y}/{z}/{x}"));
        let rows: [(&str, &[&str]); 4] =
            [("/a/b/2", &["b", "2"]), ("/1/b/2", &["2", "1"]), ("/c/1/2/3", &["3", "1"]), ("/d", &[])];
        for (path, expected) in rows {
            assert_eq!(several.captures(path, path), expected, "{path}");
            assert_eq!(several.matches(path), !expected.is_empty(), "{path}");
        }
    }
}
