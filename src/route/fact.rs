//! Facts: what a decision can depend on beside the path. Their values are [`Request::values`](super::Request::values).

use serde::{Deserialize, Serialize};

use super::viewer::Told;

/// Something that a decision can depend on beside the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fact {
    /// The viewer's host.
    Host,
    /// The method.
    Method,
    /// The query parameter of this name.
    Query(String),
    /// All of the query: what is sent on may be built from it, no condition asks for it.
    WholeQuery,
    /// The header of this name, in lower case.
    Header(String),
    /// The cookie of this name.
    Cookie(String),
    /// What is told of the viewer.
    Told(Told),
    /// The time, as far as the table's instants tell it apart.
    Time,
}

impl Fact {
    /// What a table calls this kind of fact.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Fact::Host => "host",
            Fact::Method => "method",
            Fact::Query(_) | Fact::WholeQuery => "query",
            Fact::Header(_) => "header",
            Fact::Cookie(_) => "cookie",
            Fact::Told(told) => told.key(),
            Fact::Time => "time",
        }
    }

    /// Of a query parameter, header or cookie.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Fact::Query(name) | Fact::Header(name) | Fact::Cookie(name) => Some(name),
            Fact::Host | Fact::Method | Fact::WholeQuery | Fact::Told(_) | Fact::Time => None,
        }
    }
}
