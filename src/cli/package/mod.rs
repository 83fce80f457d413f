//! `crossfade package`: the zip that a Lambda@Edge function runs, the same bytes for the same input.
//!
//! [`source`] reads the table, `binary` judges the Rust binary, `secrets` finds values, `contents` makes the files,
//! `archive` the zip.

mod archive;
mod binary;
mod contents;
mod secrets;
pub mod source;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use self::archive::Entry;
use self::binary::Bootstrap;
use self::source::Source;
use super::{CliError, Exit, Format, Global, Terminal};
use crate::analysis::cache_key::Problem;
use crate::platform::limits::MAX_PACKAGE;
use crate::report::layout::grouped;

/// Arguments of `package`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PackageArgs {
    /// Where the zip goes
    #[arg(long, value_name = "FILE", default_value = "dist/edge.zip")]
    out: PathBuf,
    /// The Rust binary; without it, the one beside this program or in target/release
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,
    /// Values of secrets, a JSON object; without it, environment variables of the secrets' names
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  make package                                      builds the binary too
  crossfade package --out dist/edge.zip
  ORIGIN_VERIFY=… crossfade package                 a secret of the table, from the environment
  crossfade package --secrets secrets.json          {\"ORIGIN_VERIFY\": \"…\"}

Exit codes: 0 written · 2 the table has errors, or something is missing";

/// Writes the zip, whole or not at all.
///
/// # Errors
/// The table has errors, a secret or the binary is missing or unfit, CloudFront would not take the cache key or the
/// size, or the zip cannot be written.
pub fn run(args: PackageArgs, global: &Global) -> Result<Exit, CliError> {
    let source = Source::read(global)?;
    let manifest = source.manifest();
    judge(&manifest.cache_key().problems(), global)?;
    let secrets = secrets::find(source.table.definition(), args.secrets.as_deref())?;
    let bootstrap = Bootstrap::find(args.bootstrap.as_deref())?;
    let entries = contents::make(&source, &manifest, &secrets, bootstrap)?;
    let zip = archive::zip(&entries).map_err(|error| CliError::new(format_args!("the zip cannot be made: {error}")))?;
    if zip.len() as u64 > MAX_PACKAGE {
        return Err(CliError::new(format_args!(
            "the zip has {} bytes, CloudFront takes {}",
            grouped(zip.len()),
            grouped(usize::try_from(MAX_PACKAGE).unwrap_or(usize::MAX))
        )));
    }
    write(&args.out, &zip, secrets.is_empty())?;
    let packed = Packed::new(&args.out, &zip, &entries, &source)?;
    let text = match global.format {
        Format::Text => packed.text(),
        Format::Json => super::json_text(&packed)?,
    };
    Terminal::stdout(global).print(&text)?;
    Ok(Exit::Fine)
}

/// What no cache key can hold is an error: an answer that depends on it would be given to everyone.
fn judge(problems: &[Problem], global: &Global) -> Result<(), CliError> {
    for problem in problems {
        let Problem::NotKeyable { needed_by, .. } = problem else {
            Terminal::stderr(global).note(&format!(
                "warning: {problem}; AWS raises some quotas on request, or `varies`, `query_string` and conditions can name fewer\n"
            ));
            continue;
        };
        let who = [&needed_by.routes[..], &needed_by.origins].concat();
        let who = who.iter().take(5).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        return Err(CliError::new(problem).help(format_args!("it is needed by {who}: decide by something else there")));
    }
    Ok(())
}

/// Puts the bytes beside the name and then in its place. A zip with secrets is its owner's only.
fn write(out: &Path, zip: &[u8], no_secrets: bool) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::new(format_args!("`{}` cannot be written: {}", out.display(), super::files::words(&error)))
    };
    let folder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(zip).map_err(failed)?;
    #[cfg(unix)]
    if no_secrets {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(out).map_err(|error| failed(error.error))?;
    Ok(())
}

/// What was written.
#[derive(Serialize)]
struct Packed {
    schema: u32,
    out: String,
    bytes: usize,
    limit: u64,
    sha256: String,
    table_hash: String,
    routes: usize,
    files: Vec<PackedFile>,
}

#[derive(Serialize)]
struct PackedFile {
    name: String,
    bytes: usize,
    packed: u64,
}

impl Packed {
    fn new(out: &Path, zip: &[u8], entries: &[Entry], source: &Source) -> Result<Packed, CliError> {
        let packed = archive::packed_sizes(zip).map_err(CliError::new)?;
        let file = |entry: &Entry| PackedFile {
            name: entry.name.clone(),
            bytes: entry.bytes.len(),
            packed: packed.get(&entry.name).copied().unwrap_or_default(),
        };
        Ok(Packed {
            schema: 1,
            out: out.display().to_string(),
            bytes: zip.len(),
            limit: MAX_PACKAGE,
            sha256: source::hex(&Sha256::digest(zip)),
            table_hash: source.hash(),
            routes: source.table.routes().len(),
            files: entries.iter().map(file).collect(),
        })
    }

    /// Sizes in columns, and the share of CloudFront's limit.
    fn text(&self) -> String {
        let mut text = String::new();
        let width = self.files.iter().map(|file| file.name.len()).max().unwrap_or_default();
        for PackedFile { name, bytes, packed } in &self.files {
            let packed = grouped(usize::try_from(*packed).unwrap_or(usize::MAX));
            text.push_str(&format!("{name:width$}  {:>11}  {packed:>11}\n", grouped(*bytes)));
        }
        let share = self.bytes as f64 * 100.0 / self.limit as f64;
        text.push_str(&format!(
            "{}: {} bytes, {share:.1} % of CloudFront's 50 MB · {} routes, table {}\n",
            self.out,
            grouped(self.bytes),
            grouped(self.routes),
            self.table_hash.get(..12).unwrap_or_default(),
        ));
        text
    }
}
