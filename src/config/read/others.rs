//! Keys as other tools have them: what takes their place here.

use toml::de::DeValue;

/// What other tools call a key, and what it is here. A data table.
const KEYS: [(&str, &str); 13] = [
    ("source", "path"),
    ("match", "path"),
    ("pattern", "path"),
    ("url", "path"),
    ("to", "redirect"),
    ("destination", "redirect"),
    ("target", "redirect"),
    ("location", "redirect"),
    ("permanent", "status"),
    ("statusCode", "status"),
    ("status_code", "status"),
    ("redirects", "route"),
    ("rewrites", "route"),
];

/// The key that one of another tool stands for in a table with these keys, and what to do.
pub(super) fn meant(foreign: &str, value: &DeValue<'_>, keys: &[&str]) -> Option<(Option<&'static str>, String)> {
    // A table of a route, which alone has both.
    let is_route = keys.contains(&"redirect") && keys.contains(&"prefix");
    if is_route && foreign == "not" {
        return Some((
            None,
            "a condition is turned round in its own place: `query = { name = { not = \"…\" } }`".to_owned(),
        ));
    }
    let (_, key) = KEYS.iter().find(|(other, key)| *other == foreign && keys.contains(key))?;
    if *key == "route" {
        return Some((Some(key), "each is a `[[route]]` here, with its `path` and its `redirect`".to_owned()));
    }
    let help = match own_form(key, value) {
        Some((key, value)) => format!("write `{key} = {value}` instead of `{foreign}`"),
        None if *key == "path" => "here it is `path`, `prefix`, `glob` or `regex`".to_owned(),
        None => format!("here it is called `{key}`"),
    };
    is_route.then_some((Some(key), help))
}

/// What to do where `from` is a path, as it is in other tools.
pub(crate) fn moment(key: &str, value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str().filter(|text| text.starts_with(['/', '^']) && key == "from")?;
    let is = "`from` is the moment from which a route is live";
    Some(match own_form("path", value) {
        Some((key, value)) => format!("write `{key} = {value}` instead of `from`: {is}"),
        None => format!("the path `{text}` is a route's `path`; {is}"),
    })
}

/// The key with the value as it is here; `None` for what other tools write in their own way.
fn own_form(key: &'static str, value: &DeValue<'_>) -> Option<(&'static str, String)> {
    let is_plain = |text: &str| !text.contains(['*', ':', '(', '$', '<', '{', '\\', '"', '?', '#']);
    let is_path = |text: &str| text.starts_with('/') && is_plain(text);
    let is_url = |text: &str| text.strip_prefix("https://").is_some_and(is_plain);
    match (key, value) {
        ("path", DeValue::String(text)) if is_path(text) => Some(("path", format!("\"{text}\""))),
        ("path", DeValue::String(text)) if text.starts_with("^/") && !text.contains('\'') => {
            Some(("regex", format!("'{text}'")))
        }
        ("redirect", DeValue::String(text)) if is_path(text) || is_url(text) => {
            Some(("redirect", format!("\"{text}\"")))
        }
        ("status", DeValue::Boolean(is_permanent)) => {
            Some(("status", if *is_permanent { "301" } else { "302" }.to_owned()))
        }
        ("status", DeValue::Integer(number)) => Some(("status", number.to_string())),
        _ => None,
    }
}
