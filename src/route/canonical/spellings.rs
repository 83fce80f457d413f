//! The spellings of a path by which CloudFront may tell its behavior.
//!
//! CloudFront says that it matches patterns against a normalised path and sends the raw one on, but not in which steps it
//! normalises. So each way that RFC 3986 allows counts: where they disagree, nobody knows the behavior (rule 17).

use std::borrow::Cow;

use super::passes::{Pass, PathBuffer, merge_slashes, remove_dot_segments, strip_parameters};
use super::{PathParameters, is_normal_escape, is_plain};

/// A raw path and what normalising may make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spellings<'a> {
    /// As it came.
    pub raw: &'a str,
    /// Escapes in one form, dot segments removed: steps (a) and (d) of rule 3, and only these.
    pub resolved: Cow<'a, str>,
    /// Slashes merged before dot segments are removed: steps (a), (c) and (d).
    pub merged_first: Cow<'a, str>,
    /// What routes are asked about where parameters are stripped: the two above, after step (b). Else those two again.
    pub bare: [Cow<'a, str>; 2],
    /// The form that a request is redirected to: the resolved one, bare where parameters are stripped, with slashes
    /// merged. It begins with exactly one slash, and all its own spellings are itself.
    pub clean: Cow<'a, str>,
}

impl<'a> Spellings<'a> {
    /// The spellings of a raw path. O(m); allocates only where they differ.
    #[must_use]
    pub fn of(raw: &'a str, parameters: PathParameters) -> Spellings<'a> {
        let strips = parameters == PathParameters::Strip;
        if is_clean(raw) && !(strips && raw.contains(';')) {
            let same = || Cow::Borrowed(raw);
            return Spellings { raw, resolved: same(), merged_first: same(), bare: [same(), same()], clean: same() };
        }
        // What has no first slash (`*`) is read as if it had one: so CloudFront reads its patterns.
        let rooted = if raw.starts_with('/') { Cow::Borrowed(raw) } else { Cow::Owned(format!("/{raw}")) };
        let after = |passes: &[Pass]| {
            let mut path = PathBuffer::escaped(&rooted);
            passes.iter().for_each(|pass| {
                path.shorten(*pass);
            });
            Cow::Owned(path.as_str().to_owned())
        };
        let strip: Pass = if strips { strip_parameters } else { |path| path.len() };
        Spellings {
            raw,
            resolved: after(&[remove_dot_segments]),
            merged_first: after(&[merge_slashes, remove_dot_segments]),
            bare: [after(&[strip, remove_dot_segments]), after(&[strip, merge_slashes, remove_dot_segments])],
            clean: after(&[strip, remove_dot_segments, merge_slashes]),
        }
    }
}

/// Whether a path is certainly its own clean form, its parameters aside; nearly every request's is.
fn is_clean(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.first() == Some(&b'/')
        && bytes.iter().enumerate().all(|(at, &byte)| match byte {
            b'/' => !matches!(bytes.get(at + 1), Some(b'/' | b'.')),
            b'%' => is_normal_escape(bytes.get(at + 1..at + 3)),
            byte => is_plain(byte) || matches!(byte, b';' | b'A'..=b'Z'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_spellings() {
        let rows = [
            ("/a/b.css", "/a/b.css", "/a/b.css", "/a/b.css"),
            ("", "/", "/", "/"),
            ("*", "/*", "/*", "/*"),
            ("a/b", "/a/b", "/a/b", "/a/b"),
            ("..", "/", "/", "/"),
            ("//a//b", "//a//b", "/a/b", "/a/b"),
            ("/%61/%2f%c3", "/a/%2F%C3", "/a/%2F%C3", "/a/%2F%C3"),
            ("/a/../b", "/b", "/b", "/b"),
            ("/a/%2e%2E/b", "/b", "/b", "/b"),
            ("/a//../b", "/a/b", "/b", "/a/b"),
            ("/..//evil.example", "//evil.example", "/evil.example", "/evil.example"),
            ("/.//evil.example", "//evil.example", "/evil.example", "/evil.example"),
            ("/\\evil", "/%5Cevil", "/%5Cevil", "/%5Cevil"),
            ("/a;x/..;/b", "/a;x/..;/b", "/a;x/..;/b", "/a;x/..;/b"),
            ("/A/.well-known", "/A/.well-known", "/A/.well-known", "/A/.well-known"),
            ("/ç%", "/%C3%A7%25", "/%C3%A7%25", "/%C3%A7%25"),
        ];
        for (raw, resolved, merged_first, clean) in rows {
            let found = Spellings::of(raw, PathParameters::Keep);
            let texts = (found.raw, &*found.resolved, &*found.merged_first, &*found.clean);
            assert_eq!(texts, (raw, resolved, merged_first, clean));
            assert_eq!(found.bare, [resolved, merged_first]);
        }
    }

    #[test]
    fn parameters_that_are_stripped_are_part_of_no_clean_form() {
        let rows = [
            ("/a;x/b", "/a;x/b", "/a/b", "/a/b"),
            ("/a;x/..;y/b", "/a;x/..;y/b", "/b", "/b"),
            ("/;x/a", "/;x/a", "/a", "/a"),
            ("/a/;x/../b", "/a/b", "/b", "/a/b"),
            ("/a%3bx", "/a%3Bx", "/a%3Bx", "/a%3Bx"),
        ];
        for (raw, resolved, bare, clean) in rows {
            let found = Spellings::of(raw, PathParameters::Strip);
            assert_eq!((&*found.resolved, &*found.bare[1], &*found.clean), (resolved, bare, clean), "{raw}");
        }
    }
}
