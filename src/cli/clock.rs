//! The one place where a command looks at the clock.

use crate::edge::start;
use crate::route::{Table, Timestamp};

const NANOS: i128 = 1_000_000_000;

/// Now, where the table has instants; where it has none no decision can depend on the time and the clock is not read.
#[must_use]
pub fn now_for(table: &Table) -> Option<Timestamp> {
    (!table.instants().is_empty()).then(now)
}

/// Now, to the second: finer than any table is written.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp(start::now().0.div_euclid(NANOS) * NANOS)
}
