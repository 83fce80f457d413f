//! Syntax errors of TOML: the parser says what is wrong, here is what to do.

/// What to do about an error, by what the parser's words begin with; the first that fits. The words are `toml_parser`'s
/// of version 1.1: other words only lose their help. A data table.
const CURES: [(&str, &str); 33] = [
    ("string values must be quoted", "put the text in quotes: `key = \"text\"`"),
    ("invalid basic string", "close the text with `\"` on the line that it begins on"),
    ("invalid literal string", "close the text with `'` on the line that it begins on"),
    ("invalid multi-line basic string", "close the text with `\"\"\"`"),
    ("invalid multi-line literal string", "close the text with `'''`"),
    ("missing opening quote", "put the text in quotes: `key = \"text\"`"),
    ("missing escaped value", "a backslash begins an escape in double quotes: write regexes in single quotes, '…'"),
    ("too few unicode value digits", "write `\\u` and four digits, or the character itself"),
    ("unclosed table", "close the header with `]`"),
    ("unclosed array table", "close the header with `]]`"),
    ("unclosed array", "close the list with `]`"),
    ("unclosed inline table", "close the table with `}`"),
    ("invalid unquoted key", "write `key = value`; a key with other characters than these stands in quotes"),
    ("unquoted keys cannot be empty", "write a key before the `=`"),
    ("keys cannot be multi-line", "write the key in single or double quotes"),
    ("key with no value", "write `key = value`"),
    ("missing value", "write a value: a text in quotes, a number, `true`, `false`, a list or a table"),
    ("missing key for inline table element", "write `key = value` between the commas"),
    ("invalid key-value pair", "write `key = value`"),
    ("missing assignment", "write `key = value`"),
    ("extra `=`", "write one `=` between key and value"),
    ("extra assignment", "write one `=` between key and value"),
    ("unexpected `=` in array", "a list holds values alone; a table is written `{ key = value }`"),
    ("missing comma between array elements", "put a `,` between the two values"),
    ("missing comma between key-value pairs", "put a `,` between the two"),
    ("extra comma", "take one `,` away"),
    ("duplicate key", "a key stands once in its table: keep one; each route has a `[[route]]` of its own"),
    ("cannot extend", "the key has a value already: write the table once, with all its keys"),
    ("unexpected leading zero", "write the number without the zero"),
    ("invalid date", "write a day of the calendar, `2026-11-30`, or a moment, `2026-11-30T00:00:00-03:00`"),
    ("unexpected key or value", "write one `key = value` a line"),
    ("unexpected content", "write one `key = value` a line"),
    ("invalid comment character", "remove the control character"),
];

/// How other languages begin a comment.
const COMMENTS: [&str; 3] = ["//", "/*", "--"];

/// What to do about text that no TOML has, in the place of an error: what its line begins with, what stands at the error
/// and what before it. The parser's other errors of the line only follow from it.
pub(super) fn slip(line: &str, rest: &str, before: &str) -> Option<&'static str> {
    if COMMENTS.iter().any(|mark| line.starts_with(mark) || rest.starts_with(mark)) {
        Some("a comment begins with `#`")
    } else if rest.starts_with(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        Some("write straight quotes: `\"` or `'`")
    } else if rest.starts_with(':') || before.ends_with(':') {
        Some("write `key = value`, with `=` and not `:`")
    } else {
        None
    }
}

/// What to do about an error, in the parser's words.
pub(super) fn cure(words: &str) -> Option<&'static str> {
    CURES.iter().find(|(start, _)| words.starts_with(start)).map(|(_, cure)| *cure)
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    #[test]
    fn what_people_write_wrong_has_its_cure() {
        let texts = [
            "a = b",
            "a = \"b",
            "a = 'b",
            "a = \"\"\"b",
            "a = '''b",
            "a = \"\\d\"",
            "a = \"\\u12\"",
            "[a",
            "[[a]",
            "a = [1",
            "a = { b = 1",
            "a: 1",
            "ç = 1",
            "= 1",
            "a",
            "a =",
            "a = = 1",
            "a = [b = 1]",
            "a = [1 2]",
            "a = { b = 1 c = 2 }",
            "a = [1,,2]",
            "a = 1\na = 2",
            "a = 1\na.b = 2",
            "a = 01",
            "a = 2026-13-01",
            "a = 1 b = 2",
            "a = 1 \"x\"",
            "# \u{1}",
        ];
        for text in texts {
            let (_, errors) = DeTable::parse_recoverable(text);
            assert!(!errors.is_empty(), "{text}");
            for error in errors {
                assert!(cure(error.message()).is_some(), "{text}: {}", error.message());
            }
        }
    }
}
