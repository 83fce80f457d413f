//! The parts of a path that are written in another tool's syntax. A pure function of the text.

use std::ops::Range;

use super::{is_word, leading_word};

/// Longer texts are left alone: nobody wrote them by hand.
const MAX_SCANNED: usize = 2048;

/// A part of a pattern that is not plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignPart {
    pub(super) part: Range<usize>,
    pub(super) meant: Meant,
}

/// What a part stands for, there or here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// One segment, by a name.
    Segment(String),
    /// All that is left, by a name.
    Remainder(String),
    /// Any text.
    AnyText,
    /// A piece of a regex, as it is.
    Regex(String),
    /// The end of the path.
    End,
    /// A glob's `{name}`: an alternative of one.
    Alone(String),
    /// What means here what it means there: `{name}` of a path.
    Own(String),
    /// The same of `{*name}`, and of `**` at the end of a glob.
    OwnRest(String),
    /// A wildcard of a glob.
    OwnGlob,
}

/// In which key the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatternPlace {
    /// `path` or `prefix`.
    Path,
    /// `glob`.
    Glob,
    /// The source of a row.
    Row,
}

impl Meant {
    /// Whether it is taken as text here.
    pub(super) fn is_foreign(&self) -> bool {
        !matches!(self, Meant::Own(_) | Meant::OwnRest(_) | Meant::OwnGlob)
    }

    /// What it is, for the label on it.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Meant::Segment(_) => "elsewhere any one segment",
            Meant::Remainder(_) | Meant::AnyText => "elsewhere any text",
            Meant::Regex(_) => "a piece of a regex",
            Meant::End => "elsewhere the end of the path",
            Meant::Alone(_) => "a list of one alternative",
            Meant::Own(_) | Meant::OwnRest(_) | Meant::OwnGlob => "",
        }
    }
}

/// The parts that are not plain text, in order; empty where none of them is another tool's.
pub(super) fn parts(text: &str, place: PatternPlace) -> Vec<ForeignPart> {
    // One pass over bytes tells that there is nothing to look at: so it is of nearly every text.
    if text.len() > MAX_SCANNED || !text.bytes().any(|byte| b":*$([<\\{".contains(&byte)) {
        return Vec::new();
    }
    let scanner = Scanner { text, place, is_regex: has_regex(text, place) };
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let found = scanner.part(at);
        let end = found.as_ref().map_or(at + first.len_utf8(), |(end, _)| *end);
        parts.extend(found.map(|(end, meant)| ForeignPart { part: at..end, meant }));
        at = end;
    }
    if parts.iter().any(|found| found.meant.is_foreign()) { parts } else { Vec::new() }
}

struct Scanner<'t> {
    text: &'t str,
    place: PatternPlace,
    /// Whether some of it is a regex, so that its groups and classes are too.
    is_regex: bool,
}

/// Where a part ends, and what it stands for.
type Scanned = (usize, Meant);

impl Scanner<'_> {
    /// The part that begins here.
    fn part(&self, at: usize) -> Option<Scanned> {
        let rest = self.text.get(at..)?;
        let before = self.text.get(..at)?;
        let segment = rest.split('/').next().unwrap_or_default();
        let whole = before.ends_with('/').then(|| self.whole_segment(segment)).flatten();
        let found = whole.map(|meant| (segment.len(), meant));
        let found = found.or_else(|| self.colon(before, rest)).or_else(|| self.braces(rest));
        let found = found.or_else(|| if self.is_regex { regex_piece(rest) } else { None });
        let found = found.or_else(|| match rest {
            "$" if !before.contains('$') && self.place != PatternPlace::Row => Some((1, Meant::End)),
            "$" if self.is_regex => Some((1, Meant::End)),
            _ if rest.starts_with('*') => Some((rest.len() - rest.trim_start_matches('*').len(), self.star(rest))),
            _ => None,
        });
        found.map(|(length, meant)| (at + length, meant))
    }

    fn star(&self, rest: &str) -> Meant {
        match (self.place, rest) {
            (PatternPlace::Glob, "**") => Meant::OwnRest("rest".to_owned()),
            (PatternPlace::Glob, _) => Meant::OwnGlob,
            _ => Meant::AnyText,
        }
    }

    /// What a segment is as a whole.
    fn whole_segment(&self, segment: &str) -> Option<Meant> {
        if self.place == PatternPlace::Glob {
            return None;
        }
        let inner = |open: &str, close: &str| segment.strip_prefix(open)?.strip_suffix(close);
        let rest_name = inner("[...", "]").or_else(|| inner("[[...", "]]")).filter(|name| is_word(name));
        let rest_name = rest_name.or_else(|| segment.strip_prefix('*').filter(|name| is_word(name)));
        if let Some(name) = rest_name {
            return Some(Meant::Remainder(name.to_owned()));
        }
        if let Some(name) = inner("[", "]").filter(|name| is_word(name)) {
            return Some(Meant::Segment(name.to_owned()));
        }
        let (kind, name) = match inner("<", ">")?.split_once(':') {
            Some((kind, name)) => (kind, name),
            // Pages about HTML are named so.
            None if self.place == PatternPlace::Row => return None,
            None => ("", inner("<", ">")?),
        };
        let name = Some(name).filter(|name| is_word(name))?.to_owned();
        Some(if kind == "path" { Meant::Remainder(name) } else { Meant::Segment(name) })
    }

    /// `:name`, and what may follow it.
    fn colon(&self, before: &str, rest: &str) -> Option<Scanned> {
        let begins = before.ends_with('/') || (before.ends_with(['-', '.']) && last_segment(before).starts_with(':'));
        let name = leading_word(rest.strip_prefix(':')?).filter(|_| begins && !is_below_css(before))?;
        let length = name.len() + 1;
        let after = rest.get(length..).unwrap_or_default();
        if let Some(group) = group_length(after).and_then(|length| after.get(1..length - 1)) {
            let regex = format!("(?<{}>{group})", super::own_name(name));
            return Some((length + group.len() + 2, Meant::Regex(regex)));
        }
        // `:hover-within` is a name of another kind.
        let is_selector =
            after.strip_prefix('-').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_lowercase()));
        let ends_segment = |after: &str| after.is_empty() || after.starts_with('/');
        match after.strip_prefix(['*', '+']) {
            Some(after) if ends_segment(after) => Some((length + 1, Meant::Remainder(name.to_owned()))),
            _ if is_selector || after.starts_with(['(', ':']) => None,
            _ => Some((length, Meant::Segment(name.to_owned()))),
        }
    }

    /// `{name}`.
    fn braces(&self, rest: &str) -> Option<Scanned> {
        let (inner, _) = rest.strip_prefix('{')?.split_once('}')?;
        let length = inner.len() + 2;
        match self.place {
            PatternPlace::Glob if inner.contains([',', '{']) => Some((length, Meant::OwnGlob)),
            PatternPlace::Glob => is_word(inner).then(|| (length, Meant::Alone(inner.to_owned()))),
            PatternPlace::Path => Some((
                length,
                match inner.strip_prefix('*') {
                    Some(name) => Meant::OwnRest(name.to_owned()),
                    None => Meant::Own(inner.to_owned()),
                },
            )),
            PatternPlace::Row => match inner.strip_prefix('*') {
                Some(name) => is_word(name).then(|| (length, Meant::Remainder(name.to_owned()))),
                None => is_word(inner).then(|| (length, Meant::Segment(inner.to_owned()))),
            },
        }
    }
}

/// The regex that stands where a path should: `^/old/(.*)$`, `~* \.php$` as nginx has it.
pub(crate) fn regex_meant(text: &str) -> Option<String> {
    let (flag, regex) = match text.strip_prefix("~*") {
        Some(regex) => ("(?i)", regex.trim_start()),
        None => ("", text.strip_prefix('~').map_or(text, str::trim_start)),
    };
    let is_regex = regex.len() < text.len() || regex.starts_with("^/") || has_regex(regex, PatternPlace::Path);
    let anchors = if regex.starts_with('/') && regex.len() == text.len() { ("^", "$") } else { ("", "") };
    let end = if regex.ends_with('$') { "" } else { anchors.1 };
    is_regex.then(|| format!("{flag}{}{regex}{end}", anchors.0))
}

/// A path whose holes are written in another tool's braces, with ours.
pub(crate) fn braces_meant(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let meant: Vec<String> =
        segments.iter().map(|segment| hole_meant(segment).unwrap_or_else(|| (*segment).to_owned())).collect();
    let is_in_order = meant.iter().rev().skip(1).all(|segment| !segment.starts_with("{*"));
    (is_in_order && meant != segments).then(|| meant.join("/"))
}

/// The hole that a segment is in another tool's braces: `{id:int}`, `{proxy+}`, `{**rest}`, `{rest...}`.
fn hole_meant(segment: &str) -> Option<String> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    let (name, constraint) = inner.split_once(':').unwrap_or((inner, ""));
    let bare = name.trim_start_matches('*').trim_end_matches(['+', '?']).trim_end_matches("...");
    let is_rest = name.starts_with('*') || name.ends_with(['+', '.']) || constraint == "path" || constraint == ".*";
    let is_simple = constraint.bytes().all(|byte| byte.is_ascii_alphabetic()) || constraint == ".*";
    let is_other = bare.len() < inner.len() && is_word(bare) && is_simple;
    is_other.then(|| format!("{{{}{}}}", if is_rest { "*" } else { "" }, super::own_name(bare)))
}

fn last_segment(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or_default()
}

/// Documentation has pages such as `/css/:hover`.
fn is_below_css(before: &str) -> bool {
    before.split('/').any(|segment| segment.eq_ignore_ascii_case("css"))
}

/// Whether a text has something that only a regex has.
pub(super) fn has_regex(text: &str, place: PatternPlace) -> bool {
    let any = place != PatternPlace::Glob;
    let after_backslash = "dwsDWS.-/+()?*[]";
    let escapes = if any { after_backslash } else { "dwsDWS" };
    text.len() <= MAX_SCANNED
        && text.char_indices().any(|(at, char)| {
            let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
            let after = rest.get(char.len_utf8()..).unwrap_or_default();
            match char {
                '.' if any && after.starts_with('*') => !before.ends_with('*'),
                '.' if any && after.starts_with('+') => {
                    before.ends_with('/') && matches!(after, "+") || after.starts_with("+/")
                }
                '\\' => after.starts_with(|char| escapes.contains(char)),
                '(' => group_length(rest).and_then(|length| rest.get(1..length - 1)).is_some_and(is_regex_group),
                '[' => class_length(rest).is_some_and(|length| {
                    let is_class = is_regex_class(rest.get(1..length - 1).unwrap_or_default());
                    is_class && (any || rest.get(length..).is_some_and(|after| after.starts_with('+')))
                }),
                _ => false,
            }
        })
}

/// Whether what stands in parentheses is a regex, and not a text such as `(1)` or `(a+b)`.
fn is_regex_group(inner: &str) -> bool {
    inner.starts_with('?') || [".*", ".+", "|", "\\", "[^", "]+", "]*"].iter().any(|piece| inner.contains(piece))
}

/// Whether what stands in brackets is a class: `[^/]`, `[a-z0-9]`, not `[1]` or `[scope]`.
fn is_regex_class(inner: &str) -> bool {
    let is_range = |part: &[u8]| match part {
        [from, b'-', to] => from.is_ascii_alphanumeric() && to.is_ascii_alphanumeric() && from < to,
        _ => false,
    };
    inner.starts_with('^') || inner.contains('\\') || inner.as_bytes().windows(3).take(2).any(is_range)
}

/// The piece of a regex that a text begins with, with what repeats it.
fn regex_piece(rest: &str) -> Option<Scanned> {
    let length = match rest.chars().next()? {
        '(' => group_length(rest)?,
        '[' => class_length(rest)?,
        '\\' => 1 + rest.get(1..)?.chars().next()?.len_utf8(),
        '.' if rest.get(1..)?.starts_with(['*', '+']) => 1,
        _ => return None,
    };
    let after = rest.get(length..)?;
    let mut length = length + usize::from(after.starts_with(['*', '+', '?']));
    if let Some((count, _)) = after.strip_prefix('{').and_then(|after| after.split_once('}'))
        && count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
    {
        length += count.len() + 2;
    }
    Some((length, Meant::Regex(rest.get(..length)?.to_owned())))
}

/// The bytes of the group in parentheses that a text begins with.
fn group_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The same of a class in brackets.
fn class_length(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let inner_start = if inner.starts_with('^') { 2 } else { 1 };
    // A bracket that comes first is a member.
    let members = text.get(inner_start + 1..)?;
    members.find(']').map(|at| inner_start + 1 + at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that are foreign, as written.
    fn found(text: &str, place: PatternPlace) -> Vec<&str> {
        let foreign = parts(text, place).into_iter().filter(|found| found.meant.is_foreign());
        foreign.map(|found| &text[found.part]).collect()
    }

    #[test]
    fn what_is_no_path_here_is_told_what_it_is() {
        let rows = [
            ("^/old/(.*)$", Some("^/old/(.*)$")),
            (r"~* \.php$", Some(r"(?i)\.php$")),
            ("~ ^/a", Some("^/a")),
            (r"/a/(?:\d+)", Some(r"^/a/(?:\d+)$")),
            ("/a?id=1", None),
            ("a/b", None),
        ];
        for (text, expected) in rows {
            assert_eq!(regex_meant(text).as_deref(), expected, "{text}");
        }
        let rows = [
            ("{id:int}", Some("{id}")),
            ("{proxy+}", Some("{*proxy}")),
            ("{**slug}", Some("{*slug}")),
            ("{slug...}", Some("{*slug}")),
            ("{path:path}", Some("{*rest}")),
            ("{id?}", Some("{id}")),
            (r"{id:\d+}", None),
            ("{a b}", None),
            ("{1}", None),
            ("{*}", None),
        ];
        assert_eq!(braces_meant("/a/{id:int}/{b}/{c+}").as_deref(), Some("/a/{id}/{b}/{*c}"));
        assert_eq!(braces_meant("/a/{c+}/b"), None);
        for (segment, expected) in rows {
            assert_eq!(hole_meant(segment).as_deref(), expected, "{segment}");
        }
    }

    #[test]
    fn what_another_tool_writes_is_found_and_what_is_meant_is_left_alone() {
        let rows: &[(PatternPlace, &str, &[&str])] = &[
            (PatternPlace::Path, "/noticias/:slug", &[":slug"]),
            (PatternPlace::Path, "/a/:year/:month.html", &[":year", ":month"]),
            (PatternPlace::Path, "/docs/:path*", &[":path*"]),
            (PatternPlace::Path, "/a/:from-:to", &[":from", ":to"]),
            (PatternPlace::Path, r"/a/:id(\d+)", &[r":id(\d+)"]),
            (PatternPlace::Path, "/docs/*", &["*"]),
            (PatternPlace::Path, "/docs/**", &["**"]),
            (PatternPlace::Path, "/a/*/b*.html", &["*", "*"]),
            (PatternPlace::Path, "/a/*rest", &["*rest"]),
            (PatternPlace::Path, "/fotos/(.*)", &["(.*)"]),
            (PatternPlace::Path, "/fotos/.*", &[".*"]),
            (PatternPlace::Path, "/a/[^/]+/b", &["[^/]+"]),
            (PatternPlace::Path, r"/a/(\d+)\.html$", &[r"(\d+)", r"\.", "$"]),
            (PatternPlace::Path, "/a/(x|y)/(z)", &["(x|y)", "(z)"]),
            (PatternPlace::Path, "/a/[0-9]{4}", &["[0-9]{4}"]),
            (PatternPlace::Path, "/a$", &["$"]),
            (PatternPlace::Path, "/blog/[slug]", &["[slug]"]),
            (PatternPlace::Path, "/blog/[...slug]", &["[...slug]"]),
            (PatternPlace::Path, "/blog/[[...slug]]", &["[[...slug]]"]),
            (PatternPlace::Path, "/a/<id>", &["<id>"]),
            (PatternPlace::Path, "/a/<int:id>", &["<int:id>"]),
            (PatternPlace::Path, "/a/{id}/:b", &[":b"]),
            (PatternPlace::Path, "/a/{id}/{*rest}", &[]),
            (PatternPlace::Path, "/a:b", &[]),
            (PatternPlace::Path, "/a/b:c/12:30", &[]),
            (PatternPlace::Path, "/a/:1", &[]),
            (PatternPlace::Path, "/a/:", &[]),
            (PatternPlace::Path, "/docs/CSS/:hover", &[]),
            (PatternPlace::Path, "/a/:first-child", &[]),
            (PatternPlace::Path, "/a/::after", &[]),
            (PatternPlace::Path, "/$metadata", &[]),
            (PatternPlace::Path, "/_$folder$", &[]),
            (PatternPlace::Path, "/Foo_(bar)", &[]),
            (PatternPlace::Path, "/f(x+y)", &[]),
            (PatternPlace::Path, "/a+b/c.+d", &[]),
            (PatternPlace::Path, "/a[0]", &[]),
            (PatternPlace::Path, "/a/[1]", &[]),
            (PatternPlace::Path, "/__[[Prototype]]_x", &[]),
            (PatternPlace::Path, "/a/b;c=1,d!e'f", &[]),
            (PatternPlace::Glob, "/a/*.{js,css}", &[]),
            (PatternPlace::Glob, "/a/**/[a-z]*.*", &[]),
            (PatternPlace::Glob, "/a/{slug}", &["{slug}"]),
            (PatternPlace::Glob, "/a/{b,{c}}", &[]),
            (PatternPlace::Glob, "/a/:slug/*", &[":slug"]),
            (PatternPlace::Glob, "/a/(.*)", &["(.*)"]),
            (PatternPlace::Glob, "/a/[0-9]+", &["[0-9]+"]),
            (PatternPlace::Row, "/old/*", &["*"]),
            (PatternPlace::Row, "/old/:slug", &[":slug"]),
            (PatternPlace::Row, "/old/{slug}", &["{slug}"]),
            (PatternPlace::Row, "/old/(.*)", &["(.*)"]),
            (PatternPlace::Row, "/docs/<img>", &[]),
            (PatternPlace::Row, "/docs/Element/<input_type=_col_>", &[]),
            (PatternPlace::Row, "/price-in-$", &[]),
            (PatternPlace::Row, "/x.getRegistration([scope])", &[]),
        ];
        for (place, text, expected) in rows {
            assert_eq!(found(text, *place), *expected, "{place:?} {text}");
        }
    }
}
