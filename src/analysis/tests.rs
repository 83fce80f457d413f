//! Runs what a table expects of itself: every [`Case`] is decided, and compared key by key with what it expects.
//!
//! The decision is [`decide`]'s own and so is the line that is compared. No clock is read; a case whose answer depends
//! on the time and gives none was refused when the table was loaded.

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::check::examples::why_not_taken;
use crate::config::cases::{Case, Expect};
use crate::requests::RequestLine;
use crate::route::{Decision, Table, decide};

/// What came of all cases, in the order of the cases.
#[derive(Clone, Debug, Serialize)]
pub struct TestReport {
    /// Version of this shape: 1.
    pub schema: u32,
    /// How many cases came out as expected.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// All of them.
    pub cases: Vec<CaseReport>,
}

/// What came of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// Where it comes from.
    pub kind: Kind,
    /// The file that it is written in, as the table names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The route whose example it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The request as it was written.
    pub name: String,
    /// The request as it was decided: an input line of `decide`.
    pub request: RequestLine<'static>,
    /// Whether all came out as expected.
    pub passed: bool,
    /// What did not; empty where it passed.
    pub differences: Vec<Difference>,
    /// What of the example's route did not hold, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The output line of `decide`.
    pub decision: Option<Box<RawValue>>,
}

/// Where a case comes from, by its key in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `[[test]]`
    Test,
    /// `examples`
    Example,
    /// `not_examples`
    NotExample,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Test => "test",
            Kind::Example => "example",
            Kind::NotExample => "not_example",
        }
    }
}

/// One key of the decision line that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key, with the header's name after a dot where one header differs.
    pub key: String,
    /// What was expected; `{"not": …}` for what it must not be, `false` for a key that must not be there.
    pub expected: Json,
    /// What the line has; `null` where it has nothing.
    pub actual: Json,
}

/// Runs all cases. O(cases), each at the cost of a decision.
#[must_use]
pub fn run(table: &Table, cases: &[Case]) -> TestReport {
    let cases: Vec<CaseReport> = cases.iter().map(|case| run_one(table, case)).collect();
    let passed = cases.iter().filter(|case| case.passed).count();
    TestReport { schema: 1, passed, failed: cases.len() - passed, cases }
}

fn run_one(table: &Table, case: &Case) -> CaseReport {
    let request = case.request.request();
    let decision = decide(table, &request);
    let line = serde_json::to_value(&decision).unwrap_or_default();
    let of = case.expect.route().and_then(|route| table.routes().get(route));
    let id = of.map_or("", |route| route.id.as_str());
    let (kind, differences) = match &case.expect {
        Expect::Taken(_) => (Kind::Example, differs(line["route"] != id, id.into(), &line["route"])),
        Expect::NotTaken(_) => {
            let taken = taker(&decision) == Some(id);
            (Kind::NotExample, differs(taken, serde_json::json!({ "not": id }), &id.into()))
        }
        Expect::Line(expected) => {
            let differences = expected.iter().flat_map(|expected| expected.differences(&line));
            (Kind::Test, differences.map(|(key, expected, actual)| Difference { key, expected, actual }).collect())
        }
    };
    let why = (kind == Kind::Example && !differences.is_empty())
        .then(|| of.and_then(|route| why_not_taken(table.definition(), route, &request)))
        .flatten();
    CaseReport {
        kind,
        file: table.definition().files.get(case.span.file).cloned().unwrap_or_default(),
        line: case.line,
        of: of.map(|route| route.id.clone()),
        name: case.name.clone(),
        request: case.request.clone(),
        passed: differences.is_empty(),
        differences,
        why,
        decision: serde_json::value::to_raw_value(&decision).ok(),
    }
}

/// The route that a request ended at, even if what it made of the request was refused.
fn taker<'t>(decision: &Decision<'t, '_>) -> Option<&'t str> {
    let route = decision.route.or(decision.refused.map(|refused| refused.route));
    route.map(|route| route.id.as_str())
}

fn differs(failed: bool, expected: Json, actual: &Json) -> Vec<Difference> {
    let difference = Difference { key: "route".to_owned(), expected, actual: actual.clone() };
    if failed { vec![difference] } else { Vec::new() }
}
