//! What a `[[test]]` expects of the decision line.

use std::collections::HashSet;

use serde_json::Value as Json;
use toml::de::DeValue;

use crate::config::lower::secrets::secret;
use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, codes};
use crate::route::{BehaviorPattern, Definition};

/// The keys of a decision line that a test may name, in the order of the line.
pub const KEYS: [&str; 12] = [
    "route",
    "action",
    "origin",
    "uri",
    "query_string",
    "status",
    "location",
    "headers",
    "added_headers",
    "removed_headers",
    "refused",
    "behavior",
];

/// Names among which a near miss is looked for: more of them would make many mistakes in a large table slow.
const MAX_NEAR: usize = 5_000;

/// One key of a decision line and what it must be.
///
/// `false` means that the line lacks the key (or has `null`): `route = false` for a request that the default takes.
/// A table asks only for the names it holds, a list only for what it lists; anything else must be equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// One of [`KEYS`].
    pub key: String,
    /// What the line must have there, as JSON.
    pub value: Json,
}

/// The names that an expectation can mention.
pub(crate) struct KnownNames<'d> {
    routes: HashSet<&'d str>,
    origins: HashSet<&'d str>,
    /// Whether these are all of the file: else a name that is not here may be one that could not be read.
    are_all: bool,
}

impl<'d> KnownNames<'d> {
    pub(crate) fn of(definition: &'d Definition, are_all: bool) -> KnownNames<'d> {
        KnownNames {
            are_all,
            routes: definition.routes.iter().map(|route| route.id.as_str()).collect(),
            origins: definition.origins.iter().map(|origin| origin.id.as_str()).collect(),
        }
    }
}

impl KnownNames<'_> {
    /// The name of a `route` or `origin`, which the table must have.
    fn check(&self, findings: &mut Findings, entry: Setting<'_>) -> Option<Json> {
        let (kind, these) = match entry.key() {
            "route" => ("route", &self.routes),
            _ => ("origin", &self.origins),
        };
        if matches!(entry.value(), DeValue::Boolean(_)) {
            return entry.not_even_a_text(findings, "a text, or `false` for none");
        }
        let text = entry.text(findings)?;
        if these.contains(text.text) || !self.are_all {
            return Some(text.text.into());
        }
        let message = format!("the table has no {kind} `{}`", text.text);
        let report = findings.report(&codes::EXPECTS_UNKNOWN, text.span, message);
        if these.len() <= MAX_NEAR {
            let mut these: Vec<&str> = these.iter().copied().collect();
            these.sort_unstable();
            report.did_you_mean(text.text, these);
        }
        None
    }
}

/// Lowers `expect`; `None` where it says nothing or something that no line can have.
pub(crate) fn lower(findings: &mut Findings, names: &KnownNames<'_>, entry: Setting<'_>) -> Option<Vec<Expected>> {
    let section = entry.section(findings, &KEYS)?;
    let entries = section.all();
    if entries.is_empty() {
        findings
            .report(&codes::EMPTY_VALUE, entry.span(), "`expect` is empty")
            .help("name what must be so, such as `expect = { route = \"some-id\" }`");
        return None;
    }
    let known = entries.iter().copied().filter(|entry| KEYS.contains(&entry.key()));
    let lowered: Vec<Option<Expected>> = known
        .map(|entry| Some(Expected { value: expected(findings, names, entry)?, key: entry.key().to_owned() }))
        .collect();
    lowered.into_iter().collect()
}

fn expected(findings: &mut Findings, names: &KnownNames<'_>, entry: Setting<'_>) -> Option<Json> {
    if entry.value().as_bool() == Some(false) {
        return Some(Json::Bool(false));
    }
    match entry.key() {
        "status" => entry.whole::<u16>(findings, 200..=599).map(Json::from),
        "action" => entry.word(findings, &ACTIONS).map(Json::from),
        "route" | "origin" => names.check(findings, entry),
        "headers" | "added_headers" => Some(Json::Object(texts_by_name(findings, entry))),
        "removed_headers" => {
            let names = entry.texts(findings).into_iter().map(|text| text.text.to_ascii_lowercase().into());
            Some(Json::Array(names.collect()))
        }
        "refused" => refused(findings, names, entry),
        "behavior" => behavior(findings, names, entry),
        _ => entry.text(findings).map(|text| text.text.into()),
    }
}

/// Of the decision line's `behavior`, and of its `other`.
const BEHAVIOR_KEYS: [&str; 4] = ["path_pattern", "configured_origin", "not_routed", "other"];

const ACTIONS: [(&str, &str); 3] = [("origin", "origin"), ("redirect", "redirect"), ("respond", "respond")];

/// `{ name = "text" }`, names in lower case; `false` for a name that must not be there, and a secret by its name.
fn texts_by_name(findings: &mut Findings, entry: Setting<'_>) -> serde_json::Map<String, Json> {
    let mut map = serde_json::Map::new();
    for field in entry.names(findings) {
        let value = match field.value() {
            DeValue::Boolean(false) => Some(Json::Bool(false)),
            DeValue::Table(_) => secret(findings, field, field.key()).map(|name| serde_json::json!({ "secret": name })),
            _ => field.text(findings).map(|text| text.text.into()),
        };
        map.extend(value.map(|value| (field.key().to_ascii_lowercase(), value)));
    }
    map
}

fn refused(findings: &mut Findings, names: &KnownNames<'_>, entry: Setting<'_>) -> Option<Json> {
    let section = entry.section(findings, &["route", "why"])?;
    let route = section.get("route").and_then(|entry| names.check(findings, entry));
    let why = section.get("why").and_then(|entry| entry.text(findings)).map(|text| text.text.into());
    let parts = [("route", route), ("why", why)];
    let parts = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Some(Json::Object(parts.collect()))
}

fn behavior(findings: &mut Findings, names: &KnownNames<'_>, entry: Setting<'_>) -> Option<Json> {
    let section = entry.section(findings, &BEHAVIOR_KEYS)?;
    let mut parts = serde_json::Map::new();
    for entry in section.all() {
        let value = match (entry.key(), entry.value()) {
            ("path_pattern" | "other", DeValue::Boolean(false)) => Some(Json::Bool(false)),
            ("path_pattern", _) => entry.text(findings).map(|text| BehaviorPattern::new(text.text).to_string().into()),
            ("configured_origin", _) => names.check(findings, *entry),
            ("not_routed", _) => entry.boolean(findings).map(Json::from),
            ("other", _) => behavior(findings, names, *entry),
            _ => None,
        };
        parts.extend(value.map(|value| (entry.key().to_owned(), value)));
    }
    Some(Json::Object(parts))
}

impl Expected {
    /// What of a decision line is not as expected: key, expected, actual. A table or list differs name by name.
    #[must_use]
    pub fn differences(&self, line: &Json) -> Vec<(String, Json, Json)> {
        let actual = line.get(&self.key).filter(|actual| !actual.is_null());
        match (&self.value, actual) {
            (Json::Object(names), None | Some(Json::Object(_))) => {
                let field = |name: &str| actual.and_then(|actual| actual.get(name));
                let differs = names.iter().filter(|(name, value)| !is_met(value, field(name)));
                let told = |(name, value): (&String, &Json)| {
                    (format!("{}.{name}", self.key), value.clone(), field(name).cloned().unwrap_or_default())
                };
                differs.map(told).collect()
            }
            (expected, actual) if is_met(expected, actual) => Vec::new(),
            (expected, actual) => vec![(self.key.clone(), expected.clone(), actual.cloned().unwrap_or_default())],
        }
    }
}

/// Whether one value is as expected; `None` and `null` are a value that is not there.
fn is_met(expected: &Json, actual: Option<&Json>) -> bool {
    match (expected, actual.filter(|actual| !actual.is_null())) {
        (Json::Object(names), Some(actual)) => names.iter().all(|(name, value)| is_met(value, actual.get(name))),
        (Json::Bool(false), actual) => actual.is_none(),
        (Json::Array(items), Some(Json::Array(actual))) => items.iter().all(|item| actual.contains(item)),
        (Json::Array(items), None) => items.is_empty(),
        (expected, actual) => actual == Some(expected),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expectation_asks_for_what_it_names() {
        let rows = [
            (json!("a"), json!({"k": "a"}), vec![]),
            (json!("a"), json!({"k": "b"}), vec![("k", json!("a"), json!("b"))]),
            (json!("a"), json!({}), vec![("k", json!("a"), json!(null))]),
            (json!(301), json!({"k": 301}), vec![]),
            (json!(false), json!({}), vec![]),
            (json!(false), json!({"k": null}), vec![]),
            (json!(false), json!({"k": "a"}), vec![("k", json!(false), json!("a"))]),
            (json!({"x": "1"}), json!({"k": {"x": "1", "y": "2"}}), vec![]),
            (
                json!({"x": "1", "y": "3"}),
                json!({"k": {"y": "2"}}),
                vec![("k.x", json!("1"), json!(null)), ("k.y", json!("3"), json!("2"))],
            ),
            (json!({"x": false}), json!({"k": {"y": "2"}}), vec![]),
            (json!({"x": false}), json!({"k": {"x": "2"}}), vec![("k.x", json!(false), json!("2"))]),
            (json!({"x": false}), json!({}), vec![]),
            (json!({"x": "1"}), json!({}), vec![("k.x", json!("1"), json!(null))]),
            (json!({"x": false}), json!({"k": {"x": null}}), vec![]),
            (json!({"x": {"y": false, "z": "1"}}), json!({"k": {"x": {"y": null, "z": "1", "w": true}}}), vec![]),
            (json!({"x": {}}), json!({"k": {}}), vec![("k.x", json!({}), json!(null))]),
            (json!(["a"]), json!({"k": ["b", "a"]}), vec![]),
            (json!(["a", "c"]), json!({"k": ["b", "a"]}), vec![("k", json!(["a", "c"]), json!(["b", "a"]))]),
            (json!(["a"]), json!({}), vec![("k", json!(["a"]), json!(null))]),
        ];
        for (value, line, expected) in rows {
            let found = Expected { key: "k".to_owned(), value }.differences(&line);
            let expected: Vec<_> = expected.into_iter().map(|(key, one, other)| (key.to_owned(), one, other)).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
