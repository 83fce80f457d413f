//! Texts of conditions that are meant as patterns, and texts of headers that nothing fills.

use std::ops::Range;

use toml::de::DeValue;

use super::references::{Referred, references};
use super::scan::{PatternPlace, has_regex};
use super::{escaped, is_word, quoted};
use crate::config::read::value::{Setting, TextValue};
use crate::diagnostic::{Findings, codes};
use crate::route::LazyRegex;

/// A text that is meant as a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ForeignValue {
    /// What tells it.
    part: Range<usize>,
    /// The regex that is meant; `None` for any value.
    regex: Option<String>,
}

/// Warns of a condition that asks for a pattern as text; `key` is `query`, `header` or `cookie`.
pub(crate) fn check(findings: &mut Findings, entry: Setting<'_>, key: &str) {
    let mut none = Findings::default();
    let not = entry.value().get("not").is_some();
    let texts = match entry.value() {
        DeValue::String(_) | DeValue::Array(_) => entry.one_or_more(&mut none),
        DeValue::Table(_) => {
            let section = entry.section(&mut none, &["not"]);
            section.and_then(|section| section.get("not")).map(|not| not.one_or_more(&mut none)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let seen: Vec<Option<ForeignValue>> = texts.iter().map(|text| value(key, entry.key(), text.text)).collect();
    for (text, found) in texts.iter().zip(&seen) {
        let Some(found) = found else { continue };
        let written = text.text.get(found.part.clone()).unwrap_or_default();
        let message = format!("the {key} `{}` is compared with `{written}` as text", entry.key());
        let report = findings.report(&codes::FOREIGN_PATTERN, text.part(found.part.clone()), message);
        report.label("a text is compared whole, as it is").help(help(not, (&texts, &seen), found));
    }
}

fn help(not: bool, (texts, seen): (&[TextValue<'_>], &[Option<ForeignValue>]), found: &ForeignValue) -> String {
    let Some(regex) = &found.regex else {
        return if not {
            "`false` asks for no value at all".to_owned()
        } else {
            "for any value write `true`".to_owned()
        };
    };
    if not {
        return format!("let an earlier route take what has `{{ regex = {} }}`", quoted(regex));
    }
    let of = |(text, found): (&TextValue<'_>, &Option<ForeignValue>)| match found {
        Some(found) => found.regex.clone().unwrap_or_default(),
        None => format!("^{}$", escaped(text.text)),
    };
    let whole: Vec<String> = texts.iter().zip(seen).map(of).collect();
    match whole.as_slice() {
        [one] => format!("write `{{ regex = {} }}`", quoted(one)),
        several => format!("one regex in the place of the list: `{{ regex = {} }}`", quoted(&several.join("|"))),
    }
}

/// What of a value tells that it is a pattern, and which.
fn value(key: &str, name: &str, text: &str) -> Option<ForeignValue> {
    let found = as_regex(key, text).or_else(|| stars(key, name, text))?;
    let is_sound = found.regex.as_ref().is_none_or(|regex| LazyRegex::for_values(regex).is_ok());
    is_sound.then_some(found)
}

/// A regex where a text stands: `~*mobile`, `^Mobile`, `Mobile.*`.
fn as_regex(key: &str, text: &str) -> Option<ForeignValue> {
    if let Some(after) = text.strip_prefix('~') {
        let (ignore, regex) = after.strip_prefix('*').map_or(("", after), |after| ("(?i)", after));
        let is_marked = key == "header" || regex.len() < after.len() || after.starts_with([' ', '^']);
        let part = 0..text.len() - regex.len();
        return is_marked.then(|| ForeignValue { part, regex: Some(format!("{ignore}{}", regex.trim_start())) });
    }
    let part = if text.starts_with('^') {
        0..1
    } else if let Some(at) = text.find("(?i)") {
        at..at + 4
    } else if let Some(at) = text.find(".*") {
        at..at + 2
    } else if has_regex(text, PatternPlace::Path) {
        0..text.len()
    } else {
        return None;
    };
    Some(ForeignValue { part, regex: Some(text.to_owned()) })
}

/// Stars at the ends of a text; in a header anywhere, but for those of media ranges.
fn stars(key: &str, name: &str, text: &str) -> Option<ForeignValue> {
    let lower = name.to_ascii_lowercase();
    let is_header = key == "header";
    if text.trim_matches('*').is_empty() {
        // `accept-language: *` and `if-match: *` are sent as they are.
        let part = 0..text.len();
        return (!text.is_empty() && !is_header).then_some(ForeignValue { part, regex: None });
    }
    let is_range = is_header && (lower.starts_with("accept") || lower.starts_with("if-"));
    if is_range && (text.contains("*/") || text.contains("/*") || text.contains(",*") || text.contains(", *")) {
        return None;
    }
    let at = text.find('*')?;
    if !is_header && !text.starts_with('*') && !text.ends_with('*') {
        return None;
    }
    let inner: Vec<String> = text.trim_matches('*').split('*').map(escaped).collect();
    let begin = if text.starts_with('*') { "" } else { "^" };
    let end = if text.ends_with('*') { "" } else { "$" };
    Some(ForeignValue { part: at..at + 1, regex: Some(format!("{begin}{}{end}", inner.join(".*"))) })
}

/// Warns of a header that is the same for every request, and written as if something filled it; `what` is its name in
/// words, `cure` what to do.
pub(crate) fn check_header(findings: &mut Findings, text: &TextValue<'_>, what: &str, cure: &str) {
    let Some(part) = hole(text.text) else { return };
    let written = text.text.get(part.clone()).unwrap_or_default();
    let message = format!("{what} has `{written}`, which is sent as text");
    findings.report(&codes::FOREIGN_TARGET, text.part(part), message).label("nothing fills it").help(cure);
}

/// The first thing in a text that looks like a hole, ours or another tool's.
fn hole(text: &str) -> Option<Range<usize>> {
    let is_variable = |to: &Referred| matches!(to, Referred::Braced(_) | Referred::Variable(_));
    let variable = references(text).into_iter().find(|found| is_variable(&found.to)).map(|found| found.part);
    let braces = text.match_indices('{').find_map(|(at, _)| {
        let (inner, _) = text.get(at + 1..)?.split_once('}')?;
        is_word(inner.trim_start_matches('*')).then(|| at..at + inner.len() + 2)
    });
    variable.into_iter().chain(braces).min_by_key(|part| part.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_meant_as_a_pattern_has_its_regex() {
        let rows: &[(&str, &str, &str, Option<Option<&str>>)] = &[
            ("header", "user-agent", "*Mobile*", Some(Some("Mobile"))),
            ("header", "user-agent", "Mozilla*", Some(Some("^Mozilla"))),
            ("header", "user-agent", "*bot", Some(Some("bot$"))),
            ("header", "user-agent", "a.b*c", Some(Some(r"^a\.b.*c$"))),
            ("header", "user-agent", ".*Mobile.*", Some(Some(".*Mobile.*"))),
            ("header", "user-agent", "^Mobile", Some(Some("^Mobile"))),
            ("header", "user-agent", "(iPhone|Android)", Some(Some("(iPhone|Android)"))),
            ("header", "user-agent", "~*mobile", Some(Some("(?i)mobile"))),
            ("header", "user-agent", "~mobile", Some(Some("mobile"))),
            ("header", "user-agent", "Mozilla/5.0 (X11; Linux) Gecko", None),
            ("header", "user-agent", "^(", None),
            ("header", "accept", "*/*", None),
            ("header", "accept", "text/html,*/*;q=0.8", None),
            ("header", "accept", "image/*", None),
            ("header", "accept-language", "*", None),
            ("header", "accept-language", "pt*", Some(Some("^pt"))),
            ("header", "if-none-match", "*", None),
            ("cookie", "session", "*", Some(None)),
            ("cookie", "beta", "a*", Some(Some("^a"))),
            ("cookie", "beta", "a*b", None),
            ("query", "id", "*", Some(None)),
            ("query", "q", "~bob", None),
            ("query", "q", "a+b|c", None),
            ("query", "q", "x$", None),
        ];
        for (key, name, text, expected) in rows {
            let found = value(key, name, text).map(|found| found.regex);
            let expected = expected.map(|regex| regex.map(str::to_owned));
            assert_eq!(found, expected, "{key} {name} {text}");
        }
    }

    #[test]
    fn a_hole_in_a_header_is_found_and_json_is_left_alone() {
        let rows = [
            ("</{path}>; rel=canonical", Some("{path}")),
            ("$host", Some("$host")),
            ("%{HTTP_HOST}", Some("%{HTTP_HOST}")),
            ("${nonce}", Some("${nonce}")),
            ("'nonce-{nonce}'", Some("{nonce}")),
            (r#"{"group":"default","max_age":1}"#, None),
            ("{}", None),
            ("cost=$5", None),
        ];
        for (text, expected) in rows {
            assert_eq!(hole(text).map(|part| &text[part]), expected, "{text}");
        }
    }
}
