//! Where a command writes: colours only where they are wanted, text as wide as the terminal.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::error::is_closed_pipe;
use super::{CliError, Global};
use crate::report::Present;

/// Width of text that goes to no terminal, where `COLUMNS` says none.
const WIDTH_ELSEWHERE: usize = 140;
/// Text is never laid out narrower than this.
const LEAST_WIDTH: usize = 20;

/// Whoever reads an answer. One who has read enough and goes away is no failure, and changes no exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Has got all of it.
    There,
    /// Is gone.
    Gone,
}

impl Audience {
    /// What a write tells of the reader.
    ///
    /// # Errors
    /// The write failed for another reason.
    pub fn after(written: io::Result<()>) -> io::Result<Audience> {
        match written {
            Ok(()) => Ok(Audience::There),
            Err(error) if is_closed_pipe(&error) => Ok(Audience::Gone),
            Err(error) => Err(error),
        }
    }
}

/// One of the two standard streams.
pub struct Terminal {
    stream: AutoStream<Box<dyn Write + Send>>,
    width: usize,
}

impl Terminal {
    /// Where answers go.
    #[must_use]
    pub fn stdout(global: &Global) -> Terminal {
        let choice = choice(global.color, &io::stdout());
        Terminal { stream: AutoStream::new(Box::new(io::stdout()), choice), width: width(io::stdout().is_terminal()) }
    }

    /// Where everything else goes.
    #[must_use]
    pub fn stderr(global: &Global) -> Terminal {
        let choice = choice(global.color, &io::stderr());
        Terminal { stream: AutoStream::new(Box::new(io::stderr()), choice), width: width(io::stderr().is_terminal()) }
    }

    /// Where words for people go beside the answers: programs get nothing but those.
    #[must_use]
    pub fn for_people(global: &Global) -> Terminal {
        if global.format.is_for_people() { Terminal::stdout(global) } else { Terminal::stderr(global) }
    }

    /// Writes a command's answer to stdout, in the format that was asked for.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn answer(result: &impl Present, global: &Global) -> Result<Audience, CliError> {
        let text = global.format.answer(result, Terminal::stdout(global).width).map_err(CliError::new)?;
        Terminal::answer_text(&text, global)
    }

    /// Writes an answer that has one format only.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn answer_text(styled: &str, global: &Global) -> Result<Audience, CliError> {
        Ok(Audience::after(Terminal::stdout(global).print(styled))?)
    }

    /// Writes the very bytes of an answer, whatever `--color` says.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn answer_bytes(answer: &[u8]) -> Result<Audience, CliError> {
        let mut stdout = io::stdout().lock();
        Ok(Audience::after(stdout.write_all(answer).and_then(|()| stdout.flush()))?)
    }

    /// Writes words for people to stderr, unless they asked for none.
    pub fn remark(styled: &str, global: &Global) {
        if !global.quiet {
            Terminal::stderr(global).note(styled);
        }
    }

    /// Empties the screen that people read the answer on; does nothing where they read it elsewhere. Colours have no
    /// say in it.
    pub fn clear_screen(global: &Global) {
        let mut stdout = io::stdout();
        if global.format.is_for_people() && stdout.is_terminal() {
            let _gone = stdout.write_all(b"\x1b[2J\x1b[H").and_then(|()| stdout.flush());
        }
    }

    /// Columns that text may take.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Writes styled text and flushes it.
    ///
    /// # Errors
    /// The stream's own; a closed pipe too.
    pub fn print(&mut self, styled: &str) -> io::Result<()> {
        self.stream.write_all(styled.as_bytes())?;
        self.stream.flush()
    }

    /// Writes what nobody must read: a stderr that is gone changes nothing.
    pub fn note(&mut self, styled: &str) {
        let _gone = self.print(styled);
    }
}

/// What `--color` means for a stream; `auto` looks at the terminal and at `NO_COLOR`.
fn choice(color: clap::ColorChoice, stream: &(impl anstream::stream::RawStream + Sized)) -> ColorChoice {
    match color {
        clap::ColorChoice::Auto => AutoStream::choice(stream),
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
}

fn width(is_terminal: bool) -> usize {
    let size = is_terminal.then(terminal_size::terminal_size).flatten();
    let columns = size.map(|(terminal_size::Width(columns), _)| usize::from(columns)).or_else(columns_told);
    columns.map_or(WIDTH_ELSEWHERE, |columns| columns.max(LEAST_WIDTH))
}

/// `COLUMNS` is asked where no terminal tells its size, as clap does for `--help`: of a pager, or a terminal of a log.
fn columns_told() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}
