//! What a table expects of itself: `[[test]]`, `examples` and `not_examples`.
//!
//! Here they are lowered from TOML to [`Case`]s, which `analysis::cases` runs. Then `check` puts the examples to the table,
//! since a table whose example is not taken by its route is a table with an error. No clock is read anywhere: a case
//! whose answer depends on the time and that gives none is an error too.

mod expect;

use std::ops::Range;

use toml::de::DeValue;

use crate::route::{Definition, Timestamp};

use crate::check::witness;
use crate::config::read::context::Context;
use crate::config::read::value::{Entry, Section, Value, wrong_type};
use crate::diagnostic::codes;
use crate::requests::{self, LineError, RequestLine};

pub use expect::{Expected, KEYS as EXPECT_KEYS};
use expect::{Known, Names};

/// One expectation: a request, and what must come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it expects.
    pub expect: Expect,
    /// The request as it was written, for people.
    pub name: String,
    /// The request, facts of the route filled in.
    pub request: RequestLine<'static>,
    /// Where the request is written.
    pub place: CasePlace,
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

/// A span of one of a table's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CasePlace {
    /// Position in [`crate::diagnostic::Sources`].
    pub file: usize,
    /// Bytes of its text.
    pub span: Range<usize>,
    /// Its line, from 1.
    pub line: u32,
}

/// Whether a finding is an example that its table does not keep: the only errors with which `crossfade test` still runs.
#[must_use]
pub fn is_failed_example(code: &str) -> bool {
    [codes::EXAMPLE_NOT_TAKEN.code, codes::NOT_EXAMPLE_TAKEN.code].contains(&code)
}

/// The expectations of a table as they were written.
#[derive(Debug, Default)]
pub(crate) struct Raw<'a> {
    /// Of routes, in the table's order.
    pub(crate) examples: Vec<RawExamples<'a>>,
    /// `[[test]]` entries, in order.
    pub(crate) tests: Vec<RawTest<'a>>,
}

/// `examples` and `not_examples` of a route.
#[derive(Debug)]
pub(crate) struct RawExamples<'a> {
    /// Position in [`Definition::routes`]; `None` for a route with errors.
    pub(crate) route: Option<usize>,
    /// The file that spans count in.
    pub(crate) file: usize,
    /// The value of `examples`.
    pub(crate) examples: Option<&'a Value<'a>>,
    /// The value of `not_examples`.
    pub(crate) not_examples: Option<&'a Value<'a>>,
}

/// A `[[test]]`.
#[derive(Debug)]
pub(crate) struct RawTest<'a> {
    /// The file that spans count in.
    pub(crate) file: usize,
    /// The whole entry.
    pub(crate) value: &'a Value<'a>,
}

/// Lowers all expectations; what is malformed is reported, even where the table has errors elsewhere.
pub(crate) fn lower(context: &mut Context<'_>, definition: &Definition, raw: &Raw<'_>) -> Vec<Case> {
    let known = if context.has_errors() { Known::Some } else { Known::All };
    let mut lower = Lower { context, definition, names: Names::of(definition, known), cases: Vec::new() };
    for examples in &raw.examples {
        lower.context.file = examples.file;
        lower.examples("examples", examples.examples, examples.route.map(Expect::Taken));
        lower.examples("not_examples", examples.not_examples, examples.route.map(Expect::NotTaken));
    }
    for test in &raw.tests {
        lower.context.file = test.file;
        lower.test(test.value);
    }
    lower.cases
}

struct Lower<'l, 'f> {
    context: &'l mut Context<'f>,
    definition: &'l Definition,
    names: Names<'l>,
    cases: Vec<Case>,
}

impl Lower<'_, '_> {
    fn examples(&mut self, key: &str, value: Option<&Value<'_>>, expect: Option<Expect>) {
        let Some(value) = value else { return };
        let DeValue::Array(list) = value.get_ref() else {
            return wrong_type(self.context, key, value, "a list of paths, URLs or tables");
        };
        for item in list.iter() {
            let Some((name, line)) = self.request(key, item) else { continue };
            // The route has errors of its own: its examples can be read, not tried.
            let Some(expect) = expect.clone() else { continue };
            let route = expect.route().and_then(|route| self.definition.routes.get(route));
            let request = match route {
                Some(route) => witness::fill(route, line),
                None => line,
            };
            self.push(expect, name, request, item.span());
        }
    }

    fn test(&mut self, value: &Value<'_>) {
        let Some(test) = Section::open(self.context, value, "a test".to_owned(), &["request", "expect"]) else {
            return;
        };
        let request = test.require(self.context, "request");
        let expect = test.require(self.context, "expect");
        let request = request.and_then(|entry| Some((entry.span(), self.request("request", entry.value)?)));
        let expect = expect.and_then(|entry| expect::lower(self.context, &self.names, entry));
        if let (Some((span, (name, line))), Some(expect)) = (request, expect) {
            self.push(Expect::Line(expect), name, line, span);
        }
    }

    fn push(&mut self, expect: Expect, name: String, request: RequestLine<'static>, span: Range<usize>) {
        let place = CasePlace { file: self.context.file, line: self.context.line(span.start), span };
        self.cases.push(Case { expect, name, request, place });
    }

    /// A request and what people call it.
    fn request(&mut self, key: &str, value: &Value<'_>) -> Option<(String, RequestLine<'static>)> {
        match value.get_ref() {
            DeValue::String(text) => match RequestLine::parse_text(text) {
                Ok(line) => Some((text.trim().to_owned(), line.into_owned())),
                Err(error) => self.malformed(value.span(), &error),
            },
            DeValue::Table(_) => {
                let line = self.request_table(key, value)?;
                match line.check() {
                    Ok(()) => Some((line.to_string(), line)),
                    Err(error) => self.malformed(value.span(), &error),
                }
            }
            _ => {
                wrong_type(self.context, key, value, "a path, a URL or a table");
                None
            }
        }
    }

    fn malformed<T>(&mut self, span: Range<usize>, error: &LineError) -> Option<T> {
        self.context.report(&codes::BAD_REQUEST, span, error.to_string());
        None
    }

    fn request_table(&mut self, key: &str, value: &Value<'_>) -> Option<RequestLine<'static>> {
        let section = Section::open(self.context, value, format!("a request of `{key}`"), &requests::KEYS)?;
        let url = section.require(self.context, "url").and_then(|entry| entry.text(self.context));
        let mut text = |key: &str| {
            let entry = section.get(key)?;
            Some(entry.filled_text(self.context)?.text.to_owned().into())
        };
        let line = RequestLine {
            method: text("method"),
            country: text("country"),
            cohort: text("cohort"),
            ..RequestLine::default()
        };
        let headers = section.get("headers").map_or_else(Vec::new, |entry| self.headers(entry));
        let time = section.get("time").and_then(|entry| self.time(entry));
        Some(RequestLine { url: url?.text.to_owned().into(), headers, time, ..line })
    }

    fn headers(&mut self, entry: Entry<'_>) -> Vec<(std::borrow::Cow<'static, str>, std::borrow::Cow<'static, str>)> {
        let mut fields = Vec::new();
        for field in entry.names(self.context) {
            for value in field.one_or_more(self.context) {
                fields.push((field.key().to_owned().into(), value.text.to_owned().into()));
            }
        }
        fields
    }

    fn time(&mut self, entry: Entry<'_>) -> Option<Timestamp> {
        let text = match entry.value.get_ref() {
            DeValue::Datetime(datetime) if datetime.offset.is_none() => {
                let message = format!("`{}` has no offset", entry.key());
                let report = self.context.report(&codes::NO_OFFSET, entry.span(), message);
                report.help(format!("write `{datetime}Z` for UTC"));
                return None;
            }
            DeValue::Datetime(datetime) => datetime.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                wrong_type(self.context, entry.key(), entry.value, "a date-time");
                return None;
            }
        };
        match Timestamp::parse(&text) {
            Ok(time) => Some(time),
            Err(error) => self.malformed(entry.span(), &error.into()),
        }
    }
}
