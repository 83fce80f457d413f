//! JSON laid out for reading, its values untouched: a number keeps its digits, an object the order of its keys.

/// Puts every member and element on a line of its own, indented by two spaces. The text must be valid JSON; of any other
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
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(char);
                line(&mut out, depth);
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

fn line(out: &mut String, depth: usize) {
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
