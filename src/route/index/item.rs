//! Candidates, and numbers as an index stores them.

use serde::{Deserialize, Serialize};

/// A route that may take a request, and the row of its map, or which of its several paths is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) route: u32,
    /// Number of the row or path + 1; 0: there is only one.
    pub(super) row: u32,
}

impl Item {
    /// The position of its row or path.
    pub(super) fn row_of_map(self) -> Option<usize> {
        self.row.checked_sub(1).map(index)
    }
}

/// A position as it is stored. [`Table::compile`](crate::route::Table::compile) has counted what is numbered.
#[inline(never)] // the edge carries it, though it builds next to nothing
pub(super) fn number(position: usize) -> u32 {
    let Ok(number) = u32::try_from(position) else { unreachable!("counted") };
    number
}

/// A stored position as one of a slice.
pub(super) fn index(number: u32) -> usize {
    number as usize
}
