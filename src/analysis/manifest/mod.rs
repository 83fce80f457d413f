//! What infrastructure code reads of a table, enough to build a safe distribution from. Only Rust ever parses
//! `routes.toml`. `docs/manifest.md` says what each key means, [`SCHEMA`] which shape it has.
//!
//! Holds names of secrets, never their values.

mod behaviors;
mod gate;
mod origins;

use serde::Serialize;

use self::behaviors::BehaviorEntry;
use self::gate::{CohortEntry, Epoch, GateEntry, epochs, percent};
use self::origins::{OriginEntry, SecretEntry, secrets};
use crate::check::memory::MemoryNeed;
use crate::route::canonical::{LetterCase, PathParameters, Slashes, TrailingSlash};
use crate::route::{Canonical, Definition, Languages, Table};

/// The JSON Schema of a manifest.
pub const SCHEMA: &str = include_str!("../../../docs/manifest.schema.json");

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
    secrets: Vec<SecretEntry>,
    canonical: CanonicalEntry,
    gate: GateEntry,
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

#[derive(Clone, Copy, Debug, Serialize)]
struct TableCounts {
    routes: usize,
    map_rows: usize,
    origins: usize,
    cohorts: usize,
}

/// The normal form of paths, and what is refused.
#[derive(Clone, Debug, Serialize)]
struct CanonicalEntry {
    case: &'static str,
    trailing_slash: &'static str,
    merge_slashes: bool,
    path_parameters: &'static str,
    refuse: Vec<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Log {
    sample: f64,
}

impl Manifest {
    /// Collects it. O(n) in routes, and what [`Table::reach`] costs.
    #[must_use]
    pub fn of(table: &Table, identity: Identity) -> Manifest {
        let definition = table.definition();
        let reach = table.reach();
        Manifest {
            table_hash: identity.table_hash,
            build: identity.build,
            function: Function::of(table),
            counts: TableCounts::of(definition),
            default_origin: table.default_origin().id.clone(),
            behaviors: table.behavior_ids().map(|id| BehaviorEntry::of(table, &reach, id)).collect(),
            origins: definition.origins.iter().map(OriginEntry::of).collect(),
            secrets: secrets(definition),
            canonical: CanonicalEntry::of(&definition.canonical),
            gate: GateEntry::of(definition),
            cohorts: definition.declared.cohorts.iter().map(CohortEntry::of).collect(),
            languages: definition.declared.languages.clone(),
            epochs: epochs(table.instants()),
            log: Log { sample: percent(definition.log_sample) / 100.0 },
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

impl CanonicalEntry {
    fn of(canonical: &Canonical) -> CanonicalEntry {
        CanonicalEntry {
            case: if canonical.case == LetterCase::Lower { "lower" } else { "keep" },
            trailing_slash: if canonical.trailing_slash == TrailingSlash::Strip { "strip" } else { "keep" },
            merge_slashes: canonical.slashes == Slashes::Merge,
            path_parameters: if canonical.path_parameters == PathParameters::Strip { "strip" } else { "keep" },
            refuse: canonical.refuse.texts().to_vec(),
        }
    }
}
