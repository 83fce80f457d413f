//! A finished table → findings, a file each; automata and witnesses.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod examples;
mod get_and_head;
pub(crate) mod language;
pub(crate) mod methods;
pub(crate) mod never;
pub(crate) mod sample;
pub mod witness;

use crate::config::{self, Case, Counts, Files, RouteSpans};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::route::{Route, Table};

/// What came of loading a table.
#[derive(Debug)]
pub struct Loaded {
    /// The table, if its language has no error. A failing example is an error of its own that leaves it here.
    pub table: Option<Table>,
    /// The files that were read, the top one first.
    pub sources: Sources,
    /// All findings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What the table expects of itself: `[[test]]`, `examples` and `not_examples`.
    pub cases: Vec<Case>,
    /// How much was read.
    pub counts: Counts,
}

/// Loads a table: reads the top file and all that it names, and finds every problem in them. O(bytes of all files).
#[must_use]
pub fn load(top: &str, files: &dyn Files) -> Loaded {
    let mut read = config::load(top, files);
    let findings = &mut read.findings;
    for pattern in &read.patterns {
        let check = if pattern.key == "glob" { never::check_glob } else { never::check_regex };
        check(findings, &read.definition.canonical, &pattern.text, pattern.span.clone());
    }
    let table = (!findings.has_errors())
        .then(|| Table::compile(read.definition).expect("a definition without a finding does not contradict itself"));
    if let Some(table) = &table {
        examples::fill(table, &mut read.cases);
        methods::check(findings, &read.spans, table);
        examples::check(findings, &read.spans, table, &read.cases);
    }
    let table = table.filter(|_| !findings.has_errors_beside(examples::is_failed_example));
    let counts = Counts { routes_compiled: table.as_ref().map_or(0, |table| table.routes().len()), ..read.counts };
    Loaded { table, sources: read.sources, diagnostics: read.findings.finish(), cases: read.cases, counts }
}

/// Where a route is written.
fn place(table: &Table, spans: &[RouteSpans], route: &Route) -> Span {
    let at = table.routes().iter().position(|known| known.id == route.id);
    at.and_then(|at| spans.get(at)).map(RouteSpans::header).unwrap_or_default()
}
