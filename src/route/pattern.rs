//! The path part of a route: six kinds, one question, and the text that each captures.

use std::fmt;

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
}

/// A path with holes: literal segments, `{name}` for one segment, and perhaps `{*rest}` at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What stands between the slashes, the first one left out: `/a/{b}/` is `a`, `{b}` and the empty text.
    pub segments: Vec<Segment>,
    /// The name of `{*rest}`, which comes after them.
    pub rest: Option<String>,
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
    /// Whether a path fits; calls `capture` with the text of each hole, in order, on the way.
    fn walk<'p>(&self, path: &'p str, mut capture: impl FnMut(&'p str)) -> bool {
        let Some(whole) = path.strip_prefix('/') else { return false };
        let mut left = Some(whole);
        for segment in &self.segments {
            let Some(rest) = left else { return false };
            let (text, after) = rest.split_once('/').map_or((rest, None), |(text, after)| (text, Some(after)));
            match segment {
                Segment::Literal(literal) if literal == text => {}
                Segment::Capture(_) if !text.is_empty() => capture(text),
                _ => return false,
            }
            left = after;
        }
        if self.rest.is_some() {
            left.into_iter().for_each(&mut capture);
        }
        self.rest.is_some() == left.is_some()
    }
}

/// Captured texts by number. Number *i* of a template is its *i*-th hole, of a prefix 0 is `{rest}`, of a regex its group.
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
        }
    }

    /// The texts that a matching path captures; empty where the path does not match or the kind captures nothing.
    #[must_use]
    pub fn captures<'p>(&self, path: &'p str) -> Captures<'p> {
        match self {
            PathPattern::Template(template) => {
                let mut texts = Vec::new();
                let matched = template.walk(path, |text| texts.push(text));
                if matched { texts } else { Vec::new() }
            }
            PathPattern::Prefix(prefix) => below(prefix, path).into_iter().collect(),
            PathPattern::Regex(regex) => regex.groups(path),
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
        })
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
        assert_eq!(template(&["{a}", "x", "{b}"], Some("c")).captures("/1/x/2/3/4"), ["1", "2", "3/4"]);
        assert_eq!(PathPattern::Prefix("/a".into()).captures("/a/x"), ["/x"]);
        let regex = PathPattern::Regex(LazyRegex::new(r"^/(?<id>\d+)(?:/(x))?$"));
        assert_eq!(regex.captures("/12"), ["/12", "12", ""]);
        assert!(regex.capture_names().contains(&("id".to_owned(), 1)));
    }
}
