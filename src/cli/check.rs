//! `crossfade check`: everything that is wrong with a table, and how much of it was read.

use std::pin::pin;
use std::time::Duration;

use clap::Args;

use super::locate::{Located, TableArg};
use super::terminal::Audience;
use super::watch::Watched;
use super::{CliError, Exit, Global, Terminal, clock, signals, table};
use crate::check::Loaded;
use crate::report::check::Checked;
use crate::report::diagnostics::{Show, Tally};
use crate::route::Timestamp;

/// Arguments of `check`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    #[command(flatten)]
    table: TableArg,
    /// Warnings too end with exit code 1
    #[arg(long)]
    deny_warnings: bool,
    /// When the table is used, with an offset: what is over by then is a warning [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,
    /// Show every finding, not only the first 50
    #[arg(long)]
    all: bool,
    /// Check again whenever one of the table's files changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

const EXAMPLES: &str = "\
Examples:
  crossfade check                            the table here, or above
  crossfade check --deny-warnings            in a pull request
  crossfade check --at 2027-01-01T00:00:00Z  what will be over by then?
  crossfade check --watch                    beside an editor
  crossfade check --format json | jq '.diagnostics[] | {code, file, line}'
  crossfade rule R110                        what a code means

Exit codes: 0 no error · 1 errors found, with `--deny-warnings` warnings too ·
2 the table could not be opened; with `--watch`, that of the last check";

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Checks a table.
///
/// # Errors
/// The table cannot be read, or the answer cannot be written.
pub fn run(args: CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let located = args.table.locate(global)?;
    if args.watch {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        return runtime.block_on(watch(&args, &located, global));
    }
    let loaded = table::load(&located, args.now())?;
    args.tell(&loaded, global)?;
    Ok(args.exit(&loaded))
}

impl CheckArgs {
    /// What is over is told by this time.
    fn now(&self) -> Timestamp {
        self.at.unwrap_or_else(clock::now)
    }

    fn tell(&self, loaded: &Loaded, global: &Global) -> Result<Audience, CliError> {
        let show = if self.all { Show::All } else { Show::First };
        Terminal::answer(&Checked { loaded, show, ending: global.ending() }, global)
    }

    fn exit(&self, loaded: &Loaded) -> Exit {
        let Tally { errors, warnings } = Tally::of(&loaded.diagnostics);
        let found = errors > 0 || (self.deny_warnings && warnings > 0);
        if found { Exit::Found } else { Exit::Fine }
    }
}

/// Checks until it is told to end, or nobody reads what it says. How the last check ended is how it ends.
async fn watch(args: &CheckArgs, located: &Located, global: &Global) -> Result<Exit, CliError> {
    let mut ended = pin!(signals::ended()?);
    let mut watched = Watched::at(&located.path);
    let mut last = Exit::Fine;
    loop {
        match watched.check(args.now()) {
            Ok(None) => {}
            Ok(Some(loaded)) => {
                begin(global);
                last = args.exit(&loaded);
                if args.tell(&loaded, global)? == Audience::Gone {
                    return Ok(last);
                }
            }
            // It may be about to be written.
            Err(error) => {
                begin(global);
                last = Exit::CouldNot;
                Terminal::stderr(global).note(&located.say_who_named_it(error).render());
            }
        }
        while !watched.has_changed() {
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = &mut ended => return Ok(last),
            }
        }
    }
}

/// Each check has the screen to itself, where people read it on one.
fn begin(global: &Global) {
    Terminal::clear_screen(global);
    Terminal::remark("watching the table; end with Ctrl-C\n", global);
}
