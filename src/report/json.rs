//! JSON documents with their version, and JSON of others laid out for reading.

use serde::Serialize;
use serde::ser::{Error, Serializer};
use serde_json::value::RawValue;

/// The version of every document and line that is written here.
const SCHEMA: u32 = 1;

/// A result with its version, which comes first.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Versioned<T> {
    schema: u32,
    #[serde(flatten)]
    result: T,
}

/// Puts the version before a result: a struct or a map.
pub fn versioned<T: Serialize>(result: T) -> Versioned<T> {
    Versioned { schema: SCHEMA, result }
}

/// A result as a document, laid out for reading, with its line break.
///
/// # Errors
/// None that a result of ours could cause.
pub fn document(result: &impl Serialize) -> serde_json::Result<String> {
    pretty(&versioned(result))
}

/// A result as one line of many, with its line break.
///
/// # Errors
/// As [`document`].
pub fn line(result: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(&versioned(result)).map(|line| line + "\n")
}

/// Any value laid out for reading, without a version, with its line break.
///
/// # Errors
/// As [`document`].
pub fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

/// Text that is JSON already, byte for byte.
#[derive(Clone, Copy, Debug)]
pub struct RawJson<'a>(pub &'a str);

impl Serialize for RawJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Puts every member and element on a line of its own, indented by two spaces; values stay as they are: a number keeps
/// its digits, an object the order of its keys. The text must be valid JSON; of any other
/// the result is some text of the same characters. O(n).
#[must_use]
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => string(&mut out, &mut chars),
            '{' | '[' => {
                out.push(char);
                while chars.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                match chars.next_if(|next| matches!(next, '}' | ']')) {
                    Some(close) => out.push(close),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(char);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            white if white.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

/// Copies a text up to and with its closing quote.
fn string(out: &mut String, chars: &mut impl Iterator<Item = char>) {
    out.push('"');
    let mut escaped = false;
    for char in chars {
        out.push(char);
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return,
            _ => {}
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_its_values_stay() {
        let rows = [
            ("{}", "{}"),
            (" [ ] ", "[]"),
            (
                r#"{"b":1.00,"a":[1e5,{"c":{}}]}"#,
                "{\n  \"b\": 1.00,\n  \"a\": [\n    1e5,\n    {\n      \"c\": {}\n    }\n  ]\n}",
            ),
            (r#"{"a":"{\"x\\\":[,:] "}"#, "{\n  \"a\": \"{\\\"x\\\\\\\":[,:] \"\n}"),
            ("]", "\n]"),
        ];
        for (json, expected) in rows {
            assert_eq!(indented(json), expected, "{json}");
        }
    }
}
