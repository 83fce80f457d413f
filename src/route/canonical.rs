//! The normal form of a path: what every match is made on.
//!
//! Five steps in a fixed order (rule 3): escapes, slashes, dot segments, case, trailing slash.
//! The normal form of a normal form is itself. Nothing here changes what is sent on: a request keeps its bytes.

mod spellings;
mod steps;

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

pub use spellings::Spellings;
pub use steps::{Change, Step};

use crate::text::percent::{decode, escape, is_path_byte, is_unreserved, leading};

/// Paths whose normal form could be longer than this (bytes) are built on the heap.
const INLINE: usize = 1024;

/// What case the normal form has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LetterCase {
    /// As it came.
    #[default]
    Keep,
    /// `A`–`Z` become `a`–`z`; the hex digits of an escape stay upper case.
    Lower,
}

/// Whether the normal form keeps a slash at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrailingSlash {
    /// As it came.
    #[default]
    Keep,
    /// All of them go, of any path but `/`.
    Strip,
}

/// Whether a run of slashes is one slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Slashes {
    /// `//` becomes `/`.
    #[default]
    Merge,
    /// As it came.
    Keep,
}

/// `[canonical]`: how a raw path becomes the path that routes are matched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// Case, step (d) of rule 3.
    pub case: LetterCase,
    /// The slash at the end, step (e) of rule 3.
    pub trailing_slash: TrailingSlash,
    /// Empty segments, step (b) of rule 3.
    pub slashes: Slashes,
    /// Raw paths that hold one of these texts (ASCII case ignored: `%2f` is `%2F`) are answered 400.
    pub refuse: Vec<String>,
}

/// A path in normal form: ASCII, every byte one that RFC 3986 allows in a path.
///
/// Borrows the raw path where that is already normal, so that the usual request costs no copy.
// The inline buffer is the point of the type: a path that must be changed still costs no allocation.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum NormalPath<'a> {
    /// The raw path is its own normal form.
    Same(&'a str),
    /// A short path, changed.
    Inline(ArrayVec<u8, INLINE>),
    /// A long path, changed.
    Heap(Vec<u8>),
}

impl NormalPath<'_> {
    /// The normal form as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            NormalPath::Same(path) => path,
            NormalPath::Inline(bytes) => ascii(bytes),
            NormalPath::Heap(bytes) => ascii(bytes),
        }
    }
}

#[allow(clippy::expect_used, reason = "step (a) writes ASCII alone, and no later step writes anything else")]
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("a normal form is ASCII")
}

impl Canonical {
    /// The normal form of a raw path (the bytes between authority and `?` or `#`). O(m), total.
    #[must_use]
    pub fn normalize<'a>(&self, raw: &'a str) -> NormalPath<'a> {
        if self.is_normal(raw) {
            return NormalPath::Same(raw);
        }
        // One raw byte becomes at most three; one more for a path that ends up empty.
        if raw.len() * 3 < INLINE {
            let mut out = ArrayVec::new();
            out.extend(Escaped::new(raw.as_bytes()));
            let len = self.shorten(&mut out);
            out.truncate(len);
            if out.is_empty() {
                out.push(b'/');
            }
            NormalPath::Inline(out)
        } else {
            let mut out: Vec<u8> = Escaped::new(raw.as_bytes()).collect();
            let len = self.shorten(&mut out);
            out.truncate(len);
            if out.is_empty() {
                out.push(b'/');
            }
            NormalPath::Heap(out)
        }
    }

    /// Whether a raw path holds one of the refused texts.
    #[must_use]
    pub fn refuses(&self, raw: &str) -> bool {
        self.refused_text(raw).is_some()
    }

    /// The first of the refused texts that a raw path holds.
    #[must_use]
    pub fn refused_text(&self, raw: &str) -> Option<&str> {
        let holds = |text: &&String| {
            let text = text.as_bytes();
            !text.is_empty() && raw.as_bytes().windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
        };
        self.refuse.iter().find(holds).map(String::as_str)
    }

    /// Whether the raw path is certainly its own normal form. May say no of a path that is. Every request passes here.
    fn is_normal(&self, raw: &str) -> bool {
        let bytes = raw.as_bytes();
        if bytes.first() != Some(&b'/') {
            return false;
        }
        if self.trailing_slash == TrailingSlash::Strip && bytes.len() > 1 && bytes.last() == Some(&b'/') {
            return false;
        }
        bytes.iter().enumerate().all(|(at, &byte)| match kind(byte) {
            ByteKind::Plain => true,
            // What follows a slash may have to be merged or removed.
            ByteKind::Slash => match bytes.get(at + 1) {
                Some(b'/') => self.slashes == Slashes::Keep,
                next => next != Some(&b'.'),
            },
            ByteKind::Upper => self.case == LetterCase::Keep || in_escape(bytes, at),
            ByteKind::Percent => is_normal_escape(bytes.get(at + 1..at + 3)),
            ByteKind::Foreign => false,
        })
    }

    /// Steps (b) to (e), in place; the new length.
    #[allow(clippy::indexing_slicing, reason = "no step makes a path longer, and `/` is not shortened")]
    fn shorten(&self, path: &mut [u8]) -> usize {
        let mut len = path.len();
        if self.slashes == Slashes::Merge {
            len = merge_slashes(path);
        }
        len = remove_dot_segments(&mut path[..len]);
        let path = &mut path[..len];
        if self.case == LetterCase::Lower {
            lower(path);
        }
        if self.trailing_slash == TrailingSlash::Strip {
            while len > 1 && path[len - 1] == b'/' {
                len -= 1;
            }
        }
        len
    }
}

/// What a byte of a raw path may have to be changed for.
#[derive(Clone, Copy)]
enum ByteKind {
    /// Nothing.
    Plain,
    Slash,
    /// `A`–`Z`.
    Upper,
    Percent,
    /// It stands in no normal form.
    Foreign,
}

#[allow(clippy::indexing_slicing, reason = "there is a kind for each byte")]
fn kind(byte: u8) -> ByteKind {
    KINDS[usize::from(byte)]
}

/// The kind of each byte: a load is cheaper than the comparisons, and most of a decision is reading its path.
#[allow(clippy::indexing_slicing, reason = "done by the compiler, which would refuse it")]
const KINDS: [ByteKind; 256] = {
    let mut kinds = [ByteKind::Foreign; 256];
    let mut byte = 0u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'/' => ByteKind::Slash,
            b'%' => ByteKind::Percent,
            b'A'..=b'Z' => ByteKind::Upper,
            _ if is_path_byte(byte) => ByteKind::Plain,
            _ => ByteKind::Foreign,
        };
        byte += 1;
    }
    kinds
};

/// Whether the two bytes after a `%` make an escape that step (a) leaves alone.
fn is_normal_escape(digits: Option<&[u8]>) -> bool {
    let Some(&[high, low]) = digits else { return false };
    match decode(high, low) {
        Some(byte) => !is_unreserved(byte) && !high.is_ascii_lowercase() && !low.is_ascii_lowercase(),
        None => false,
    }
}

/// Whether the byte at `at` is a hex digit of an escape that ends at it.
fn in_escape(bytes: &[u8], at: usize) -> bool {
    let is_percent = |back: usize| at.checked_sub(back).and_then(|i| bytes.get(i)) == Some(&b'%');
    is_percent(1) || is_percent(2)
}

/// Step (a) as a stream of bytes: one pass over the raw path.
struct Escaped<'a> {
    rest: &'a [u8],
    /// The tail of an escape that was begun, last byte first.
    pending: ArrayVec<u8, 2>,
}

impl<'a> Escaped<'a> {
    fn new(raw: &'a [u8]) -> Self {
        Escaped { rest: raw, pending: ArrayVec::new() }
    }

    fn escape(&mut self, byte: u8) -> u8 {
        let [percent, high, low] = escape(byte);
        self.pending.push(low);
        self.pending.push(high);
        percent
    }
}

impl Iterator for Escaped<'_> {
    type Item = u8;

    #[allow(clippy::indexing_slicing, reason = "an escape has two digits")]
    fn next(&mut self) -> Option<u8> {
        if let Some(byte) = self.pending.pop() {
            return Some(byte);
        }
        let whole = self.rest;
        let (&byte, rest) = whole.split_first()?;
        self.rest = rest;
        if byte != b'%' {
            return Some(if is_path_byte(byte) { byte } else { self.escape(byte) });
        }
        let Some(byte) = leading(whole) else { return Some(self.escape(b'%')) };
        self.rest = &rest[2..];
        Some(if is_unreserved(byte) { byte } else { self.escape(byte) })
    }
}

/// Step (b), in place; the new length.
#[allow(clippy::indexing_slicing, reason = "`len` never passes `at`, which is in the path")]
fn merge_slashes(path: &mut [u8]) -> usize {
    let mut len = 0;
    for at in 0..path.len() {
        if path[at] == b'/' && len > 0 && path[len - 1] == b'/' {
            continue;
        }
        path[len] = path[at];
        len += 1;
    }
    len
}

/// Step (c), RFC 3986 5.2.4, in place; the new length. O(m): every byte is read and written once.
#[allow(clippy::indexing_slicing, reason = "`len` never passes `at`, and `at` and `end` are in the path or at its end")]
fn remove_dot_segments(path: &mut [u8]) -> usize {
    let (mut len, mut at) = (0, begin_of_segments(path));
    while at < path.len() {
        let next = path[at + 1..].iter().position(|&byte| byte == b'/');
        let end = next.map_or(path.len(), |next| at + 1 + next);
        match &path[at..end] {
            b"/." => {}
            b"/.." => len = path[..len].iter().rposition(|&byte| byte == b'/').unwrap_or(0),
            segment => {
                let count = segment.len();
                path.copy_within(at..end, len);
                at = end;
                len += count;
                continue;
            }
        }
        at = end;
        if at == path.len() {
            path[len] = b'/';
            len += 1;
        }
    }
    len
}

/// Step 2.A of RFC 3986 5.2.4: a path that does not begin with a slash loses the dot segments that it begins with.
fn begin_of_segments(path: &[u8]) -> usize {
    let mut rest = path;
    loop {
        rest = match rest {
            [b'.', b'/', rest @ ..] | [b'.', b'.', b'/', rest @ ..] => rest,
            [b'.'] | [b'.', b'.'] => &[],
            _ => return path.len() - rest.len(),
        };
    }
}

/// Step (d), in place.
fn lower(path: &mut [u8]) {
    let mut escape_digits_left = 0u8;
    for byte in path {
        if *byte == b'%' {
            escape_digits_left = 2;
        } else if escape_digits_left > 0 {
            escape_digits_left -= 1;
        } else {
            byte.make_ascii_lowercase();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Canonical {
        /// What tests of every room write as words.
        pub(crate) fn of_words(words: &str) -> Canonical {
            Canonical {
                case: if words.contains("lower") { LetterCase::Lower } else { LetterCase::Keep },
                trailing_slash: if words.contains("strip") { TrailingSlash::Strip } else { TrailingSlash::Keep },
                slashes: if words.contains("split") { Slashes::Keep } else { Slashes::Merge },
                refuse: Vec::new(),
            }
        }
    }

    #[test]
    fn each_row_has_its_normal_form_and_keeps_it() {
        let rows = [
            ("", "", "/"),
            ("", "/", "/"),
            ("", "/a/b", "/a/b"),
            ("", "/a%2fb%41", "/a%2FbA"),
            ("", "/%", "/%25"),
            ("", "/%4", "/%254"),
            ("", "/%%41", "/%25A"),
            ("", "/%2%35", "/%2525"),
            ("", "/promoções", "/promo%C3%A7%C3%B5es"),
            ("", "/a b\"<>\\^`{|}[]", "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"),
            ("", "/a?b#c", "/a%3Fb%23c"),
            ("", "//a///b//", "/a/b/"),
            ("", "/a/./b/../c", "/a/c"),
            ("", "/a/%2e%2E/b", "/b"),
            ("", "/../..", "/"),
            ("", "/a/..", "/"),
            ("", "/a/b/..", "/a/"),
            ("", "/a/b/.", "/a/b/"),
            ("", "/a/...", "/a/..."),
            ("", "/.well-known/x", "/.well-known/x"),
            ("", "*", "*"),
            ("", "..", "/"),
            ("", "../a", "a"),
            ("split", "/a//b", "/a//b"),
            ("split", "/a//../b", "/a/b"),
            ("split", "/..//x", "//x"),
            ("lower", "/A%2f%c3B", "/a%2F%C3b"),
            ("lower", "/ABC", "/abc"),
            ("strip", "/a/b///", "/a/b"),
            ("strip", "/", "/"),
            ("strip split", "//", "/"),
            ("strip", "/a/.", "/a"),
            ("", "/a;b=1,c:d@e!$&'()*+", "/a;b=1,c:d@e!$&'()*+"),
        ];
        for (words, raw, expected) in rows {
            let canonical = Canonical::of_words(words);
            let normal = canonical.normalize(raw).as_str().to_owned();
            assert_eq!(normal, expected, "[{words}] {raw}");
            assert_eq!(canonical.normalize(&normal).as_str(), expected, "again: [{words}] {raw}");
        }
    }

    #[test]
    fn a_path_too_long_for_the_stack_is_the_same() {
        let raw = format!("/{}/../x", "ç/".repeat(4000));
        let normal = Canonical::default().normalize(&raw);
        assert!(matches!(normal, NormalPath::Heap(_)));
        assert!(normal.as_str().ends_with("/%C3%A7/x"));
    }

    #[test]
    fn a_refused_text_is_found_in_any_case() {
        let canonical = Canonical { refuse: vec!["..;".into(), "%2f".into()], ..Canonical::default() };
        assert!(canonical.refuses("/a%2Fb"));
        assert!(canonical.refuses("/a/..;/b"));
        assert!(!canonical.refuses("/a/b"));
    }
}
