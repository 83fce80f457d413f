//! What a request must be beside its path: `host`, `method`, `query`, `header`, `cookie`, `country`, `cohort`.

use std::collections::HashSet;
use std::hash::Hash;

use toml::de::DeValue;

use crate::platform::METHODS;
use crate::route::condition::{HostPattern, ValueTest};
use crate::route::{Condition, Fact, Told};
use crate::text::is_token;

use crate::config::lower::headers::{Names, Place};
use crate::config::lower::names::host_pattern;
use crate::config::lower::paths::checked_regex;
use crate::config::lower::top::Head;
use crate::config::read::context::Context;
use crate::config::read::value::{Entry, Section, Text, wrong_type};
use crate::diagnostic::codes;

/// Lowers the conditions of a route, but for its window, in the order in which they are tried.
pub(crate) fn lower(context: &mut Context<'_>, section: &Section<'_>, head: &Head<'_>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut push = |fact, test: Option<ValueTest>| conditions.extend(test.map(|test| Condition { fact, test }));
    if let Some(entry) = section.get("host") {
        let hosts = hosts(context, entry);
        push(Fact::Host, (!hosts.is_empty()).then_some(ValueTest::HostIn(hosts)));
    }
    if let Some(entry) = section.get("method") {
        let methods = methods(context, entry);
        push(Fact::Method, any_of(methods));
    }
    for kind in [Kind::Query, Kind::Header, Kind::Cookie] {
        if let Some(entry) = section.get(kind.key()) {
            named_tests(context, entry, kind).into_iter().for_each(|(fact, test)| push(fact, Some(test)));
        }
    }
    if let Some(entry) = section.get("country") {
        let countries = countries(context, entry);
        push(Fact::Told(Told::Country), any_of(countries));
    }
    if let Some(entry) = section.get("cohort") {
        push(Fact::Told(Told::Cohort), cohort(context, entry, head).map(ValueTest::Equal));
    }
    conditions
}

/// A list without a value was reported.
fn any_of(texts: Vec<String>) -> Option<ValueTest> {
    (!texts.is_empty()).then_some(ValueTest::AnyOf(texts))
}

fn hosts(context: &mut Context<'_>, entry: Entry<'_>) -> Vec<HostPattern> {
    let mut hosts = Distinct::new();
    for text in entry.one_or_more(context) {
        match host_pattern(text.text) {
            Ok(host) => hosts.push(context, host, &text),
            Err(why) => {
                context
                    .report(&codes::BAD_HOST, text.span, format!("`{}` is no host: {why}", text.text))
                    .help(why.cure());
            }
        }
    }
    hosts.values
}

fn methods(context: &mut Context<'_>, entry: Entry<'_>) -> Vec<String> {
    let mut methods = Distinct::new();
    for text in entry.one_or_more(context) {
        if !is_token(text.text) {
            context
                .report(&codes::BAD_METHOD, text.span, format!("`{}` is no method", text.text))
                .help("write a name such as `GET`");
            continue;
        }
        if !METHODS.contains(&text.text) {
            context
                .report(&codes::UNKNOWN_METHOD, text.span.clone(), format!("no request has the method `{}`", text.text))
                .did_you_mean(text.text, METHODS)
                .help(
                    "CloudFront passes on GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE; methods compare with case",
                );
        }
        methods.push(context, text.text.to_owned(), &text);
    }
    methods.values
}

fn countries(context: &mut Context<'_>, entry: Entry<'_>) -> Vec<String> {
    let mut countries = Distinct::new();
    for text in entry.one_or_more(context) {
        let is_code = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if is_code(text.text) {
            countries.push(context, text.text.to_owned(), &text);
            continue;
        }
        let upper = text.text.to_uppercase();
        let report = context.report(&codes::BAD_COUNTRY, text.span, format!("`{}` is no country code", text.text));
        if is_code(&upper) {
            report.help(format!("write `{upper}`: countries compare with case"));
        } else {
            report.help("use the two capital letters of ISO 3166-1, such as `BR`");
        }
    }
    countries.values
}

fn cohort(context: &mut Context<'_>, entry: Entry<'_>, head: &Head<'_>) -> Option<String> {
    let text = entry.filled_text(context)?;
    if !head.has_cohort(text.text) {
        let known = head.definition.declared.cohorts.iter().map(|cohort| cohort.name.as_str());
        context
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
    fn push(&mut self, context: &mut Context<'_>, value: T, text: &Text<'_>) {
        if self.seen.insert(value.clone()) {
            self.values.push(value);
        } else {
            let message = format!("`{}` is listed twice", text.text);
            context.report(&codes::REPEATED_VALUE, text.span.clone(), message).help("remove one");
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
    fn fact(self, name: String) -> Fact {
        match self {
            Kind::Query => Fact::Query(name),
            Kind::Header => Fact::Header(name),
            Kind::Cookie => Fact::Cookie(name),
        }
    }

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

fn named_tests(context: &mut Context<'_>, entry: Entry<'_>, kind: Kind) -> Vec<(Fact, ValueTest)> {
    let mut names = Names::new(Place::Condition);
    let mut tests = Vec::new();
    for named in entry.names(context) {
        let name = match kind {
            Kind::Header => names.take(context, named.key(), named.key_span()),
            _ => plain_name(context, named, kind),
        };
        let test = value_test(context, named, kind);
        if let (Some(name), Some(test)) = (name, test) {
            tests.push((kind.fact(name), test));
        }
    }
    tests
}

fn plain_name(context: &mut Context<'_>, entry: Entry<'_>, kind: Kind) -> Option<String> {
    let name = entry.key();
    let is_possible = !name.is_empty() && !name.contains(kind.ends().0) && !name.chars().any(char::is_control);
    if !is_possible {
        let message = format!("no {} is named `{name}`", what(kind));
        context
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

fn value_test(context: &mut Context<'_>, entry: Entry<'_>, kind: Kind) -> Option<ValueTest> {
    match entry.value.get_ref() {
        DeValue::Boolean(true) => Some(ValueTest::Present),
        DeValue::Boolean(false) => Some(ValueTest::Absent),
        DeValue::String(_) => {
            let text = entry.text(context)?;
            is_possible(context, &text, kind).then(|| ValueTest::Equal(text.text.to_owned()))
        }
        DeValue::Array(_) => {
            let mut values = Distinct::new();
            for text in entry.some_texts(context) {
                if is_possible(context, &text, kind) {
                    values.push(context, text.text.to_owned(), &text);
                }
            }
            (!values.values.is_empty()).then_some(ValueTest::AnyOf(values.values))
        }
        DeValue::Table(_) => {
            let section = entry.section(context, &["regex"])?;
            let text = section.require(context, "regex")?.text(context)?;
            checked_regex(context, &text).map(ValueTest::Regex)
        }
        DeValue::Integer(number) => {
            let cure = format!("values are texts: write `\"{number}\"`");
            let span = entry.span();
            let message = format!("`{}` must be a text, not a whole number", entry.key());
            context.report(&codes::WRONG_TYPE, span, message).label("this is a whole number").help(cure);
            None
        }
        _ => {
            wrong_type(
                context,
                entry.key(),
                entry.value,
                "a text, `true`, `false`, a list of texts or `{ regex = \"…\" }`",
            );
            None
        }
    }
}

fn is_possible(context: &mut Context<'_>, text: &Text<'_>, kind: Kind) -> bool {
    let is_trimmed = kind == Kind::Query || text.text.trim_matches([' ', '\t']) == text.text;
    let is_possible = is_trimmed && !text.text.contains(kind.ends().1) && !text.text.chars().any(char::is_control);
    if !is_possible {
        let message = format!("no {} has the value `{}`", what(kind), text.text.escape_debug());
        let report = context.report(&codes::BAD_VALUE_IN_CONDITION, text.span.clone(), message);
        match kind {
            Kind::Query => report.help("write the value as it is sent; nothing is decoded: a space is `%20` or `+`"),
            Kind::Cookie => report.help("a value ends at `;` and has no spaces around it"),
            Kind::Header => report.help("a value has no spaces around it and no control characters"),
        };
    }
    is_possible
}
