//! What is told of the viewer: what a table declares for the gate to tell, and the conditions of routes on it.

use std::sync::LazyLock;

use crate::config::lower::distinct::Distinct;
use crate::config::lower::fault::{Fault, sound};
use crate::config::lower::gate;
use crate::config::lower::names::check_name;
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, codes};
use crate::platform::countries::{NotACountry, check_country};
use crate::route::condition::ValueTest;
use crate::route::{Cohort, Declared, Languages, Share, Told};
use crate::text::{is_token, quoted};

/// The sections of a table that declare something.
pub(crate) const SECTIONS: [&str; 3] = ["gate", "cohorts", "languages"];

/// What the names of the gate's own cookies begin with.
const GATES_COOKIES: &str = "crossfade-";

/// The keys of a route that ask for something.
pub(crate) static CONDITIONS: LazyLock<Vec<&str>> = LazyLock::new(|| Told::ALL.map(Told::key).to_vec());

/// Lowers the sections of a table.
pub(crate) fn declared(findings: &mut Findings, section: &TomlTable<'_>) -> Declared {
    Declared {
        cohorts: section.get("cohorts").map(|entry| cohorts(findings, entry)).unwrap_or_default(),
        languages: section.get("languages").map(|entry| languages(findings, entry)).unwrap_or_default(),
        gate: section.get("gate").map(|entry| gate::lower(findings, entry)).unwrap_or_default(),
    }
}

fn cohorts(findings: &mut Findings, entry: Setting<'_>) -> Vec<Cohort> {
    let mut cohorts = Vec::new();
    for cohort in entry.names(findings) {
        check_name(findings, cohort.key(), cohort.key_span(), "cohort");
        let name = format!("`[cohorts.{}]`", cohort.key());
        let Some(section) = cohort.section_named(findings, name, &["share_percent"]) else { continue };
        let percent = section.require(findings, "share_percent").and_then(|entry| entry.number(findings, 0.0..=100.0));
        let share = percent.map(|percent| Share::of_millionths(percent * 1e4)).unwrap_or_default();
        cohorts.push(Cohort { name: cohort.key().to_owned(), share });
    }
    cohorts
}

fn languages(findings: &mut Findings, entry: Setting<'_>) -> Languages {
    let Some(section) = entry.section(findings, &["offered", "cookie"]) else { return Languages::default() };
    let offered = section.require(findings, "offered").map(|entry| offered(findings, entry)).unwrap_or_default();
    let cookie = section.get("cookie").and_then(|entry| entry.filled_text(findings));
    if let Some(name) = cookie.as_ref().filter(|name| !is_token(name.text) || name.text.starts_with(GATES_COOKIES)) {
        findings
            .report(&codes::BAD_NAME, name.span.clone(), format!("`{}` cannot be the name of a cookie", name.text))
            .help(format!("use letters, digits, `-`, `_` and `.`; what begins with `{GATES_COOKIES}` is the gate's"));
    }
    Languages { offered, cookie: cookie.map(|name| name.text.to_owned()) }
}

fn offered(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    // The gate looks languages up without case, so it would never find the second of `pt-BR` and `pt-br`.
    let mut without_case = Distinct::new();
    let mut offered = Vec::new();
    for text in entry.one_or_more(findings) {
        without_case.push(findings, text.text.to_ascii_lowercase(), &text);
        // One that is malformed too, so that the routes that ask for it are not reported as well.
        offered.extend((offered.len() < without_case.values.len()).then(|| text.text.to_owned()));
        if !Languages::is_tag(text.text) {
            findings
                .report(&codes::BAD_NAME, text.span, format!("`{}` is not a language", text.text))
                .help("write a language tag: letters, then perhaps a region or script after `-`, such as `pt-BR`");
        }
    }
    offered
}

/// Lowers a route's condition; `None` where it was reported.
pub(crate) fn condition(
    findings: &mut Findings,
    entry: Setting<'_>,
    told: Told,
    declared: &Declared,
) -> Option<ValueTest> {
    match told {
        Told::Country => any_of(countries(findings, entry)),
        Told::Cohort => cohort(findings, entry, declared).map(ValueTest::Equal),
        Told::Language => any_of(languages_of_route(findings, entry, declared)),
    }
}

/// A list without a value was reported.
pub(crate) fn any_of(texts: Vec<String>) -> Option<ValueTest> {
    (!texts.is_empty()).then_some(ValueTest::AnyOf(texts))
}

/// What a request of an example or a test tells of its viewer, judged as the conditions of routes are; `None` where it
/// was reported.
pub(crate) fn of_request(
    findings: &mut Findings,
    entry: Setting<'_>,
    told: Told,
    declared: &Declared,
) -> Option<String> {
    if told == Told::Cohort {
        let texts = entry.one_or_more(findings);
        texts.iter().for_each(|text| must_be_declared(findings, text, declared));
        let names: Vec<&str> = texts.iter().map(|text| text.text).collect();
        return (!names.is_empty()).then(|| names.join(Told::SEPARATOR));
    }
    let text = entry.filled_text(findings)?;
    let is_possible = match told {
        Told::Country => sound(findings, &text, country(text.text)).is_some(),
        _ => must_be_offered(findings, &text, declared),
    };
    is_possible.then(|| text.text.to_owned())
}

fn countries(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    let texts = entry.one_or_more(findings);
    Distinct::of(findings, &texts, |text| country(text).map(str::to_owned))
}

fn country(text: &str) -> Result<&str, Fault> {
    let fault =
        |why: NotACountry| Fault::whole(&codes::BAD_COUNTRY, format!("`{text}` is not a country code")).help(why.cure);
    check_country(text).map(|()| text).map_err(fault)
}

fn languages_of_route(findings: &mut Findings, entry: Setting<'_>, declared: &Declared) -> Vec<String> {
    let mut languages = Distinct::new();
    for text in entry.one_or_more(findings) {
        if must_be_offered(findings, &text, declared) {
            languages.push(findings, text.text.to_owned(), &text);
        }
    }
    languages.values
}

/// Reports a language that the table does not offer.
fn must_be_offered(findings: &mut Findings, text: &TextValue<'_>, declared: &Declared) -> bool {
    let is_offered = declared.has(Told::Language, text.text);
    if !is_offered {
        let offered = &declared.languages.offered;
        let message = format!("the language `{}` is not offered", text.text);
        let known: Vec<&str> = offered.iter().map(String::as_str).take(12).collect();
        findings
            .report(&codes::UNKNOWN_VALUE, text.span.clone(), message)
            .did_you_mean(text.text, offered.iter().map(String::as_str))
            .help(match known[..] {
                [] => "offer it, so that the gate tells it: `[languages]` with `offered`".to_owned(),
                _ => format!("`[languages] offered` has {}", quoted(&known)),
            });
    }
    is_offered
}

fn cohort(findings: &mut Findings, entry: Setting<'_>, declared: &Declared) -> Option<String> {
    let text = entry.filled_text(findings)?;
    must_be_declared(findings, &text, declared);
    Some(text.text.to_owned())
}

/// Warns of a cohort that the table does not declare.
fn must_be_declared(findings: &mut Findings, text: &TextValue<'_>, declared: &Declared) {
    if declared.has(Told::Cohort, text.text) {
        return;
    }
    let known = declared.cohorts.iter().map(|cohort| cohort.name.as_str());
    findings
        .report(&codes::UNKNOWN_COHORT, text.span.clone(), format!("the cohort `{}` is not declared", text.text))
        .did_you_mean(text.text, known)
        .help(format!(
            "declare it, so that the gate puts viewers in it: `[cohorts.{}]` with `share_percent`",
            text.text
        ));
}
