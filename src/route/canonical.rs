//! The normal form of a path: what every match is made on.
//!
//! Six steps in a fixed order (rule 3): escapes, path parameters, slashes, dot segments, case, trailing slash.
//! The normal form of a normal form is itself: the second step leaves no `;`, and what it uncovers (`/..;x` is `/..`,
//! `/;x/a` is `//a`) is seen by the two that follow. A request keeps its bytes, but for the exceptions of rule 12
//! ([`Uri::passed_on`](super::Uri::passed_on)).

mod passes;
mod refuse;
mod spellings;
mod steps;

use serde::{Deserialize, Serialize};

pub use passes::PathBuffer;
pub use refuse::{DEFAULT_REFUSE, RefusedTexts};
pub use spellings::Spellings;
pub use steps::{Change, Step};

use crate::text::percent::{decode, is_path_byte, is_unreserved};
use passes::{lower, merge_slashes, remove_dot_segments, strip_parameters, strip_slashes};
use refuse::is_mark;

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

/// Whether the normal form keeps what follows the first `;` of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathParameters {
    /// As it came.
    #[default]
    Keep,
    /// It goes, with its `;`: `/a;jsessionid=1/b` becomes `/a/b`.
    Strip,
}

/// `[canonical]`: how a raw path becomes the path that routes are matched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canonical {
    /// Case, step (e) of rule 3.
    pub case: LetterCase,
    /// The slash at the end, step (f) of rule 3.
    pub trailing_slash: TrailingSlash,
    /// What follows a `;`, step (b) of rule 3.
    pub path_parameters: PathParameters,
    /// Empty segments, step (c) of rule 3.
    pub slashes: Slashes,
    /// Paths that hold one of these texts, as they came or after step (a) or (d), are answered 400.
    pub refuse: RefusedTexts,
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
    /// It is not, or not certainly.
    Changed(PathBuffer),
}

impl NormalPath<'_> {
    /// The normal form as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            NormalPath::Same(path) => path,
            NormalPath::Changed(path) => path.as_str(),
        }
    }
}

/// A path after step (d).
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The path; it may be empty, or begin without a slash where the raw one does.
    pub path: PathBuffer,
    /// Whether it had a segment `.` or `..`, in any spelling.
    pub had_dots: bool,
}

impl Canonical {
    /// The normal form of a raw path (the bytes between authority and `?` or `#`). O(m), total.
    #[must_use]
    pub fn normalize<'a>(&self, raw: &'a str) -> NormalPath<'a> {
        self.look_at(raw).normalize()
    }

    /// Whether a raw path holds one of the refused texts.
    #[must_use]
    pub fn refuses(&self, raw: &str) -> bool {
        self.refused_text(raw).is_some()
    }

    /// Whether a URL that was made may hold one of the refused texts in its path; nearly none does. One pass over bytes.
    #[must_use]
    pub fn may_refuse(&self, made: &str) -> bool {
        // A text without any of these has no mark, and gets none by steps (a) to (d).
        let is_unmarked = |byte| is_plain(byte) && byte != b'%' || matches!(byte, b'/' | b'A'..=b'Z' | b'?' | b'#');
        !self.refuse.are_marked() || !made.bytes().all(is_unmarked)
    }

    /// The first of the refused texts that a raw path holds: as it came, else after step (a), else after (d).
    #[must_use]
    pub fn refused_text(&self, raw: &str) -> Option<&str> {
        self.look_at(raw).refused_text()
    }

    /// A raw path after step (d), where it is not certainly what it was. O(m).
    #[must_use]
    pub fn resolve(&self, raw: &str) -> Option<Resolved> {
        if self.look_at(raw).is_normal {
            return None;
        }
        let mut path = PathBuffer::escaped(raw);
        let had_dots = self.resolve_in_place(&mut path);
        Some(Resolved { path, had_dots })
    }

    /// The normal form of a raw path in the case that it came in: what captures are taken from. As long as `normal`.
    #[must_use]
    pub fn in_own_case<'n>(&self, raw: &str, normal: &'n NormalPath<'_>) -> NormalPath<'n> {
        match (self.case, normal) {
            (LetterCase::Lower, NormalPath::Changed(_)) => self.changed(raw, LetterCase::Keep),
            _ => NormalPath::Same(normal.as_str()),
        }
    }

    /// Whether a raw path after steps (a), (c) and (d) is another than its normal form: then its case, the slash at its
    /// end or its parameters are. O(m).
    #[must_use]
    pub fn differs(&self, raw: &str, normal: &str) -> bool {
        if self.look_at(raw).is_normal {
            return false;
        }
        let mut path = PathBuffer::escaped(raw);
        if self.slashes == Slashes::Merge {
            path.shorten(merge_slashes);
        }
        path.shorten(remove_dot_segments);
        path.root();
        path.as_str() != normal
    }

    fn changed(&self, raw: &str, case: LetterCase) -> NormalPath<'static> {
        let mut path = PathBuffer::escaped(raw);
        self.resolve_in_place(&mut path);
        if case == LetterCase::Lower {
            path.shorten(lower);
        }
        if self.trailing_slash == TrailingSlash::Strip {
            path.shorten(strip_slashes);
        }
        path.root();
        NormalPath::Changed(path)
    }

    /// Steps (b) to (d); whether there was a dot segment.
    fn resolve_in_place(&self, path: &mut PathBuffer) -> bool {
        if self.path_parameters == PathParameters::Strip {
            path.shorten(strip_parameters);
        }
        if self.slashes == Slashes::Merge {
            path.shorten(merge_slashes);
        }
        path.shorten(remove_dot_segments)
    }

    /// The one look at every path. O(m).
    #[must_use]
    pub fn look_at<'c, 'a>(&'c self, raw: &'a str) -> Looked<'c, 'a> {
        let bytes = raw.as_bytes();
        let mut look = Looked { canonical: self, raw, is_normal: false, has_mark: false };
        if bytes.first() != Some(&b'/') {
            return look;
        }
        if self.trailing_slash == TrailingSlash::Strip && bytes.len() > 1 && bytes.last() == Some(&b'/') {
            return look;
        }
        let mut at = 0;
        // Most bytes are plain: they are passed over in a loop of their own.
        while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| !is_plain(byte))) {
            at += found;
            look.has_mark |= matches!(bytes.get(at), Some(b'%' | b';'));
            if !self.is_normal_at(bytes, at) {
                return look;
            }
            at += 1;
        }
        look.is_normal = true;
        look
    }

    /// Whether a byte that is not plain stands in a normal form.
    fn is_normal_at(&self, bytes: &[u8], at: usize) -> bool {
        match bytes.get(at) {
            // What follows a slash may have to be merged or removed.
            Some(b'/') => match bytes.get(at + 1) {
                Some(b'/') => self.slashes == Slashes::Keep,
                next => next != Some(&b'.'),
            },
            Some(b'A'..=b'Z') => self.case == LetterCase::Keep || in_escape(bytes, at),
            Some(b'%') => is_normal_escape(bytes.get(at + 1..at + 3)),
            Some(b';') => self.path_parameters == PathParameters::Keep,
            _ => false,
        }
    }
}

/// A raw path, and what one look at it tells.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'c, 'a> {
    canonical: &'c Canonical,
    raw: &'a str,
    /// It is certainly its own normal form, and so are the forms on the way. May be false of a path that is.
    is_normal: bool,
    /// It holds a [mark](is_mark); only told of a path that is normal.
    has_mark: bool,
}

impl<'c, 'a> Looked<'c, 'a> {
    /// Its normal form. O(m) where that is another text.
    #[must_use]
    pub fn normalize(self) -> NormalPath<'a> {
        if self.is_normal { NormalPath::Same(self.raw) } else { self.canonical.changed(self.raw, self.canonical.case) }
    }

    /// The first of the refused texts that it holds: as it came, else after step (a), else after (d). O(m).
    #[must_use]
    pub fn refused_text(self) -> Option<&'c str> {
        if self.may_be_refused() { self.found_in_forms() } else { None }
    }

    /// Whether it needs a closer look for refused texts; nearly no path does.
    fn may_be_refused(self) -> bool {
        if !self.canonical.refuse.are_marked() {
            return true;
        }
        // What RFC 3986 does not allow in a path becomes an escape.
        self.has_mark || (!self.is_normal && self.raw.bytes().any(|byte| is_mark(byte) || !is_path_byte(byte)))
    }

    fn found_in_forms(self) -> Option<&'c str> {
        let refuse = &self.canonical.refuse;
        let found = refuse.found_in(self.raw);
        if found.is_some() || self.is_normal {
            return found;
        }
        let mut path = PathBuffer::escaped(self.raw);
        refuse.found_in(path.as_str()).or_else(|| {
            self.canonical.resolve_in_place(&mut path);
            refuse.found_in(path.as_str())
        })
    }
}

#[allow(clippy::indexing_slicing, reason = "there is an entry for each byte")]
fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

/// Which bytes of a raw path no step changes: a load is cheaper than the comparisons, and most of a decision is reading
/// its path.
#[allow(clippy::indexing_slicing, reason = "done by the compiler, which would refuse it")]
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        plain[byte as usize] = is_path_byte(byte) && !matches!(byte, b'/' | b';' | b'A'..=b'Z');
        byte += 1;
    }
    plain
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

#[cfg(test)]
mod tests {
    use super::*;

    impl Canonical {
        /// What tests of every room write as words.
        pub(crate) fn of_words(words: &str) -> Canonical {
            Canonical {
                case: if words.contains("lower") { LetterCase::Lower } else { LetterCase::Keep },
                trailing_slash: if words.contains("strip") { TrailingSlash::Strip } else { TrailingSlash::Keep },
                path_parameters: if words.contains("cut") { PathParameters::Strip } else { PathParameters::Keep },
                slashes: if words.contains("split") { Slashes::Keep } else { Slashes::Merge },
                refuse: RefusedTexts::from(Vec::new()),
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
            ("cut", "/a;b=1;c/d;e/f", "/a/d/f"),
            ("cut", "/a;", "/a"),
            ("cut", "/a;b/", "/a/"),
            ("cut", "/a/;b", "/a/"),
            ("cut", ";a", "/"),
            ("cut", "/a%3bb%3B", "/a%3Bb%3B"),
            ("cut", "/a;%2f%2e/b", "/a/b"),
            // What stripping uncovers is seen by the steps behind it.
            ("cut", "/a/..;b/c", "/c"),
            ("cut", "/a/.;b/c", "/a/c"),
            ("cut", "/a/%2e%2E;b/c", "/c"),
            ("cut", "/a/;b/c", "/a/c"),
            ("cut", "/;a/;b", "/"),
            ("cut split", "/a/;b/c", "/a//c"),
            ("cut split", "/;a/..;b/;c", "/"),
            ("cut split", "/..;b/;c/;d", "//"),
            ("cut", "..;a/b", "b"),
            ("cut strip", "/a/;b", "/a"),
            ("cut strip", "/a/.;b/;c", "/a"),
            ("cut lower", "/A;B%c3/C", "/a/c"),
        ];
        for (words, raw, expected) in rows {
            let canonical = Canonical::of_words(words);
            let normal = canonical.normalize(raw).as_str().to_owned();
            assert_eq!(normal, expected, "[{words}] {raw}");
            assert_eq!(canonical.normalize(&normal).as_str(), expected, "again: [{words}] {raw}");
        }
    }

    #[test]
    fn a_path_in_normal_form_is_not_copied() {
        let rows = [
            ("", "/"),
            ("", "/a/"),
            ("", "/Abc.d/e-f_g~h/!$&'()*+,=:@"),
            ("", "/a;b=1/%C3%A7%2F"),
            ("strip", "/"),
            ("strip", "/a"),
            ("split", "//a//b/"),
            ("lower", "/a%C3%A7/%2F"),
            ("lower strip cut split", "//a.b"),
        ];
        for (words, path) in rows {
            let canonical = Canonical::of_words(words);
            assert!(matches!(canonical.normalize(path), NormalPath::Same(_)), "[{words}] {path}");
            assert!(canonical.resolve(path).is_none(), "[{words}] {path}");
        }
    }

    #[test]
    fn a_path_too_long_for_the_stack_is_the_same() {
        let raw = format!("/{}/../x", "ç/".repeat(4000));
        let normal = Canonical::default().normalize(&raw);
        assert!(matches!(normal, NormalPath::Changed(PathBuffer::Heap(_))));
        assert!(normal.as_str().ends_with("/%C3%A7/x"));
        assert_eq!(Canonical::default().normalize(&"../".repeat(400)).as_str(), "/");
    }

    #[test]
    fn a_refused_text_is_found_in_any_case_and_in_all_three_forms() {
        let default = Canonical::default();
        let cut = Canonical { path_parameters: PathParameters::Strip, ..Canonical::default() };
        let dots = Canonical { refuse: vec!["/a/b".into(), "%2f".into(), "%c3".into()].into(), ..Canonical::default() };
        let escape = Canonical { refuse: vec!["%2e".into()].into(), ..Canonical::default() };
        let rows = [
            (&default, "/a/b", None),
            (&default, "/a%2Fb", None),
            (&default, "/a/..;/b", Some("..;")),
            (&default, "/a/..%2F", Some("..%2f")),
            (&default, "/a/..%3bx", Some("..%3b")),
            (&default, "/a%00", Some("%00")),
            (&default, "/a\0", Some("%00")),
            (&default, "/a%5C", Some("%5c")),
            (&default, "/a\\b", Some("%5c")),
            // Only after step (a).
            (&default, "/a/%2e%2E;/b", Some("..;")),
            (&default, "/a/.%2e%2f", Some("..%2f")),
            (&default, "/%2E.;/b", Some("..;")),
            // As it came: the parameter of the dots is stripped before any step could see it.
            (&cut, "/a/..;/b", Some("..;")),
            (&cut, "/a/%2e.;/b", Some("..;")),
            (&cut, "/a;x=..%2f/b", Some("..%2f")),
            (&cut, "/a;x/b", None),
            // Only after step (d).
            (&dots, "/a/x/../b", Some("/a/b")),
            (&dots, "/a//b", Some("/a/b")),
            (&dots, "/a/./b", Some("/a/b")),
            (&dots, "/A/B", Some("/a/b")),
            (&dots, "/a/c", None),
            (&dots, "/ç", Some("%c3")),
            // Only as it came.
            (&escape, "/a%2Eb", Some("%2e")),
        ];
        for (canonical, raw, expected) in rows {
            assert_eq!(canonical.refused_text(raw), expected, "{raw}");
            assert_eq!(canonical.refuses(raw), expected.is_some(), "{raw}");
        }
    }

    #[test]
    fn a_dot_segment_is_seen_in_every_spelling_and_nothing_else_is_one() {
        let rows = [
            ("", "/a/../b", Some(("/b", true))),
            ("", "/a/%2e%2e/b", Some(("/b", true))),
            ("", "/a/.%2E/b", Some(("/b", true))),
            ("", "/a/%2E./b", Some(("/b", true))),
            ("", "/a/./b", Some(("/a/b", true))),
            ("", "/a/%2e/b", Some(("/a/b", true))),
            ("", "/a/..", Some(("/", true))),
            ("", "/a/.", Some(("/a/", true))),
            ("", "/..", Some(("/", true))),
            ("", "/manager//../x", Some(("/x", true))),
            ("split", "/manager//../x", Some(("/manager/x", true))),
            ("", "/a/b;x/../c", Some(("/a/c", true))),
            ("", "../a", Some(("a", true))),
            ("", "..", Some(("", true))),
            ("", "/a/..;x/b", Some(("/a/..;x/b", false))),
            ("", "/a/.;x/b", Some(("/a/.;x/b", false))),
            ("cut", "/a/..;x/b", Some(("/b", true))),
            ("cut", "/a/.;x/b", Some(("/a/b", true))),
            ("cut", "/a;x/b", Some(("/a/b", false))),
            ("", "/a//b", Some(("/a/b", false))),
            ("", "/a/...", Some(("/a/...", false))),
            ("", "/a%2e", Some(("/a.", false))),
            ("lower strip", "/A/", Some(("/A/", false))),
            ("", "/a", None),
            ("", "/a.b/c..", None),
        ];
        for (words, raw, expected) in rows {
            let resolved = Canonical::of_words(words).resolve(raw);
            let told = resolved.as_ref().map(|resolved| (resolved.path.as_str(), resolved.had_dots));
            assert_eq!(told, expected, "[{words}] {raw}");
        }
    }
}
