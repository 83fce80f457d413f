//! What a request must be beside its path: `host`, `method`, `query`, `header`, `cookie`, `country`, `cohort`.

use std::collections::HashSet;
use std::hash::Hash;

use toml::de::DeValue;

use crate::platform::METHODS;
use crate::route::Window;
use crate::route::condition::{Conditions, HostPattern, NamedTest, ValueTest};
use crate::text::is_token;

use crate::config::lower::headers::{HeaderNames, HeaderUse};
use crate::config::lower::names::host_pattern;
use crate::config::lower::paths::checked_regex;
use crate::config::lower::top::Head;
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, codes};

/// Lowers the conditions of a route; the window comes with the table's instants.
pub(crate) fn lower(findings: &mut Findings, section: &TomlTable<'_>, head: &Head<'_>) -> Conditions {
    let tests = |findings: &mut Findings, kind: Kind| {
        section.get(kind.key()).map(|entry| named_tests(findings, entry, kind)).unwrap_or_default()
    };
    Conditions {
        hosts: section.get("host").map(|entry| hosts(findings, entry)).unwrap_or_default(),
        methods: section.get("method").map(|entry| methods(findings, entry)).unwrap_or_default(),
        query: tests(findings, Kind::Query),
        headers: tests(findings, Kind::Header),
        cookies: tests(findings, Kind::Cookie),
        countries: section.get("country").map(|entry| countries(findings, entry)).unwrap_or_default(),
        cohort: section.get("cohort").and_then(|entry| cohort(findings, entry, head)),
        window: Window::default(),
    }
}

fn hosts(findings: &mut Findings, entry: Setting<'_>) -> Vec<HostPattern> {
    let mut hosts = Distinct::new();
    for text in entry.one_or_more(findings) {
        match host_pattern(text.text) {
            Ok(host) => hosts.push(findings, host, &text),
            Err(why) => {
                findings
                    .report(&codes::BAD_HOST, text.span, format!("`{}` is not a host name: {why}", text.text))
                    .help(why.cure());
            }
        }
    }
    hosts.values
}

fn methods(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    let mut methods = Distinct::new();
    for text in entry.one_or_more(findings) {
        if !is_token(text.text) {
            findings
                .report(&codes::BAD_METHOD, text.span, format!("`{}` is not a method", text.text))
                .help("write a name such as `GET`");
            continue;
        }
        if !METHODS.contains(&text.text) {
            findings
                .report(
                    &codes::UNKNOWN_METHOD,
                    text.span.clone(),
                    format!("CloudFront never passes on the method `{}`", text.text),
                )
                .did_you_mean(text.text, METHODS)
                .help(
                    "CloudFront passes on GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE; methods are case-sensitive",
                );
        }
        methods.push(findings, text.text.to_owned(), &text);
    }
    methods.values
}

fn countries(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    let mut countries = Distinct::new();
    for text in entry.one_or_more(findings) {
        let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code(text.text) {
            countries.push(findings, text.text.to_owned(), &text);
            continue;
        }
        let upper = text.text.to_uppercase();
        let report = findings.report(&codes::BAD_COUNTRY, text.span, format!("`{}` is not a country code", text.text));
        if is_code(&upper) {
            report.help(format!("write `{upper}`: countries are case-sensitive"));
        } else {
            report.help("use the two capital letters of ISO 3166-1, such as `BR`");
        }
    }
    countries.values
}

fn cohort(findings: &mut Findings, entry: Setting<'_>, head: &Head<'_>) -> Option<String> {
    let text = entry.filled_text(findings)?;
    if !head.has_cohort(text.text) {
        let known = head.definition.cohorts.iter().map(|cohort| cohort.name.as_str());
        findings
            .report(&codes::UNKNOWN_COHORT, text.span, format!("the cohort `{}` is not declared", text.text))
            .did_you_mean(text.text, known)
            .help(format!(
                "declare it, so that the gate puts viewers in it: `[cohorts.{}]` with `share_percent`",
                text.text
            ));
    }
    Some(text.text.to_owned())
}

/// The values of a list, each once.
struct Distinct<T> {
    values: Vec<T>,
    seen: HashSet<T>,
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    fn new() -> Distinct<T> {
        Distinct { values: Vec::new(), seen: HashSet::new() }
    }

    /// Adds a value, or reports that it is there already.
    fn push(&mut self, findings: &mut Findings, value: T, text: &TextValue<'_>) {
        if self.seen.insert(value.clone()) {
            self.values.push(value);
        } else {
            let message = format!("`{}` is listed twice", text.text);
            findings.report(&codes::REPEATED_VALUE, text.span.clone(), message).help("remove one");
        }
    }
}

/// Where a named condition looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Query,
    Header,
    Cookie,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Query => "query",
            Kind::Header => "header",
            Kind::Cookie => "cookie",
        }
    }

    /// What a name, and what a value, cannot hold: it ends before.
    fn ends(self) -> (&'static [char], &'static [char]) {
        match self {
            Kind::Query => (&['&', '=', '#', ' '], &['&', '#', ' ']),
            Kind::Cookie => (&[';', '='], &[';']),
            Kind::Header => (&[], &[]),
        }
    }
}

fn named_tests(findings: &mut Findings, entry: Setting<'_>, kind: Kind) -> Vec<NamedTest> {
    let mut names = HeaderNames::new(HeaderUse::Condition);
    let mut tests = Vec::new();
    for named in entry.names(findings) {
        let name = match kind {
            Kind::Header => names.take(findings, named.key(), named.key_span()),
            _ => plain_name(findings, named, kind),
        };
        let test = value_test(findings, named, kind);
        if let (Some(name), Some(test)) = (name, test) {
            tests.push(NamedTest { name, test });
        }
    }
    tests
}

fn plain_name(findings: &mut Findings, entry: Setting<'_>, kind: Kind) -> Option<String> {
    let name = entry.key();
    let is_possible = !name.is_empty() && !name.contains(kind.ends().0) && !name.chars().any(char::is_control);
    if !is_possible {
        let message = format!("`{name}` cannot be the name of a {}", what(kind));
        findings
            .report(&codes::BAD_NAME_IN_CONDITION, entry.key_span(), message)
            .help("write the name as it is sent; nothing is decoded");
        return None;
    }
    Some(name.to_owned())
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Query => "query parameter",
        Kind::Header => "header",
        Kind::Cookie => "cookie",
    }
}

fn value_test(findings: &mut Findings, entry: Setting<'_>, kind: Kind) -> Option<ValueTest> {
    match entry.value() {
        DeValue::Boolean(true) => Some(ValueTest::Present),
        DeValue::Boolean(false) => Some(ValueTest::Absent),
        DeValue::String(_) => {
            let text = entry.text(findings)?;
            is_possible(findings, &text, kind).then(|| ValueTest::Equal(text.text.to_owned()))
        }
        DeValue::Array(_) => {
            let mut values = Distinct::new();
            for text in entry.some_texts(findings) {
                if is_possible(findings, &text, kind) {
                    values.push(findings, text.text.to_owned(), &text);
                }
            }
            (!values.values.is_empty()).then_some(ValueTest::AnyOf(values.values))
        }
        DeValue::Table(_) => {
            let section = entry.section(findings, &["regex"])?;
            let text = section.require(findings, "regex")?.text(findings)?;
            checked_regex(findings, &text).map(ValueTest::Regex)
        }
        DeValue::Integer(number) => {
            let cure = format!("values are texts: write `\"{number}\"`");
            let span = entry.span();
            let message = format!("`{}` must be a text, not a whole number", entry.key());
            findings.report(&codes::WRONG_TYPE, span, message).label("this is a whole number").help(cure);
            None
        }
        _ => entry.wrong_type(findings, "a text, `true`, `false`, a list of texts or `{ regex = \"…\" }`"),
    }
}

fn is_possible(findings: &mut Findings, text: &TextValue<'_>, kind: Kind) -> bool {
    let is_trimmed = kind == Kind::Query || text.text.trim_matches([' ', '\t']) == text.text;
    let is_possible = is_trimmed && !text.text.contains(kind.ends().1) && !text.text.chars().any(char::is_control);
    if !is_possible {
        let message = format!("`{}` cannot be the value of a {}", text.text.escape_debug(), what(kind));
        let report = findings.report(&codes::BAD_VALUE_IN_CONDITION, text.span.clone(), message);
        match kind {
            Kind::Query => report.help("write the value as it is sent; nothing is decoded: a space is `%20` or `+`"),
            Kind::Cookie => report.help("a value ends at `;` and has no spaces around it"),
            Kind::Header => report.help("a value has no spaces around it and no control characters"),
        };
    }
    is_possible
}
