//! `crossfade check`: everything that is wrong with a table, and how much of it was read.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, Exit, Global, Terminal, clock, table};
use crate::report::check::Checked;
use crate::report::diagnostics::{Show, Tally};
use crate::route::Timestamp;

/// Arguments of `check`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// The table, instead of `--routes`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Warnings too end with exit code 1
    #[arg(long)]
    deny_warnings: bool,
    /// When the table is used, with an offset: what is over by then is a warning [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,
    /// Show every finding, not only the first 50
    #[arg(long)]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  crossfade check                                   the table in the current folder
  crossfade check --deny-warnings site/routes.toml  in a pull request
  crossfade check --at 2027-01-01T00:00:00Z         what will be over by then?
  crossfade check --format json | jq '.diagnostics[] | {code, file, line}'

Exit codes: 0 no error · 1 errors found · 2 the table could not be opened";

/// Checks a table.
///
/// # Errors
/// The table cannot be read, or the answer cannot be written.
pub fn run(args: CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let path = args.file.as_ref().unwrap_or(&global.routes);
    let loaded = table::load(path, args.at.unwrap_or_else(clock::now))?;
    let show = if args.all { Show::All } else { Show::First };
    Terminal::answer(&Checked { loaded: &loaded, show }, global)?;
    let Tally { errors, warnings } = Tally::of(&loaded.diagnostics);
    let found = errors > 0 || (args.deny_warnings && warnings > 0);
    Ok(if found { Exit::Found } else { Exit::Fine })
}
