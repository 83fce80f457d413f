//! `crossfade test`: does the table do what it says it does?

use std::path::PathBuf;

use clap::Args;

use super::{CliError, Exit, Format, Global, Terminal, json_text, table};
use crate::analysis::tests::run as run_cases;
use crate::report::tests;

/// Arguments of `test`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// The table, instead of `--routes`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Runs every `[[test]]`, and every request of `examples` and `not_examples`. No clock is read: a test
whose answer depends on the time says the time.

Examples:
  crossfade test
  crossfade test site/routes.toml
  crossfade test --format json | jq '.cases[] | select(.passed | not)'

Exit codes: 0 all passed · 1 some failed · 2 the table could not be read, or has errors";

/// Runs a table's own tests.
///
/// # Errors
/// The table cannot be read or has an error other than an example that is not kept, or the answer cannot be written.
pub fn run(args: TestArgs, global: &Global) -> Result<Exit, CliError> {
    let loaded = table::load(args.file.as_ref().unwrap_or(&global.routes))?;
    let other_errors = table::errors(&loaded).any(|error| !crate::check::examples::is_failed_example(error.code));
    let Some(table) = loaded.table.as_ref().filter(|_| !other_errors) else {
        return Err(table::refused(&loaded, global));
    };
    let mut report = run_cases(table, &loaded.cases);
    for (case, span) in report.cases.iter_mut().zip(loaded.cases.iter().map(|case| &case.span)) {
        // As seen from the current folder.
        case.file = loaded.sources.files().get(span.file).map_or_else(String::new, |file| file.name.clone());
    }
    let mut out = Terminal::stdout(global);
    let text = match global.format {
        Format::Text => tests::text(&report, table::name(&loaded), out.width()),
        Format::Json => json_text(&report)?,
    };
    out.print(&text)?;
    Ok(if report.failed > 0 { Exit::Found } else { Exit::Fine })
}
