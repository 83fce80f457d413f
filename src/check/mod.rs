//! A table, judged: what is wrong with a table whose every key is right.
//!
//! [`load`] is the entry to a table for all commands: `config` reads and lowers it, here it is compiled and checked. A
//! check is a function of the finished table, of where its routes are written, and of the findings it adds to. It reads
//! no file and no clock (`load_at` is handed the time), it proves what it says (`witness` makes requests that a route takes, `sample` the texts that a
//! pattern matches), and it marks the part that it means.
//!
//! A new check is three files, beside its line in `check` below: its code in `diagnostic/codes.rs`, its function here,
//! and its page in `docs/diagnostics/`.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod behaviors;
mod buckets;
mod cohorts;
pub mod examples;
mod guards;
mod in_behavior;
mod keys;
mod language;
mod letters;
mod loops;
mod made;
mod meant;
pub mod memory;
mod methods;
mod never;
mod over;
mod places;
mod refused;
mod rewrites;
mod sample;
mod sessions;
mod tried;
mod weight;
pub mod witness;

use self::memory::MemoryNeed;
use crate::config::{self, Case, Counts, Files};
use crate::diagnostic::{Diagnostic, Findings, Sources};
use crate::route::{Table, Timestamp};

use self::places::PartsWritten;

/// What came of loading a table.
#[derive(Debug)]
pub struct Loaded {
    /// The table, if its language has no error. A failing example is an error of its own that leaves it here.
    pub table: Option<Table>,
    /// The files that were read, the top one first.
    pub sources: Sources,
    /// All findings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What the table expects of itself: `[[test]]`, `examples` and `not_examples`, facts of the route filled in.
    pub cases: Vec<Case>,
    /// How much was read.
    pub counts: Counts,
    /// What its function needs, if its language has no error.
    pub memory: Option<MemoryNeed>,
}

/// Loads a table: reads the top file and all that it names, and finds every problem in them. O(bytes of all files).
///
/// Nothing is said of what is over: that depends on when it is ([`load_at`]).
#[must_use]
pub fn load(top: &str, files: &dyn Files) -> Loaded {
    load_at(top, files, over::BEFORE_ALL)
}

/// The same as it is at a moment: a route whose `until` or `expires` has passed by then is a warning.
#[must_use]
pub fn load_at(top: &str, files: &dyn Files, now: Timestamp) -> Loaded {
    let mut read = config::load(top, files);
    let findings = &mut read.findings;
    never::check(&read.definition.canonical, &read.patterns, findings);
    over::check(&read.definition.routes, &read.spans, now, findings);
    let table = (!findings.has_errors())
        .then(|| Table::compile(read.definition).expect("a definition without a finding does not contradict itself"));
    let memory = table.as_ref().map(MemoryNeed::of);
    if let Some((table, memory)) = table.as_ref().zip(memory) {
        memory::check(memory, &read.memory_at, findings);
        examples::fill(table, &mut read.cases);
        let written = PartsWritten { routes: &read.spans, head: &read.head_spans, sources: &read.sources };
        check(table, &written, &read.cases, findings);
    }
    let table = table.filter(|_| !findings.has_errors_beside(examples::is_failed_example));
    let counts = Counts { routes_compiled: table.as_ref().map_or(0, |table| table.routes().len()), ..read.counts };
    Loaded { table, sources: read.sources, diagnostics: read.findings.finish(), cases: read.cases, counts, memory }
}

/// Every check of a finished table.
fn check(table: &Table, written: &PartsWritten<'_>, cases: &[Case], findings: &mut Findings) {
    let spans = written.routes;
    let reach = table.reach();
    buckets::check(table, &reach, written, findings);
    keys::check(table, &reach, written, findings);
    sessions::check(table, &reach, written, findings);
    cohorts::check(table, spans, findings);
    methods::check(table, spans, findings);
    behaviors::check(table, spans, findings);
    loops::check(table, written, findings);
    rewrites::check(table, spans, findings);
    refused::check(table, spans, findings);
    guards::check(table, spans, findings);
    examples::check(table, spans, cases, findings);
}
