//! `crossfade manifest`: what infrastructure code reads of a table, as JSON.

use clap::Args;

use super::locate::TableArg;
use super::package::source::manifest;
use super::table::OpenTable;
use super::{CliError, Exit, Global, Terminal};
use crate::analysis::manifest::SCHEMA;
use crate::report::json;

/// Arguments of `manifest`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManifestArgs {
    #[command(flatten)]
    table: TableArg,
    /// Print the JSON Schema that every manifest keeps, and read no table
    #[arg(long, conflicts_with = "file")]
    schema: bool,
}

const EXAMPLES: &str = "\
Examples:
  crossfade manifest > manifest.json
  crossfade manifest | jq '.behaviors[] | {path_pattern, cache_key}'
  crossfade manifest --schema > manifest.schema.json

Exit codes: 0 written · 2 the table could not be read or has errors";

/// Writes the manifest. It is JSON whatever `--format` says.
///
/// # Errors
/// The table cannot be read or has errors, or the answer cannot be written.
pub fn run(args: ManifestArgs, global: &Global) -> Result<Exit, CliError> {
    if args.schema {
        Terminal::answer_text(SCHEMA, global)?;
        return Ok(Exit::Fine);
    }
    let manifest = manifest(&OpenTable::read(&args.table, global)?);
    Terminal::answer_text(&json::document(&manifest).map_err(CliError::new)?, global)?;
    Ok(Exit::Fine)
}
