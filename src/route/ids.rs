//! What a table's routes and origins are called by: an id is made by the table and stands for something in it.

/// A route of the table that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub(super) u32);

impl RouteId {
    /// Its position among the table's routes.
    #[must_use]
    pub fn position(self) -> usize {
        self.0 as usize
    }
}

/// A cache behavior of the table that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BehaviorId(pub(super) usize);

impl BehaviorId {
    /// Its position among the table's behaviors, the default one being the last.
    #[must_use]
    pub fn position(self) -> usize {
        self.0
    }
}

/// An origin of the table that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OriginId(pub(super) usize);

impl OriginId {
    /// Its position among the table's origins.
    #[must_use]
    pub fn position(self) -> usize {
        self.0
    }
}
