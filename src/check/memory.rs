//! The memory that a table needs at the edge: estimated, so that no table is deployed that its function cannot hold.
//!
//! The peak of a process comes at its start: the compiled table stands in memory twice, as it was read and as it is used.
//! `tests/edge/sizes.rs` holds the estimate to what `bootstrap` really takes.

use std::fmt;

use super::weight::heap_of;
use crate::diagnostic::{Findings, Span, codes};
use crate::platform::limits::FUNCTION_MEMORY;
use crate::route::condition::ValueTest;
use crate::route::pattern::PathPattern;
use crate::route::{PATTERN_BUDGET, Route, Table};

const MIB: u64 = 1024 * 1024;
/// The binary with a table of one route: what is resident of it after its first answer.
const BINARY: u64 = 4_500 * 1024;
/// Node.js beside it, where the host stays: its peak while it passes events on.
const NODE: u64 = 72 * MIB;
/// What an ordinary glob or regex takes once it is compiled and used; all together at most [`PATTERN_BUDGET`].
const PATTERN: u64 = 5 * 1024;
/// Kept free: for Lambda's own processes in the sandbox, an event and its answer.
const MARGIN: u64 = 16 * MIB;
/// The settings that are named are multiples of this, MB.
const STEP: u64 = 64;

/// What runs in the sandbox beside the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing: the binary took the place of Node.js.
    Nothing,
    /// Node.js, which passes events on.
    Node,
}

/// What a table makes its function need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryNeed {
    /// Resident at the peak, bytes.
    pub peak: u64,
    /// What the table gives it, MB.
    pub given_mb: u16,
}

impl MemoryNeed {
    /// Estimates it, for a table whose every pattern is used. O(n) in the table.
    #[must_use]
    pub fn of(table: &Table) -> MemoryNeed {
        let patterns: u64 = table.routes().iter().map(patterns_of).sum();
        let used = heap_of(table);
        let peak = BINARY + image_size(table) + used + (patterns * PATTERN).min(PATTERN_BUDGET as u64);
        MemoryNeed { peak, given_mb: table.definition().memory.0 }
    }

    /// The same with what runs beside the binary.
    #[must_use]
    pub fn with(self, beside: Beside) -> MemoryNeed {
        match beside {
            Beside::Nothing => self,
            Beside::Node => MemoryNeed { peak: self.peak + NODE, ..self },
        }
    }

    /// The peak in whole MB, rounded up.
    #[must_use]
    pub fn peak_mb(self) -> u64 {
        self.peak.div_ceil(MIB)
    }

    /// The smallest setting of the function's memory that leaves a margin, MB.
    #[must_use]
    pub fn setting_mb(self) -> u64 {
        let smallest = u64::from(*FUNCTION_MEMORY.start());
        self.least_mb().next_multiple_of(STEP).max(smallest)
    }

    /// Whether that is enough.
    #[must_use]
    pub fn fits(self) -> bool {
        self.least_mb() <= u64::from(self.given_mb)
    }

    /// What to do where it is not.
    #[must_use]
    pub fn cure(self) -> String {
        let (setting, most) = (self.setting_mb(), *FUNCTION_MEMORY.end());
        if setting > u64::from(most) {
            return format!("no function has more than {most} MB: the table needs fewer routes");
        }
        format!("write `[function]` with `memory_mb = {setting}`")
    }

    fn least_mb(self) -> u64 {
        (self.peak + MARGIN).div_ceil(MIB)
    }
}

/// `the function needs 5 MB at its peak and 16 free, and is given 128`.
impl fmt::Display for MemoryNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (peak, free) = (self.peak_mb(), MARGIN / MIB);
        write!(f, "the function needs {peak} MB at its peak and {free} free, and is given {}", self.given_mb)
    }
}

/// Reports a table that needs more than its function is given.
pub(super) fn check(need: MemoryNeed, at: &Span, findings: &mut Findings) {
    if !need.fits() {
        let report = findings.report(&codes::TOO_LITTLE_MEMORY, at.clone(), need.to_string());
        report.help(need.cure()).help("exact paths in a `redirect_map` take less than half of what routes take");
    }
}

/// The bytes of `table.bin`, which holds nothing that a table says to people.
fn image_size(table: &Table) -> u64 {
    let size = |of: postcard::Result<usize>| of.unwrap_or_default() as u64;
    let words = table.routes().iter().map(|route| size(postcard::experimental::serialized_size(&route.about)));
    size(postcard::experimental::serialized_size(table)).saturating_sub(words.sum())
}

fn patterns_of(route: &Route) -> u64 {
    let is_compiled = |path: &&PathPattern| matches!(path, PathPattern::Glob(_) | PathPattern::Regex(_));
    let regexes = route.conditions.iter().filter(|condition| matches!(condition.test, ValueTest::Regex(_)));
    (route.path.each().iter().filter(is_compiled).count() + regexes.count()) as u64
}
