//! The first condition of a route that failed: what was wanted, what was found.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::route::condition::{Condition, ValueTest};
use crate::route::fact::Fact;
use crate::route::request::Request;
use crate::route::time::Window;
use crate::text::Timestamp;

/// A condition that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct NearMiss<'t, 'r> {
    /// What it asks for.
    pub fact: &'t Fact,
    /// What that must be.
    pub wanted: Wanted<'t>,
    /// What the request has; empty where it has nothing.
    pub found: Vec<Cow<'r, str>>,
}

/// `{"condition", "name", "wanted", "found"}`, the name where the fact has one.
impl Serialize for NearMiss<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("condition", self.fact.key())?;
        if let Some(name) = self.fact.name() {
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
    pub(super) fn new(failed: &'t Condition, request: &'r Request<'r>, at: Option<Timestamp>) -> NearMiss<'t, 'r> {
        let found = match &failed.fact {
            Fact::Time => at.map(|at| Cow::Owned(at.to_string())).into_iter().collect(),
            fact => request.values(fact).into_iter().map(Cow::Borrowed).collect(),
        };
        NearMiss { fact: &failed.fact, wanted: Wanted::of(&failed.test), found }
    }
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
        f.write_str(self.fact.key())?;
        if let Some(name) = self.fact.name() {
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
