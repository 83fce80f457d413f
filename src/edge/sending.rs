//! How a request is sent on: its origin, its host, and none of the headers that CloudFront adds itself.
//!
//! The gate's own `x-crossfade-` headers are left on the request: they are part of the cache key, hold no secret, and an
//! origin group's second invocation may see the request as the first one left it, and needs them.

use std::borrow::Cow;

use super::contract::{check_edits, fits};
use super::origins::ReadyOrigin;
use super::surprise::Surprise;
use crate::event::{Aim, Edits, EventOrigin, HeaderEdits, RequestEvent};
use crate::platform::headers::{Written, refuse_name};
use crate::route::query::QueryPolicy;
use crate::route::{Action, Forward, KeyedQuery, OriginId, Route, Uri};

/// Custom headers of an event's origin that are looked at: far more than the 30 that CloudFront allows.
const MOST_HEADERS: usize = 256;

/// A request as it came, and where it aimed.
pub(super) struct Came<'e> {
    pub(super) request: &'e RequestEvent<'e>,
    /// The viewer's, where it is known.
    pub(super) host: Option<&'e str>,
    pub(super) origin: Option<EventOrigin<'e>>,
    pub(super) aim: Aim,
    /// What CloudFront has on the behavior that the path falls in.
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

impl<'e> Sending<'e> {
    /// To the origin that was chosen, with what the route changes.
    ///
    /// What a rewrite or names of the query make is judged even where it happens to be what came: two requests that share a
    /// cache key must not differ in whether they pass.
    pub(super) fn by_route(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        forward: &'e Forward<'_, '_>,
        route: Option<&Route>,
    ) -> Result<Sending<'e>, Surprise> {
        if to.server.is_none() && !came.is_at_configured {
            // A bucket is reached by leaving the event's block alone: with that of anything else, that would be reached.
            return Err(Surprise::NotConfigured(to.id.clone()));
        }
        let mut edits = Edits::default();
        if let Uri::Rewritten(uri) = &forward.uri {
            edits.uri = Some(Cow::Borrowed(uri));
        }
        if route.is_some_and(makes_query) || *came.keyed != KeyedQuery::All {
            edits.query = Some(Cow::Borrowed(&forward.query_string));
        }
        edits.headers = forward.headers.map(HeaderEdits::of).unwrap_or_default();
        Sending { came, to, edits }.aimed()
    }

    /// To an origin, otherwise as it came but for what of its query is not in the cache key.
    pub(super) fn unchanged(came: &'e Came<'e>, to: &'e ReadyOrigin) -> Result<Sending<'e>, Surprise> {
        Sending { came, to, edits: with_keyed_query(came.request, came.keyed) }.aimed()
    }

    /// To the origin group's second origin, where it goes already; it gets the host that it needs and none of its own
    /// headers twice.
    pub(super) fn in_failover(came: &'e Came<'e>, to: &'e ReadyOrigin) -> Sending<'e> {
        Sending { came, to, edits: with_keyed_query(came.request, came.keyed) }.fitted()
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
    /// whole. A configured custom origin is written too: the table's word counts, whatever the distribution says.
    fn aimed(mut self) -> Result<Sending<'e>, Surprise> {
        let Sending { came, to, .. } = self;
        match &to.server {
            None if to.origin_id != came.configured => return Err(Surprise::NotConfigured(to.id.clone())),
            None => {}
            Some(server) => {
                let problem = |problem: &_| Surprise::Origin(to.id.clone(), Clone::clone(problem));
                let block = server.block.as_ref().map_err(problem)?;
                self.edits.origin = match &came.origin {
                    Some(event) if to.origin_id == came.configured && came.aim == Aim::Configured => block.over(event),
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
        }
        self
    }

    /// Names of the headers that the event's own block adds, where that block stays: they count too, whatever the table
    /// says of the origin.
    fn headers_of_kept_block(&self) -> Vec<Cow<'e, str>> {
        let removable =
            |name: &Cow<'_, str>| refuse_name(Written::OnRequest, name).is_none() && !name.eq_ignore_ascii_case("host");
        let kept = self.came.origin.iter().filter(|_| self.edits.origin.is_none());
        kept.flat_map(|origin| origin.header_names().filter(removable).take(MOST_HEADERS)).collect()
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
    matches!(&route.action, Action::Origin(action) if action.query_string != QueryPolicy::Keep)
}
