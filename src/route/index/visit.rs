//! What is done with the lists that a path leads to, and what comes of it.

use crate::route::definition::Route;
use crate::route::ids::RouteId;
use crate::route::pattern::MapRow;

/// What was found: a route and, for a map, its row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'t> {
    /// The first route whose every condition holds.
    pub id: RouteId,
    /// The same.
    pub route: &'t Route,
    /// The row of its redirect map.
    pub row: Option<&'t MapRow>,
}

/// What is left to be checked of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// The path is known to match.
    Conditions,
    /// Only a text that the pattern requires was found.
    All,
}

/// What is done with the lists that a path leads to.
pub(super) trait Visit {
    /// Routes from this one on are of no interest.
    fn best(&self) -> u32;
    /// A list; [`NONE`] is an empty one.
    fn list(&mut self, list: u32, check: Check);
}
