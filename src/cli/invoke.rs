//! `crossfade invoke`: one CloudFront event through the very handler of the edge.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::words;
use super::locate::TableArg;
use super::table::OpenTable;
use super::{CliError, Exit, Global, Terminal, clock, secrets};
use crate::edge::{Handled, Handler};
use crate::report::invoked::Invoked;
use crate::route::Timestamp;

/// Arguments of `invoke`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InvokeArgs {
    /// The event as CloudFront sends it; `-` is stdin
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    #[command(flatten)]
    table: TableArg,
    /// Write the answer byte for byte as the edge would
    #[arg(long, conflicts_with = "format")]
    raw: bool,
    /// When the event happens, with an offset: 2026-11-22T10:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,
}

const EXAMPLES: &str = "\
The answer goes to stdout, the function's log lines to stderr. In place of a
secret's value stands `secret-NAME`, whatever the environment has.

Examples:
  crossfade invoke event.json
  crossfade invoke --raw - < event.json | jq .uri
  crossfade invoke --format json event.json | jq .summary.route

Exit codes: 0 answered as the table says · 1 a function error, or a surprise ·
2 no table or event";

/// Longest event that is read: CloudFront's are at most about 1 MB.
const MAX_EVENT: u64 = 16 * 1024 * 1024;

/// Hands an event to the handler.
///
/// # Errors
/// The table or the event cannot be read, or the answer cannot be written.
pub fn run(args: InvokeArgs, global: &Global) -> Result<Exit, CliError> {
    let table = OpenTable::read(&args.table, global)?.table;
    let event = read_event(&args.event)?;
    if let (None, Some(now)) = (args.at, clock::now_for(&table)) {
        Terminal::remark(&format!("note: an event without an epoch is decided at {now}\n"), global);
    }
    let secrets = secrets::placeholders(&table);
    let handled = Handler::new(table, secrets).handle(&event, args.at.unwrap_or_else(clock::now));
    let invoked = Invoked(&handled);
    if args.raw {
        Terminal::answer_bytes(&invoked.raw())?;
    } else {
        Terminal::answer(&invoked, global)?;
    }
    if global.format.is_for_people() {
        handled.log.iter().for_each(|line| Terminal::remark(&format!("{line}\n"), global));
    }
    Ok(exit(&handled))
}

fn exit(handled: &Handled) -> Exit {
    let surprised = handled.summary.as_ref().is_some_and(|summary| summary.surprise.is_some());
    if handled.answer.is_err() || surprised { Exit::Found } else { Exit::Fine }
}

fn read_event(path: &Path) -> Result<Vec<u8>, CliError> {
    let cannot = |error: &io::Error| {
        let error = CliError::new(format_args!("the event `{}` cannot be read: {}", path.display(), words(error)));
        error.help("name a file that holds one event as JSON, or `-` for stdin")
    };
    let mut event = Vec::new();
    let most = MAX_EVENT.saturating_add(1);
    let read = if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut event)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut event))
    };
    read.map_err(|error| cannot(&error))?;
    if u64::try_from(event.len()).is_ok_and(|len| len > MAX_EVENT) {
        return Err(CliError::new(format_args!("the event `{}` is longer than {MAX_EVENT} bytes", path.display())));
    }
    Ok(event)
}
