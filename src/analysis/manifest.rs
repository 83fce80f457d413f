//! What infrastructure code reads of a table: origins, cache key, epochs, counts. Only Rust ever parses `routes.toml`.
//!
//! Holds names of secrets, never their values.

use serde::Serialize;

use super::cache_key::CacheKey;
use crate::check::memory::MemoryNeed;
use crate::route::{
    BehaviorId, Caching, CustomOrigin, Definition, HeaderValue, Languages, Origin, OriginKind, S3Origin, Share, Side,
    Table, Timestamp, VariesQuery, epochs_of,
};

/// A decision takes less than a millisecond. What takes this long hangs, and waits for nobody's sake: Lambda then ends
/// the sandbox, and the path `child` has answered half a second before.
const TIMEOUT_SECONDS: u16 = 5;

/// Everything that a distribution must know of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// SHA-256 of the text that the table was read from, hex.
    table_hash: String,
    /// Fingerprint of the code that compiled it.
    build: String,
    function: Function,
    counts: TableCounts,
    default_origin: String,
    behaviors: Vec<BehaviorEntry>,
    origins: Vec<OriginEntry>,
    cache_key: CacheKey,
    forwarded: Forwarded,
    cohorts: Vec<CohortEntry>,
    languages: Languages,
    epochs: Vec<Epoch>,
    log: Log,
}

/// What identifies a table and the code that compiled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of the table's text, hex.
    pub table_hash: String,
    /// Fingerprint of the build, hex.
    pub build: String,
}

/// How the Lambda function has to be made.
#[derive(Clone, Debug, Serialize)]
struct Function {
    runtimes: [&'static str; 2],
    architecture: &'static str,
    handler: &'static str,
    event_type: &'static str,
    include_body: bool,
    /// What it is given.
    memory_mb: u16,
    /// The binary's estimated peak, without Node.js beside it.
    estimated_peak_mb: u64,
    timeout_seconds: u16,
}

/// One cache behavior, in CloudFront's order; the default one is the last and has no pattern.
#[derive(Clone, Debug, Serialize)]
struct BehaviorEntry {
    path_pattern: Option<String>,
    configured_origin: String,
    failover: Option<String>,
    caching: Caching,
    router: bool,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TableCounts {
    routes: usize,
    map_rows: usize,
    origins: usize,
    cohorts: usize,
}

#[derive(Clone, Debug, Serialize)]
struct OriginEntry {
    id: String,
    side: Side,
    #[serde(flatten)]
    kind: KindEntry,
    domain: String,
    headers: Vec<HeaderEntry>,
    varies: VariesEntry,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum KindEntry {
    S3 {
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        path: String,
    },
    Custom {
        host: String,
        protocol: crate::route::Protocol,
        port: u16,
        path: String,
        read_timeout: u16,
        keepalive_timeout: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        response_completion_timeout: Option<u16>,
        ssl_protocols: Vec<String>,
    },
}

/// A custom header: its text, or the name of the secret that it holds.
#[derive(Clone, Debug, Serialize)]
struct HeaderEntry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct VariesEntry {
    query: QueryEntry,
    cookies: Vec<String>,
    headers: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum QueryEntry {
    All(&'static str),
    Names(Vec<String>),
}

/// What the behavior forwards to function and origin. The key's parts always are; beyond them only the query is, whole,
/// because CloudFront shows a function no query at all unless all of it is forwarded.
#[derive(Clone, Debug, Serialize)]
struct Forwarded {
    headers: Vec<String>,
    cookies: Vec<String>,
    query_strings: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct CohortEntry {
    name: String,
    share_percent: f64,
}

/// What the gate tells from a second on.
#[derive(Clone, Debug, Serialize)]
struct Epoch {
    /// That Unix second; 0 before the first instant.
    epoch: u64,
    /// The same in RFC 3339; `null` for the one before all instants.
    from: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Log {
    sample: f64,
}

impl Manifest {
    /// Collects it. O(n) in routes.
    #[must_use]
    pub fn of(table: &Table, identity: Identity) -> Manifest {
        let definition = table.definition();
        let cache_key = CacheKey::of(definition);
        Manifest {
            table_hash: identity.table_hash,
            build: identity.build,
            function: Function::of(table),
            counts: TableCounts::of(definition),
            default_origin: table.default_origin().id.clone(),
            behaviors: table.behavior_ids().map(|id| BehaviorEntry::of(table, id)).collect(),
            origins: definition.origins.iter().map(OriginEntry::of).collect(),
            forwarded: Forwarded::of(&cache_key),
            cache_key,
            cohorts: definition
                .declared
                .cohorts
                .iter()
                .map(|cohort| CohortEntry { name: cohort.name.clone(), share_percent: percent(cohort.share) })
                .collect(),
            languages: definition.declared.languages.clone(),
            epochs: epochs(table.instants()),
            log: Log { sample: percent(definition.log_sample) / 100.0 },
        }
    }

    /// The cache key that it holds.
    #[must_use]
    pub fn cache_key(&self) -> &CacheKey {
        &self.cache_key
    }
}

impl BehaviorEntry {
    fn of(table: &Table, id: BehaviorId) -> BehaviorEntry {
        let behavior = table.behavior(id);
        let pattern = table.definition().behaviors.by_pattern.get(id.position());
        BehaviorEntry {
            path_pattern: pattern.map(|(pattern, _)| pattern.to_string()),
            configured_origin: table.origin(table.configured_id(id)).id.clone(),
            failover: table.failover_id(id).map(|failover| table.origin(failover).id.clone()),
            caching: behavior.caching,
            router: behavior.is_routed,
        }
    }
}

impl Function {
    fn of(table: &Table) -> Function {
        Function {
            runtimes: ["nodejs22.x", "nodejs24.x"],
            architecture: "x86_64",
            handler: "index.handler",
            event_type: "origin-request",
            include_body: false,
            memory_mb: table.definition().memory.0,
            estimated_peak_mb: MemoryNeed::of(table).peak_mb(),
            timeout_seconds: TIMEOUT_SECONDS,
        }
    }
}

impl TableCounts {
    fn of(definition: &Definition) -> TableCounts {
        let rows = definition.routes.iter().map(|route| route.path.rows().len());
        TableCounts {
            routes: definition.routes.len(),
            map_rows: rows.sum(),
            origins: definition.origins.len(),
            cohorts: definition.declared.cohorts.len(),
        }
    }
}

impl OriginEntry {
    fn of(origin: &Origin) -> OriginEntry {
        OriginEntry {
            id: origin.id.clone(),
            side: origin.side,
            kind: KindEntry::of(&origin.kind),
            domain: origin.domain.clone(),
            headers: origin.headers.iter().map(|(name, value)| HeaderEntry::of(name, value)).collect(),
            varies: VariesEntry {
                query: match &origin.varies.query {
                    VariesQuery::All => QueryEntry::All("all"),
                    VariesQuery::Names(names) => QueryEntry::Names(names.clone()),
                },
                cookies: origin.varies.cookies.clone(),
                headers: origin.varies.headers.clone(),
            },
        }
    }
}

impl KindEntry {
    fn of(kind: &OriginKind) -> KindEntry {
        match kind {
            OriginKind::S3(S3Origin { region, path }) => KindEntry::S3 { region: region.clone(), path: path.clone() },
            OriginKind::Custom(custom) => KindEntry::of_custom(custom.clone()),
        }
    }

    fn of_custom(custom: CustomOrigin) -> KindEntry {
        KindEntry::Custom {
            host: custom.host.name().to_owned(),
            protocol: custom.protocol,
            port: custom.port,
            path: custom.path,
            read_timeout: custom.read_timeout,
            keepalive_timeout: custom.keepalive_timeout,
            response_completion_timeout: custom.response_completion_timeout,
            ssl_protocols: custom.ssl_protocols,
        }
    }
}

impl HeaderEntry {
    fn of(name: &str, value: &HeaderValue) -> HeaderEntry {
        let (value, secret) = match value {
            HeaderValue::Text(text) => (Some(text.clone()), None),
            HeaderValue::Secret(secret) => (None, Some(secret.clone())),
        };
        HeaderEntry { name: name.to_owned(), value, secret }
    }
}

impl Forwarded {
    fn of(key: &CacheKey) -> Forwarded {
        let names = |parts: &[super::cache_key::KeyPart]| parts.iter().map(|part| part.name.clone()).collect();
        Forwarded { headers: names(&key.headers), cookies: names(&key.cookies), query_strings: "all" }
    }
}

/// What the gate can tell, in order.
fn epochs(instants: &[Timestamp]) -> Vec<Epoch> {
    let text = |epoch: u64| i64::try_from(epoch).ok().map(|second| Timestamp::from_seconds(second).to_string());
    let from = |epoch: u64| (epoch > 0).then(|| text(epoch)).flatten();
    epochs_of(instants).into_iter().map(|epoch| Epoch { epoch, from: from(epoch) }).collect()
}

fn percent(share: Share) -> f64 {
    f64::from(share.0) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_begins_at_its_instant_and_never_before() {
        let seconds = |seconds: i64| Timestamp::from_seconds(seconds);
        let instants = [seconds(-1), seconds(0), Timestamp(1_000_000_001), seconds(2), seconds(60)];
        let told: Vec<_> = epochs(&instants).into_iter().map(|epoch| (epoch.epoch, epoch.from)).collect();
        let at = |epoch: u64, text: &str| (epoch, Some(text.to_owned()));
        assert_eq!(told, [(0, None), at(2, "1970-01-01T00:00:02Z"), at(60, "1970-01-01T00:01:00Z")]);
        assert!(epochs(&[]).is_empty());
    }
}
