//! What is written as another tool would have it: `:slug`, `*`, `$1`, `(.*)` where the table takes them as text.
//!
//! Each is a warning at the very characters, with the form to write. It is found where a text is lowered: `patterns` looks
//! at `path`, `prefix` and `glob`, `rows` at the rows of a map, `targets` at targets and request headers, `values` at
//! the texts of conditions and of headers that are never filled, `names` at names. `scan` knows the syntax of paths, and nothing of tables.
//!
//! What is plausibly meant is left alone: a `:` inside a segment, a `$` that is no variable, a `*` in the middle of a
//! query's value. Where a form is shown with "write", it was lowered and has no fault.

pub(crate) mod names;
pub(crate) mod patterns;
mod references;
pub(crate) mod rows;
pub(crate) mod scan;
pub(crate) mod targets;
pub(crate) mod values;

/// A text as a table writes it: in single quotes where it can be.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("'{text}'")
    }
}

/// Whether a text can be the name of a capture anywhere.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The word that a text begins with, if it begins with one.
fn leading_word(text: &str) -> Option<&str> {
    let end = text.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(text.len());
    text.get(..end).filter(|word| is_word(word))
}

/// A name that another tool allows and that stands for something else here.
fn own_name(name: &str) -> &str {
    match name {
        "path" => "rest",
        "host" => "hostname",
        name => name,
    }
}

/// A text as a regex that matches it.
fn escaped(text: &str) -> String {
    let escape = |char: char| match char {
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => format!("\\{char}"),
        char => char.to_string(),
    };
    text.chars().map(escape).collect()
}
