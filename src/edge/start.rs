//! A start of the function: what lies beside the binary becomes a handler.
//!
//! `crossfade package` wrote these files; `docs/edge.md` lists them. A table that is refused costs its routes, not the
//! site: `default.json` has the same origins without any route, so every request goes to the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::Handler;
use super::image::{self, Refused, TableHash};
use crate::route::{Definition, HeaderValue, Table, Timestamp};

/// The compiled table.
pub const TABLE: &str = "table.bin";
/// The table without its routes, as JSON.
pub const DEFAULT: &str = "default.json";
/// Values of secrets by name, as JSON. Only there where the table names secrets.
pub const SECRETS: &str = "secrets.json";

/// How events reach this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// From the Runtime API: the Node host became this process.
    Exec,
    /// Through pipes: the Node host runs beside this process.
    Child,
    /// From the Runtime API: there was no host.
    Alone,
}

/// A handler that is ready, and what is to be logged of its start.
#[derive(Debug)]
pub struct Started {
    /// Answers events.
    pub handler: Handler,
    /// One JSON object each.
    pub log: Vec<String>,
}

/// Why there is no handler, not even for the default.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file is not there or cannot be read.
    #[error("`{name}` cannot be read: {cause}")]
    File {
        /// The file.
        name: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// A file holds something else.
    #[error("`{name}` cannot be understood: {cause}")]
    Json {
        /// The file.
        name: &'static str,
        /// Where and why; holds nothing of the file.
        cause: String,
    },
    /// A secret has no value.
    #[error("`{SECRETS}` has no value for the secret `{0}`")]
    MissingSecret(String),
}

/// Why the compiled table is not used.
#[derive(Debug, thiserror::Error)]
enum NoTable {
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
}

#[derive(Serialize)]
struct StartLine<'a> {
    kind: &'a str,
    level: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    mode: Mode,
    /// Hex; `null` where the table was refused.
    table: Option<String>,
    routes: usize,
    build: &'a str,
    init_ms: f64,
}

/// Reads the files of a folder. O(n) in the table.
///
/// # Errors
/// The table was refused and there is no usable default either, or a secret is missing.
pub fn start(folder: &Path, mode: Mode) -> Result<Started, StartError> {
    let began = Instant::now();
    let secrets = read_secrets(folder)?;
    let (table, hash, refused) = match read_table(&folder.join(TABLE)) {
        Ok((table, hash)) => (table, Some(hash), None),
        Err(why) => (read_default(folder)?, None, Some(why)),
    };
    check_secrets(table.definition(), &secrets)?;
    let routes = table.routes().len();
    let handler = Handler::new(table, secrets);
    let message = refused.map(|why| format!("`{TABLE}`: {why}; every request goes to the default origin"));
    let line = StartLine {
        kind: "start",
        level: if message.is_some() { "error" } else { "info" },
        message,
        mode,
        table: hash.as_ref().map(hex),
        routes,
        build: std::hint::black_box(image::BUILD_MARK),
        init_ms: (began.elapsed().as_secs_f64() * 1e5).round() / 100.0,
    };
    let log = vec![serde_json::to_string(&line).unwrap_or_default()];
    Ok(Started { handler, log })
}

/// The folder that the binary lies in: Lambda's task root.
///
/// The name that it was called by says more than the system does: that would tell of the loader, where the host had to
/// start the binary through it.
///
/// # Errors
/// The system does not know it.
pub fn own_folder() -> io::Result<PathBuf> {
    let called = std::env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute());
    let binary = called.map_or_else(std::env::current_exe, Ok)?;
    Ok(binary.parent().map_or_else(PathBuf::new, Path::to_path_buf))
}

/// The moment a decision is made at.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i128::try_from(since.as_nanos()).unwrap_or(i128::MAX))
}

/// Writes lines where Lambda collects them, each in one piece.
pub fn write_log(lines: &[String]) {
    use io::Write;
    for line in lines {
        // Nobody is left to tell of a log that cannot be written.
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }
}

/// A hash as people write it.
#[must_use]
pub fn hex(hash: &TableHash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_table(path: &Path) -> Result<(Table, TableHash), NoTable> {
    let image = image::decode(&fs::read(path)?)?;
    Ok((image.table, image.hash))
}

fn read_default(folder: &Path) -> Result<Table, StartError> {
    let bytes = fs::read(folder.join(DEFAULT)).map_err(|cause| StartError::File { name: DEFAULT, cause })?;
    let definition: Definition =
        serde_json::from_slice(&bytes).map_err(|error| StartError::Json { name: DEFAULT, cause: error.to_string() })?;
    Table::compile(definition).map_err(|error| StartError::Json { name: DEFAULT, cause: error.to_string() })
}

fn read_secrets(folder: &Path) -> Result<BTreeMap<String, String>, StartError> {
    let bytes = match fs::read(folder.join(SECRETS)) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(cause) => return Err(StartError::File { name: SECRETS, cause }),
    };
    // serde_json's messages quote what they found: only the place is told.
    serde_json::from_slice(&bytes).map_err(|error| {
        let cause = format!("line {}, column {}", error.line(), error.column());
        StartError::Json { name: SECRETS, cause }
    })
}

fn check_secrets(definition: &Definition, secrets: &BTreeMap<String, String>) -> Result<(), StartError> {
    match secret_names(definition).into_iter().find(|name| !secrets.contains_key(*name)) {
        Some(name) => Err(StartError::MissingSecret(name.to_owned())),
        None => Ok(()),
    }
}

/// The names of the secrets that a table's origins need.
#[must_use]
pub fn secret_names(definition: &Definition) -> BTreeSet<&str> {
    let headers = definition.origins.iter().flat_map(|origin| &origin.headers);
    headers
        .filter_map(|(_, value)| match value {
            HeaderValue::Secret(name) => Some(name.as_str()),
            HeaderValue::Text(_) => None,
        })
        .collect()
}
