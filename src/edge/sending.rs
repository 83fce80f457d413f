//! How a request is sent on: its origin, its host, and none of the headers that CloudFront adds itself.
//!
//! The gate's own `x-crossfade-` headers are left on the request: they are part of the cache key, hold no secret, and an
//! origin group's second invocation may see the request as the first one left it, and needs them.

use std::borrow::Cow;

use super::contract::{check_edits, fits};
use super::origins::ReadyOrigin;
use super::surprise::Surprise;
use crate::event::{Aim, Edits, EventOrigin, EventOriginKind, HeaderEdits, RequestEvent};
use crate::platform::headers::{NOT_FOR_BUCKETS, Written, refuse_name};
use crate::route::{Action, BehaviorId, Forward, KeyedQuery, OriginId, Route, Uri};

/// Custom headers of an event's origin that are looked at: far more than the 30 that CloudFront allows.
const MOST_HEADERS: usize = 256;

/// A request as it came, and where it aimed.
pub(super) struct Came<'e> {
    pub(super) request: &'e RequestEvent<'e>,
    /// The viewer's, where it is known.
    pub(super) host: Option<&'e str>,
    pub(super) origin: Option<EventOrigin<'e>>,
    pub(super) aim: Aim,
    /// The behavior that the path falls in.
    pub(super) behavior: BehaviorId,
    /// What CloudFront has on it.
    pub(super) configured: OriginId,
    /// Whether the event's block may stay where the configured origin is chosen.
    pub(super) is_at_configured: bool,
    /// What of its query may be sent on.
    pub(super) keyed: &'e KeyedQuery,
}

/// A request on its way out.
pub(super) struct Sending<'e> {
    came: &'e Came<'e>,
    /// The origin that it goes to.
    pub(super) to: &'e ReadyOrigin,
    edits: Edits<'e>,
}

impl Came<'_> {
    /// Whether it aims at the origin that CloudFront has on the behavior, and that is this one.
    fn is_at(&self, origin: &ReadyOrigin) -> bool {
        origin.origin_id == self.configured && self.aim == Aim::Configured
    }
}

/// What was decided of a request that is sent on.
#[derive(Clone, Copy)]
pub(super) struct Chosen<'e> {
    pub(super) forward: &'e Forward<'e, 'e>,
    /// `None`: the default takes it.
    pub(super) route: Option<&'e Route>,
}

impl<'e> Sending<'e> {
    /// To the origin that was chosen, with what the route changes.
    ///
    /// What a rewrite or names of the query make is judged even where it happens to be what came: two requests that share a
    /// cache key must not differ in whether they pass.
    pub(super) fn by_route(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        chosen: Chosen<'e>,
        headers: HeaderEdits<'e>,
    ) -> Result<Sending<'e>, Surprise> {
        let Chosen { forward, route } = chosen;
        let mut edits = Edits { uri: edited(&forward.uri), headers, ..Edits::default() };
        let by_default = route.is_none() && to.server.is_none();
        if route.is_some_and(makes_query) || by_default || *came.keyed != KeyedQuery::All {
            edits.query = Some(Cow::Borrowed(&forward.query_string));
        }
        Sending { came, to, edits }.aimed()
    }

    /// To an origin, otherwise passed on as it came but for what of its query is not in the cache key.
    pub(super) fn unchanged(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        uri: &'e Uri<'_, '_>,
    ) -> Result<Sending<'e>, Surprise> {
        Sending { came, to, edits: passed_on(came, to, uri) }.aimed()
    }

    /// To the origin group's second origin, where it goes already; it gets the host that it needs, none of its own
    /// headers twice, and nothing that a route wrote from a secret for the first one.
    pub(super) fn in_failover(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        uri: &'e Uri<'_, '_>,
        secret_headers: impl Iterator<Item = &'e str>,
    ) -> Sending<'e> {
        let edits = passed_on(came, to, uri);
        Sending { came, to, edits }.without(secret_headers).fitted()
    }

    /// Takes these headers away.
    pub(super) fn without(mut self, names: impl Iterator<Item = &'e str>) -> Sending<'e> {
        names.for_each(|name| self.edits.headers.remove(name));
        self
    }

    /// Whether its origin wants the viewer's host, which is unknown.
    pub(super) fn lacks_host(&self) -> bool {
        self.came.host.is_none() && self.to.server.as_ref().is_some_and(|server| server.takes_viewers_host)
    }

    /// The request with its changes, where they keep the contract.
    pub(super) fn write(&self) -> Result<String, Surprise> {
        check_edits(self.came.request, &self.edits)?;
        Ok(self.edits.write(self.came.request))
    }

    /// Makes a request go to its origin: to the configured bucket by leaving its block alone, to any other by writing it
    /// whole. A configured custom origin is written over: the table's word counts, and the distribution's for the rest.
    fn aimed(mut self) -> Result<Sending<'e>, Surprise> {
        let Sending { came, to, .. } = self;
        match &to.server {
            // A bucket is reached by leaving the event's block alone: with that of anything else, that would be reached.
            None if to.origin_id != came.configured || !came.is_at_configured => {
                return Err(Surprise::NotConfigured(to.id.clone()));
            }
            None => {}
            Some(server) => {
                let problem = |problem: &_| Surprise::Origin(to.id.clone(), Clone::clone(problem));
                let block = server.block.as_ref().map_err(problem)?;
                self.edits.origin = match &came.origin {
                    Some(event) if came.is_at(to) => block.over(event),
                    _ => Some(Cow::Borrowed(block.text())),
                };
            }
        }
        Ok(self.fitted())
    }

    /// Takes away the origin's own headers, which CloudFront adds and refuses to find twice, and sets its `host`.
    fn fitted(mut self) -> Sending<'e> {
        for name in &self.to.own_headers {
            self.edits.headers.remove(name);
        }
        for name in self.headers_of_kept_block() {
            self.edits.headers.remove(name);
        }
        if let Some(server) = &self.to.server {
            let viewers = self.came.host.filter(|_| server.takes_viewers_host);
            self.edits.headers.set("host", Cow::Borrowed(viewers.unwrap_or(&server.host)));
        } else {
            let signed = self.came.origin.as_ref().and_then(EventOrigin::bucket_domain);
            for_bucket(&mut self.edits.headers, Some(signed.unwrap_or(Cow::Borrowed(&self.to.domain))));
        }
        self
    }

    /// Names of the headers that the event's own block adds, where that block stays or is written over: they count too,
    /// whatever the table says of the origin.
    fn headers_of_kept_block(&self) -> Vec<Cow<'e, str>> {
        let stays = self.edits.origin.is_none() || self.came.is_at(self.to);
        let kept = self.came.origin.iter().filter(|_| stays);
        kept.flat_map(headers_of).collect()
    }
}

/// What is written where a request is only passed on: a bucket is sent no query that no route asked for.
fn passed_on<'e>(came: &'e Came<'e>, to: &ReadyOrigin, uri: &'e Uri<'_, '_>) -> Edits<'e> {
    let edits = with_keyed_query(came.request, came.keyed);
    let query = to.unasked_query().or(edits.query);
    Edits { uri: edited(uri), query, headers: edits.headers, origin: edits.origin }
}

/// A bucket is asked by the name that CloudFront signs for, whatever a policy forwarded, and is not told who asks.
fn for_bucket<'e>(headers: &mut HeaderEdits<'e>, domain: Option<Cow<'e, str>>) {
    if let Some(domain) = domain {
        headers.set("host", domain);
    }
    NOT_FOR_BUCKETS.into_iter().for_each(|name| headers.remove(name));
}

/// Names of the headers that an event's block adds and that a function may take away from the request.
fn headers_of<'e>(origin: &EventOrigin<'e>) -> impl Iterator<Item = Cow<'e, str>> {
    let removable =
        |name: &Cow<'_, str>| refuse_name(Written::OnRequest, name).is_none() && !name.eq_ignore_ascii_case("host");
    origin.header_names().filter(removable).take(MOST_HEADERS)
}

/// A request that stays where it aims because it can go nowhere else: as it came, without the headers that are added there
/// and would be a 502 if they came twice; a bucket is sent what any bucket is. Nothing that is written here can be more
/// than CloudFront takes: a query that would be is left out, and the path is CloudFront's own.
pub(super) fn left_alone<'e>(
    request: &'e RequestEvent<'_>,
    keyed: &KeyedQuery,
    secret_headers: impl Iterator<Item = &'e str>,
) -> String {
    let origin = EventOrigin::of(request);
    let mut edits = with_keyed_query(request, keyed);
    secret_headers.for_each(|name| edits.headers.remove(name));
    origin.iter().flat_map(headers_of).for_each(|name| edits.headers.remove(name));
    if let Some(bucket) = origin.as_ref().filter(|origin| origin.kind == EventOriginKind::S3) {
        edits.query = Some(Cow::Borrowed(""));
        for_bucket(&mut edits.headers, bucket.bucket_domain());
    }
    edits.write(request)
}

/// The path that is written, where it is not the one that came.
fn edited<'u>(uri: &'u Uri<'_, '_>) -> Option<Cow<'u, str>> {
    match uri {
        Uri::AsItCame(_) => None,
        Uri::Resolved(path) => Some(Cow::Borrowed(path)),
        Uri::Rewritten(path) => Some(Cow::Borrowed(path)),
    }
}

/// A request as it came, but for what of its query is not in the cache key: an origin must not answer by that. Where the
/// rest would not be taken either, none of it is sent.
pub(super) fn with_keyed_query<'e>(request: &'e RequestEvent<'_>, keyed: &KeyedQuery) -> Edits<'e> {
    if *keyed == KeyedQuery::All {
        return Edits::default();
    }
    let query = keyed.of(Cow::Borrowed(&*request.query));
    let query = if fits(&request.uri, &query) { query } else { Cow::Borrowed("") };
    Edits { query: Some(query), ..Edits::default() }
}

fn makes_query(route: &Route) -> bool {
    matches!(&route.action, Action::Origin(action) if action.makes_query())
}
