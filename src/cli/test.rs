//! `crossfade test`: does the table do what it says it does?

use clap::Args;

use super::locate::TableArg;
use super::table::{Accept, OpenTable};
use super::{CliError, Exit, Global, Terminal};
use crate::analysis::cases;
use crate::report::cases::CasesRun;
use crate::report::diagnostics::top_name;

/// Arguments of `test`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    #[command(flatten)]
    table: TableArg,
}

const EXAMPLES: &str = "\
Runs every `[[test]]`, and every request of `examples` and `not_examples`. No
clock is read: a test whose answer depends on the time says the time.

Examples:
  crossfade test
  crossfade test site/routes.toml
  crossfade test --format json | jq '.cases[] | select(.passed | not)'

Exit codes: 0 all passed · 1 some failed · 2 the table could not be read, or has
errors";

/// Runs a table's own tests.
///
/// # Errors
/// The table cannot be read or has an error other than an example that is not kept, or the answer cannot be written.
pub fn run(args: TestArgs, global: &Global) -> Result<Exit, CliError> {
    let open = OpenTable::read_from(&args.table.locate(global)?, Accept::FailedExamples, global)?.named_from_here();
    let asked = cases::ask(&open.cases);
    let results = cases::run(&open.table, &asked);
    Terminal::answer(&CasesRun { results: &results, table: top_name(&open.sources), ending: global.ending() }, global)?;
    Ok(if results.failed > 0 { Exit::Found } else { Exit::Fine })
}
