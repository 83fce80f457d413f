//! Runs what a table expects of itself: every [`Case`] is decided, and compared key by key with what it expects.
//!
//! The decision is [`decide`]'s own and so is the line that is compared. No clock is read; a case whose answer depends
//! on the time and gives none was refused when the table was loaded.

use serde::Serialize;
use serde_json::Value as Json;

use crate::check::examples::why_not_taken;
use crate::config::cases::{Case, Expect};
use crate::requests::{DecisionLine, RequestLine};
use crate::route::{Decision, Request, Table, decide};

/// A case with its request.
#[derive(Clone, Debug)]
pub struct AskedCase<'c> {
    case: &'c Case,
    request: Request<'c>,
}

/// What came of all cases, in the order of the cases.
#[derive(Clone, Debug)]
pub struct CaseResults<'c> {
    /// How many cases came out as expected.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// All of them.
    pub cases: Vec<CaseResult<'c>>,
}

/// What came of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult<'c> {
    /// Where it comes from.
    pub kind: CaseKind,
    /// The file that it is written in, as the table names it.
    pub file: &'c str,
    /// The line, from 1.
    pub line: u32,
    /// The route whose example it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<&'c str>,
    /// The request as it was written.
    pub name: &'c str,
    /// The request as it was decided: an input line of `decide`.
    pub request: &'c RequestLine<'static>,
    /// Whether all came out as expected.
    pub passed: bool,
    /// What did not; empty where it passed.
    pub differences: Vec<CaseDifference>,
    /// What of the example's route did not hold, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What was decided.
    #[serde(skip)]
    pub decision: Decision<'c, 'c>,
}

/// Where a case comes from, by its key in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// `[[test]]`
    Test,
    /// `examples`
    Example,
    /// `not_examples`
    NotExample,
}

/// One key of the decision line that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseDifference {
    /// The key, with the header's name after a dot where one header differs.
    pub key: String,
    /// What was expected; `{"not": …}` for what it must not be, `false` for a key that must not be there.
    pub expected: Json,
    /// What the line has; `null` where it has nothing.
    pub actual: Json,
}

/// The requests of all cases, for [`run`].
#[must_use]
pub fn ask(cases: &[Case]) -> Vec<AskedCase<'_>> {
    cases.iter().map(|case| AskedCase { case, request: case.request.request() }).collect()
}

/// Runs all cases. O(cases), each at the cost of a decision.
#[must_use]
pub fn run<'c>(table: &'c Table, asked: &'c [AskedCase<'c>]) -> CaseResults<'c> {
    let cases: Vec<_> = asked.iter().map(|asked| run_one(table, asked)).collect();
    let passed = cases.iter().filter(|case| case.passed).count();
    CaseResults { passed, failed: cases.len() - passed, cases }
}

fn run_one<'c>(table: &'c Table, AskedCase { case, request }: &'c AskedCase<'c>) -> CaseResult<'c> {
    let decision = decide(table, request);
    let line = serde_json::to_value(DecisionLine(&decision)).expect("a decision line has texts and numbers alone");
    let of = case.expect.route().and_then(|route| table.routes().get(route));
    let id = of.map_or("", |route| route.id.as_str());
    let (kind, differences) = match &case.expect {
        Expect::Taken(_) => (CaseKind::Example, differs(line["route"] != id, id.into(), &line["route"])),
        Expect::NotTaken(_) => {
            let taken = decision.taker().is_some_and(|taker| taker.id == id);
            (CaseKind::NotExample, differs(taken, serde_json::json!({ "not": id }), &id.into()))
        }
        Expect::Line(expected) => {
            let differences = expected.iter().flat_map(|expected| expected.differences(&line));
            (
                CaseKind::Test,
                differences.map(|(key, expected, actual)| CaseDifference { key, expected, actual }).collect(),
            )
        }
    };
    let why = of.filter(|_| kind == CaseKind::Example && !differences.is_empty());
    CaseResult {
        kind,
        file: table.file_of(case.span.file),
        line: case.line,
        of: of.map(|route| route.id.as_str()),
        name: &case.name,
        request: &case.request,
        passed: differences.is_empty(),
        differences,
        why: why.and_then(|route| why_not_taken(table.definition(), route, request)),
        decision,
    }
}

fn differs(failed: bool, expected: Json, actual: &Json) -> Vec<CaseDifference> {
    let difference = CaseDifference { key: "route".to_owned(), expected, actual: actual.clone() };
    if failed { vec![difference] } else { Vec::new() }
}
