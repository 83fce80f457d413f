//! Where a route sends a request: a text with holes, filled from what the request holds, and what it must never make.

mod captured;
mod fill;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::query::QueryPolicy;
use crate::platform::limits::MAX_URL;
use crate::text::has_dot_segment;
use crate::text::percent::{escaped, is_location_byte};
pub use captured::{Captured, Source, UrlPart};

/// A piece of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// As written.
    Literal(String),
    /// Filled from the request.
    Hole(Hole),
}

/// What fills a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hole {
    /// The text of this number that the path captured, of [`super::pattern::Captures`].
    Capture(usize),
    /// What a group of the regex of a condition captured.
    Group {
        /// Position of the condition in the route's list.
        condition: usize,
        /// Number of the group.
        group: usize,
    },
    /// `{name}` of a host pattern: the first label of the viewer's host, in lower case.
    HostLabel,
    /// `{host}`: the viewer's host in lower case, without port.
    Host,
    /// `{path}`: the path in normal form, but in the case that it came in.
    Path,
}

impl Hole {
    /// The names that stand for the same in every route.
    pub const BUILT_IN: [(&'static str, Hole); 2] = [("path", Hole::Path), ("host", Hole::Host)];
}

/// The target of a rewrite or redirect, or the value of a header; its names resolved to what fills them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// In order; no two literals are neighbours.
    pub parts: Vec<Part>,
}

impl Target {
    /// A target without holes.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Target {
        Target { parts: vec![Part::Literal(text.into())] }
    }

    /// The whole text where nothing has to be filled in.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = Hole> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Hole(hole) => Some(*hole),
        })
    }
}

/// Why a text may not be sent on or answered: it could lead somewhere that the table does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Another host, to a browser.
    #[error("it would begin with `//`")]
    DoubleSlash,
    /// A line end in a header, or worse.
    #[error("it would hold a control character")]
    Control,
    /// Out of the folder that the table names, for some server at least.
    #[error("it would climb: one of its segments is read as `.` or `..`")]
    Climbs,
    /// No path: it could go on the name of a host.
    #[error("it would not begin with `/`")]
    NoSlash,
    /// Another host than the table names.
    #[error("a label of its host would not be 1 to 63 of `a-z`, `0-9` and `-`")]
    HostLabel,
    /// More than CloudFront takes of a URL, or of headers.
    #[error("it would be longer than CloudFront takes")]
    TooLong,
    /// A hole that nothing can fill.
    #[error("the viewer's host is not known")]
    UnknownHost,
    /// No object of a bucket.
    #[error("it would be the empty key of a bucket")]
    EmptyKey,
    /// A text of `refuse`.
    #[error("it would hold a text that `[canonical] refuse` names")]
    Refused,
    /// What no header value can hold.
    #[error("a header would hold a byte that is no printable ASCII")]
    HeaderByte,
}

/// Checks what a rewrite or redirect made (a path, a relative or an absolute URL). `refuse` is not looked at.
///
/// # Errors
/// The first reason, in the order of [`Unsafe`].
pub fn check_made(text: &str) -> Result<(), Unsafe> {
    if text.starts_with("//") || text.starts_with("/\\") {
        return Err(Unsafe::DoubleSlash);
    }
    // One pass over bytes tells that there is nothing to look at more closely: so it is of nearly every text.
    let seen = text.bytes().fold(0, |seen, byte| seen | suspect(byte));
    if seen & CONTROL != 0 && text.chars().any(char::is_control) {
        return Err(Unsafe::Control);
    }
    if seen & DOT == 0 {
        return Ok(());
    }
    let end = text.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    let path = end.map_or(text, |end| text.split_at(end).0);
    if has_dot_segment(path) { Err(Unsafe::Climbs) } else { Ok(()) }
}

/// The byte is, or is part of, a character that may be a control character.
const CONTROL: u8 = 1;
/// The byte is a dot, or begins an escape that may be one. Only a dot makes a dot segment.
const DOT: u8 = 2;

#[allow(clippy::indexing_slicing, reason = "there is an entry for each byte")]
fn suspect(byte: u8) -> u8 {
    SUSPECTS[usize::from(byte)]
}

/// What each byte may be part of.
#[allow(clippy::indexing_slicing, reason = "done by the compiler, which would refuse it")]
const SUSPECTS: [u8; 256] = {
    let mut suspects = [CONTROL; 256];
    let mut byte = b' ';
    while byte < 127 {
        suspects[byte as usize] = if byte == b'.' || byte == b'%' { DOT } else { 0 };
        byte += 1;
    }
    suspects
};

/// A `location`: a target with the kept query between its own query and its fragment. Written out only when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'t, 'r> {
    target: Cow<'t, str>,
    query: &'r str,
    policy: &'t QueryPolicy,
}

impl<'t, 'r> Location<'t, 'r> {
    /// The location made of a filled target and the viewer's query.
    ///
    /// # Errors
    /// The target or the kept query would be unsafe.
    pub fn new(target: Cow<'t, str>, query: &'r str, policy: &'t QueryPolicy) -> Result<Self, Unsafe> {
        check_made(&target)?;
        if policy.kept(query).any(|piece| piece.chars().any(char::is_control)) {
            return Err(Unsafe::Control);
        }
        let location = Location { target, query, policy };
        if location.is_too_long() { Err(Unsafe::TooLong) } else { Ok(location) }
    }

    /// A byte becomes three at most; few are so near to it that it has to be written.
    fn is_too_long(&self) -> bool {
        let most = self.target.len().saturating_add(self.query.len()).saturating_add(1).saturating_mul(3);
        most >= MAX_URL && self.to_string().len() >= MAX_URL
    }

    /// The location of the same request with another spelling of its path: with its whole query. The path is a clean one
    /// ([`Spellings`](super::canonical::Spellings)): that leads nowhere else.
    ///
    /// # Errors
    /// The query holds a control character.
    pub fn of_clean_path(path: String, query: &'r str) -> Result<Self, Unsafe> {
        if query.chars().any(char::is_control) {
            return Err(Unsafe::Control);
        }
        Ok(Location { target: Cow::Owned(path), query, policy: &QueryPolicy::Keep })
    }
}

impl fmt::Display for Location<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, fragment) = self.target.split_at(self.target.find('#').unwrap_or(self.target.len()));
        write_escaped(f, before)?;
        let mut separator = match before.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        for piece in self.policy.kept(self.query) {
            f.write_str(separator)?;
            write_escaped(f, piece)?;
            separator = "&";
        }
        write_escaped(f, fragment)
    }
}

/// A header field is ASCII in practice, and a browser would encode the rest in its own way.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_location_byte(byte)) {
        let (fine, from) = rest.split_at(at);
        f.write_str(fine)?;
        let Some(char) = from.chars().next() else { break };
        f.write_str(&escaped(char))?;
        rest = from.get(char.len_utf8()..).unwrap_or_default();
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_query_stands_between_query_and_fragment() {
        let only = QueryPolicy::Only(vec!["id".into()]);
        let rows = [
            ("/a", "x=1", &QueryPolicy::Keep, "/a?x=1"),
            ("/a?y=2", "x=1", &QueryPolicy::Keep, "/a?y=2&x=1"),
            ("/a?", "x=1", &QueryPolicy::Keep, "/a?x=1"),
            ("/a?y#f?g", "x=1", &QueryPolicy::Keep, "/a?y&x=1#f?g"),
            ("/a#f", "", &QueryPolicy::Keep, "/a#f"),
            ("/a", "x=1", &QueryPolicy::Drop, "/a"),
            ("/a", "id=1&x=1&id=2", &only, "/a?id=1&id=2"),
        ];
        for (target, query, policy, expected) in rows {
            let location = Location::new(Cow::Borrowed(target), query, policy).unwrap();
            assert_eq!(location.to_string(), expected, "{target} {query}");
        }
    }

    #[test]
    fn a_location_is_ascii_and_a_control_character_refuses() {
        let rows = [
            ("/busca", "q=praça", Ok("/busca?q=pra%C3%A7a")),
            ("/busca", "q=a b&\"<>\\^`{|}=", Ok("/busca?q=a%20b&%22%3C%3E%5C%5E%60%7B%7C%7D=")),
            ("/busca", "q=%&r=%4&s=%e3%A3", Ok("/busca?q=%&r=%4&s=%e3%A3")),
            ("/busca", "q=[1]'();/?:@!$*+,", Ok("/busca?q=[1]'();/?:@!$*+,")),
            ("/ç?ã#õ", "é", Ok("/%C3%A7?%C3%A3&%C3%A9#%C3%B5")),
            ("/a", "x=\r\n", Err(Unsafe::Control)),
            ("/a", "x=\t", Err(Unsafe::Control)),
            ("/a", "x=\u{7f}", Err(Unsafe::Control)),
            ("/a", "x=\u{85}", Err(Unsafe::Control)),
        ];
        for (target, query, expected) in rows {
            let location = Location::new(Cow::Borrowed(target), query, &QueryPolicy::Keep);
            assert_eq!(location.map(|made| made.to_string()), expected.map(str::to_owned), "{target} {query}");
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        let rows = [
            ("//evil", Err(Unsafe::DoubleSlash)),
            ("/\\evil", Err(Unsafe::DoubleSlash)),
            ("/a\nb", Err(Unsafe::Control)),
            ("/a/../b", Err(Unsafe::Climbs)),
            ("/a/%2e%2E", Err(Unsafe::Climbs)),
            ("/a/.%2e/b", Err(Unsafe::Climbs)),
            ("https://h/a/../b", Err(Unsafe::Climbs)),
            ("..", Err(Unsafe::Climbs)),
            ("/a/./b", Err(Unsafe::Climbs)),
            ("/a/..;x/b", Err(Unsafe::Climbs)),
            ("/a/%2e%2e%3bx", Err(Unsafe::Climbs)),
            ("/a%2F..", Err(Unsafe::Climbs)),
            ("/a%5c..%5cb", Err(Unsafe::Climbs)),
            ("/a\\..\\b", Err(Unsafe::Climbs)),
            ("/a/..?x", Err(Unsafe::Climbs)),
            ("/a/..#x", Err(Unsafe::Climbs)),
            ("/a/...", Ok(())),
            ("/a?next=/../b", Ok(())),
            ("/a//b", Ok(())),
            ("/a\u{85}b", Err(Unsafe::Control)),
            ("/a\u{7f}b", Err(Unsafe::Control)),
            ("/çção", Ok(())),
        ];
        for (text, expected) in rows {
            assert_eq!(check_made(text), expected, "{text}");
        }
    }
}
