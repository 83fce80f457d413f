//! The first condition of a route that failed: what was wanted, what was found.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::route::condition::{Asked, Condition, ValueTest};
use crate::route::fact::Fact;
use crate::route::failed::Failed;
use crate::route::pattern::RedirectMap;
use crate::route::request::Request;
use crate::route::time::Window;
use crate::text::Timestamp;

/// What failed.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss<'t, 'r> {
    /// What it asks for.
    pub asks: MissedAt<'t>,
    /// What that must be.
    pub wanted: Wanted<'t>,
    /// What the request has; empty where it has nothing.
    pub found: Vec<Cow<'r, str>>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MissedAt<'t> {
    /// The fact that a condition is on.
    Fact(&'t Fact),
    /// The parameters that tell the rows of a map apart.
    MapQuery,
}

impl<'t> MissedAt<'t> {
    /// What a table calls it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            MissedAt::Fact(fact) => fact.key(),
            MissedAt::MapQuery => "map_query",
        }
    }

    /// The name of the fact, where it has one.
    #[must_use]
    pub fn name(self) -> Option<&'t str> {
        match self {
            MissedAt::Fact(fact) => fact.name(),
            MissedAt::MapQuery => None,
        }
    }
}

/// `{"condition", "name", "wanted", "found"}`, the name where the fact has one.
impl Serialize for NearMiss<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("condition", self.asks.key())?;
        if let Some(name) = self.asks.name() {
            map.serialize_entry("name", name)?;
        }
        map.serialize_entry("wanted", &self.wanted)?;
        map.serialize_entry("found", &self.found)?;
        map.end()
    }
}

/// What a condition asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted<'t> {
    /// This text.
    Equal(Cow<'t, str>),
    /// One of these texts.
    AnyOf(Vec<Cow<'t, str>>),
    /// None of these texts, or nothing.
    NoneOf(Vec<Cow<'t, str>>),
    /// Something.
    Present,
    /// Nothing.
    Absent,
    /// What this regex is found in.
    Regex(&'t str),
    /// The parameters of one of the rows that a map has for this path.
    RowOf(Cow<'t, str>),
    /// A moment between two.
    Window {
        /// Not before.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Before.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
}

impl<'t, 'r> NearMiss<'t, 'r> {
    /// `request` is what was asked: it lives longer.
    pub(super) fn new(failed: Failed<'t>, request: &'r Request<'r>, asked: &Asked<'_>) -> NearMiss<'t, 'r> {
        match failed {
            Failed::Condition(condition) => NearMiss::of_condition(condition, request, asked.moment),
            Failed::Row(map) => {
                let wanted = Wanted::RowOf(asked.path.to_owned().into());
                NearMiss { asks: MissedAt::MapQuery, wanted, found: found_of(map, request.query) }
            }
        }
    }

    fn of_condition(failed: &'t Condition, request: &'r Request<'r>, at: Option<Timestamp>) -> NearMiss<'t, 'r> {
        let found = match &failed.fact {
            Fact::Time => at.map(|at| Cow::Owned(at.to_string())).into_iter().collect(),
            fact => request.values(fact).into_iter().map(Cow::Borrowed).collect(),
        };
        NearMiss { asks: MissedAt::Fact(&failed.fact), wanted: Wanted::of(&failed.test), found }
    }
}

/// The parameters of a query that a map looks at, `name=value` each.
fn found_of<'r>(map: &RedirectMap, query: &str) -> Vec<Cow<'r, str>> {
    let values = map.names.iter().zip(map.key_of(query));
    values.filter_map(|(name, value)| Some(Cow::Owned(format!("{name}={}", value?)))).collect()
}

impl<'t> Wanted<'t> {
    fn of(test: &'t ValueTest) -> Wanted<'t> {
        match test {
            ValueTest::Equal(text) => Wanted::Equal(text.as_str().into()),
            ValueTest::AnyOf(texts) => any_of(texts),
            ValueTest::NoneOf(texts) => Wanted::NoneOf(texts.iter().map(|text| text.as_str().into()).collect()),
            ValueTest::Present => Wanted::Present,
            ValueTest::Absent => Wanted::Absent,
            ValueTest::Regex(regex) => Wanted::Regex(regex.text()),
            ValueTest::HostIn(hosts) => any_of(hosts),
            ValueTest::Within(Window { from, until }) => {
                Wanted::Window { from: from.map(|from| from.to_string()), until: until.map(|until| until.to_string()) }
            }
        }
    }
}

fn any_of<'t, T: ToString>(texts: &[T]) -> Wanted<'t> {
    match texts {
        [one] => Wanted::Equal(one.to_string().into()),
        more => Wanted::AnyOf(more.iter().map(|text| text.to_string().into()).collect()),
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Equal(text) => write!(f, "`{text}`"),
            Wanted::AnyOf(texts) => {
                for (at, text) in texts.iter().enumerate() {
                    write!(f, "{}`{text}`", if at == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Wanted::NoneOf(texts) => {
                for (at, text) in texts.iter().enumerate() {
                    write!(f, "{}`{text}`", if at == 0 { "not " } else { " nor " })?;
                }
                Ok(())
            }
            Wanted::Present => f.write_str("any value"),
            Wanted::Absent => f.write_str("none"),
            Wanted::Regex(text) => write!(f, "a match of `{text}`"),
            Wanted::RowOf(path) => write!(f, "those of a row of `{path}`"),
            Wanted::Window { from: Some(from), until: Some(until) } => write!(f, "from {from} until {until}"),
            Wanted::Window { from: Some(from), until: None } => write!(f, "from {from}"),
            Wanted::Window { from: None, until: Some(until) } => write!(f, "until {until}"),
            Wanted::Window { from: None, until: None } => f.write_str("any time"),
        }
    }
}

/// `cookie beta: wanted `1`, found nothing`
impl fmt::Display for NearMiss<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.asks.key())?;
        if let Some(name) = self.asks.name() {
            write!(f, " `{name}`")?;
        }
        write!(f, ": wanted {}, found ", self.wanted)?;
        if self.found.is_empty() {
            return f.write_str("nothing");
        }
        for (at, text) in self.found.iter().enumerate() {
            write!(f, "{}`{text}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
