//! A start of the function: what lies beside the binary becomes a handler.
//!
//! `crossfade package` wrote these files; `docs/edge.md` lists them. A table that is refused costs its routes, not the
//! site: `default.json` has the same origins without any route, so every request goes to the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::image::{self, ImageError, TableHash};
use super::{FunctionError, Handler};
use crate::event::json::{ObjectWriter, write_text};
use crate::route::{Definition, HeaderValue, KeyedQuery, Table, Timestamp};
use crate::text::hex;

/// The compiled table.
pub const TABLE: &str = "table.bin";
/// The table without its routes, as JSON.
pub const DEFAULT: &str = "default.json";
/// Values of secrets by name, as JSON. Only there where the table names secrets.
pub const SECRETS: &str = "secrets.json";

/// How events reach this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartMode {
    /// From the Runtime API: the Node host became this process.
    Exec,
    /// Through pipes: the Node host runs beside this process.
    Child,
    /// From the Runtime API: there was no host.
    Alone,
}

impl StartMode {
    fn name(self) -> &'static str {
        match self {
            StartMode::Exec => "exec",
            StartMode::Child => "child",
            StartMode::Alone => "alone",
        }
    }
}

/// A handler that is ready, and what is to be logged of its start.
#[derive(Debug)]
pub struct Started {
    /// Answers events.
    pub handler: Handler,
    /// One JSON object each.
    pub log: Vec<String>,
}

/// What [`DEFAULT`] holds: the origins of a table without its routes, and the cache keys that the distribution has, which
/// do not change when the table is refused.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredDefault {
    definition: Definition,
    keyed_queries: Vec<KeyedQuery>,
}

impl StoredDefault {
    /// Of a table.
    #[must_use]
    pub fn of(table: &Table) -> StoredDefault {
        let definition = table.definition();
        StoredDefault {
            keyed_queries: table.behavior_ids().map(|behavior| table.keyed_query(behavior).clone()).collect(),
            definition: Definition {
                canonical: definition.canonical.clone(),
                origins: definition.origins.clone(),
                default: definition.default,
                behaviors: definition.behaviors.clone(),
                log_sample: definition.log_sample,
                ..Definition::default()
            },
        }
    }
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
    Refused(#[from] ImageError),
}

/// Reads the files of a folder. O(n) in the table.
///
/// # Errors
/// The table was refused and there is no usable default either, or a secret is missing.
pub fn start(folder: &Path, mode: StartMode) -> Result<Started, StartError> {
    let began = Instant::now();
    let secrets = read_secrets(folder)?;
    let (table, hash) = match read_table(&folder.join(TABLE)) {
        Ok((table, hash)) => (table, Ok(hash)),
        Err(why) => (read_default(folder)?, Err(why)),
    };
    check_secrets(table.definition(), &secrets)?;
    let routes = table.routes().len();
    let handler = Handler::new(table, secrets);
    let log = vec![start_line(mode, &hash, routes, began.elapsed())];
    Ok(Started { handler, log })
}

/// `table` is `null` where it was refused.
fn start_line(mode: StartMode, hash: &Result<TableHash, NoTable>, routes: usize, init: Duration) -> String {
    let mut out = String::new();
    let mut line = ObjectWriter::open(&mut out);
    write_text(line.key("kind"), "start");
    write_text(line.key("level"), if hash.is_ok() { "info" } else { "error" });
    if let Err(why) = hash {
        write_text(line.key("message"), &format!("`{TABLE}`: {why}; every request goes to the default origin"));
    }
    write_text(line.key("mode"), mode.name());
    match hash {
        Ok(hash) => write_text(line.key("table"), &hex(hash)),
        Err(_) => line.key("table").push_str("null"),
    }
    line.key("routes").push_str(&routes.to_string());
    write_text(line.key("build"), std::hint::black_box(image::BUILD_MARK));
    line.key("init_ms").push_str(&milliseconds(init));
    line.close();
    out
}

/// In hundredths; without a float, whose formatting would make the binary larger.
fn milliseconds(time: Duration) -> String {
    let hundredths = time.as_secs() * 100_000 + (u64::from(time.subsec_micros()) + 5) / 10;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.strip_suffix('0').map_or_else(|| text.clone(), str::to_owned)
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
    let nanos = |time: Duration| i128::from(time.as_secs()) * 1_000_000_000 + i128::from(time.subsec_nanos());
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => Timestamp(nanos(since)),
        Err(before) => Timestamp(-nanos(before.duration())),
    }
}

/// Answers an event that has just come. Its lines are written first: Lambda may freeze the process as soon as the answer
/// is out.
///
/// # Errors
/// The handler's own.
pub fn answer_now(handler: &Handler, event: &[u8]) -> Result<Vec<u8>, FunctionError> {
    let handled = handler.handle(event, now());
    write_log(&handled.log);
    handled.answer
}

/// Writes lines where Lambda collects them, each in one piece.
pub fn write_log(lines: &[String]) {
    use io::Write;
    for line in lines {
        // Nobody is left to tell of a log that cannot be written.
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }
}

fn read_table(path: &Path) -> Result<(Table, TableHash), NoTable> {
    let image = image::decode(&fs::read(path)?)?;
    Ok((image.table, image.hash))
}

fn read_default(folder: &Path) -> Result<Table, StartError> {
    let bytes = fs::read(folder.join(DEFAULT)).map_err(|cause| StartError::File { name: DEFAULT, cause })?;
    let unusable = |cause: String| StartError::Json { name: DEFAULT, cause };
    let stored: StoredDefault = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    Table::compile_with_keys(stored.definition, stored.keyed_queries).map_err(|error| unusable(error.to_string()))
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

/// A value for every secret that a table's origins and routes need, by name.
#[must_use]
pub fn secret_values(definition: &Definition, value: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    secret_names(definition).into_iter().map(|name| (name.to_owned(), value(name))).collect()
}

/// The names of the secrets that a table's origins and routes need.
#[must_use]
pub fn secret_names(definition: &Definition) -> BTreeSet<&str> {
    let headers = definition.origins.iter().flat_map(|origin| &origin.headers);
    let of_origins = headers.filter_map(|(_, value)| match value {
        HeaderValue::Secret(name) => Some(name.as_str()),
        HeaderValue::Text(_) => None,
    });
    let of_routes = definition.routes.iter().flat_map(|route| route.action.secret_headers());
    of_origins.chain(of_routes.map(|(_, secret)| secret)).collect()
}
