//! What the local edge tells of itself.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::route::BehaviorRef;

/// What became of one request; told when its answer has left, or it is clear that none will.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Status of the answer; 0: there was none.
    pub status: u16,
    /// Method of the request; empty where no request could be read.
    pub method: String,
    /// The host that the viewer asked for.
    pub host: Option<String>,
    /// The path that the viewer asked for, raw; empty where no request could be read.
    pub path: String,
    /// The origin that it was sent to; `None`: it was answered at the edge.
    pub origin: Option<String>,
    /// The route that took it; `None`: the default did, or nothing was decided.
    pub route: Option<String>,
    /// The cache behavior that it fell in, where the table tells of several.
    pub behavior: Option<ServedBehavior>,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// From the request's head to the last byte of the answer.
    pub took: Duration,
    /// What went wrong or was unusual, in words.
    pub trouble: Option<String>,
}

/// A cache behavior as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServedBehavior {
    /// `None`: the default behavior.
    pub path_pattern: Option<String>,
    /// Id of what CloudFront itself has on it.
    pub configured_origin: String,
    /// The router does not run on it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_routed: bool,
}

impl ServedBehavior {
    pub(super) fn of(behavior: &BehaviorRef<'_>) -> ServedBehavior {
        ServedBehavior {
            path_pattern: behavior.pattern.map(ToString::to_string),
            configured_origin: behavior.configured.id.clone(),
            not_routed: !behavior.is_routed,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A request was answered.
    Exchange(Box<Exchange>),
    /// A new table decides.
    Reloaded {
        /// How many routes it has.
        routes: usize,
    },
    /// The files hold no table that can be used, and the last good one stays in use.
    Kept(String),
    /// No new viewer is served, and requests under way are waited for.
    Ending {
        /// How many.
        open: usize,
        /// How long at most.
        limit: Duration,
    },
}

/// Who is told of notices.
pub type Notify = Arc<dyn Fn(Notice) + Send + Sync>;
