//! The paths that behaviors and routes share: CloudFront sees them in the form after step (d) of rule 3, routes in the normal
//! form.

use std::cell::Cell;

use super::map::{BehaviorMap, MapState};
use super::sets::BehaviorSet;
use crate::route::canonical::{Canonical, LetterCase, TrailingSlash};

/// The behaviors of a table and what its normal form changes.
pub(super) struct PathSpace<'a> {
    pub(super) map: &'a BehaviorMap,
    pub(super) canonical: &'a Canonical,
    /// Steps that all walks together may still take: a table of thousands of regexes must be checked in seconds.
    steps_left: Cell<usize>,
}

/// Steps of all walks of a table, together about a second; what is not walked then is taken as reached.
const MOST_STEPS: usize = 16_000_000;

impl<'a> PathSpace<'a> {
    pub(super) fn new(map: &'a BehaviorMap, canonical: &'a Canonical) -> PathSpace<'a> {
        PathSpace { map, canonical, steps_left: Cell::new(MOST_STEPS) }
    }

    /// Takes so many steps of what is left; `None` where that is less.
    pub(super) fn spend(&self, steps: usize) -> Option<()> {
        let left = self.steps_left.get().checked_sub(steps);
        self.steps_left.set(left.unwrap_or_default());
        left.map(drop)
    }

    /// Whether case is lost on the way to the normal form.
    pub(super) fn folds(&self) -> bool {
        self.canonical.case == LetterCase::Lower
    }

    /// Whether slashes at the end are lost on the way to the normal form.
    pub(super) fn strips(&self) -> bool {
        self.canonical.trailing_slash == TrailingSlash::Strip
    }

    /// The behaviors that may still come in some of these states.
    pub(super) fn futures(&self, states: &[MapState]) -> BehaviorSet {
        states.iter().fold(BehaviorSet::NONE, |all, &state| all.with(self.map.future(state)))
    }

    /// The behaviors of paths whose normal form ends in one of these states.
    pub(super) fn ends(&self, states: &[MapState]) -> BehaviorSet {
        states.iter().fold(BehaviorSet::NONE, |all, &state| all.with(self.ends_of(state)))
    }

    /// The behaviors of paths whose normal form ends in a state: with slashes stripped, they may have had more of them.
    pub(super) fn ends_of(&self, state: MapState) -> BehaviorSet {
        let of = |state| self.map.end(state).map_or(BehaviorSet::NONE, BehaviorSet::of);
        let mut found = of(state);
        if !self.strips() {
            return found;
        }
        let mut seen = vec![state];
        while let Some(next) = seen.last().and_then(|&last| self.map.next(last, b'/')) {
            if seen.contains(&next) {
                break;
            }
            found = found.with(of(next));
            seen.push(next);
        }
        found
    }
}
