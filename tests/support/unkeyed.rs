//! What stands outside a behavior's cache key changes nothing of an answer: else one viewer's answer would be another's.
//!
//! It knows of the table only which names of a query are in the key of each behavior.

use std::collections::BTreeSet;

use crossfade::edge::Handler;
use crossfade::route::{Caching, KeyedQuery, Timestamp};
use serde_json::{Value, json};

/// A parameter, cookie and header that no table of the tests reads.
const NOISE: &str = "zz-noise";
const REQUEST: &str = "/Records/0/cf/request";

/// What is wrong with the answers to a GET and to the same request otherwise outside of its key; empty if nothing.
pub(crate) fn leaks(handler: &Handler, event: &Value, clock: Timestamp) -> Vec<String> {
    let mut leaks = Vec::new();
    let Some(events) = pair(handler, event) else { return leaks };
    let answers = events.map(|event| {
        let handled = handler.handle(event.to_string().as_bytes(), clock);
        handled.answer.ok().and_then(|answer| serde_json::from_slice::<Value>(&answer).ok()).map(without_noise)
    });
    if answers[0] != answers[1] {
        leaks.push(format!("{:?} is not {:?}", answers[0], answers[1]));
    }
    leaks
}

/// The event as a plain GET, and one that differs from it outside of the key alone.
fn pair(handler: &Handler, event: &Value) -> Option<[Value; 2]> {
    let request = event.pointer(REQUEST)?.as_object()?;
    let table = handler.table();
    let placement = table.placement(request.get("uri")?.as_str()?);
    let places: BTreeSet<_> = placement.all().collect();
    let behavior = table.behavior(placement.clean);
    // Where the behavior is not clear the answer is a redirect that nobody keeps.
    if places.len() > 1 || behavior.caching == Caching::Off || !behavior.is_routed {
        return None;
    }
    let query = request.get("querystring").and_then(Value::as_str).unwrap_or_default();
    let noisy_query = match table.keyed_query(placement.clean) {
        KeyedQuery::All => query.to_owned(),
        KeyedQuery::Names(_) => format!("{NOISE}=\">&{query}&{NOISE}\u{1}"),
    };
    let with = |method: &str, query: &str| {
        let mut event = event.clone();
        // An event of another kind goes back as it came.
        event
            .pointer_mut("/Records/0/cf/config")?
            .as_object_mut()?
            .insert("eventType".to_owned(), "origin-request".into());
        let request = event.pointer_mut(REQUEST)?.as_object_mut()?;
        request.insert("method".to_owned(), method.into());
        request.insert("querystring".to_owned(), query.into());
        Some(event)
    };
    let (plain, mut noisy) = (with("GET", query)?, with("HEAD", &noisy_query)?);
    let request = noisy.pointer_mut(REQUEST)?.as_object_mut()?;
    request.insert("clientIp".to_owned(), "203.0.113.99".into());
    if let Some(headers) = request.get_mut("headers").and_then(Value::as_object_mut) {
        headers.insert(NOISE.to_owned(), json!([{ "key": NOISE, "value": "\">" }]));
    }
    Some([plain, noisy])
}

/// What a request that is sent on has of the noise: CloudFront forwards none of it.
fn without_noise(mut answer: Value) -> Value {
    // An answer of our own has no `uri`.
    if let Some(answer) = answer.as_object_mut().filter(|answer| answer.contains_key("uri")) {
        answer.remove("method");
        answer.remove("clientIp");
        if let Some(headers) = answer.get_mut("headers").and_then(Value::as_object_mut) {
            headers.remove(NOISE);
        }
    }
    answer
}
