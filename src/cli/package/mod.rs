//! `crossfade package`: the zip that a Lambda@Edge function runs, the same bytes for the same input.
//!
//! [`source`] identifies the table, `place` says whether the zip may go where it should, `binary` judges the Rust binary,
//! `secrets` finds values, `contents` makes the files, `archive` the zip.

mod archive;
mod binary;
mod contents;
mod place;
mod secrets;
pub mod source;
pub mod start;

use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use self::binary::Bootstrap;
use self::place::{ReadFile, Readers, ZipPlace};
use self::source::{manifest, table_hash};
use self::start::StartPath;
use super::locate::TableArg;
use super::table::OpenTable;
use super::{CliError, Exit, Global, Terminal};
use crate::check::memory::MemoryNeed;
use crate::platform::limits::MAX_PACKAGE;
use crate::report::check::MemoryJson;
use crate::report::numbers::grouped;
use crate::report::packed::Packed;
use crate::text::hex;

/// Arguments of `package`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PackageArgs {
    #[command(flatten)]
    table: TableArg,
    /// Where the zip goes: a name that is free, or a zip, which is replaced; without it dist/edge.zip, whose folder is
    /// made if need be
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The Rust binary; without it, `bootstrap` beside this program, or in target/release
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,
    /// Values of secrets, a JSON object; without it, environment variables of the secrets' names
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// How the function starts: `exec` replaces Node.js by the Rust binary, `child` runs it beside Node.js, which takes
    /// more memory and survives the binary
    #[arg(long, value_enum, value_name = "HOW", default_value_t = StartPath::Exec)]
    start: StartPath,
}

const EXAMPLES: &str = "\
Examples:
  crossfade package --out dist/edge.zip
  ORIGIN_VERIFY=… crossfade package         a secret, from the environment
  crossfade package --secrets secrets.json  {\"ORIGIN_VERIFY\": \"…\"}
  crossfade package --start child           never hands the process over
  make package                              in crossfade's sources: builds all

Exit codes: 0 written · 2 the table has errors, or something is missing";

/// Writes the zip, whole or not at all.
///
/// # Errors
/// The table has errors, a secret or the binary is missing or unfit, CloudFront would not take the size, the function has too little memory, or the zip cannot be written.
pub fn run(args: PackageArgs, global: &Global) -> Result<Exit, CliError> {
    let open = OpenTable::read(&args.table, global)?;
    let manifest = manifest(&open);
    let memory = MemoryNeed::of(&open.table).with(args.start.beside());
    if !memory.fits() {
        return Err(CliError::new(memory).help(memory.cure()));
    }
    let binary = binary::find(args.bootstrap.as_deref())?;
    let place = ZipPlace::judge(args.out.as_deref(), &inputs(&open, &binary, args.secrets.as_ref()))?;
    let secrets = secrets::find(open.table.definition(), args.secrets.as_deref())?;
    let bootstrap = Bootstrap::read(&binary, args.start)?;
    let (routes, table_hash) = (open.table.routes().len(), hex(&table_hash(&open.sources)));
    let map_rows = open.table.routes().iter().map(|route| route.path.rows().len()).sum();
    let entries = contents::make(open, &manifest, &secrets, bootstrap)?;
    let zip = archive::zip(&entries).map_err(|error| CliError::new(format_args!("the zip cannot be made: {error}")))?;
    if zip.len() as u64 > MAX_PACKAGE {
        return Err(CliError::new(format_args!(
            "the zip has {} bytes, CloudFront takes {}",
            grouped(zip.len()),
            grouped(MAX_PACKAGE)
        )));
    }
    let out = place.path().display().to_string();
    // A zip with secrets is its owner's only.
    place.write(&zip, if secrets.is_empty() { Readers::All } else { Readers::Owner })?;
    let packed = Packed {
        out,
        bytes: zip.len(),
        limit: MAX_PACKAGE,
        sha256: hex(&Sha256::digest(&zip)),
        table_hash,
        routes,
        map_rows,
        memory: MemoryJson::of(memory),
        start: args.start.name(),
        files: archive::packed_files(&zip).map_err(CliError::new)?,
    };
    // The zip is what was asked for; how large it is are words beside it.
    if !(global.quiet && global.format.is_for_people()) {
        Terminal::answer(&packed, global)?;
    }
    Ok(Exit::Fine)
}

/// Everything that is read: none of it is ever replaced.
fn inputs(open: &OpenTable, binary: &Path, secrets: Option<&PathBuf>) -> Vec<ReadFile> {
    let mut inputs: Vec<ReadFile> = open.paths().map(|path| ReadFile { path, is: "a file of the table" }).collect();
    if let Some(top) = inputs.first_mut() {
        top.is = "the table";
    }
    inputs.push(ReadFile { path: binary.to_owned(), is: "the binary" });
    inputs.extend(secrets.map(|path| ReadFile { path: path.clone(), is: "the file with the secrets" }));
    inputs
}
