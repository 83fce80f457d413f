//! `crossfade explain`: why one request gets its decision.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Args;

use super::locate::TableArg;
use super::table::OpenTable;
use super::viewer::{ViewerArgs, undeclared};
use super::{CliError, Exit, Global, Terminal, clock};
use crate::report::explanation::{Explained, TimeSource};
use crate::requests::{RequestLine, url_text};
use crate::route::{Timestamp, explain};

/// Arguments of `explain`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// With scheme and host, or a path that begins with `/`
    url: OsString,
    #[command(flatten)]
    table: TableArg,
    /// The method
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// A header of the request, as often as needed
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    #[command(flatten)]
    viewer: ViewerArgs,
    /// When the request is made, with an offset: 2026-11-22T10:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    at: Option<Timestamp>,
}

const EXAMPLES: &str = "\
Examples:
  crossfade explain /promo/natal
  crossfade explain -X POST -H 'cookie: beta=1' --country BR /minha-conta
  crossfade explain --at 2026-12-24T00:00:00-03:00 /natal
  crossfade explain --format json /promo/natal | jq .decision

Say the host where it matters: a `host` condition holds only where the URL or a
`host` header has one.

Exit codes: 0 explained · 2 no table or request";

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write it as `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Explains a request.
///
/// # Errors
/// The request or the table cannot be read, or the answer cannot be written.
pub fn run(args: ExplainArgs, global: &Global) -> Result<Exit, CliError> {
    let mut line = RequestLine {
        url: url_text(args.url.as_encoded_bytes()),
        method: Some(args.method.as_str().into()),
        headers: args.headers.iter().map(|(name, value)| (Cow::from(name), Cow::from(value))).collect(),
        ..RequestLine::default()
    };
    args.viewer.tell(&mut line);
    line.check().map_err(CliError::new)?;
    let table = OpenTable::read(&args.table, global)?.named_from_here().table;
    for (told, value) in undeclared(&line, &table.definition().declared) {
        let what = format!("the table does not declare the {} `{value}`", told.key());
        Terminal::remark(&format!("note: {what}: the gate tells it of no viewer\n"), global);
    }
    let now = if args.at.is_none() { clock::now_for(&table) } else { None };
    line.time = args.at.or(now);
    let request = line.request();
    let story = explain(&table, &request);
    let time = if now.is_some() { TimeSource::Clock } else { TimeSource::Given };
    Terminal::answer(&Explained { story: &story, time }, global)?;
    Ok(Exit::Fine)
}
