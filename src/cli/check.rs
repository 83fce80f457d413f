//! `crossfade check`: everything that is wrong with a table, and how much of it was read.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{CliError, Exit, Format, Global, Terminal, table};
use crate::check::Loaded;
use crate::config::Counts;
use crate::report::diagnostics::{self, Entry, Show, Tally};
use crate::report::layout::{BAD, GOOD, WARN, count, grouped, shown, styled};

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
    /// Show every finding, not only the first 50
    #[arg(long)]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  crossfade check                                   the table in the current folder
  crossfade check --deny-warnings site/routes.toml  in a pull request
  crossfade check --format json | jq '.diagnostics[] | {code, file, line}'

Exit codes: 0 no error · 1 errors found · 2 the table could not be read";

/// Checks a table.
///
/// # Errors
/// The table cannot be read, or the answer cannot be written.
pub fn run(args: CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let path = args.file.as_ref().unwrap_or(&global.routes);
    let loaded = table::load(path)?;
    let tally = Tally::of(&loaded.diagnostics);
    let mut out = Terminal::stdout(global);
    let text = match global.format {
        Format::Text => text(&loaded, tally, args.show(), out.width()),
        Format::Json => json(&loaded, tally)?,
    };
    out.print(&text)?;
    let found = tally.errors > 0 || (args.deny_warnings && tally.warnings > 0);
    Ok(if found { Exit::Found } else { Exit::Fine })
}

impl CheckArgs {
    fn show(&self) -> Show {
        if self.all { Show::All } else { Show::First }
    }
}

fn text(loaded: &Loaded, tally: Tally, show: Show, width: usize) -> String {
    let mut out = diagnostics::text(&loaded.diagnostics, &loaded.sources, show, width);
    out.push_str(&summary(loaded, tally));
    out
}

/// `routes.toml: 42 routes read, 42 compiled, 3 files, 1,204 map rows, 12 tests · 0 errors, 1 warning`
fn summary(loaded: &Loaded, tally: Tally) -> String {
    let Counts { routes_read, routes_compiled, map_rows, tests, files } = loaded.counts;
    let read = [
        format!("{} read", count(routes_read, "route")),
        format!("{} compiled", grouped(routes_compiled)),
        count(files, "file"),
        count(map_rows, "map row"),
        count(tests, "test"),
    ];
    let mut out = format!("{}: {} · ", shown(table::name(loaded)), read.join(", "));
    let fine = GOOD;
    styled(&mut out, if tally.errors > 0 { BAD } else { fine }, &count(tally.errors, "error"));
    out.push_str(", ");
    styled(&mut out, if tally.warnings > 0 { WARN } else { fine }, &count(tally.warnings, "warning"));
    out.push('\n');
    out
}

/// The JSON report of a check.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    diagnostics: Vec<Entry<'a>>,
    counts: AllCounts,
}

#[derive(Serialize)]
struct AllCounts {
    #[serde(flatten)]
    tally: Tally,
    routes_read: usize,
    routes_compiled: usize,
    map_rows: usize,
    tests: usize,
    files: usize,
}

fn json(loaded: &Loaded, tally: Tally) -> Result<String, CliError> {
    let Counts { routes_read, routes_compiled, map_rows, tests, files } = loaded.counts;
    super::json_text(&Report {
        schema: 1,
        diagnostics: diagnostics::entries(&loaded.diagnostics, &loaded.sources),
        counts: AllCounts { tally, routes_read, routes_compiled, map_rows, tests, files },
    })
}
