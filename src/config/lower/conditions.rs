//! What a request must be beside its path: `host`, `method`, `query`, `header`, `cookie`; [`viewer`] has what is told of
//! the viewer.

use toml::de::DeValue;

use crate::platform::METHODS;
use crate::route::condition::{HostPattern, ValueTest};
use crate::route::{Condition, Declared, Fact, Told};
use crate::text::is_token;

use crate::config::lower::distinct::Distinct;
use crate::config::lower::fault::sound;
use crate::config::lower::headers::{HeaderNames, HeaderUse};
use crate::config::lower::moments;
use crate::config::lower::names::host_pattern;
use crate::config::lower::paths::checked_regex;
use crate::config::lower::viewer::{self, any_of};
use crate::config::read::value::{Setting, TextValue, TomlTable};
use crate::diagnostic::{Findings, Span, codes};

/// A condition, and where it is written.
pub(crate) type WrittenCondition = (Condition, Span);

/// Lowers the conditions of a route, in the order in which they are tried.
pub(crate) fn lower(findings: &mut Findings, section: &TomlTable<'_>, declared: &Declared) -> Vec<WrittenCondition> {
    let mut conditions = Vec::new();
    let mut push = |fact, test: Option<ValueTest>, at: Setting<'_>| {
        conditions.extend(test.map(|test| (Condition { fact, test }, at.whole_span())));
    };
    if let Some(entry) = section.get("host") {
        let hosts = hosts(findings, entry);
        push(Fact::Host, (!hosts.is_empty()).then_some(ValueTest::HostIn(hosts)), entry);
    }
    if let Some(entry) = section.get("method") {
        push(Fact::Method, any_of(methods(findings, entry)), entry);
    }
    for kind in [NamedFact::Query, NamedFact::Header, NamedFact::Cookie] {
        for (fact, test, at) in section.get(kind.key()).map(|entry| named(findings, entry, kind)).unwrap_or_default() {
            push(fact, Some(test), at);
        }
    }
    for told in Told::ALL {
        if let Some(entry) = section.get(told.key()) {
            push(Fact::Told(told), viewer::condition(findings, entry, told, declared), entry);
        }
    }
    if let Some((window, at)) = moments::lower(findings, section) {
        push(Fact::Time, Some(ValueTest::Within(window)), at);
    }
    conditions
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
            let message = format!("CloudFront never passes on the method `{}`", text.text);
            findings.report(&codes::UNKNOWN_METHOD, text.span.clone(), message).did_you_mean(text.text, METHODS).help(
                "CloudFront passes on GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE; methods are case-sensitive",
            );
        }
        methods.push(findings, text.text.to_owned(), &text);
    }
    methods.values
}

/// Where a named condition looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedFact {
    Query,
    Header,
    Cookie,
}

impl NamedFact {
    fn fact(self, name: String) -> Fact {
        match self {
            NamedFact::Query => Fact::Query(name),
            NamedFact::Header => Fact::Header(name),
            NamedFact::Cookie => Fact::Cookie(name),
        }
    }

    fn key(self) -> &'static str {
        match self {
            NamedFact::Query => "query",
            NamedFact::Header => "header",
            NamedFact::Cookie => "cookie",
        }
    }

    /// What a name, and what a value, cannot hold: it ends before.
    fn ends(self) -> (&'static [char], &'static [char]) {
        match self {
            NamedFact::Query => (&['&', '=', '#', ' '], &['&', '#', ' ']),
            NamedFact::Cookie => (&[';', '='], &[';']),
            NamedFact::Header => (&[], &[]),
        }
    }
}

fn named<'a>(findings: &mut Findings, entry: Setting<'a>, kind: NamedFact) -> Vec<(Fact, ValueTest, Setting<'a>)> {
    let mut names = HeaderNames::new(HeaderUse::Condition);
    let mut tests = Vec::new();
    for named in entry.names(findings) {
        let name = match kind {
            NamedFact::Header => names.take(findings, named.key(), named.key_span()),
            NamedFact::Query | NamedFact::Cookie => plain_name(findings, kind, named.key(), named.key_span()),
        };
        let test = value_test(findings, named, kind);
        if let (Some(name), Some(test)) = (name, test) {
            tests.push((kind.fact(name), test, named));
        }
    }
    tests
}

/// The name of a query parameter or cookie; reports one that no request can have.
pub(crate) fn plain_name(findings: &mut Findings, kind: NamedFact, name: &str, span: Span) -> Option<String> {
    let is_possible = !name.is_empty() && !name.contains(kind.ends().0) && !name.chars().any(char::is_control);
    if !is_possible {
        let message = format!("`{name}` cannot be the name of a {}", what(kind));
        findings
            .report(&codes::BAD_NAME_IN_CONDITION, span, message)
            .help("write the name as it is sent; nothing is decoded");
        return None;
    }
    Some(name.to_owned())
}

fn what(kind: NamedFact) -> &'static str {
    match kind {
        NamedFact::Query => "query parameter",
        NamedFact::Header => "header",
        NamedFact::Cookie => "cookie",
    }
}

fn value_test(findings: &mut Findings, entry: Setting<'_>, kind: NamedFact) -> Option<ValueTest> {
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
            sound(findings, &text, checked_regex(text.text)).map(ValueTest::Regex)
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

fn is_possible(findings: &mut Findings, text: &TextValue<'_>, kind: NamedFact) -> bool {
    let is_trimmed = kind == NamedFact::Query || text.text.trim_matches([' ', '\t']) == text.text;
    let is_possible = is_trimmed && !text.text.contains(kind.ends().1) && !text.text.chars().any(char::is_control);
    if !is_possible {
        let message = format!("`{}` cannot be the value of a {}", text.text, what(kind));
        let report = findings.report(&codes::BAD_VALUE_IN_CONDITION, text.span.clone(), message);
        match kind {
            NamedFact::Query => {
                report.help("write the value as it is sent; nothing is decoded: a space is `%20` or `+`")
            }
            NamedFact::Cookie => report.help("a value ends at `;` and has no spaces around it"),
            NamedFact::Header => report.help("a value has no spaces around it and no control characters"),
        };
    }
    is_possible
}
