//! `[canonical]`: the normal form of paths, and what no path may hold.

use crate::route::Canonical;
use crate::route::canonical::{LetterCase, PathParameters, RefusedTexts, Slashes, TrailingSlash};

use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, codes};
use crate::text::quoted;

const KEYS: &[&str] = &["case", "trailing_slash", "path_parameters", "merge_slashes", "refuse"];

/// Lowers `[canonical]`.
pub(crate) fn lower(findings: &mut Findings, entry: Setting<'_>) -> Canonical {
    let mut canonical = Canonical::default();
    let Some(section) = entry.section(findings, KEYS) else { return canonical };
    let cases = [("keep", LetterCase::Keep), ("lower", LetterCase::Lower)];
    let case = section.get("case").and_then(|entry| entry.word(findings, &cases));
    canonical.case = case.unwrap_or_default();
    let strips = [("keep", TrailingSlash::Keep), ("strip", TrailingSlash::Strip)];
    let strip = section.get("trailing_slash").and_then(|entry| entry.word_or(findings, &strips, other_slash));
    canonical.trailing_slash = strip.unwrap_or_default();
    let strips = [("keep", PathParameters::Keep), ("strip", PathParameters::Strip)];
    let strip = section.get("path_parameters").and_then(|entry| entry.word(findings, &strips));
    canonical.path_parameters = strip.unwrap_or_default();
    if section.get("merge_slashes").and_then(|entry| entry.boolean(findings)) == Some(false) {
        canonical.slashes = Slashes::Keep;
    }
    if let Some(entry) = section.get("refuse") {
        canonical.refuse = refuse(findings, entry);
    }
    canonical
}

/// What to do instead of a policy of slashes that is none.
fn other_slash(word: &str) -> Option<&'static str> {
    let adds = ["add", "always", "append", "ensure", "force", "true"].contains(&word);
    adds.then_some(
        "to redirect to the slash keep it, and write a route: `regex = '^/(?:.*/)?[^/.]+$'` with `redirect = \"{path}/\"`",
    )
}

/// A list of one's own takes the place of the default, so it says what it lacks.
fn refuse(findings: &mut Findings, entry: Setting<'_>) -> RefusedTexts {
    let mut texts = Vec::new();
    for text in entry.texts(findings) {
        if text.text.is_empty() || text.text.contains(['?', '#']) {
            let message = match text.text {
                "" => "an empty text is in every path, so this would refuse everything".to_owned(),
                text => format!("`{text}` never appears in a raw path, so this refuses nothing"),
            };
            findings
                .report(&codes::BAD_REFUSE, text.span, message)
                .help("write a text that is not empty and has no `?` and no `#`");
        } else {
            texts.push(text.text.to_owned());
        }
    }
    let refuse = RefusedTexts::from(texts);
    let missing = refuse.missing();
    if !missing.is_empty() {
        let message = format!("`refuse` lacks {} of its default", quoted(&missing));
        let all = refuse.texts().iter().map(String::as_str).chain(missing);
        let all: Vec<String> = all.map(|text| format!("\"{text}\"")).collect();
        findings
            .report(&codes::REFUSE_LACKS_DEFAULT, entry.span(), message)
            .label("takes the place of the default")
            .help(format!("write `refuse = [{}]`, or leave the key out for the default", all.join(", ")));
    }
    refuse
}
