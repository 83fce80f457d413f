//! What all exchanges share: the settings, the client, and the table at work.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;

use super::forward::{self, Client};
use super::gate::{self, GateReads};
use super::incoming::{Secrets, origin_block};
use super::notice::{Notice, Notify};
use super::target::{MapError, Mapping, check_mapping};
use crate::edge::Handler;
use crate::edge::start::secret_values;
use crate::route::{Definition, Origin, Table};

/// What does not change while the edge runs.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// The country of viewers that do not say theirs.
    pub country: Option<String>,
    /// The head of a request must be there within this time, and an unused connection is kept as long.
    pub head_timeout: Duration,
    /// An origin must take a connection within this time; CloudFront waits as long by default.
    pub connect_timeout: Duration,
    /// At the end, requests under way get this long.
    pub end_timeout: Duration,
}

impl Default for ServeSettings {
    fn default() -> ServeSettings {
        let [head_timeout, connect_timeout, end_timeout] = [30, 10, 10].map(Duration::from_secs);
        ServeSettings { country: None, head_timeout, connect_timeout, end_timeout }
    }
}

/// A table, a value for each of its secrets, and what plays its origins.
#[derive(Debug)]
pub struct Tabled {
    table: Table,
    secrets: Secrets,
    mapping: Mapping,
}

impl Tabled {
    /// Asks for the value of every secret that the table names.
    ///
    /// # Errors
    /// Where an origin is mapped that the table does not have.
    pub fn new(table: Table, mapping: Mapping, secret: impl Fn(&str) -> String) -> Result<Tabled, MapError> {
        check_mapping(&mapping, table.definition().origins.iter().map(|origin| origin.id.as_str()))?;
        let secrets = secret_values(table.definition(), secret);
        Ok(Tabled { table, secrets, mapping })
    }
}

/// The local edge.
pub struct Edge {
    pub(super) settings: ServeSettings,
    pub(super) notify: Notify,
    pub(super) client: Client,
    /// How this very server names itself in `Via`.
    pub(super) via: HeaderValue,
    live: RwLock<Arc<Live>>,
    /// As many others as there are requests under way.
    open: Arc<()>,
    cut_off: AtomicBool,
    requests: AtomicU64,
    instance: u64,
}

/// A table at work.
pub(super) struct Live {
    pub(super) handler: Handler,
    /// What plays its origins.
    pub(super) mapping: Mapping,
    /// What the gate must know of it.
    pub(super) reads: GateReads,
    /// What CloudFront itself has on each behavior, as events have it.
    pub(super) configured: Vec<Value>,
}

impl Edge {
    /// An edge that decides by a table. Must be made inside a tokio runtime.
    #[must_use]
    pub fn new(tabled: Tabled, settings: ServeSettings, notify: Notify) -> Edge {
        let instance = RandomState::new().hash_one(());
        let via = HeaderValue::from_str(&format!("1.1 {instance:016x}.crossfade (CloudFront)"))
            .expect("digits and letters make a header's value");
        Edge {
            client: forward::client(settings.connect_timeout),
            settings,
            notify,
            via,
            live: RwLock::new(Arc::new(Live::new(tabled))),
            open: Arc::default(),
            cut_off: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            instance,
        }
    }

    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, tabled: Tabled) {
        let live = Live::new(tabled);
        let routes = live.definition().routes.len();
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
        (self.notify)(Notice::Reloaded { routes });
    }

    /// To be held as long as a request is under way.
    pub(super) fn open_requests(&self) -> Arc<()> {
        Arc::clone(&self.open)
    }

    /// How many requests are under way.
    pub(super) fn count_open_requests(&self) -> usize {
        Arc::strong_count(&self.open).saturating_sub(1)
    }

    /// From now on it is no viewer's fault where an answer does not reach it.
    pub(super) fn cut_off(&self) {
        self.cut_off.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::Relaxed)
    }

    pub(super) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{number:016x}==", self.instance.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

impl Live {
    fn new(Tabled { table, secrets, mapping }: Tabled) -> Live {
        let block = |id| origin_block(table.origin(table.configured_id(id)), &secrets);
        let configured = table.behavior_ids().map(block).collect();
        Live { mapping, reads: gate::reads(&table), handler: Handler::new(table, secrets), configured }
    }

    /// What CloudFront has on the behavior that a path falls in, and that as an event has it.
    #[allow(clippy::indexing_slicing, reason = "there is one for each behavior of the table")]
    pub(super) fn configured(&self, path: &str) -> (&Origin, &Value) {
        let table = self.handler.table();
        let behavior = table.placement(path).clean;
        (table.origin(table.configured_id(behavior)), &self.configured[behavior.position()])
    }

    pub(super) fn definition(&self) -> &Definition {
        self.handler.table().definition()
    }

    /// The origin that the handler names; where it names none, the one at the domain that it wrote.
    pub(super) fn origin(&self, id: Option<&str>, domain: &str) -> Option<&Origin> {
        let is_meant = |origin: &&Origin| id.map_or(origin.domain == domain, |id| origin.id == id);
        self.definition().origins.iter().find(is_meant)
    }
}
