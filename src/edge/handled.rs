//! What became of an event, as those see it who handed it in.

use std::fmt;

use serde::{Serialize, Serializer};

/// What became of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Handled {
    /// The answer as JSON, to be given back as it is.
    pub answer: Result<Vec<u8>, FunctionError>,
    /// Lines to be logged, one JSON object each.
    pub log: Vec<String>,
    /// What was done; `None` for events that are not decided.
    pub summary: Option<Summary>,
}

/// Without the text of the answer, which may have secrets. The lines are made to be read.
impl fmt::Debug for Handled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handled { answer, log, summary } = self;
        let answer = answer.as_ref().map(|bytes| format!("{} bytes", bytes.len()));
        f.debug_struct("Handled").field("answer", &answer).field("log", log).field("summary", summary).finish()
    }
}

/// What was done with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Id of the route that took it, also where a surprise then sent it to the default.
    pub route: Option<String>,
    /// What happened.
    pub action: Handling,
    /// Id of the origin that it is sent to; `None` where it is not sent on.
    pub origin: Option<String>,
    /// Of an answer made at the edge.
    pub status: Option<u16>,
    /// Why it did not go where the table says.
    pub surprise: Option<String>,
}

/// What happened with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Sent on.
    Origin,
    /// Answered with a redirect.
    Redirect,
    /// Answered.
    Respond,
    /// Left on its way to the second origin of an origin group.
    Failover,
    /// Left on its way to where it aims, because nothing else could be done.
    Unchanged,
}

impl Handling {
    /// As lines and reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Handling::Origin => "origin",
            Handling::Redirect => "redirect",
            Handling::Respond => "respond",
            Handling::Failover => "failover",
            Handling::Unchanged => "unchanged",
        }
    }
}

impl Serialize for Handling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// An event that can't be answered; CloudFront shows its viewer a 503.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// As Lambda's `errorType`.
    #[serde(rename = "errorType")]
    pub kind: &'static str,
    /// As Lambda's `errorMessage`; holds nothing of the event.
    #[serde(rename = "errorMessage")]
    pub message: String,
}
