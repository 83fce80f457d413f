//! How the packaged function starts: by handing its process over, or never.

use clap::ValueEnum;

use crate::check::memory::Beside;

/// The path that a function starts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StartPath {
    /// The binary in the place of Node.js; beside it where that fails.
    Exec,
    /// The binary beside Node.js, from the first start on.
    Child,
}

impl StartPath {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StartPath::Exec => "exec",
            StartPath::Child => "child",
        }
    }

    /// What runs beside the binary then.
    #[must_use]
    pub fn beside(self) -> Beside {
        match self {
            StartPath::Exec => Beside::Nothing,
            StartPath::Child => Beside::Node,
        }
    }
}
