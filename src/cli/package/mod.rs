//! `crossfade package`: the zip that a Lambda@Edge function runs, the same bytes for the same input.
//!
//! [`source`] identifies the table, `binary` judges the Rust binary, `secrets` finds values, `contents` makes the files,
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
use sha2::{Digest, Sha256};

use self::binary::Bootstrap;
use self::source::{manifest, table_hash};
use super::table::OpenTable;
use super::{CliError, Exit, Global, Terminal};
use crate::platform::limits::MAX_PACKAGE;
use crate::report::numbers::grouped;
use crate::report::packed::Packed;
use crate::text::hex;

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
/// The table has errors, a secret or the binary is missing or unfit, CloudFront would not take the size, or the zip cannot
/// be written.
pub fn run(args: PackageArgs, global: &Global) -> Result<Exit, CliError> {
    let open = OpenTable::read(global)?;
    let manifest = manifest(&open);
    let secrets = secrets::find(open.table.definition(), args.secrets.as_deref())?;
    let bootstrap = Bootstrap::find(args.bootstrap.as_deref())?;
    let (routes, table_hash) = (open.table.routes().len(), hex(&table_hash(&open.sources)));
    let entries = contents::make(open, &manifest, &secrets, bootstrap)?;
    let zip = archive::zip(&entries).map_err(|error| CliError::new(format_args!("the zip cannot be made: {error}")))?;
    if zip.len() as u64 > MAX_PACKAGE {
        return Err(CliError::new(format_args!(
            "the zip has {} bytes, CloudFront takes {}",
            grouped(zip.len()),
            grouped(MAX_PACKAGE)
        )));
    }
    write(&args.out, &zip, secrets.is_empty())?;
    let packed = Packed {
        out: args.out.display().to_string(),
        bytes: zip.len(),
        limit: MAX_PACKAGE,
        sha256: hex(&Sha256::digest(&zip)),
        table_hash,
        routes,
        files: archive::packed_files(&zip).map_err(CliError::new)?,
    };
    Terminal::answer(&packed, global)?;
    Ok(Exit::Fine)
}

/// Puts the bytes beside the name and then in its place. A zip with secrets is its owner's only.
fn write(out: &Path, zip: &[u8], no_secrets: bool) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::new(format_args!("`{}` cannot be written: {}", out.display(), super::error::words(&error)))
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
