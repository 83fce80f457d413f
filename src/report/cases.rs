//! What came of a table's own tests: every failure with its place, expected against actual.

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use super::json::versioned;
use super::numbers::{count, grouped};
use super::sheet::{BAD, FAINT, GOOD, Grid, KEY, PLAIN, STRONG, Sheet, cell};
use super::{Ending, Present};
use crate::analysis::cases::{CaseDifference, CaseKind, CaseResult, CaseResults};
use crate::requests::DecisionLine;
use crate::route::{Decision, Outcome};

/// What came of a table's cases.
#[derive(Clone, Copy, Debug)]
pub struct CasesRun<'a> {
    /// All of them.
    pub results: &'a CaseResults<'a>,
    /// The name of the table.
    pub table: &'a str,
    /// Whether the text ends with the counts.
    pub ending: Ending,
}

#[derive(Serialize)]
struct CasesJson<'a> {
    passed: usize,
    failed: usize,
    cases: Vec<CaseJson<'a>>,
}

#[derive(Serialize)]
struct CaseJson<'a> {
    #[serde(flatten)]
    result: &'a CaseResult<'a>,
    /// A line, as `decide` writes it.
    decision: Box<RawValue>,
}

impl Present for CasesRun<'_> {
    /// The failures in order, a blank line after each, and a last line with the counts.
    fn text(&self, sheet: &mut Sheet) {
        for case in self.results.cases.iter().filter(|case| !case.passed) {
            failure(sheet, case);
            sheet.line([]);
        }
        if self.ending == Ending::Told {
            summary(sheet, self.results, self.table);
        }
    }

    fn json(&self) -> impl Serialize {
        let line = |decision| to_raw_value(&versioned(DecisionLine(decision))).expect("a decision line can be written");
        let case = |result| CaseJson { result, decision: line(&result.decision) };
        let CaseResults { passed, failed, cases } = self.results;
        CasesJson { passed: *passed, failed: *failed, cases: cases.iter().map(case).collect() }
    }
}

fn failure(sheet: &mut Sheet, result: &CaseResult<'_>) {
    let mut title = Grid::new();
    let place = format!("{}:{}", result.file, result.line);
    let of = result.of.unwrap_or_default();
    let what = match result.kind {
        CaseKind::Test => String::new(),
        CaseKind::Example => format!("example of `{of}`: "),
        CaseKind::NotExample => format!("not_example of `{of}`: "),
    };
    title.row([cell(BAD, "✗"), cell(STRONG, place), cell(PLAIN, format!("{what}{}", result.name))]);
    sheet.grid(0, title);
    let mut grid = Grid::new();
    for CaseDifference { key, expected, actual } in &result.differences {
        grid.row([cell(KEY, key), cell(FAINT, "expected"), cell(GOOD, wanted(expected))]);
        grid.row([cell(PLAIN, ""), cell(FAINT, "actual"), cell(BAD, found(key, actual))]);
    }
    let (by, what) = (decided_by(&result.decision), what_happens(&result.decision.outcome));
    grid.row([cell(KEY, "decided by"), cell(PLAIN, format!("{by}: {what}"))]);
    if let Some(why) = &result.why {
        grid.row([cell(KEY, "why"), cell(PLAIN, why)]);
    }
    sheet.grid(4, grid);
}

/// The route that decided, or what did in its place.
fn decided_by(decision: &Decision<'_, '_>) -> String {
    match (decision.route_id(), &decision.refused) {
        (Some(id), _) => format!("`{id}`"),
        (None, Some(refused)) => {
            format!("the default, for what `{}` makes of it is refused ({})", refused.route.id, refused.why)
        }
        (None, None) if decision.is_answered_before_routes() => "no route, before any was tried".to_owned(),
        (None, None) => "the default".to_owned(),
    }
}

/// Where the request goes, in a few words.
fn what_happens(outcome: &Outcome<'_, '_>) -> String {
    match outcome {
        Outcome::Origin(forward) => {
            let query = if forward.query_string.is_empty() { "" } else { "?" };
            format!("sent on to `{}` as `{}{query}{}`", forward.origin.id, forward.uri.as_str(), forward.query_string)
        }
        Outcome::Redirect(redirect) => format!("{} to `{}`", redirect.status, redirect.location),
        Outcome::Respond(respond) => format!("answered {}", respond.status),
    }
}

/// `false` is how a test says that a key must not be there, `{"not": …}` how an example of another route does.
fn wanted(expected: &Json) -> String {
    match (expected, expected.get("not")) {
        (Json::Bool(false) | Json::Null, _) => "nothing".to_owned(),
        (_, Some(not)) => format!("not {}", value(not)),
        _ => value(expected),
    }
}

fn found(key: &str, actual: &Json) -> String {
    match actual {
        Json::Null if key == "route" => "nothing: the default took it".to_owned(),
        Json::Null => "nothing".to_owned(),
        _ => value(actual),
    }
}

/// A text as it is, where that can't be taken for something else.
fn value(json: &Json) -> String {
    match json {
        Json::String(text) if !text.is_empty() && text.trim() == text => text.clone(),
        other => other.to_string(),
    }
}

fn summary(sheet: &mut Sheet, results: &CaseResults<'_>, table: &str) {
    let CaseResults { passed, failed, cases } = results;
    let of = |kind: CaseKind| cases.iter().filter(|case| case.kind == kind).count();
    let kinds = [(CaseKind::Test, "test"), (CaseKind::Example, "example"), (CaseKind::NotExample, "not_example")];
    let counts: Vec<String> =
        kinds.iter().filter(|(kind, _)| of(*kind) > 0).map(|(kind, noun)| count(of(*kind), noun)).collect();
    let counts = match counts.as_slice() {
        [] => "there is nothing to run: write a `[[test]]`, or `examples` on a route".to_owned(),
        counts => counts.join(", "),
    };
    sheet.line([
        cell(PLAIN, format!("{table}: ")),
        cell(if *failed == 0 { GOOD } else { PLAIN }, format!("{} passed", grouped(*passed))),
        cell(PLAIN, ", "),
        cell(if *failed > 0 { BAD } else { PLAIN }, format!("{} failed", grouped(*failed))),
        cell(PLAIN, format!(" · {counts}")),
    ]);
}
