//! The files of the package.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::archive::{Rights, ZipEntry};
use super::binary::Bootstrap;
use super::source::table_hash;
use super::start::StartPath;
use crate::analysis::manifest::Manifest;
use crate::cli::CliError;
use crate::cli::table::OpenTable;
use crate::edge::start::{DEFAULT, SECRETS, StoredDefault, TABLE};
use crate::edge::{custom_block, image, said_members};
use crate::platform::headers;
use crate::report::json;
use crate::route::canonical::{PathParameters, Slashes};
use crate::route::{BehaviorId, KeyedQuery, Origin, OriginKind, Table};
use crate::text::hex;
use crate::text::host::LONGEST_VALUE;

/// The first file that Lambda loads.
const HOST: &str = include_str!("../../edge/host/index.mjs");

/// What the host reads: who it is, what the binary must be, and where requests go without it.
#[derive(Serialize)]
struct HostFile {
    /// Names the start marker: another package is another start.
    package: String,
    bytes: usize,
    /// `child` where this process is never handed over.
    start: &'static str,
    default: DefaultOrigin,
}

/// The default origin as the host writes it into a request.
#[derive(Serialize)]
struct DefaultOrigin {
    /// The event's `origin`; `null`: as it came, for the default is what CloudFront itself has on the behavior.
    origin: Option<serde_json::Value>,
    host: DefaultHost,
    /// Names that CloudFront would refuse to find twice.
    remove: Vec<String>,
    /// The members of `origin.custom` that the table says; others stay where the event aims at it already.
    members: Vec<&'static str>,
    locked: Locked,
    /// Texts that no path may hold, in lower case.
    refuse: Vec<String>,
    canonical: Resolving,
    /// In CloudFront's order.
    behaviors: Vec<HostBehavior>,
}

/// What of `[canonical]` changes a path before its dot segments are removed.
#[derive(Serialize)]
struct Resolving {
    strip_parameters: bool,
    merge_slashes: bool,
}

/// A cache behavior, as far as a path's query hangs on it.
#[derive(Serialize)]
struct HostBehavior {
    /// `null`: the default one, which is the last.
    pattern: Option<String>,
    /// The parameters of a query that are in its cache key; `null`: all.
    names: Option<Vec<String>>,
}

/// Headers that stay on a request whatever its origin adds, in lower case.
#[derive(Serialize)]
struct Locked {
    names: Vec<&'static str>,
    prefixes: Vec<&'static str>,
}

/// The `Host` that the default origin is sent.
#[derive(Serialize)]
struct DefaultHost {
    name: String,
    viewer: Option<ViewerHost>,
}

/// The viewer's host is sent on, where it is known.
#[derive(Serialize)]
struct ViewerHost {
    /// The gate's header that tells it.
    header: &'static str,
    /// A longer text is not a host.
    longest: usize,
    /// Domains of origins: never a viewer's host.
    not: Vec<String>,
}

/// Makes all files, sorted by name.
pub(super) fn make(
    open: OpenTable,
    manifest: &Manifest,
    secrets: &BTreeMap<String, String>,
    bootstrap: Bootstrap,
) -> Result<Vec<ZipEntry>, CliError> {
    // What it says to people stays in `source/`.
    let table = open.table.without_words();
    let image = image::encode(&table, &table_hash(&open.sources)).map_err(CliError::new)?;
    let (bytes, start) = (bootstrap.bytes.len(), bootstrap.start);
    let mut entries = vec![
        ZipEntry::new("index.mjs", Rights::File, HOST),
        ZipEntry::new("bootstrap", Rights::Executable, bootstrap.bytes),
        ZipEntry::new(TABLE, Rights::File, image),
        ZipEntry::new(DEFAULT, Rights::File, json(&StoredDefault::of(&table))?),
        ZipEntry::new("manifest.json", Rights::File, json::document(manifest).map_err(CliError::new)?),
    ];
    for file in open.sources.files() {
        entries.push(ZipEntry::new(format!("source/{}", file.name), Rights::File, file.text.as_bytes()));
    }
    let (package, default) = (identity(&entries, start), default_origin(&table, secrets)?);
    let host = HostFile { package, bytes, start: start.name(), default };
    entries.push(ZipEntry::new("host.json", Rights::File, json(&host)?));
    if !secrets.is_empty() {
        entries.push(ZipEntry::new(SECRETS, Rights::File, json(secrets)?));
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn json(value: &impl Serialize) -> Result<String, CliError> {
    json::pretty(value).map_err(CliError::new)
}

/// Half a SHA-256 over the path, names and contents. Secrets are not among them: it is logged.
fn identity(entries: &[ZipEntry], start: StartPath) -> String {
    let mut hash = Sha256::new();
    hash.update(start.name());
    for entry in entries {
        for part in [entry.name.as_bytes(), &entry.bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hex(&hash.finalize()[..16])
}

fn default_origin(table: &Table, secrets: &BTreeMap<String, String>) -> Result<DefaultOrigin, CliError> {
    let (definition, origin) = (table.definition(), table.default_origin());
    // Every origin is tried, so that no other one turns out unfit at the edge.
    for origin in &definition.origins {
        block(origin, secrets)?;
    }
    let viewer = origin.sends_viewer_host().then(|| {
        let not = definition.origins.iter().map(|origin| origin.domain.clone()).collect();
        ViewerHost { header: headers::HOST, longest: LONGEST_VALUE, not }
    });
    Ok(DefaultOrigin {
        origin: block(origin, secrets)?,
        host: DefaultHost { name: origin.own_host().to_owned(), viewer },
        members: match &origin.kind {
            OriginKind::Custom(custom) => said_members(custom),
            OriginKind::S3(_) => Vec::new(),
        },
        locked: locked(),
        remove: removed(origin),
        refuse: definition.canonical.refuse.texts().iter().map(|text| text.to_ascii_lowercase()).collect(),
        canonical: Resolving {
            strip_parameters: definition.canonical.path_parameters == PathParameters::Strip,
            merge_slashes: definition.canonical.slashes == Slashes::Merge,
        },
        behaviors: table.behavior_ids().map(|id| behavior(table, id)).collect(),
    })
}

fn behavior(table: &Table, id: BehaviorId) -> HostBehavior {
    let names = match table.keyed_query(id) {
        KeyedQuery::All => None,
        KeyedQuery::Names(names) => Some(names.clone()),
    };
    HostBehavior { pattern: table.behavior_ref(id).pattern.map(ToString::to_string), names }
}

/// Its own headers, and of a bucket what none is sent.
fn removed(origin: &Origin) -> Vec<String> {
    let own = origin.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let unsent = headers::NOT_FOR_BUCKETS.iter().filter(|_| origin.is_bucket()).map(|name| (*name).to_owned());
    own.chain(unsent).collect()
}

/// What a function may not write on a request, and `host`, which is written apart.
fn locked() -> Locked {
    let lists = [headers::DISALLOWED, headers::READ_ONLY_AT_ORIGIN_REQUEST];
    let names = lists.iter().flat_map(|list| list.names).copied();
    let prefixes = lists.iter().flat_map(|list| list.prefixes).copied();
    Locked { names: names.chain(["host"]).collect(), prefixes: prefixes.collect() }
}

fn block(origin: &Origin, secrets: &BTreeMap<String, String>) -> Result<Option<serde_json::Value>, CliError> {
    let OriginKind::Custom(custom) = &origin.kind else { return Ok(None) };
    let unfit = |why: &dyn std::fmt::Display| CliError::new(format_args!("the origin `{}`: {why}", origin.id));
    let text = custom_block(origin, custom, secrets).map_err(|why| unfit(&why))?;
    serde_json::from_str(&text).map(Some).map_err(|why| unfit(&why))
}
