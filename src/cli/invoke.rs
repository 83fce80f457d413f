//! `crossfade invoke`: one CloudFront event through the very handler of the edge.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::files::words;
use super::{CliError, Exit, Format, Global, Terminal, clock, json_text, secrets, table};
use crate::edge::{FunctionError, Handled, Handler, Handling, Summary};
use crate::report::json::indented;
use crate::route::Timestamp;

/// Arguments of `invoke`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InvokeArgs {
    /// The event as CloudFront sends it; `-` is stdin
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    /// Write the answer byte for byte as the edge would
    #[arg(long, conflicts_with = "format")]
    raw: bool,
    /// When the event happens, with an offset: 2026-11-22T10:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,
}

const EXAMPLES: &str = "\
The answer goes to stdout, the function's log lines to stderr. In place of a secret's value stands
`secret-NAME`, whatever the environment has.

Examples:
  crossfade invoke event.json
  crossfade invoke --raw - < event.json | jq .uri
  crossfade invoke --format json event.json | jq .summary.route

Exit codes: 0 answered as the table says · 1 a function error, or a surprise · 2 no table, no event";

/// Longest event that is read: CloudFront's are at most about 1 MB.
const MAX_EVENT: u64 = 16 * 1024 * 1024;

/// Hands an event to the handler.
///
/// # Errors
/// The table or the event cannot be read, or the answer cannot be written.
pub fn run(args: InvokeArgs, global: &Global) -> Result<Exit, CliError> {
    let table = table::usable(global)?.table;
    let event = read_event(&args.event)?;
    let mut stderr = Terminal::stderr(global);
    if let (None, Some(now)) = (args.at, clock::now_for(&table)) {
        stderr.note(&format!("note: an event without an epoch is decided at {now}\n"));
    }
    let secrets = secrets::placeholders(&table);
    let handled = Handler::new(table, secrets).handle(&event, args.at.unwrap_or_else(clock::now));
    let mut out = Terminal::stdout(global);
    match (global.format, args.raw) {
        (Format::Text, true) => write_raw(&answer(&handled))?,
        (Format::Text, false) => out.print(&readable(&handled))?,
        (Format::Json, _) => out.print(&json_text(&Report::new(&handled)?)?)?,
    }
    if global.format == Format::Text {
        handled.log.iter().for_each(|line| stderr.note(&format!("{line}\n")));
    }
    Ok(exit(&handled))
}

/// The very bytes, whatever `--color` says.
fn write_raw(answer: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(answer)?;
    stdout.flush()
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

/// A function error as the Lambda runtime reports it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorAnswer<'a> {
    error_type: &'a str,
    error_message: &'a str,
}

/// What leaves the function: its answer, or its error.
fn answer(handled: &Handled) -> Vec<u8> {
    match &handled.answer {
        Ok(answer) => answer.clone(),
        Err(FunctionError { kind, message }) => {
            let error = ErrorAnswer { error_type: kind, error_message: message };
            serde_json::to_vec(&error).unwrap_or_default()
        }
    }
}

fn readable(handled: &Handled) -> String {
    let mut text = indented(&String::from_utf8_lossy(&answer(handled)));
    text.push('\n');
    text
}

/// `--format json`: the answer with what else became known.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    answer: Option<Box<RawValue>>,
    error: Option<ErrorAnswer<'a>>,
    summary: Option<SummaryEntry<'a>>,
    log: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
struct SummaryEntry<'a> {
    route: Option<&'a str>,
    action: Handling,
    origin: Option<&'a str>,
    status: Option<u16>,
    surprise: Option<&'a str>,
}

impl<'a> Report<'a> {
    fn new(handled: &'a Handled) -> Result<Report<'a>, CliError> {
        let raw = |json: String| RawValue::from_string(json).map_err(CliError::new);
        let answer = handled.answer.as_ref().ok().map(|answer| raw(String::from_utf8_lossy(answer).into_owned()));
        let error = handled.answer.as_ref().err();
        Ok(Report {
            schema: 1,
            answer: answer.transpose()?,
            error: error.map(|error| ErrorAnswer { error_type: error.kind, error_message: &error.message }),
            summary: handled.summary.as_ref().map(SummaryEntry::new),
            log: handled.log.iter().cloned().map(raw).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> SummaryEntry<'a> {
    fn new(summary: &'a Summary) -> SummaryEntry<'a> {
        let Summary { route, action, origin, status, surprise } = summary;
        SummaryEntry {
            route: route.as_deref(),
            action: *action,
            origin: origin.as_deref(),
            status: *status,
            surprise: surprise.as_deref(),
        }
    }
}
