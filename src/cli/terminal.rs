//! Where a command writes: colours only where they are wanted, text as wide as the terminal.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::{CliError, Global};
use crate::report::Present;

/// Width of text that goes to no terminal.
const WIDTH_ELSEWHERE: usize = 140;

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
    pub fn answer(result: &impl Present, global: &Global) -> Result<(), CliError> {
        let mut out = Terminal::stdout(global);
        let text = global.format.answer(result, out.width).map_err(CliError::new)?;
        Ok(out.print(&text)?)
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
    size.map_or(WIDTH_ELSEWHERE, |(terminal_size::Width(columns), _)| usize::from(columns).max(20))
}
