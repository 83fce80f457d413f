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
pub mod draw;
#[cfg(feature = "cli")]
pub mod explain;
mod fact;
#[cfg(feature = "cli")]
mod failed;
mod holes;
mod ids;
pub mod index;
mod languages;
mod origin;
pub mod overlap;
pub mod pattern;
mod patterns;
pub mod query;
pub mod reach;
mod redirect_map;
mod request;
mod table;
pub mod target;
mod time;
mod viewer;

pub use crate::text::Timestamp;
pub use behavior::{Behavior, BehaviorPattern, Behaviors, Caching, KeyedQuery, Placement};
pub use cache_control::{DEFAULT_CACHE_CONTROL, NO_STORE};
pub use canonical::Canonical;
pub use condition::Condition;
pub use decide::{BAD_REQUEST, decide};
pub use decision::{
    BehaviorRef, Decision, Forward, Outcome, Redirect, Refused, RequestBehavior, Respond, SentHeaders, SentValue, Uri,
};
pub use definition::{
    About, Action, Definition, FunctionMemory, HeaderChanges, MapAction, NormalizeAction, OriginAction, Place,
    RedirectAction, RequestHeader, RespondAction, ResponseHeaders, Route,
};
#[cfg(feature = "cli")]
pub use explain::{Explanation, explain};
pub use fact::Fact;
#[cfg(feature = "cli")]
pub use failed::Failed;
pub use holes::hole_names;
pub use ids::{BehaviorId, OriginId, RouteId};
pub use index::Found;
pub use languages::Languages;
pub use origin::{
    CustomOrigin, HeaderValue, HostRule, Origin, OriginKind, Protocol, S3Origin, ServerSetting, Side, Varies,
    VariesQuery,
};
pub use patterns::{
    BUDGET as PATTERN_BUDGET, LazyRegex, MAX_COMPILED, MAX_NESTING, MAX_PROGRAM, MAX_TEXT, PatternError,
};
pub use reach::Reach;
pub use request::{Request, Url};
pub use table::{CompileError, Table};
pub use time::{Window, epoch_of, epochs_of, parse_epoch};
pub use viewer::{Cohort, Declared, GateSettings, Share, Told, Viewer};
