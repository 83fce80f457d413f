//! What a target is for, and what can fill its holes.

use crate::route::canonical::TrailingSlash;
use crate::route::pattern::PathPattern;
use crate::route::target::Hole;
use crate::route::{Condition, hole_names};

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The path that is sent on, and a query of its own.
    Rewrite,
    /// A `location`.
    Redirect,
    /// The value of a request header.
    Header,
}

/// What can fill the holes of a route's targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteHoles<'r> {
    /// The route's path; `None` where that was reported already.
    pub(crate) path: Option<&'r PathPattern>,
    pub(crate) conditions: &'r [Condition],
    /// Whether `conditions` are all that are written: one that is malformed was reported, and is left out.
    pub(crate) has_all: bool,
    /// Of `[canonical]`: whether `/a/{*rest}` takes `/a` too.
    pub(crate) trailing_slash: TrailingSlash,
}

impl RouteHoles<'_> {
    /// Every name with what fills it; `None` where not all are known.
    pub(super) fn names(&self) -> Option<Vec<(String, Hole)>> {
        let path = self.path.filter(|_| self.has_all)?;
        let mut names = hole_names(path, self.conditions);
        names.extend(Hole::BUILT_IN.map(|(name, hole)| (name.to_owned(), hole)));
        Some(names)
    }

    /// Whether a name stands for a path that is empty or begins with a slash of its own.
    pub(super) fn begins_path(&self, name: &str) -> bool {
        name == "path" || (name == "rest" && self.has_prefix())
    }

    fn has_prefix(&self) -> bool {
        self.path.is_some_and(|path| path.key() == "prefix")
    }
}
