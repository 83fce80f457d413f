//! What all exchanges share: the settings, the client, and the table at work.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// What plays the origins.
    pub mapping: Mapping,
    /// The country of viewers that do not say theirs.
    pub country: Option<String>,
    /// The head of a request must be there within this time, and an unused connection is kept as long.
    pub head_timeout: Duration,
}

impl Default for ServeSettings {
    fn default() -> ServeSettings {
        ServeSettings { mapping: Mapping::new(), country: None, head_timeout: Duration::from_secs(30) }
    }
}

/// A table and a value for each of its secrets.
#[derive(Debug)]
pub struct Tabled {
    table: Table,
    secrets: Secrets,
}

impl Tabled {
    /// Asks for the value of every secret that the table names.
    pub fn new(table: Table, secret: impl Fn(&str) -> String) -> Tabled {
        let secrets = secret_values(table.definition(), secret);
        Tabled { table, secrets }
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
    requests: AtomicU64,
    instance: u64,
}

/// A table at work.
pub(super) struct Live {
    pub(super) handler: Handler,
    /// What the gate must know of it.
    pub(super) reads: GateReads,
    /// What CloudFront itself has on each behavior, as events have it.
    pub(super) configured: Vec<Value>,
}

impl Edge {
    /// An edge that decides by a table. Must be made inside a tokio runtime.
    ///
    /// # Errors
    /// Where an origin is mapped that the table does not have.
    pub fn new(tabled: Tabled, settings: ServeSettings, notify: Notify) -> Result<Edge, MapError> {
        let origins = &tabled.table.definition().origins;
        check_mapping(&settings.mapping, origins.iter().map(|origin| origin.id.as_str()))?;
        let instance = RandomState::new().hash_one(());
        let via = HeaderValue::from_str(&format!("1.1 {instance:016x}.crossfade (CloudFront)"))
            .expect("digits and letters make a header's value");
        Ok(Edge {
            settings,
            notify,
            client: forward::client(),
            via,
            live: RwLock::new(Arc::new(Live::new(tabled))),
            requests: AtomicU64::new(0),
            instance,
        })
    }

    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, tabled: Tabled) {
        let live = Live::new(tabled);
        let definition = live.definition();
        let known = |id: &str| definition.origins.iter().any(|origin| origin.id == id);
        let unknown = self.settings.mapping.keys().filter(|id| !known(id)).cloned().collect();
        let routes = definition.routes.len();
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
        (self.notify)(Notice::Reloaded { routes, unknown });
    }

    pub(super) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:016x}{number:016x}==", self.instance.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

impl Live {
    fn new(Tabled { table, secrets }: Tabled) -> Live {
        let block = |id| origin_block(table.origin(table.configured_id(id)), &secrets);
        let configured = table.behavior_ids().map(block).collect();
        Live { reads: gate::reads(&table), handler: Handler::new(table, secrets), configured }
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
