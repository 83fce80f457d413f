//! The pure core: a table, the facts of a request, and the one decision that follows from them.
//!
//! No file, clock, environment or socket is touched here. Start with [`decide()`], then [`Table`] and [`Request`];
//! [`canonical`] has the normal form of paths, [`pattern`] and [`condition`] what a route can ask, [`index`] the speed.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod behavior;
mod cache_control;
pub mod canonical;
pub mod condition;
mod decide;
mod decision;
mod definition;
#[cfg(feature = "cli")]
pub mod explain;
mod fact;
mod ids;
pub mod index;
mod languages;
mod lazy_pattern;
mod origin;
pub mod pattern;
pub mod query;
pub mod reach;
mod request;
mod table;
pub mod target;
mod time;
mod viewer;

pub use crate::text::Timestamp;
pub use behavior::{Behavior, BehaviorPattern, Behaviors, Caching, KeyedQuery};
pub use cache_control::DEFAULT_CACHE_CONTROL;
pub use canonical::Canonical;
pub use condition::Condition;
pub use decide::decide;
pub use decision::{Decision, Forward, Outcome, Redirect, Refused, Respond, Uri};
pub use definition::{
    About, Action, Definition, HeaderChanges, MapAction, OriginAction, Place, RedirectAction, RespondAction,
    ResponseHeaders, Route,
};
#[cfg(feature = "cli")]
pub use explain::{Explanation, explain};
pub use fact::Fact;
pub use ids::{BehaviorId, OriginId, RouteId};
pub use index::Found;
pub use languages::Languages;
pub use lazy_pattern::{LazyRegex, MAX_COMPILED, MAX_TEXT};
pub use origin::{
    CustomOrigin, HeaderValue, HostRule, Origin, OriginKind, Protocol, S3Origin, Side, Varies, VariesQuery,
};
pub use reach::Reach;
pub use request::{Request, Url};
pub use table::{CompileError, Table};
pub use time::{Window, epoch_of};
pub use viewer::{Cohort, Declared, Share, Told, Viewer};
