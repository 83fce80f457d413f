//! Dot segments as servers read them, which is wider than RFC 3986: what one of them takes for `.` or `..` counts.

use super::percent::leading;

/// Whether a path has a segment, between `/`, `\`, `%2F` and `%5C`, whose text before `;` or `%3B` is `.` or `..`, each
/// dot escaped or not. One pass; ordinary paths are only read.
#[must_use]
pub fn has_dot_segment(path: &str) -> bool {
    let bytes = path.as_bytes();
    let begins = bytes.iter().enumerate().filter_map(|(at, byte)| match byte {
        b'/' | b'\\' => Some(at + 1),
        b'%' if matches!(bytes.get(at..).and_then(leading), Some(b'/' | b'\\')) => Some(at + 3),
        _ => None,
    });
    std::iter::once(0).chain(begins).any(|at| bytes.get(at..).is_some_and(is_dots))
}

/// Whether a text begins with a segment of one or two dots.
fn is_dots(text: &[u8]) -> bool {
    let Some(after) = strip_dot(text) else { return false };
    let after = strip_dot(after).unwrap_or(after);
    match after.first() {
        None | Some(b'/' | b'\\' | b';') => true,
        Some(b'%') => matches!(leading(after), Some(b'/' | b'\\' | b';')),
        Some(_) => false,
    }
}

fn strip_dot(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'.', rest @ ..] => Some(rest),
        [b'%', _, _, rest @ ..] if leading(text) == Some(b'.') => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_seen_in_every_spelling_between_every_delimiter() {
        for dots in [".", "..", "%2e", "%2E", ".%2e", "%2E.", "%2e%2E"] {
            for before in ["", "/", "/a/", "/a\\", "/a%2f", "/a%2F", "/a%5c", "/a%5C", "/a//"] {
                for after in ["", "/", "/b", "\\b", ";", ";x/b", "%2fb", "%2F", "%5cb", "%5C", "%3b", "%3Bx"] {
                    let path = format!("{before}{dots}{after}");
                    assert!(has_dot_segment(&path), "{path}");
                }
            }
        }
    }

    #[test]
    fn other_dots_are_no_segments() {
        let rows = [
            "",
            "/",
            "/a",
            "/...",
            "/a/.b",
            "/a/..b",
            "/a./b",
            "/a../b",
            "/%2e%2e%2e",
            "/%252e",
            "/.%2",
            "/.%",
            "/a;../b",
        ];
        for path in rows {
            assert!(!has_dot_segment(path), "{path}");
        }
    }
}
