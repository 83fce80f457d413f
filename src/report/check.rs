//! What was found in a table, and how much of it was read.

use serde::Serialize;

use super::diagnostics::{self, Show, Tally, top_name};
use super::numbers::{count, grouped};
use super::sheet::{BAD, FAINT, GOOD, PLAIN, WARN, cell};
use super::{Ending, Present, Sheet};
use crate::check::Loaded;
use crate::check::memory::MemoryNeed;
use crate::config::Counts;

/// A table that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// With all its findings.
    pub loaded: &'a Loaded,
    /// How many of them the text shows.
    pub show: Show,
    /// Whether the text has more than those.
    pub ending: Ending,
}

#[derive(Serialize)]
struct CheckedJson<'a> {
    diagnostics: Vec<diagnostics::DiagnosticJson<'a>>,
    counts: CountsJson,
    memory: Option<MemoryJson>,
}

#[derive(Serialize)]
struct CountsJson {
    #[serde(flatten)]
    tally: Tally,
    routes_read: usize,
    routes_compiled: usize,
    map_rows: usize,
    tests: usize,
    files: usize,
}

/// What a function needs and is given, MB.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MemoryJson {
    estimated_peak_mb: u64,
    needed_mb: u64,
    given_mb: u16,
}

impl MemoryJson {
    /// Of an estimate.
    #[must_use]
    pub fn of(need: MemoryNeed) -> MemoryJson {
        MemoryJson { estimated_peak_mb: need.peak_mb(), needed_mb: need.setting_mb(), given_mb: need.given_mb }
    }
}

impl Present for Checked<'_> {
    /// The findings, and `routes.toml: 42 routes read, 42 compiled, 3 files, 12 tests · 0 errors, 1 warning`.
    fn text(&self, sheet: &mut Sheet) {
        let Loaded { diagnostics, sources, counts, .. } = self.loaded;
        sheet.rendered(diagnostics::text(diagnostics, sources, self.show, sheet.width()));
        if self.ending == Ending::LeftOut {
            return;
        }
        let read = [
            format!("{} read", count(counts.routes_read, "route")),
            format!("{} compiled", grouped(counts.routes_compiled)),
            count(counts.files, "file"),
            count(counts.map_rows, "map row"),
            count(counts.tests, "test"),
        ];
        let Tally { errors, warnings } = Tally::of(diagnostics);
        sheet.line([
            cell(PLAIN, format!("{}: {} · ", top_name(sources), read.join(", "))),
            cell(if errors > 0 { BAD } else { GOOD }, count(errors, "error")),
            cell(PLAIN, ", "),
            cell(if warnings > 0 { WARN } else { GOOD }, count(warnings, "warning")),
        ]);
        if let Some(need) = self.loaded.memory {
            sheet.line([cell(PLAIN, format!("at the edge: {}", memory_words(&MemoryJson::of(need))))]);
        }
        if let Some(read_on) = diagnostics::read_on(diagnostics) {
            sheet.line([cell(FAINT, read_on)]);
        }
    }

    fn json(&self) -> impl Serialize {
        let Loaded { diagnostics, sources, counts, .. } = self.loaded;
        let Counts { routes_read, routes_compiled, map_rows, tests, files } = *counts;
        let tally = Tally::of(diagnostics);
        CheckedJson {
            diagnostics: diagnostics::entries(diagnostics, sources),
            memory: self.loaded.memory.map(MemoryJson::of),
            counts: CountsJson { tally, routes_read, routes_compiled, map_rows, tests, files },
        }
    }
}

/// `about 5 MB of memory at the peak, 128 given`.
#[must_use]
pub fn memory_words(memory: &MemoryJson) -> String {
    let (peak, given) = (grouped(memory.estimated_peak_mb), grouped(memory.given_mb));
    format!("about {peak} MB of memory at the peak, {given} given")
}
