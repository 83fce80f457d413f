//! The pure core: a table, the facts of a request, and the one decision that follows from them.
//!
//! No file, clock, environment or socket is touched here. Start with [`decide()`], then [`Table`] and [`Request`];
//! [`canonical`] has the normal form of paths, [`pattern`] and [`condition`] what a route can ask, [`index`] the speed.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod canonical;
pub mod condition;
mod decide;
mod decision;
#[cfg(feature = "cli")]
pub mod explain;
pub mod index;
mod lazy_regex;
pub mod pattern;
pub mod query;
mod request;
mod table;
pub mod target;
mod time;

pub use crate::text::Timestamp;
pub use canonical::Canonical;
pub use decide::{Found, decide};
pub use decision::{Decision, Forward, Outcome, Redirect, Refused, Respond, Uri};
#[cfg(feature = "cli")]
pub use explain::{Explanation, explain};
pub use lazy_regex::{LazyRegex, MAX_COMPILED, MAX_TEXT};
pub use request::{Request, Url};
pub use table::{
    About, Action, Cohort, CustomOrigin, DEFAULT_CACHE_CONTROL, Definition, HeaderChanges, HeaderValue, HostRule,
    MapAction, Origin, OriginAction, OriginKind, Place, Protocol, RedirectAction, RespondAction, ResponseHeaders,
    Route, S3Origin, Share, Side, Table, Varies, VariesQuery,
};
pub use time::{Window, epoch_of};
