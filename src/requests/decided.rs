//! A decision written down: the output line of `crossfade decide`, without its version, which `report` writes.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::route::{BehaviorRef, Decision, Forward, Outcome, RequestBehavior, SentValue};

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
                line.serialize_entry("location", &redirect.location.to_string())?;
                line.serialize_entry(
                    "headers",
                    &HeadersByName(None, Some(&redirect.cache_control), &redirect.headers),
                )?;
            }
            Outcome::Respond(respond) => {
                line.serialize_entry("action", "respond")?;
                line.serialize_entry("status", &respond.status)?;
                let headers = HeadersByName(respond.content_type, Some(&respond.cache_control), &respond.headers);
                line.serialize_entry("headers", &headers)?;
            }
        }
        if let Some(refused) = &self.0.refused {
            let refused = RefusedLine { route: &refused.route.id, why: refused.why.to_string() };
            line.serialize_entry("refused", &refused)?;
        }
        if let Some(placed) = &self.0.placed {
            line.serialize_entry("behavior", &BehaviorLine(placed))?;
        }
        line.end()
    }
}

fn sent_on<M: SerializeMap>(line: &mut M, forward: &Forward<'_, '_>) -> Result<(), M::Error> {
    line.serialize_entry("action", "origin")?;
    line.serialize_entry("origin", &forward.origin.id)?;
    line.serialize_entry("uri", forward.uri.as_str())?;
    line.serialize_entry("query_string", &forward.query_string)?;
    let Some(changes) = &forward.headers else { return Ok(()) };
    if changes.set().next().is_some() {
        line.serialize_entry("headers", &SentByName(changes.set().collect()))?;
    }
    if changes.added().next().is_some() {
        line.serialize_entry("added_headers", &SentByName(changes.added().collect()))?;
    }
    if changes.removed().next().is_some() {
        line.serialize_entry("removed_headers", &changes.removed().collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Names and values; of a secret its name, as a table writes it.
struct SentByName<'a>(Vec<(&'a str, SentValue<'a>)>);

impl Serialize for SentByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        for (name, value) in &self.0 {
            match value {
                SentValue::Text(text) => fields.serialize_entry(name, text)?,
                SentValue::Secret(secret) => fields.serialize_entry(name, &SecretName { secret })?,
            }
        }
        fields.end()
    }
}

#[derive(Serialize)]
struct SecretName<'a> {
    secret: &'a str,
}

/// Names and values: a content type and a `cache-control` where there are, then the further ones.
struct HeadersByName<'a>(Option<&'a str>, Option<&'a str>, &'a [(String, String)]);

impl Serialize for HeadersByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let HeadersByName(content_type, cache_control, further) = self;
        let own = [("content-type", *content_type), ("cache-control", *cache_control)];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        serializer.collect_map(own.chain(further.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
    }
}

#[derive(Serialize)]
struct RefusedLine<'a> {
    route: &'a str,
    why: String,
}

/// The cache behavior of a request: which one, `not_routed` where the router does not run on it, and `other` where there is another.
struct BehaviorLine<'a>(&'a RequestBehavior<'a>);

impl Serialize for BehaviorLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RequestBehavior { behavior, other } = self.0;
        let mut line = serializer.serialize_map(None)?;
        behavior_entries(&mut line, behavior)?;
        if let Some(other) = other {
            line.serialize_entry("other", &OtherBehavior(other))?;
        }
        line.end()
    }
}

struct OtherBehavior<'a>(&'a BehaviorRef<'a>);

impl Serialize for OtherBehavior<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        behavior_entries(&mut line, self.0)?;
        line.end()
    }
}

/// As the manifest calls them; the default behavior has no pattern.
fn behavior_entries<M: SerializeMap>(line: &mut M, behavior: &BehaviorRef<'_>) -> Result<(), M::Error> {
    line.serialize_entry("path_pattern", &behavior.pattern.map(ToString::to_string))?;
    line.serialize_entry("configured_origin", &behavior.configured.id)?;
    if !behavior.is_routed {
        line.serialize_entry("not_routed", &true)?;
    }
    Ok(())
}
