//! The spellings of a path by which CloudFront may tell its behavior.
//!
//! CloudFront says that it matches patterns against a normalised path and sends the raw one on, but not in which steps it
//! normalises. So each way that RFC 3986 allows counts: where they disagree, nobody knows the behavior (rule 17).

use std::borrow::Cow;

use super::{ByteKind, Escaped, ascii, is_normal_escape, kind, merge_slashes, remove_dot_segments};

/// A raw path and what normalising may make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spellings<'a> {
    /// As it came.
    pub raw: &'a str,
    /// Escapes in one form, dot segments removed: steps (a) and (d) of rule 3, and only these.
    pub resolved: Cow<'a, str>,
    /// Slashes merged before dot segments are removed: steps (a), (c) and (d).
    pub merged_first: Cow<'a, str>,
    /// [`Spellings::resolved`] with slashes merged: the form that a request is redirected to. It begins with exactly one
    /// slash, and all its own spellings are itself.
    pub clean: Cow<'a, str>,
}

impl<'a> Spellings<'a> {
    /// The spellings of a raw path. O(m); allocates only where they differ.
    #[must_use]
    pub fn of(raw: &'a str) -> Spellings<'a> {
        if is_clean(raw) {
            let same = || Cow::Borrowed(raw);
            return Spellings { raw, resolved: same(), merged_first: same(), clean: same() };
        }
        // What has no first slash (`*`) is read as if it had one: so CloudFront reads its patterns.
        let slash = if raw.starts_with('/') { None } else { Some(b'/') };
        let escaped: Vec<u8> = slash.into_iter().chain(Escaped::new(raw.as_bytes())).collect();
        let resolved = cut(escaped.clone(), remove_dot_segments);
        let merged_first = cut(cut(escaped, merge_slashes), remove_dot_segments);
        let clean = cut(resolved.clone(), merge_slashes);
        let text = |bytes: Vec<u8>| Cow::Owned(ascii(&bytes).to_owned());
        Spellings { raw, resolved: text(resolved), merged_first: text(merged_first), clean: text(clean) }
    }
}

/// Whether a path is certainly its own clean form; nearly every request's is.
fn is_clean(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.first() == Some(&b'/')
        && bytes.iter().enumerate().all(|(at, &byte)| match kind(byte) {
            ByteKind::Plain | ByteKind::Upper => true,
            ByteKind::Slash => !matches!(bytes.get(at + 1), Some(b'/' | b'.')),
            ByteKind::Percent => is_normal_escape(bytes.get(at + 1..at + 3)),
            ByteKind::Foreign => false,
        })
}

/// What a step leaves of a path.
fn cut(mut path: Vec<u8>, step: fn(&mut [u8]) -> usize) -> Vec<u8> {
    let len = step(&mut path);
    path.truncate(len);
    path
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
            let found = Spellings::of(raw);
            let texts = (found.raw, &*found.resolved, &*found.merged_first, &*found.clean);
            assert_eq!(texts, (raw, resolved, merged_first, clean));
        }
    }
}
