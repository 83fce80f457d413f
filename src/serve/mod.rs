//! The local edge: HTTP in, the very handler of the edge, HTTP out.
//!
//! It plays what stands around the router: the gate (`gate`), CloudFront (`incoming`, `outgoing`) and the
//! origins: servers (`forward`), folders (`folder`) or a stand-in page (`stand_in`). `exchange` is the way of
//! one request through all of them. It reads no table and prints nothing: the table comes from a closure, and what
//! happens is told as [`Notice`]s.

mod body;
mod connections;
mod exchange;
mod folder;
mod forward;
mod gate;
mod incoming;
mod outgoing;
mod page;
mod stand_in;
mod target;

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;

pub use connections::serve;
pub use exchange::Exchange;
pub use incoming::Secrets;
pub use target::{MapError, Mapping, Server, Target, check_mapping, parse_mapping};

use crate::edge::Handler;
use crate::route::{Definition, Origin, Table, Timestamp};
use stand_in::Choice;

/// How often the table is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// What does not change while the edge runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What plays the origins.
    pub mapping: Mapping,
    /// The country of viewers that do not say theirs.
    pub country: Option<String>,
    /// The head of a request must be there within this time, and an unused connection is kept as long.
    pub head_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { mapping: Mapping::new(), country: None, head_timeout: Duration::from_secs(30) }
    }
}

/// A table and the values of its secrets.
#[derive(Debug)]
pub struct Tabled {
    /// Without any error.
    pub table: Table,
    /// By name.
    pub secrets: Secrets,
}

/// What a look at the table's files found.
#[derive(Debug)]
pub enum Reading {
    /// They are as they were.
    Unchanged,
    /// They hold a new table.
    Changed(Box<Tabled>),
    /// They hold no table; why, in words.
    Broken(String),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A request was answered.
    Exchange(Exchange),
    /// A new table decides.
    Reloaded {
        /// How many routes it has.
        routes: usize,
        /// Mapped ids that it no longer has.
        unknown: Vec<String>,
    },
    /// The files hold no table, and the last good one goes on deciding.
    Kept(String),
}

/// Who is told of notices.
pub type Notify = Arc<dyn Fn(Notice) + Send + Sync>;

/// The local edge.
pub struct Edge {
    settings: Settings,
    notify: Notify,
    client: forward::Client,
    via: HeaderValue,
    live: RwLock<Arc<Live>>,
    requests: AtomicU64,
    instance: u64,
}

/// A table at work.
struct Live {
    handler: Handler,
    secrets: Secrets,
}

impl Edge {
    /// An edge that decides by a table. Must be made inside a tokio runtime.
    ///
    /// # Errors
    /// Where an origin is mapped that the table does not have.
    pub fn new(tabled: Tabled, settings: Settings, notify: Notify) -> Result<Edge, MapError> {
        let origins = &tabled.table.definition().origins;
        check_mapping(&settings.mapping, origins.iter().map(|origin| origin.id.as_str()))?;
        let instance = RandomState::new().hash_one(());
        let via = HeaderValue::from_str(&format!("1.1 {instance:016x}.crossfade (CloudFront)"));
        Ok(Edge {
            settings,
            notify,
            client: forward::client(),
            via: via.unwrap_or(HeaderValue::from_static("1.1 crossfade (CloudFront)")),
            live: RwLock::new(Arc::new(Live::new(tabled))),
            requests: AtomicU64::new(0),
            instance,
        })
    }

    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, tabled: Tabled) {
        let definition = tabled.table.definition();
        let known = |id: &str| definition.origins.iter().any(|origin| origin.id == id);
        let unknown = self.settings.mapping.keys().filter(|id| !known(id)).cloned().collect();
        let routes = definition.routes.len();
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Live::new(tabled));
        (self.notify)(Notice::Reloaded { routes, unknown });
    }

    fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{number:016x}==", self.instance.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

impl Live {
    fn new(Tabled { table, secrets }: Tabled) -> Live {
        Live { handler: Handler::new(table, secrets.clone()), secrets }
    }

    fn table(&self) -> &Table {
        self.handler.table()
    }

    fn definition(&self) -> &Definition {
        self.table().definition()
    }

    fn origin(&self, id: Option<&str>, domain: &str) -> Option<&Origin> {
        let origins = &self.definition().origins;
        match id {
            Some(id) => origins.iter().find(|origin| origin.id == id),
            None => origins.iter().find(|origin| origin.domain == domain),
        }
    }

    /// The handler's answer, or why there is none, and whom it chose.
    fn decide(&self, event: &[u8], now: Timestamp) -> (Result<Vec<u8>, String>, Choice) {
        let handled = self.handler.handle(event, now);
        let choice = handled.summary.map(|summary| Choice {
            route: summary.route,
            origin: summary.origin,
            surprise: summary.surprise,
        });
        (handled.answer.map_err(|error| error.to_string()), choice.unwrap_or_default())
    }
}

/// Looks at the table from time to time, for ever. `read` is called in a thread of its own, never twice at once.
pub async fn watch(edge: Arc<Edge>, mut read: impl FnMut() -> Reading + Send + 'static) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        let looked = tokio::task::spawn_blocking(move || {
            let reading = read();
            (read, reading)
        });
        // A reader that panicked has told why; there is nothing more to read with.
        let Ok((reader, reading)) = looked.await else { return };
        read = reader;
        match reading {
            Reading::Unchanged => {}
            Reading::Changed(tabled) => edge.replace(*tabled),
            Reading::Broken(why) => (edge.notify)(Notice::Kept(why)),
        }
    }
}
