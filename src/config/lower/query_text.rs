//! Names and values of a query as a URL holds them: conditions compare them so, and nothing is decoded.

use crate::text::percent::push_escaped;

/// What of a query a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryPart {
    /// Before the `=`.
    Name,
    /// Behind it.
    Value,
}

/// What to write in the place of a text that no query of a URL can hold; `None` for one that can.
///
/// What browsers send as it stands is left alone, also where RFC 3986 has no place for it: `[`, `{`, `|` and their like.
pub(crate) fn cure(text: &str, part: QueryPart) -> Option<String> {
    let with_spaces = sent(text, part, "%20");
    if with_spaces == text {
        return None;
    }
    let why = "query texts are compared as they stand in a URL";
    let forms = match text.contains(' ') {
        true => format!("`{with_spaces}`, or `{}` where a form sends it", sent(text, part, "+")),
        false => format!("`{with_spaces}`"),
    };
    Some(format!("write {forms}: {why}"))
}

fn sent(text: &str, part: QueryPart, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut bytes = [0; 4];
    for char in text.chars() {
        match char {
            ' ' => out.push_str(space),
            '=' if part == QueryPart::Name => out.push_str("%3D"),
            '"' | '#' | '&' | '<' | '>' => push_escaped(&mut out, char.encode_utf8(&mut bytes).as_bytes()),
            char if char.is_control() || !char.is_ascii() => {
                push_escaped(&mut out, char.encode_utf8(&mut bytes).as_bytes());
            }
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_browsers_send_it() {
        use QueryPart::{Name, Value};
        let rows = [
            ("a", Name, "a"),
            ("filter[x]", Name, "filter[x]"),
            ("a=b", Name, "a%3Db"),
            ("a=b", Value, "a=b"),
            ("é&", Name, "%C3%A9%26"),
            ("ç", Value, "%C3%A7"),
            ("%c3%A7+%", Value, "%c3%A7+%"),
            ("a b", Value, "a%20b"),
            ("<\"#>\t\u{7f}", Value, "%3C%22%23%3E%09%7F"),
            ("{'|^\\`}?/:@!$()*,;~", Value, "{'|^\\`}?/:@!$()*,;~"),
        ];
        for (text, part, expected) in rows {
            assert_eq!(sent(text, part, "%20"), expected, "{text}");
            assert_eq!(cure(text, part).is_none(), text == expected, "{text}");
            assert_eq!(cure(expected, part), None, "what is to be written can stand there: {text}");
        }
    }
}
