//! Sets of cache behaviors.

/// Behaviors that a set tells apart: CloudFront's quota is 75 for a distribution.
pub(super) const MOST: usize = 128;

/// Some of a table's behaviors, by position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BehaviorSet(u128);

impl BehaviorSet {
    pub(super) const NONE: BehaviorSet = BehaviorSet(0);
    pub(super) const ALL: BehaviorSet = BehaviorSet(u128::MAX);

    /// The one at a position; all of them where that is too high to be told apart.
    pub(super) fn of(position: usize) -> BehaviorSet {
        if position < MOST { BehaviorSet(1 << position) } else { BehaviorSet::ALL }
    }

    pub(super) fn with(self, other: BehaviorSet) -> BehaviorSet {
        BehaviorSet(self.0 | other.0)
    }

    pub(super) fn without(self, other: BehaviorSet) -> BehaviorSet {
        BehaviorSet(self.0 & !other.0)
    }

    /// Whether a behavior is in it; one that cannot be told apart is.
    pub(super) fn has(self, position: usize) -> bool {
        position >= MOST || self.0 & (1 << position) != 0
    }

    pub(super) fn is_within(self, other: BehaviorSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether there is one behavior in it or none.
    pub(super) fn is_decided(self) -> bool {
        self.0.count_ones() <= 1
    }
}
