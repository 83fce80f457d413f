//! `crossfade decide`: requests in, decisions out, a line each. The lines are public: `docs/decide.md`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, BufWriter, IsTerminal, Write};

use clap::Args;
use serde::Serialize;

use super::error::words;
use super::lines::{InputLines, MAX_LINE, NextLine, is_input_error};
use super::locate::TableArg;
use super::table::OpenTable;
use super::terminal::Audience;
use super::viewer::undeclared;
use super::{CliError, Exit, Global, Terminal, clock};
use crate::report::json::versioned;
use crate::report::numbers::count;
use crate::requests::{DecisionLine, LineError, RequestLine, url_text};
use crate::route::{Table, Timestamp, decide};

/// Arguments of `decide`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DecideArgs {
    #[command(flatten)]
    table: TableArg,
    /// The lines are plain URLs or paths instead of JSON; what begins with `/` is a path, `//x` too, as in logs
    #[arg(long)]
    urls: bool,
}

const EXAMPLES: &str = "\
Input, one JSON object a line; all but `url` is optional:
  {\"url\": \"https://www.example.com/a?b=1\", \"method\": \"GET\",
   \"headers\": {\"cookie\": \"x=1\"}, \"country\": \"BR\", \"cohort\": \"early\",
   \"language\": \"es\", \"time\": \"2026-11-22T10:00:00Z\"}
Output, in the order of the input, whatever `--format` says:
  {\"schema\":1,\"route\":\"old-news\",\"action\":\"redirect\",\"status\":301,…}
  {\"schema\":1,\"error\":\"the line is blank: …\",\"line\":2}

Examples:
  crossfade decide < requests.jsonl > decisions.jsonl
  cut -d' ' -f7 access.log | crossfade decide --urls |
    jq -r '.route // \"default\"' | sort | uniq -c

Exit codes: 0 every line was decided · 1 some are not requests · 2 no table, or
a stream failed";

const BUFFER: usize = 64 * 1024;

/// Decides every line of stdin.
///
/// # Errors
/// The table cannot be used, stdin cannot be read, or stdout cannot be written.
pub fn run(args: DecideArgs, global: &Global) -> Result<Exit, CliError> {
    let table = OpenTable::read(&args.table, global)?.table;
    if io::stdin().is_terminal() {
        let lines = if args.urls { "URLs or paths" } else { "requests as JSON (plain URLs with `--urls`)" };
        Terminal::remark(&format!("reading {lines} from the terminal, one a line; end with Ctrl-D\n"), global);
    }
    let output = RefCell::new(BufWriter::with_capacity(BUFFER, io::stdout().lock()));
    let lines = InputLines::new(io::stdin().lock(), &output);
    let input = if args.urls { Input::Urls } else { Input::Json };
    let mut decider = Decider::new(&table, input, global);
    // Nobody waits for further answers once the reader is gone: what was decided by then is what the exit code tells of.
    Audience::after(decider.run(lines, &output)).map_err(|error| match is_input_error(&error) {
        Some(error) => CliError::new(format_args!("stdin cannot be read: {}", words(error))),
        None => error.into(),
    })?;
    Ok(decider.end())
}

/// Why a line is no JSON; a plain URL needs an option to be read.
fn with_the_option(line: &str, error: &LineError) -> String {
    match RequestLine::parse_url(line.trim()) {
        Ok(_) => format!("{error}; plain URLs and paths are read with `--urls`"),
        Err(_) => error.to_string(),
    }
}

/// What the lines are.
#[derive(Clone, Copy)]
enum Input {
    Json,
    Urls,
}

struct Decider<'t> {
    table: &'t Table,
    input: Input,
    /// What it said; `None`: it was not asked.
    clock: Option<Option<Timestamp>>,
    global: &'t Global,
    answer: Vec<u8>,
    /// Lines that are not requests, and the number of the first.
    bad: usize,
    first_bad: usize,
    /// Lines that name a cohort or a language which the table does not declare, and what the first of them says.
    undeclared: usize,
    first_undeclared: String,
}

/// The answer to a line that is not a request.
#[derive(Serialize)]
struct ErrorLine<'a> {
    error: &'a str,
    line: usize,
}

impl<'t> Decider<'t> {
    fn new(table: &'t Table, input: Input, global: &'t Global) -> Decider<'t> {
        Decider {
            table,
            input,
            clock: None,
            global,
            answer: Vec::new(),
            bad: 0,
            first_bad: 0,
            undeclared: 0,
            first_undeclared: String::new(),
        }
    }

    fn run<W: Write>(&mut self, mut lines: InputLines<'_, impl io::Read, W>, output: &RefCell<W>) -> io::Result<()> {
        let mut number = 0;
        while let Some(line) = lines.next_line()? {
            number += 1;
            self.answer.clear();
            if let Err(error) = self.decide(line, number) {
                self.answer.clear();
                self.bad += 1;
                if self.bad == 1 {
                    self.first_bad = number;
                }
                serde_json::to_writer(&mut self.answer, &versioned(ErrorLine { error: &error, line: number }))?;
            }
            self.answer.push(b'\n');
            output.borrow_mut().write_all(&self.answer)?;
        }
        output.borrow_mut().flush()
    }

    /// Writes the decision of a line, or says why there is none.
    fn decide(&mut self, line: NextLine<'_>, number: usize) -> Result<(), String> {
        let NextLine::Whole(bytes) = line else {
            return Err(format!("the line is longer than {MAX_LINE} bytes"));
        };
        let mut line = self.parse(bytes)?;
        if line.time.is_none() {
            line.time = self.now();
        }
        if let Some((_, value)) = undeclared(&line, &self.table.definition().declared).next() {
            self.undeclared += 1;
            if self.undeclared == 1 {
                self.first_undeclared = format!("`{value}` in line {number}");
            }
        }
        let request = line.request();
        let decision = decide(self.table, &request);
        let line = versioned(DecisionLine(&decision));
        serde_json::to_writer(&mut self.answer, &line).map_err(|error| error.to_string())
    }

    fn parse<'l>(&self, bytes: &'l [u8]) -> Result<RequestLine<'l>, String> {
        let parsed = match self.input {
            Input::Json => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    let no_json = |error| with_the_option(text, &error);
                    return RequestLine::parse_json(text).map_err(no_json);
                }
                Err(error) => return Err(format!("the line is not UTF-8 from byte {} on", error.valid_up_to() + 1)),
            },
            Input::Urls if bytes.trim_ascii().is_empty() => {
                return Err("the line is blank: write a URL, or a path that begins with `/`".to_owned());
            }
            Input::Urls => match url_text(bytes) {
                Cow::Borrowed(url) => RequestLine::parse_logged(url),
                Cow::Owned(url) => RequestLine::parse_logged(url),
            },
        };
        parsed.map_err(|error| error.to_string())
    }

    /// The time of lines that have none. The clock is read at most once, and only where a decision could depend on it.
    fn now(&mut self) -> Option<Timestamp> {
        let (table, global) = (self.table, self.global);
        *self.clock.get_or_insert_with(|| {
            let now = clock::now_for(table)?;
            Terminal::remark(&format!("note: lines without a time are decided at {now}\n"), global);
            Some(now)
        })
    }

    fn end(self) -> Exit {
        if self.undeclared > 0 {
            let (lines, first) = (count(self.undeclared, "line"), &self.first_undeclared);
            let what = "a cohort or language that the table does not declare";
            Terminal::remark(&format!("note: {what} is in {lines}, the first is {first}\n"), self.global);
        }
        if self.bad == 0 {
            return Exit::Fine;
        }
        let (lines, first) = (count(self.bad, "line"), self.first_bad);
        let told = format!("warning: {lines} could not be decided, the first is line {first}\n");
        Terminal::remark(&told, self.global);
        Exit::Found
    }
}
