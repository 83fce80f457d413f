//! Captured text on its way into a target: it never becomes a delimiter of where it is put (rule 12).

use std::borrow::Cow;

use crate::text::percent::{is_path_byte, is_query_byte, leading, push_escaped};

/// What a captured text was part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The path: its `/` and `;` mean in another path what they meant there.
    Path,
    /// The query: its `=`, `+` and `;` mean in another query what they meant there.
    Query,
    /// Anything else: the host, a header, a cookie.
    Other,
}

/// The part of a target that a text is put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPart {
    /// Of an absolute URL, up to the `/`, `?` or `#` that ends its host.
    Host,
    /// Before `?` and `#`.
    Path,
    /// Behind `?`.
    Query,
    /// Behind `#`.
    Fragment,
}

/// A captured text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured<'c> {
    /// As captured.
    pub text: Cow<'c, str>,
    /// Where it is from.
    pub source: Source,
}

impl UrlPart {
    /// Where the text goes on that follows the literal with which a target begins.
    pub(super) fn at_end(literal: &str) -> UrlPart {
        let absolute = ["https://", "http://"].into_iter().find_map(|scheme| literal.strip_prefix(scheme));
        absolute.map_or_else(|| UrlPart::Path.after(literal), |rest| UrlPart::Host.after(rest))
    }

    /// Where the text goes on that follows a literal.
    pub(super) fn after(self, literal: &str) -> UrlPart {
        let next = |part, byte| match (part, byte) {
            (_, b'#') | (UrlPart::Fragment, _) => UrlPart::Fragment,
            (UrlPart::Host | UrlPart::Path, b'?') => UrlPart::Query,
            (UrlPart::Host, b'/') => UrlPart::Path,
            _ => part,
        };
        literal.bytes().fold(self, next)
    }
}

impl Captured<'_> {
    /// Appends the text as it stands in a place: valid escapes are kept, what can't stand there becomes `%XX`.
    pub(super) fn push_to(&self, out: &mut String, part: UrlPart) {
        let bytes = self.text.as_bytes();
        if bytes.iter().all(|&byte| self.stands(byte, part)) {
            out.push_str(&self.text);
            return;
        }
        for (at, &byte) in bytes.iter().enumerate() {
            let is_escape = byte == b'%' && bytes.get(at..).and_then(leading).is_some();
            if is_escape || self.stands(byte, part) {
                out.push(char::from(byte));
            } else {
                push_escaped(out, &[byte]);
            }
        }
    }

    fn stands(&self, byte: u8, part: UrlPart) -> bool {
        match (part, self.source) {
            // A host's label is judged as it is.
            (UrlPart::Host, _) => true,
            (UrlPart::Path, Source::Path) => is_path_byte(byte),
            (UrlPart::Path, _) => is_path_byte(byte) && !matches!(byte, b'/' | b';'),
            (UrlPart::Query, Source::Query) => is_query_byte(byte),
            (UrlPart::Query, _) => is_query_byte(byte) && !matches!(byte, b'&' | b'=' | b'+' | b';'),
            (UrlPart::Fragment, _) => is_query_byte(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_captured_text_becomes_a_delimiter_of_where_it_is_put() {
        use {Source as From, UrlPart::*};
        let rows = [
            (From::Path, Path, "a/b;c=1&d+e", "a/b;c=1&d+e"),
            (From::Query, Path, "a/b;c?d#e", "a%2Fb%3Bc%3Fd%23e"),
            (From::Other, Path, "../x", "..%2Fx"),
            (From::Path, Query, "1&admin=true", "1%26admin%3Dtrue"),
            (From::Path, Query, "c++;d#e/f?", "c%2B%2B%3Bd%23e/f?"),
            (From::Other, Query, "a&b", "a%26b"),
            (From::Query, Query, "a=b+c;d/e?f#g", "a=b+c;d/e?f%23g"),
            (From::Path, Fragment, "a&b=c/d?e#f", "a&b=c/d?e%23f"),
            // Escapes stay, whatever they stand for; a `%` that begins none does not.
            (From::Path, Path, "%2f%C3%a7%", "%2f%C3%a7%25"),
            (From::Query, Query, "%26%2&%zz", "%26%252&%25zz"),
            (From::Query, Path, "%2", "%252"),
            // What no URL may hold.
            (From::Query, Path, "a b\"<>\\^`{|}[]ç", "a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D%C3%A7"),
            (From::Query, Query, "praça [1]", "pra%C3%A7a%20%5B1%5D"),
            (From::Query, Fragment, "\\r\\n\\u{85}", "%5Cr%5Cn%5Cu%7B85%7D"),
            (From::Query, Fragment, "a\r\n", "a%0D%0A"),
            (From::Other, Path, "", ""),
        ];
        for (source, part, text, expected) in rows {
            let mut made = String::new();
            Captured { text: text.into(), source }.push_to(&mut made, part);
            assert_eq!(made, expected, "{source:?} in {part:?}: {text}");
        }
    }
}
