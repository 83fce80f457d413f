//! A decision written down: the output line of `crossfade decide`, without its version, which `report` writes.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::route::{Decision, Forward, Outcome, Refused};

/// The public line of a decision: keys in a fixed order, one absent where it does not apply.
#[derive(Clone, Copy, Debug)]
pub struct DecisionLine<'d>(pub &'d Decision<'d, 'd>);

impl Serialize for DecisionLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("route", &self.0.route_id())?;
        match &self.0.outcome {
            Outcome::Origin(forward) => sent_on(&mut line, forward)?,
            Outcome::Redirect(redirect) => {
                line.serialize_entry("action", "redirect")?;
                line.serialize_entry("status", &redirect.status)?;
                line.serialize_entry("location", &Shown(&redirect.location))?;
                line.serialize_entry("headers", &AnswerHeaders(None, &redirect.cache_control, redirect.headers))?;
            }
            Outcome::Respond(respond) => {
                line.serialize_entry("action", "respond")?;
                line.serialize_entry("status", &respond.status)?;
                let headers = AnswerHeaders(respond.content_type, &respond.cache_control, respond.headers);
                line.serialize_entry("headers", &headers)?;
            }
        }
        if let Some(refused) = &self.0.refused {
            line.serialize_entry("refused", &RefusedLine(refused))?;
        }
        line.end()
    }
}

fn sent_on<M: SerializeMap>(line: &mut M, forward: &Forward<'_, '_>) -> Result<(), M::Error> {
    line.serialize_entry("action", "origin")?;
    line.serialize_entry("origin", &forward.origin.id)?;
    line.serialize_entry("uri", forward.uri.as_str())?;
    line.serialize_entry("query_string", &forward.query_string)?;
    let Some(changes) = forward.headers else { return Ok(()) };
    if !changes.set.is_empty() {
        line.serialize_entry("headers", &ByName(&changes.set))?;
    }
    if !changes.add.is_empty() {
        line.serialize_entry("added_headers", &ByName(&changes.add))?;
    }
    if !changes.remove.is_empty() {
        line.serialize_entry("removed_headers", &changes.remove)?;
    }
    Ok(())
}

struct ByName<'a>(&'a [(String, String)]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct AnswerHeaders<'a>(Option<&'a str>, &'a str, &'a [(String, String)]);

impl Serialize for AnswerHeaders<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AnswerHeaders(content_type, cache_control, further) = self;
        let first = content_type.map(|value| ("content-type", value)).into_iter();
        let own = first.chain([("cache-control", *cache_control)]);
        serializer.collect_map(own.chain(further.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
    }
}

struct Shown<'a, T>(&'a T);

impl<T: Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

struct RefusedLine<'a, 't>(&'a Refused<'t>);

impl Serialize for RefusedLine<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("route", &self.0.route.id)?;
        map.serialize_entry("why", &Shown(&self.0.why))?;
        map.end()
    }
}
