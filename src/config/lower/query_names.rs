//! Lists of names of parameters or cookies, and what is written in the place of one.

use crate::config::lower::conditions::{NamedFact, plain_name};
use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, codes};
use crate::text::nearest;

/// The names of a list; one that no request can have is reported.
pub(crate) fn plain_names(findings: &mut Findings, entry: Setting<'_>, kind: NamedFact) -> Vec<String> {
    let texts = entry.texts(findings).into_iter();
    texts.filter_map(|text| plain_name(findings, kind, text.text, text.span)).collect()
}

/// Whether a text is the name of a parameter and no slip of a word that may stand in its place.
pub(crate) fn is_one_name(text: &str, words: &[&str]) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty()
        && text.bytes().all(is_name)
        && !words.contains(&text)
        && nearest(text, words.iter().copied()).is_none()
}

/// Reports a name that is not in a list; `known` is what may be written.
pub(crate) fn one_name(findings: &mut Findings, entry: Setting<'_>, known: &str) {
    let (key, name) = (entry.key(), entry.value().as_str().unwrap_or_default());
    findings
        .report(&codes::UNKNOWN_VALUE, entry.span(), format!("`{key}` cannot be `{name}`"))
        .help(format!("for this name alone, write `{key} = [\"{name}\"]`"))
        .help(format!("`{key}` is {known}"));
}

/// Reports `{ keep = […] }`.
pub(crate) fn kept_names(findings: &mut Findings, entry: Setting<'_>) {
    let Some(kept) = entry.names(findings).into_iter().find(|kept| kept.key() == "keep") else { return };
    let key = entry.key();
    let report = findings.report(&codes::UNKNOWN_KEY, kept.key_span(), format!("`{key}` has no key `keep`"));
    match kept.written() {
        list if list.starts_with('[') && !list.contains('\n') => {
            report.help(format!("names to keep are a list alone: write `{key} = {list}`"))
        }
        _ => report.help(format!("names to keep are a list alone: `{key} = [\"…\"]`")),
    };
}
