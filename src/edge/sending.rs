//! How a request is sent on: its origin, its host, and none of the headers that CloudFront adds itself.
//!
//! The gate's own `x-crossfade-` headers are left on the request: they are part of the cache key, hold no secret, and an
//! origin group's second invocation may see the request as the first one left it, and needs them.

use std::borrow::Cow;

use super::gate;
use super::handler::{Action, Answered, Handler, Summary, Turn, notice};
use super::surprise::Surprise;
use crate::event::{Aim, Edits, HeaderEdits};
use crate::platform::headers::{Written, refuse_name};
use crate::route::query::QueryPolicy;
use crate::route::{Action as RouteAction, Forward, HostRule, OriginKind, Route, Uri};

/// Custom headers of an event's origin that are looked at: far more than the 30 that CloudFront allows.
const MOST_HEADERS: usize = 256;

/// To the origin that was chosen, with what the route changes.
///
/// What a rewrite or a list of names makes is judged even where it happens to be what came: two requests that share a
/// cache key must not differ in whether they pass.
pub(super) fn send_on(
    handler: &Handler,
    turn: &Turn<'_>,
    (forward, route): (&Forward<'_, '_>, Option<&Route>),
    log: &mut Vec<String>,
) -> Result<Answered, Surprise> {
    let origins = &handler.table.definition().origins;
    let at = origins.iter().position(|origin| std::ptr::eq(origin, forward.origin)).ok_or(Surprise::NoOrigin)?;
    let is_bucket = matches!(forward.origin.kind, OriginKind::S3(_));
    if is_bucket && turn.is_at_unknown_server() {
        // A bucket is reached by leaving the event's block alone: with that block, an unknown server would be.
        return Err(Surprise::NotConfigured(forward.origin.id.clone()));
    }
    let mut edits = Edits::default();
    if let Uri::Rewritten(uri) = &forward.uri {
        edits.uri = Some(Cow::Borrowed(uri));
    }
    if route.is_some_and(makes_query) {
        edits.query = Some(Cow::Borrowed(&forward.query_string));
    }
    edits.headers = forward.headers.map(HeaderEdits::of).unwrap_or_default();
    aim_at(handler, turn, at, &mut edits, log)?;
    write(turn, &edits, Summary { origin: Some(forward.origin.id.clone()), ..Summary::of(Action::Origin) })
}

fn makes_query(route: &Route) -> bool {
    matches!(&route.action, RouteAction::Origin(action) if action.query_string != QueryPolicy::Keep)
}

/// To the default, otherwise as it came.
pub(super) fn by_default(handler: &Handler, turn: &Turn<'_>, log: &mut Vec<String>) -> Result<Answered, Surprise> {
    let mut edits = Edits::default();
    aim_at(handler, turn, handler.table.definition().default, &mut edits, log)?;
    let origin = Some(handler.table.default_origin().id.clone());
    write(turn, &edits, Summary { origin, ..Summary::of(Action::Origin) })
}

/// To the origin group's second origin, where it goes already; it gets the host that it needs and none of its own
/// headers twice.
pub(super) fn fail_over(
    handler: &Handler,
    turn: &Turn<'_>,
    at: usize,
    log: &mut Vec<String>,
) -> Result<Answered, Surprise> {
    let mut edits = Edits::default();
    fit_headers(handler, turn, at, &mut edits, log)?;
    let origin = handler.table.definition().origins.get(at).map(|origin| origin.id.clone());
    write(turn, &edits, Summary { origin, ..Summary::of(Action::Failover) })
}

/// Makes a request go to an origin: to the configured bucket by leaving its block alone, to any other by writing it
/// whole. A configured custom origin is written too: the table's word counts, whatever the distribution says.
fn aim_at<'e>(
    handler: &'e Handler,
    turn: &'e Turn<'e>,
    at: usize,
    edits: &mut Edits<'e>,
    log: &mut Vec<String>,
) -> Result<(), Surprise> {
    let definition = handler.table.definition();
    let (Some(origin), Some(ready)) = (definition.origins.get(at), handler.origins.get(at)) else {
        return Err(Surprise::NoOrigin);
    };
    match &ready.block {
        None if at != definition.configured => return Err(Surprise::NotConfigured(origin.id.clone())),
        None => {}
        Some(Err(problem)) => return Err(Surprise::Origin(origin.id.clone(), problem.clone())),
        Some(Ok(block)) => {
            let stays = at == definition.configured && turn.aim == Aim::Configured;
            edits.origin = match &turn.origin {
                Some(event) if stays => block.over(event),
                _ => Some(Cow::Borrowed(block.text())),
            };
        }
    }
    fit_headers(handler, turn, at, edits, log)
}

/// Takes away the origin's own headers, which CloudFront adds and refuses to find twice, and sets its `host`.
fn fit_headers<'e>(
    handler: &'e Handler,
    turn: &'e Turn<'e>,
    at: usize,
    edits: &mut Edits<'e>,
    log: &mut Vec<String>,
) -> Result<(), Surprise> {
    let (Some(origin), Some(ready)) = (handler.table.definition().origins.get(at), handler.origins.get(at)) else {
        return Err(Surprise::NoOrigin);
    };
    for name in &ready.own_headers {
        edits.headers.remove(name);
    }
    for name in headers_of_kept_block(turn, edits) {
        edits.headers.remove(name);
    }
    let OriginKind::Custom(custom) = &origin.kind else { return Ok(()) };
    let host = match (&custom.host, turn.facts.host.as_deref()) {
        (HostRule::Name(name), _) => name,
        (HostRule::Viewer, Some(host)) => host,
        (HostRule::Viewer, None) => {
            let message = "the viewer's host is unknown, so an origin is sent its own domain as `host`";
            notice(&handler.told_of_unknown_host, turn.id, message, log);
            &origin.domain
        }
        (HostRule::Origin, _) => &origin.domain,
    };
    edits.headers.set("host", Cow::Borrowed(host));
    Ok(())
}

/// Names of the headers that the event's own block adds, where that block stays: they count too, whatever the table
/// says of the origin.
fn headers_of_kept_block<'e>(turn: &'e Turn<'e>, edits: &Edits<'_>) -> Vec<Cow<'e, str>> {
    let removable =
        |name: &Cow<'_, str>| refuse_name(Written::OnRequest, name).is_none() && !name.eq_ignore_ascii_case("host");
    let kept = turn.origin.iter().filter(|_| edits.origin.is_none());
    kept.flat_map(|origin| origin.header_names().filter(removable).take(MOST_HEADERS)).collect()
}

/// The request with these changes, where the gate lets it pass.
fn write(turn: &Turn<'_>, edits: &Edits<'_>, summary: Summary) -> Result<Answered, Surprise> {
    gate::check_edits(turn.request, edits)?;
    Ok(Answered { bytes: edits.write(turn.request), summary })
}
