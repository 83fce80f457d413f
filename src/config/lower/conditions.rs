//! What a request must be beside its path: `host`, `method`, `query`, `header`, `cookie`; [`viewer`] has what is told of
//! the viewer.

use toml::de::DeValue;

use crate::platform::METHODS;
use crate::route::condition::{HostPattern, ValueTest};
use crate::route::{Condition, Declared, Fact, LazyRegex, Told};
use crate::text::host::NotAHost;
use crate::text::is_token;

use crate::config::lower::distinct::Distinct;
use crate::config::lower::fault::{Fault, sound};
use crate::config::lower::foreign;
use crate::config::lower::headers::{HeaderNames, HeaderUse};
use crate::config::lower::moments;
use crate::config::lower::names::host_pattern;
use crate::config::lower::paths::checked_regex;
use crate::config::lower::query_text::{self, QueryPart};
use crate::config::lower::viewer::{self, any_of};
use crate::config::read::value::{OneOf, Setting, TextValue, TomlTable};
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

/// How many conditions are written, those with errors too.
pub(crate) fn count_written(section: &TomlTable<'_>) -> usize {
    let named = |kind: &NamedFact| match section.get(kind.key()).map(Setting::value) {
        Some(DeValue::Table(names)) => names.len(),
        Some(_) => 1,
        None => 0,
    };
    let single =
        ["host", "method"].into_iter().chain(Told::ALL.map(Told::key)).filter(|key| section.get(key).is_some());
    let has_window = ["from", "until"].into_iter().any(|key| section.get(key).is_some());
    [NamedFact::Query, NamedFact::Header, NamedFact::Cookie].iter().map(named).sum::<usize>()
        + single.count()
        + usize::from(has_window)
}

fn hosts(findings: &mut Findings, entry: Setting<'_>) -> Vec<HostPattern> {
    let texts = entry.one_or_more(findings);
    Distinct::of(findings, &texts, |text| {
        let fault = |why| Fault::whole(&codes::BAD_HOST, format!("`{text}` is not a host name: {why}"));
        host_pattern(text).map_err(|why| fault(why).help(own_host(text, why).unwrap_or_else(|| why.cure().to_owned())))
    })
}

/// What to write for a host that is not one: what takes other hosts than were meant is no help.
fn own_host(text: &str, why: NotAHost) -> Option<String> {
    if text == "*" {
        return Some("leave `host` out: a route without it takes every host".to_owned());
    }
    let (before, name, behind) = match why {
        NotAHost::Capture => {
            let (before, from) = text.split_once('{')?;
            let (name, behind) = from.split_once('}')?;
            (before, name, behind)
        }
        NotAHost::Star => {
            let (before, behind) = text.split_once('*')?;
            (before, "*", behind)
        }
        _ => return None,
    };
    if before.is_empty() && behind.starts_with('.') {
        // Its name is not one, or there are several.
        return None;
    }
    let what = if name == "*" { "`*` stands for" } else { "a capture takes" };
    Some(format!("name the hosts that are meant, in a list: {what} a whole label, the first one"))
}

fn methods(findings: &mut Findings, entry: Setting<'_>) -> Vec<String> {
    let mut methods = Distinct::new();
    let texts = entry.one_or_more(findings);
    head_without_get(findings, &texts);
    for text in texts {
        if !is_token(text.text) {
            findings
                .report(&codes::BAD_METHOD, text.span, format!("`{}` is not a method", text.text))
                .help("write a name such as `GET`");
            continue;
        }
        check_passed_on(findings, text.text, text.span.clone());
        methods.push(findings, text.text.to_owned(), &text);
    }
    methods.values
}

/// Warns of a method that no request has.
pub(crate) fn check_passed_on(findings: &mut Findings, method: &str, span: Span) {
    if METHODS.contains(&method) {
        return;
    }
    let message = format!("CloudFront never passes on the method `{method}`");
    let report = findings.report(&codes::UNKNOWN_METHOD, span, message);
    match method {
        "*" | "ANY" | "ALL" => report.help("leave `method` out: a route without it takes every method"),
        _ => report
            .did_you_mean(method, METHODS)
            .help("CloudFront passes on GET, HEAD, OPTIONS, PUT, POST, PATCH and DELETE; methods are case-sensitive"),
    };
}

/// Reports HEAD where GET is not: GET takes HEAD too, and nothing takes HEAD alone.
fn head_without_get(findings: &mut Findings, texts: &[TextValue<'_>]) {
    let named = |wanted: &str| texts.iter().find(|text| text.text == wanted);
    if let (Some(head), None) = (named("HEAD"), named("GET")) {
        findings
            .report(&codes::HEAD_WITHOUT_GET, head.span.clone(), "HEAD cannot be taken without GET")
            .label("CloudFront answers it from what it keeps for GET")
            .help("write `GET`, which takes HEAD too, or remove HEAD");
    }
}

/// What the table of a condition says.
#[derive(Clone, Copy, Debug)]
enum TestKey {
    Regex,
    Not,
}

static TESTS: OneOf<TestKey> = OneOf {
    keys: &[("regex", TestKey::Regex), ("not", TestKey::Not)],
    code: &codes::TWO_TESTS,
    first: "the first test",
    help: "keep one",
};

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

    /// What has the name, in words.
    pub(crate) fn what(self) -> &'static str {
        match self {
            NamedFact::Query => "query parameter",
            NamedFact::Header => "header",
            NamedFact::Cookie => "cookie",
        }
    }

    /// What a name, and what a value, cannot hold: it ends before. Those of a query have [`query_text`].
    fn ends(self) -> (&'static [char], &'static [char]) {
        match self {
            NamedFact::Cookie => (&[';', '='], &[';']),
            NamedFact::Query | NamedFact::Header => (&[], &[]),
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
        if test.is_some() {
            foreign::values::check(findings, named, kind.key());
        }
        if let (Some(name), Some(test)) = (name, test) {
            tests.push((kind.fact(name), test, named));
        }
    }
    tests
}

/// The name of a query parameter or cookie; reports one that no request can have.
pub(crate) fn plain_name(findings: &mut Findings, kind: NamedFact, name: &str, span: Span) -> Option<String> {
    let as_sent = (kind == NamedFact::Query).then(|| query_text::cure(name, QueryPart::Name)).flatten();
    let is_possible = as_sent.is_none() && !name.is_empty() && !name.contains(kind.ends().0);
    if is_possible && !name.chars().any(char::is_control) {
        foreign::names::check(findings, name, span, kind.what());
        return Some(name.to_owned());
    }
    let message = format!("`{name}` cannot be the name of a {}", kind.what());
    let cure = match name.split_once('=') {
        Some((alone, _)) if !alone.is_empty() => format!("write the name alone: `{alone}`"),
        _ => as_sent.unwrap_or_else(|| "write the name as it is sent; nothing is decoded".to_owned()),
    };
    findings.report(&codes::BAD_NAME_IN_CONDITION, span, message).help(cure);
    None
}

fn value_test(findings: &mut Findings, entry: Setting<'_>, kind: NamedFact) -> Option<ValueTest> {
    match entry.value() {
        DeValue::Boolean(true) => Some(ValueTest::Present),
        DeValue::Boolean(false) => Some(ValueTest::Absent),
        DeValue::String(_) => {
            let text = entry.text(findings)?;
            sound(findings, &text, value(text.text, kind)).map(ValueTest::Equal)
        }
        DeValue::Array(_) => {
            let texts = entry.some_texts(findings);
            any_of(Distinct::of(findings, &texts, |text| value(text, kind)))
        }
        DeValue::Table(_) if other_test(entry).is_some() => {
            let (other, value) = other_test(entry)?;
            let message = format!("`{}` has no key `{}`", entry.key(), other.key());
            let report = findings.report(&codes::UNKNOWN_KEY, entry.span(), message);
            report.help(format!("write `{} = {value}`", entry.key()));
            None
        }
        DeValue::Table(_) => {
            let section = entry.section(findings, &["regex", "not"])?;
            match section.only_one(findings, &TESTS).ok()? {
                Some((TestKey::Regex, entry)) => {
                    let text = entry.text(findings)?;
                    sound(findings, &text, checked_regex(text.text, LazyRegex::for_values)).map(ValueTest::Regex)
                }
                Some((TestKey::Not, entry)) => {
                    let texts = match entry.value() {
                        DeValue::String(_) => entry.text(findings).into_iter().collect(),
                        _ => entry.some_texts(findings),
                    };
                    let texts = Distinct::of(findings, &texts, |text| value(text, kind));
                    (!texts.is_empty()).then_some(ValueTest::NoneOf(texts))
                }
                None => section.require(findings, "regex").and(None),
            }
        }
        _ => entry.not_even_a_text(
            findings,
            "a text, `true`, `false`, a list of texts, `{ regex = \"…\" }` or `{ not = \"…\" }`",
        ),
    }
}

/// A test that other tools have, as the only key of a table, and what is written in the place of the table.
fn other_test(entry: Setting<'_>) -> Option<(Setting<'_>, String)> {
    let [test] = entry.names(&mut Findings::default()).try_into().ok()?;
    let value = match (test.key(), test.value()) {
        ("present" | "exists", DeValue::Boolean(is_there)) => is_there.to_string(),
        ("absent" | "missing", DeValue::Boolean(is_gone)) => (!is_gone).to_string(),
        ("equals" | "equal" | "eq" | "is" | "value" | "exact", DeValue::String(_))
        | ("in" | "any" | "any_of", DeValue::Array(_)) => test.written().to_owned(),
        _ => return None,
    };
    (!value.contains('\n')).then_some((test, value))
}

/// A value that a request can have at this place.
fn value(text: &str, kind: NamedFact) -> Result<String, Fault> {
    let is_trimmed = text.trim_matches([' ', '\t']) == text;
    let cure = match kind {
        NamedFact::Query => query_text::cure(text, QueryPart::Value),
        _ if is_trimmed && !text.contains(kind.ends().1) && !text.chars().any(char::is_control) => None,
        NamedFact::Cookie => Some("a value ends at `;` and has no spaces around it".to_owned()),
        NamedFact::Header => Some("a value has no spaces around it and no control characters".to_owned()),
    };
    let Some(cure) = cure else { return Ok(text.to_owned()) };
    let message = format!("`{text}` cannot be the value of a {}", kind.what());
    Err(Fault::whole(&codes::BAD_VALUE_IN_CONDITION, message).help(cure))
}
