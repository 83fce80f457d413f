//! What every command takes, and how it ends.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ColorChoice};

use crate::report::{Ending, Format};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is fine.
    Fine,
    /// 1: it did its work and found something.
    Found,
    /// 2: it could not do its work.
    CouldNot,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        match exit {
            Exit::Fine => ExitCode::from(0),
            Exit::Found => ExitCode::from(1),
            Exit::CouldNot => ExitCode::from(2),
        }
    }
}

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The table [default: what CROSSFADE_ROUTES names, else `routes.toml` here or in the nearest folder above]
    #[arg(long, global = true, value_name = "FILE", display_order = 101)]
    pub routes: Option<PathBuf>,
    /// `text` for people, `json` for programs
    #[arg(long, global = true, value_enum, default_value_t, hide_possible_values = true, display_order = 102)]
    pub format: Format,
    /// `auto` (on a terminal, unless NO_COLOR is set), `always` or `never`
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true,
        display_order = 103
    )]
    pub color: ColorChoice,
    /// Findings and answers only: no counts, no notes, and no line for each request of `serve`
    #[arg(short, long, global = true, display_order = 104)]
    pub quiet: bool,
}

impl Global {
    /// Whether an answer for people ends with its counts.
    #[must_use]
    pub fn ending(&self) -> Ending {
        if self.quiet { Ending::LeftOut } else { Ending::Told }
    }
}
