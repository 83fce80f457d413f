//! What keeps a route from a request whose path it takes. The plain walk over routes asks here; the index has its own way.

use super::condition::{Asked, Condition};
use super::definition::Route;
use super::pattern::PathPattern;
use super::redirect_map::RedirectMap;

/// The first thing of a route that does not hold for a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failed<'t> {
    /// One of its conditions.
    Condition(&'t Condition),
    /// Every row of its map that has the path has other parameters.
    Row(&'t RedirectMap),
}

impl Route {
    /// Whether it would take a request, were it the only route. O(m), for a map O(n m).
    #[must_use]
    pub fn takes(&self, asked: &Asked<'_>) -> bool {
        self.takes_path(asked) && self.failed(asked).is_none()
    }

    /// What keeps it from a request whose path it takes: the first of its conditions that fails, else its map.
    #[must_use]
    pub fn failed(&self, asked: &Asked<'_>) -> Option<Failed<'_>> {
        let condition = self.conditions.iter().find(|condition| !condition.holds(asked)).map(Failed::Condition);
        condition.or_else(|| match &self.path {
            PathPattern::Map(map) => map.row(asked.path, asked.request.query).is_none().then_some(Failed::Row(map)),
            _ => None,
        })
    }
}
