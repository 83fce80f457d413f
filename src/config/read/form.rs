//! Values of the wrong type: what each was probably meant to look like.

use toml::de::DeValue;

/// The type that a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeWanted {
    /// A text.
    Text,
    /// A list of texts.
    List,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A table.
    Table,
}

/// Texts that are not simply what was written in quotes: the keys, and the text with `{}` for what was written. A data
/// table; a form without `{}` is none.
#[rustfmt::skip]
const TEXTS: [(&[&str], &str); 3] = [
    (&["path", "prefix", "rewrite", "redirect"], "/{}"),
    (&["cache_control"], "max-age={}"),
    (&["glob", "regex", "redirect_map", "include", "origin", "default", "configured_origin", "path_pattern", "domain", "host",
       "method", "cohort", "language", "offered", "country", "url", "request", "route", "test", "behavior"], ""),
];

/// Words that other values than texts were meant to be: the key, the value and the word. A data table.
const WORDS: [(&str, &str, &str); 2] = [("query_string", "true", "keep"), ("query_string", "false", "drop")];

/// Tables that are written as one text: the key, and the table with `{}` for that text. A data table.
const TABLES: [(&str, &str); 1] = [("respond", "{ body = {} }")];

/// Words that mean yes or no elsewhere.
const BOOLEANS: [(&str, bool); 8] = [
    ("true", true),
    ("yes", true),
    ("on", true),
    ("1", true),
    ("false", false),
    ("no", false),
    ("off", false),
    ("0", false),
];

/// The value of this key that a value of another type was meant to be; `None` where nobody can say.
pub(super) fn meant(key: &str, value: &DeValue<'_>, wanted: TypeWanted) -> Option<String> {
    match (wanted, value) {
        (TypeWanted::Text, DeValue::Array(list)) => match list.iter().as_slice() {
            [one] => one.get_ref().as_str().and_then(in_quotes),
            _ => None,
        },
        (TypeWanted::Text, _) => text(key, &simple(value)?),
        (TypeWanted::List, DeValue::Table(_) | DeValue::Array(_)) => None,
        (TypeWanted::List, _) => Some(format!("[{}]", text(key, &simple(value)?)?)),
        (TypeWanted::Number, DeValue::String(text)) => {
            let number = text.trim().trim_end_matches('%');
            number.parse::<u32>().is_ok().then(|| number.to_owned())
        }
        (TypeWanted::Boolean, _) => {
            let written = simple(value)?.to_ascii_lowercase();
            BOOLEANS.iter().find(|(word, _)| *word == written).map(|(_, meaning)| meaning.to_string())
        }
        (TypeWanted::Table, _) => table(key, value),
        (TypeWanted::Number, _) => None,
    }
}

fn text(key: &str, written: &str) -> Option<String> {
    let mut words = WORDS.iter().filter(|(of, _, _)| *of == key).peekable();
    if words.peek().is_some() {
        return words.find(|(_, value, _)| *value == written).and_then(|(_, _, word)| in_quotes(word));
    }
    match TEXTS.iter().find(|(keys, _)| keys.contains(&key)) {
        Some((_, form)) if is_number(written) && !form.is_empty() => in_quotes(&form.replace("{}", written)),
        Some(_) => None,
        None => in_quotes(written),
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// A text without a `"` in quotes.
fn in_quotes(text: &str) -> Option<String> {
    let is_plain = !text.contains(['"', '\\']) && !text.chars().any(char::is_control);
    is_plain.then(|| format!("\"{text}\""))
}

/// What is written, of a value that is not made of others.
fn simple(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is_true) => Some(is_true.to_string()),
        DeValue::Datetime(moment) => Some(moment.to_string()),
        DeValue::Integer(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn table(key: &str, value: &DeValue<'_>) -> Option<String> {
    let written = simple(value)?;
    if let ("respond", true) = (key, is_number(&written)) {
        return Some(format!("{{ status = {written} }}"));
    }
    if let Some((_, form)) = TABLES.iter().find(|(table, _)| *table == key) {
        return Some(form.replace("{}", &in_quotes(&written)?));
    }
    let separator = match key {
        "query" | "cookie" => '=',
        "header" | "response_headers" | "headers" => ':',
        _ => return None,
    };
    let (name, field) = match written.split_once(separator) {
        Some((name, field)) => (name.trim(), in_quotes(field.trim())?),
        None if separator == '=' || key == "header" => (written.trim(), "true".to_owned()),
        None => return None,
    };
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!name.is_empty() && name.bytes().all(is_bare)).then(|| format!("{{ {name} = {field} }}"))
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    #[test]
    fn a_value_is_shown_as_it_was_meant() {
        use TypeWanted::{Boolean, List, Number, Table, Text};
        let rows = [
            ("owner = 5", Text, Some("\"5\"")),
            ("owner = 2026-11-30", Text, Some("\"2026-11-30\"")),
            ("owner = true", Text, Some("\"true\"")),
            ("owner = [\"a\"]", Text, Some("\"a\"")),
            ("owner = [\"a\", \"b\"]", Text, None),
            ("owner = { a = 1 }", Text, None),
            ("owner = 0x1f", Text, None),
            ("cache_control = 3600", Text, Some("\"max-age=3600\"")),
            ("cache_control = true", Text, None),
            ("path = 404", Text, Some("\"/404\"")),
            ("origin = 5", Text, None),
            ("query_string = true", Text, Some("\"keep\"")),
            ("query_string = 5", Text, None),
            ("map_query = \"id\"", List, Some("[\"id\"]")),
            ("map_query = 5", List, Some("[\"5\"]")),
            ("map_query = { a = 1 }", List, None),
            ("examples = \"/a\"", List, Some("[\"/a\"]")),
            ("body = '\"'", List, None),
            ("status = \"301\"", Number, Some("301")),
            ("share_percent = \"5%\"", Number, Some("5")),
            ("status = \"moved\"", Number, None),
            ("status = true", Number, None),
            ("gone = \"yes\"", Boolean, Some("true")),
            ("gone = 0", Boolean, Some("false")),
            ("gone = \"perhaps\"", Boolean, None),
            ("query = \"id=5\"", Table, Some("{ id = \"5\" }")),
            ("query = \"id\"", Table, Some("{ id = true }")),
            ("cookie = \"beta\"", Table, Some("{ beta = true }")),
            ("cookie = \"a b\"", Table, None),
            ("header = \"x-a: b\"", Table, Some("{ x-a = \"b\" }")),
            ("response_headers = \"x-a\"", Table, None),
            ("respond = \"down\"", Table, Some("{ body = \"down\" }")),
            ("respond = 503", Table, Some("{ status = 503 }")),
            ("origins = \"a\"", Table, None),
        ];
        for (line, wanted, expected) in rows {
            let table = DeTable::parse(line).unwrap();
            let (key, value) = table.get_ref().iter().next().unwrap();
            assert_eq!(meant(key.get_ref(), value.get_ref(), wanted).as_deref(), expected, "{line}");
        }
    }
}
