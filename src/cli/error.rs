//! Why a command could not do its work, and what to do about it.

use std::fmt::Display;
use std::io;

use anstyle::{AnsiColor, Style};

use crate::text::{said, shown};

/// Ends a command with exit code 2.
#[derive(Debug)]
pub struct CliError {
    report: String,
    cause: String,
    cures: Vec<String>,
}

impl CliError {
    /// Says what went wrong: lower case, no full stop, user text in backticks.
    #[must_use]
    pub fn new(cause: impl Display) -> CliError {
        CliError { report: String::new(), cause: cause.to_string(), cures: Vec::new() }
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub fn help(mut self, cure: impl Display) -> CliError {
        self.cures.push(cure.to_string());
        self
    }

    /// Puts a rendered report before the cause, such as the diagnostics of a table.
    #[must_use]
    pub fn after(mut self, report: String) -> CliError {
        self.report = report;
        self
    }

    /// Styled text with its line break.
    #[must_use]
    pub fn render(&self) -> String {
        let error = Style::new().bold().fg_color(Some(AnsiColor::BrightRed.into()));
        let help = Style::new().bold().fg_color(Some(AnsiColor::BrightCyan.into()));
        let mut text = format!("{}{error}error{error:#}: {}\n", self.report, shown(&self.cause));
        for cure in &self.cures {
            text.push_str(&format!("{help}help{help:#}: {}\n", shown(cure)));
        }
        text
    }
}

/// Of writing an answer: files that are read have their own words.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> CliError {
        CliError::new(format_args!("the answer cannot be written: {}", words(&error)))
    }
}

/// Whether the reader of an answer went away, which is no failure.
#[must_use]
pub fn is_closed_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// The system's words in the manner of all messages: lower case, no number.
#[must_use]
pub fn words(error: &io::Error) -> String {
    said(&error.to_string())
}
