//! What a table expects of itself: `[[test]]`, `examples` and `not_examples`.
//!
//! Here they are lowered from TOML to [`Case`]s. `check` gives the examples what their routes ask for and puts them to the
//! table, `analysis::cases` runs all of them.

mod expect;

use std::borrow::Cow;

use toml::de::DeValue;

use crate::config::lower::conditions::check_passed_on;
use crate::config::lower::viewer;
use crate::config::read::value::Setting;
use crate::diagnostic::{Findings, Sources, Span, codes};
use crate::requests::{self, LineError, RequestLine};
use crate::route::{Declared, Definition, Timestamp, Told};
use crate::text::is_token;

use expect::KnownNames;
pub use expect::{Expected, KEYS as EXPECT_KEYS};

/// One expectation: a request, and what must come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it expects.
    pub expect: Expect,
    /// The request as it was written, for people.
    pub name: String,
    /// The request: as written, until `check` fills in the facts of the example's route.
    pub request: RequestLine<'static>,
    /// Where the request is written.
    pub span: Span,
    /// The line that it begins on, from 1.
    pub line: u32,
}

/// What a case expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// That the route at this position takes the request: `examples`.
    Taken(usize),
    /// That the route at this position does not take it: `not_examples`.
    NotTaken(usize),
    /// That the decision line has these values: `[[test]]`.
    Line(Vec<Expected>),
}

impl Expect {
    /// The route whose example it is.
    #[must_use]
    pub fn route(&self) -> Option<usize> {
        match self {
            Expect::Taken(route) | Expect::NotTaken(route) => Some(*route),
            Expect::Line(_) => None,
        }
    }
}

/// The expectations of a table as they were written.
#[derive(Debug, Default)]
pub(crate) struct WrittenCases<'a> {
    /// Of routes, in the table's order.
    pub(crate) examples: Vec<WrittenExamples<'a>>,
    /// `[[test]]` entries, in order.
    pub(crate) tests: Vec<Setting<'a>>,
}

/// `examples` and `not_examples` of a route.
#[derive(Debug)]
pub(crate) struct WrittenExamples<'a> {
    /// Position in [`Definition::routes`]; `None` for a route with errors.
    pub(crate) route: Option<usize>,
    /// `examples`.
    pub(crate) examples: Option<Setting<'a>>,
    /// `not_examples`.
    pub(crate) not_examples: Option<Setting<'a>>,
}

/// Lowers all expectations; what is malformed is reported, even where the table has errors elsewhere.
pub(crate) fn lower(
    findings: &mut Findings,
    sources: &Sources,
    definition: &Definition,
    written: &WrittenCases<'_>,
) -> Vec<Case> {
    let names = KnownNames::of(definition, !findings.has_errors());
    let declared = &definition.declared;
    let mut lowering = LoweringCases { findings, sources, names, declared, cases: Vec::new() };
    for examples in &written.examples {
        lowering.examples(examples.examples, examples.route.map(Expect::Taken));
        lowering.examples(examples.not_examples, examples.route.map(Expect::NotTaken));
    }
    for test in &written.tests {
        lowering.test(*test);
    }
    lowering.cases
}

/// A request, what people call it, and where it is.
struct WrittenRequest {
    name: String,
    request: RequestLine<'static>,
    span: Span,
    line: u32,
}

impl WrittenRequest {
    fn expecting(self, expect: Expect) -> Case {
        let WrittenRequest { name, request, span, line } = self;
        Case { expect, name, request, span, line }
    }
}

struct LoweringCases<'l> {
    findings: &'l mut Findings,
    sources: &'l Sources,
    names: KnownNames<'l>,
    declared: &'l Declared,
    cases: Vec<Case>,
}

impl LoweringCases<'_> {
    fn examples(&mut self, examples: Option<Setting<'_>>, expect: Option<Expect>) {
        let Some(examples) = examples else { return };
        for item in examples.items(self.findings, "a list of paths, URLs or tables") {
            let request = self.request(item);
            // The examples of a route with errors of its own can be read, not tried.
            self.cases.extend(request.zip(expect.clone()).map(|(request, expect)| request.expecting(expect)));
        }
    }

    fn test(&mut self, test: Setting<'_>) {
        let section = test.section_named(self.findings, "a test".to_owned(), &["request", "expect"]);
        let Some(section) = section else { return };
        let request = section.require(self.findings, "request");
        let expect = section.require(self.findings, "expect");
        let request = request.and_then(|entry| self.request(entry));
        let expect = expect.and_then(|entry| expect::lower(self.findings, &self.names, entry));
        self.cases.extend(request.zip(expect).map(|(request, expect)| request.expecting(Expect::Line(expect))));
    }

    fn request(&mut self, entry: Setting<'_>) -> Option<WrittenRequest> {
        let (name, request) = match entry.value() {
            DeValue::String(text) => match RequestLine::parse_text(text) {
                Ok(line) => {
                    self.check_method(entry, line.method.as_deref());
                    (text.trim().to_owned(), line.into_owned())
                }
                Err(error) => return self.malformed(entry, &error),
            },
            DeValue::Table(_) => {
                let line = self.request_table(entry)?;
                match line.check() {
                    Ok(()) => (line.to_string(), line),
                    Err(error) => return self.malformed(entry, &error),
                }
            }
            _ => return entry.wrong_type(self.findings, "a path, a URL or a table"),
        };
        let line = u32::try_from(self.sources.line(&entry.span())).unwrap_or(u32::MAX);
        Some(WrittenRequest { name, request, span: entry.span(), line })
    }

    /// Warns of a method that no request has, written in this text.
    fn check_method(&mut self, entry: Setting<'_>, method: Option<&str>) {
        let Some((method, text)) = method.zip(entry.text(self.findings)) else { return };
        let start = text.text.find(method).unwrap_or_default();
        check_passed_on(self.findings, method, text.part(start..start + method.len()));
    }

    fn malformed<T>(&mut self, entry: Setting<'_>, error: &LineError) -> Option<T> {
        self.findings.report(&codes::BAD_REQUEST, entry.span(), error.to_string());
        None
    }

    fn request_table(&mut self, entry: Setting<'_>) -> Option<RequestLine<'static>> {
        let name = format!("a request of `{}`", entry.key());
        let section = entry.section_named(self.findings, name, &requests::KEYS)?;
        let url = section.require(self.findings, "url").and_then(|entry| entry.text(self.findings));
        let method = section.get("method").and_then(|entry| entry.filled_text(self.findings));
        if let (Some(entry), Some(text)) = (section.get("method"), &method) {
            self.check_method(entry, Some(text.text).filter(|method| is_token(method)));
        }
        let method = method.map(|text| text.text.to_owned().into());
        let mut line = RequestLine { method, ..RequestLine::default() };
        for told in Told::ALL {
            let entry = section.get(told.key());
            let text = entry.and_then(|entry| viewer::of_request(self.findings, entry, told, self.declared));
            line.tell(told, text.map(Into::into));
        }
        let headers = section.get("headers").map_or_else(Vec::new, |entry| self.headers(entry));
        let time = section.get("time").and_then(|entry| self.time(entry));
        Some(RequestLine { url: url?.text.to_owned().into(), headers, time, ..line })
    }

    fn headers(&mut self, entry: Setting<'_>) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
        let mut fields = Vec::new();
        for field in entry.names(self.findings) {
            for value in field.one_or_more(self.findings) {
                fields.push((field.key().to_owned().into(), value.text.to_owned().into()));
            }
        }
        fields
    }

    fn time(&mut self, entry: Setting<'_>) -> Option<Timestamp> {
        let text = match entry.value() {
            DeValue::Datetime(datetime) if datetime.offset.is_none() => {
                let message = format!("`{}` has no offset", entry.key());
                let report = self.findings.report(&codes::NO_OFFSET, entry.span(), message);
                report.help(format!("write `{datetime}Z` for UTC"));
                return None;
            }
            DeValue::Datetime(datetime) => datetime.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => return entry.wrong_type(self.findings, "a date-time"),
        };
        match Timestamp::parse(&text) {
            Ok(time) => Some(time),
            Err(error) => self.malformed(entry, &error.into()),
        }
    }
}
