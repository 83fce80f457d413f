//! What was decided, and its public JSON line (schema 1).

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::definition::{HeaderChanges, Route};
use super::ids::OriginId;
use super::origin::Origin;
use super::target::{Location, Unsafe};

/// The one decision for a request. Borrows the table (`'t`) and the request (`'r`).
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<'t, 'r> {
    /// What took the request; `None`: the default did, or `[canonical] refuse`.
    pub route: Option<&'t Route>,
    /// What happens to it.
    pub outcome: Outcome<'t, 'r>,
    /// The route that ended the walk because what it made was unsafe.
    pub refused: Option<Refused<'t>>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'t, 'r> {
    /// It is sent on.
    Origin(Forward<'t, 'r>),
    /// It is answered with a redirect.
    Redirect(Redirect<'t, 'r>),
    /// It is answered.
    Respond(Respond<'t>),
}

/// A request that is sent on.
#[derive(Clone, Debug, PartialEq)]
pub struct Forward<'t, 'r> {
    /// To what.
    pub origin_id: OriginId,
    /// The same.
    pub origin: &'t Origin,
    /// With this path; [`Cow::Borrowed`] of the request where no rewrite changed it.
    pub uri: Uri<'t, 'r>,
    /// With this query.
    pub query_string: Cow<'r, str>,
    /// With these changes of its headers.
    pub headers: Option<&'t HeaderChanges>,
}

/// The path of a request that is sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri<'t, 'r> {
    /// As it came, byte for byte.
    AsItCame(&'r str),
    /// What the route's rewrite made.
    Rewritten(Cow<'t, str>),
}

impl Uri<'_, '_> {
    /// The path sent on.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Uri::AsItCame(path) => path,
            Uri::Rewritten(path) => path,
        }
    }
}

/// A generated redirect.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect<'t, 'r> {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Where to.
    pub location: Location<'t, 'r>,
    /// Its `cache-control`, cut to the table's next instant.
    pub cache_control: Cow<'t, str>,
    /// Further headers.
    pub headers: &'t [(String, String)],
}

/// A generated answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Respond<'t> {
    /// 200 to 599.
    pub status: u16,
    /// Text; empty for none.
    pub body: &'t str,
    /// Of the body.
    pub content_type: Option<&'t str>,
    /// Its `cache-control`, cut to the table's next instant.
    pub cache_control: Cow<'t, str>,
    /// Further headers.
    pub headers: &'t [(String, String)],
}

/// A route whose target would have been unsafe for this request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refused<'t> {
    /// The route.
    pub route: &'t Route,
    /// The reason.
    pub why: Unsafe,
}

impl<'t> Decision<'t, '_> {
    /// The route that the walk ended at, even if what it made of the request was refused.
    #[must_use]
    pub fn taker(&self) -> Option<&'t Route> {
        self.route.or(self.refused.map(|refused| refused.route))
    }

    /// Id of the route that took the request.
    #[must_use]
    pub fn route_id(&self) -> Option<&str> {
        self.route.map(|route| route.id.as_str())
    }
}

/// The public line of `crossfade decide`: keys in a fixed order, one absent where it does not apply.
impl Serialize for Decision<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("schema", &1)?;
        line.serialize_entry("route", &self.route_id())?;
        match &self.outcome {
            Outcome::Origin(forward) => forward.write(&mut line)?,
            Outcome::Redirect(redirect) => {
                line.serialize_entry("action", "redirect")?;
                line.serialize_entry("status", &redirect.status)?;
                line.serialize_entry("location", &Displayed(&redirect.location))?;
                line.serialize_entry("headers", &Answer(None, &redirect.cache_control, redirect.headers))?;
            }
            Outcome::Respond(respond) => {
                line.serialize_entry("action", "respond")?;
                line.serialize_entry("status", &respond.status)?;
                let headers = Answer(respond.content_type, &respond.cache_control, respond.headers);
                line.serialize_entry("headers", &headers)?;
            }
        }
        if let Some(refused) = &self.refused {
            line.serialize_entry("refused", &RefusedLine(refused))?;
        }
        line.end()
    }
}

impl Forward<'_, '_> {
    fn write<M: SerializeMap>(&self, line: &mut M) -> Result<(), M::Error> {
        line.serialize_entry("action", "origin")?;
        line.serialize_entry("origin", &self.origin.id)?;
        line.serialize_entry("uri", self.uri.as_str())?;
        line.serialize_entry("query_string", &self.query_string)?;
        let Some(changes) = self.headers else { return Ok(()) };
        if !changes.set.is_empty() {
            line.serialize_entry("headers", &Pairs(&changes.set))?;
        }
        if !changes.add.is_empty() {
            line.serialize_entry("added_headers", &Pairs(&changes.add))?;
        }
        if !changes.remove.is_empty() {
            line.serialize_entry("removed_headers", &changes.remove)?;
        }
        Ok(())
    }
}

struct Pairs<'a>(&'a [(String, String)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct Answer<'a>(Option<&'a str>, &'a str, &'a [(String, String)]);

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Answer(content_type, cache_control, further) = self;
        let first = content_type.map(|value| ("content-type", value)).into_iter();
        let own = first.chain([("cache-control", *cache_control)]);
        serializer.collect_map(own.chain(further.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
    }
}

struct Displayed<'a, T>(&'a T);

impl<T: std::fmt::Display> Serialize for Displayed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

struct RefusedLine<'a, 't>(&'a Refused<'t>);

impl Serialize for RefusedLine<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("route", &self.0.route.id)?;
        map.serialize_entry("why", &Displayed(&self.0.why))?;
        map.end()
    }
}
