//! `crossfade manifest`: what infrastructure code reads of a table, as JSON.

use clap::Args;

use super::package::source::manifest;
use super::table::OpenTable;
use super::{CliError, Exit, Global, Terminal};
use crate::report::json;

/// Arguments of `manifest`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManifestArgs {}

const EXAMPLES: &str = "\
Examples:
  crossfade manifest > manifest.json
  crossfade manifest | jq '.cache_key.headers[].name'

Exit codes: 0 written · 2 the table could not be read or has errors";

/// Writes the manifest. It is JSON whatever `--format` says.
///
/// # Errors
/// The table cannot be read or has errors, or the answer cannot be written.
pub fn run(_args: ManifestArgs, global: &Global) -> Result<Exit, CliError> {
    let manifest = manifest(&OpenTable::read(global)?);
    Terminal::stdout(global).print(&json::document(&manifest).map_err(CliError::new)?)?;
    Ok(Exit::Fine)
}
