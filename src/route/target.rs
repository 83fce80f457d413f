//! Where a route sends a request: a text with holes, filled from what the path captured, and what it must never make.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::query::QueryPolicy;

/// A piece of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// As written.
    Literal(String),
    /// The captured text of this number.
    Capture(usize),
}

/// The target of a rewrite or redirect, its names resolved to numbers of [`super::pattern::Captures`].
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

    /// The text with its holes filled, from what the route's own path captured.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "a hole has the number that the same path gives its name")]
    pub fn fill(&self, captures: &[&str]) -> Cow<'_, str> {
        if let Some(text) = self.as_literal() {
            return Cow::Borrowed(text);
        }
        let text = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Capture(number) => captures[*number].to_owned(),
        };
        Cow::Owned(self.parts.iter().map(text).collect())
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
    /// Out of the folder that the table names.
    #[error("it would climb with `..`")]
    Climbs,
    /// No object of a bucket.
    #[error("it would be the empty key of a bucket")]
    EmptyKey,
}

/// Checks what a rewrite or redirect made (a path, a relative or an absolute URL).
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
    let path = text.split_once(['?', '#']).map_or(text, |(path, _)| path);
    let climbs = path.split(['/', '\\']).any(is_double_dot);
    if climbs { Err(Unsafe::Climbs) } else { Ok(()) }
}

/// The byte is, or is part of, a character that may be a control character.
const CONTROL: u8 = 1;
/// The byte is a dot, or begins an escape that may be one.
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

/// `..`, also written with `%2e`, which browsers read as a dot.
fn is_double_dot(segment: &str) -> bool {
    let mut dots = 0;
    let mut left = segment;
    while let Some(rest) = left.strip_prefix('.').or_else(|| strip_escaped_dot(left)) {
        dots += 1;
        left = rest;
    }
    dots == 2 && left.is_empty()
}

fn strip_escaped_dot(text: &str) -> Option<&str> {
    text.strip_prefix("%2e").or_else(|| text.strip_prefix("%2E"))
}

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
        Ok(Location { target, query, policy })
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
        f.write_str(before)?;
        let mut separator = match before.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        for piece in self.policy.kept(self.query) {
            f.write_str(separator)?;
            f.write_str(piece)?;
            separator = "&";
        }
        f.write_str(fragment)
    }
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
        assert_eq!(Location::new(Cow::Borrowed("/a"), "x=\r\n", &QueryPolicy::Keep), Err(Unsafe::Control));
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
