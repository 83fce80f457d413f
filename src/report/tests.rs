//! What came of a table's own tests: every failure with its place, expected against actual.

use serde_json::Value as Json;

use super::layout::{BAD, FAINT, GOOD, Grid, KEY, PLAIN, STRONG, cell, count, grouped, shown, styled};
use crate::analysis::tests::{CaseReport, Difference, Kind, TestReport};

/// Styled text: the failures in order, a blank line after each, and a last line with the counts.
#[must_use]
pub fn text(report: &TestReport, table: &str, width: usize) -> String {
    let mut out = String::new();
    for case in report.cases.iter().filter(|case| !case.passed) {
        failure(&mut out, case, width);
        out.push('\n');
    }
    summary(&mut out, report, table);
    out
}

fn failure(out: &mut String, case: &CaseReport, width: usize) {
    let mut title = Grid::new();
    let place = format!("{}:{}", case.file, case.line);
    let of = case.of.as_deref().unwrap_or_default();
    let what = match case.kind {
        Kind::Test => String::new(),
        Kind::Example => format!("example of `{of}`: "),
        Kind::NotExample => format!("not_example of `{of}`: "),
    };
    title.row([cell(BAD, "✗"), cell(STRONG, place), cell(PLAIN, format!("{what}{}", case.name))]);
    title.write(out, 0, width);
    let mut grid = Grid::new();
    for difference in &case.differences {
        let Difference { key, expected, actual } = difference;
        grid.row([cell(KEY, key), cell(FAINT, "expected"), cell(GOOD, wanted(expected))]);
        grid.row([cell(PLAIN, ""), cell(FAINT, "actual"), cell(BAD, found(key, actual))]);
    }
    if let Some(why) = &case.why {
        grid.row([cell(KEY, "why"), cell(PLAIN, why)]);
    }
    grid.write(out, 4, width);
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

fn summary(out: &mut String, report: &TestReport, table: &str) {
    let TestReport { passed, failed, cases, .. } = report;
    out.push_str(&format!("{}: ", shown(table)));
    styled(out, if *failed == 0 { GOOD } else { PLAIN }, &format!("{} passed", grouped(*passed)));
    out.push_str(", ");
    styled(out, if *failed > 0 { BAD } else { PLAIN }, &format!("{} failed", grouped(*failed)));
    let of = |kind: Kind| cases.iter().filter(|case| case.kind == kind).count();
    let kinds = [(Kind::Test, "test"), (Kind::Example, "example"), (Kind::NotExample, "not_example")];
    let parts: Vec<String> =
        kinds.iter().filter(|(kind, _)| of(*kind) > 0).map(|(kind, noun)| count(of(*kind), noun)).collect();
    if parts.is_empty() {
        out.push_str(" · there is nothing to run: write a `[[test]]`, or `examples` on a route\n");
    } else {
        out.push_str(&format!(" · {}\n", parts.join(", ")));
    }
}
