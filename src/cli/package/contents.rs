//! The files of the package.

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::archive::{Entry, Mode};
use super::binary::Bootstrap;
use super::source::{Source, hex};
use crate::analysis::manifest::Manifest;
use crate::cli::{CliError, json_text};
use crate::edge::start::{DEFAULT, SECRETS, TABLE};
use crate::edge::{CUSTOM_MEMBERS, custom_block, image};
use crate::route::{Definition, HostRule, Origin, OriginKind};

/// The first file that Lambda loads.
const HOST: &str = include_str!("../../edge/host/index.mjs");

/// What the host reads: who it is, what the binary must be, and where requests go without it.
#[derive(Serialize)]
struct HostFile {
    /// Names the start marker: another package is another start.
    package: String,
    bytes: usize,
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
    /// The members of `origin.custom` that a table decides.
    members: &'static [&'static str],
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
    /// Domains of origins: never a viewer's host.
    not: Vec<String>,
}

/// Makes all files, sorted by name.
pub(super) fn make(
    source: &Source,
    manifest: &Manifest,
    secrets: &BTreeMap<String, String>,
    bootstrap: Bootstrap,
) -> Result<Vec<Entry>, CliError> {
    let definition = source.table.definition();
    let table = image::encode(&source.table.clone().without_words(), &source.table_hash()).map_err(CliError::new)?;
    let mut entries = vec![
        Entry::new("index.mjs", Mode::File, HOST),
        Entry::new("bootstrap", Mode::Executable, bootstrap.bytes),
        Entry::new(TABLE, Mode::File, table),
        Entry::new(DEFAULT, Mode::File, json_text(&without_routes(definition))?),
        Entry::new("manifest.json", Mode::File, json_text(manifest)?),
    ];
    for file in &source.files {
        entries.push(Entry::new(format!("source/{}", file.name), Mode::File, file.text.as_bytes()));
    }
    let host = HostFile {
        package: identity(&entries),
        bytes: entries[1].bytes.len(),
        default: default_origin(definition, secrets)?,
    };
    entries.push(Entry::new("host.json", Mode::File, json_text(&host)?));
    if !secrets.is_empty() {
        entries.push(Entry::new(SECRETS, Mode::File, json_text(secrets)?));
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// What every request gets when the compiled table is refused: the same origins, no routes.
fn without_routes(definition: &Definition) -> Definition {
    Definition {
        origins: definition.origins.clone(),
        default: definition.default,
        configured: definition.configured,
        log_sample: definition.log_sample,
        ..Definition::default()
    }
}

/// Half a SHA-256 over names and contents. Secrets are not among them: it is logged.
fn identity(entries: &[Entry]) -> String {
    let mut hash = Sha256::new();
    for entry in entries {
        for part in [entry.name.as_bytes(), &entry.bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hex(&hash.finalize()[..16])
}

fn default_origin(definition: &Definition, secrets: &BTreeMap<String, String>) -> Result<DefaultOrigin, CliError> {
    let Some(origin) = definition.origins.get(definition.default) else {
        return Err(CliError::new("the table has no default origin"));
    };
    // Every origin is tried, so that no other one turns out unfit at the edge.
    for origin in &definition.origins {
        block(origin, secrets)?;
    }
    let viewer = match &origin.kind {
        OriginKind::Custom(custom) if custom.host == HostRule::Viewer => {
            Some(ViewerHost { not: definition.origins.iter().map(|origin| origin.domain.clone()).collect() })
        }
        _ => None,
    };
    let name = match &origin.kind {
        OriginKind::Custom(custom) => match &custom.host {
            HostRule::Name(name) => name.clone(),
            HostRule::Origin | HostRule::Viewer => origin.domain.clone(),
        },
        OriginKind::S3(_) => origin.domain.clone(),
    };
    Ok(DefaultOrigin {
        origin: block(origin, secrets)?,
        host: DefaultHost { name, viewer },
        members: &CUSTOM_MEMBERS,
        remove: origin.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect(),
    })
}

fn block(origin: &Origin, secrets: &BTreeMap<String, String>) -> Result<Option<serde_json::Value>, CliError> {
    let OriginKind::Custom(custom) = &origin.kind else { return Ok(None) };
    let unfit = |why: &dyn std::fmt::Display| CliError::new(format_args!("the origin `{}`: {why}", origin.id));
    let text = custom_block(origin, custom, secrets).map_err(|why| unfit(&why))?;
    serde_json::from_str(&text).map(Some).map_err(|why| unfit(&why))
}
