//! `glob`: what globset takes, less what it would silently read as something else.

use std::ops::Range;

use crate::route::pattern::Glob;
use crate::route::{MAX_TEXT, PatternError};

use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;

/// Alternatives inside alternatives; people do not read deeper ones.
const MAX_DEPTH: usize = 8;

/// Judges a glob.
pub(crate) fn check(text: &str) -> Result<Glob, Fault> {
    if text.len() > MAX_TEXT {
        let message = format!("a glob of {} bytes is too long", text.len());
        return Err(Fault::whole(&codes::BAD_GLOB, message).help(format!("at most {MAX_TEXT} bytes")));
    }
    first_fault(text).map_or(Ok(()), Err)?;
    let malformed = |error: PatternError| Fault::whole(&codes::BAD_GLOB, format!("the glob is malformed: {error}"));
    let glob = Glob::for_paths(text).map_err(malformed)?;
    if !can_begin(text) {
        let fault = Fault::whole(&codes::GLOB_START, "the glob cannot match a path, which begins with `/`");
        let cure = host_apart("glob", text);
        return Err(fault.help(cure.unwrap_or_else(|| format!("write `/{text}`, or `/**/{text}` for any folder"))));
    }
    Ok(glob)
}

/// What to write instead of a pattern that is a whole URL.
pub(crate) fn host_apart(key: &str, text: &str) -> Option<String> {
    let behind_scheme = text.split_once("://").map(|(_, rest)| rest);
    let rest = behind_scheme.or(text.starts_with("www.").then_some(text))?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    Some(format!("the host is a key of its own: `host = \"{host}\"` and `{key} = \"{path}\"`"))
}

/// Whether the first thing of a glob can be a slash, as far as its first character tells.
fn can_begin(glob: &str) -> bool {
    glob.starts_with(['/', '{', '[', '\\']) || glob.starts_with("**")
}

/// What a part of a glob stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobPart {
    /// This character, escaped or not.
    Letter(char),
    /// This character among others: a member of a class, or an end of a range.
    Member(char),
    /// What its text means in a glob: stars, `?`, a brace, a comma, the beginning or the end of a class.
    Syntax,
}

/// The parts of a glob as globset reads it, in order. What globset refuses has parts too.
pub(crate) fn parts(glob: &str) -> Vec<(Range<usize>, GlobPart)> {
    let mut parts = Vec::new();
    // Of an open class: where its members begin.
    let mut class = None;
    let mut at = 0;
    while let Some(first) = glob.get(at..).and_then(|rest| rest.chars().next()) {
        let (end, part) = match class {
            // A `]` that comes first is a member.
            Some(members) if first == ']' && at > members => (at + 1, GlobPart::Syntax),
            Some(_) => (at + first.len_utf8(), GlobPart::Member(first)),
            None => outside_class(glob, at, first),
        };
        if part == GlobPart::Syntax && (class.is_some() || first == '[') {
            class = class.is_none().then_some(end);
        }
        parts.push((at..end, part));
        at = end;
    }
    parts
}

/// Where the part that begins here ends, and what it is.
fn outside_class(glob: &str, at: usize, first: char) -> (usize, GlobPart) {
    let after = &glob[at + first.len_utf8()..];
    match (first, after.chars().next()) {
        ('\\', Some(escaped)) => (at + 1 + escaped.len_utf8(), GlobPart::Letter(escaped)),
        ('*', _) => (glob.len() - after.trim_start_matches('*').len(), GlobPart::Syntax),
        ('[', Some('!' | '^')) => (at + 2, GlobPart::Syntax),
        ('[' | '{' | ',' | '}' | '?' | '\\', _) => (at + 1, GlobPart::Syntax),
        _ => (at + first.len_utf8(), GlobPart::Letter(first)),
    }
}

/// The first thing that globset would read as something else.
fn first_fault(glob: &str) -> Option<Fault> {
    // Per open brace: where its current alternative began.
    let mut open: Vec<usize> = Vec::new();
    for (at, _) in parts(glob).into_iter().filter(|(_, part)| *part == GlobPart::Syntax) {
        match &glob[at.clone()] {
            "**" if is_segment(glob, &at) => {}
            stars if stars.starts_with("**") => {
                let cure = "write `/**/` between slashes, `/**` at the end, `*` inside a segment; for `**` in braces \
                            write two routes";
                return Some(Fault::new(&codes::GLOB_STARS, at, "`**` is a whole segment between slashes").help(cure));
            }
            "{" if open.len() == MAX_DEPTH => {
                let fault = Fault::new(&codes::BAD_GLOB, at, "alternatives are nested too deep");
                return Some(fault.help("write several routes"));
            }
            "{" => open.push(at.end),
            end @ ("," | "}") => match open.pop() {
                Some(began) if began == at.start => {
                    let part = began - 1..at.end;
                    let fault = Fault::new(&codes::GLOB_EMPTY_ALTERNATIVE, part, "an alternative is empty");
                    return Some(fault.help("remove it, or write a route of its own for the path without it"));
                }
                Some(_) if end == "," => open.push(at.end),
                _ => {}
            },
            _ => {}
        }
    }
    None
}

/// Whether a part is all that stands between two slashes.
fn is_segment(glob: &str, part: &Range<usize>) -> bool {
    let (before, after) = (&glob[..part.start], &glob[part.end..]);
    (before.is_empty() || before.ends_with('/')) && (after.is_empty() || after.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_globset_would_read_otherwise_is_found() {
        let rows = [
            ("/a/**", None),
            ("/**/x", None),
            ("**", None),
            ("/a/*.{js,css,woff2}", None),
            ("/a/[**]", None),
            (r"/a/\**", None),
            ("/a/[]**]x", None),
            ("/a**", Some((&codes::GLOB_STARS, 2..4))),
            ("/**a", Some((&codes::GLOB_STARS, 1..3))),
            ("/a/***", Some((&codes::GLOB_STARS, 3..6))),
            ("/{a/**,b}", Some((&codes::GLOB_STARS, 4..6))),
            ("/{a,}", Some((&codes::GLOB_EMPTY_ALTERNATIVE, 3..5))),
            ("/{,a}", Some((&codes::GLOB_EMPTY_ALTERNATIVE, 1..3))),
            ("/{}", Some((&codes::GLOB_EMPTY_ALTERNATIVE, 1..3))),
            ("/{a,,b}", Some((&codes::GLOB_EMPTY_ALTERNATIVE, 3..5))),
            ("/{{{{{{{{{a}}}}}}}}}", Some((&codes::BAD_GLOB, 9..10))),
            ("/a,b", None),
        ];
        for (glob, expected) in rows {
            assert_eq!(first_fault(glob).map(|fault| (fault.code, fault.part)), expected, "{glob}");
        }
    }
}
