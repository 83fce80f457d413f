//! How a request is sent on: its origin, its host, and none of the headers that CloudFront adds itself.
//!
//! The gate's own `x-crossfade-` headers are left on the request: they are part of the cache key, hold no secret, and an
//! origin group's second invocation may see the request as the first one left it, and needs them.

use std::borrow::Cow;

use super::contract::check_edits;
use super::origins::ReadyOrigin;
use super::surprise::Surprise;
use crate::event::{Aim, Edits, EventOrigin, EventOriginKind, HeaderEdits, RequestEvent};
use crate::platform::headers::{Written, refuse_name};
use crate::route::query::QueryPolicy;
use crate::route::{Action, Forward, Route, Uri};

/// Custom headers of an event's origin that are looked at: far more than the 30 that CloudFront allows.
const MOST_HEADERS: usize = 256;

/// A request as it came, and where it aimed.
pub(super) struct Came<'e> {
    pub(super) request: &'e RequestEvent<'e>,
    /// The viewer's, where it is known.
    pub(super) host: Option<&'e str>,
    pub(super) origin: Option<EventOrigin<'e>>,
    pub(super) aim: Aim,
}

/// A request on its way out.
pub(super) struct Sending<'e> {
    came: &'e Came<'e>,
    /// The origin that it goes to.
    pub(super) to: &'e ReadyOrigin,
    edits: Edits<'e>,
}

impl Came<'_> {
    /// Whether the event aims at a server that the table does not have.
    fn is_at_unknown_server(&self) -> bool {
        let is_server = self.origin.as_ref().is_some_and(|origin| origin.kind == EventOriginKind::Custom);
        self.aim == Aim::Unknown && is_server
    }
}

impl<'e> Sending<'e> {
    /// To the origin that was chosen, with what the route changes.
    ///
    /// What a rewrite or a list of names makes is judged even where it happens to be what came: two requests that share a
    /// cache key must not differ in whether they pass.
    pub(super) fn by_route(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        forward: &'e Forward<'_, '_>,
        route: Option<&Route>,
    ) -> Result<Sending<'e>, Surprise> {
        if to.server.is_none() && came.is_at_unknown_server() {
            // A bucket is reached by leaving the event's block alone: with that block, an unknown server would be.
            return Err(Surprise::NotConfigured(to.id.clone()));
        }
        let mut edits = Edits { uri: edited(&forward.uri), ..Edits::default() };
        if route.is_some_and(makes_query) {
            edits.query = Some(Cow::Borrowed(&forward.query_string));
        }
        edits.headers = forward.headers.map(HeaderEdits::of).unwrap_or_default();
        Sending { came, to, edits }.aimed()
    }

    /// To an origin, otherwise passed on as it came.
    pub(super) fn unchanged(
        came: &'e Came<'e>,
        to: &'e ReadyOrigin,
        uri: &'e Uri<'_, '_>,
    ) -> Result<Sending<'e>, Surprise> {
        Sending { came, to, edits: Edits { uri: edited(uri), ..Edits::default() } }.aimed()
    }

    /// To the origin group's second origin, where it goes already; it gets the host that it needs and none of its own
    /// headers twice.
    pub(super) fn in_failover(came: &'e Came<'e>, to: &'e ReadyOrigin, uri: &'e Uri<'_, '_>) -> Sending<'e> {
        Sending { came, to, edits: Edits { uri: edited(uri), ..Edits::default() } }.fitted()
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
            None if !to.is_configured => return Err(Surprise::NotConfigured(to.id.clone())),
            None => {}
            Some(server) => {
                let problem = |problem: &_| Surprise::Origin(to.id.clone(), Clone::clone(problem));
                let block = server.block.as_ref().map_err(problem)?;
                self.edits.origin = match &came.origin {
                    Some(event) if to.is_configured && came.aim == Aim::Configured => block.over(event),
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

/// The path that is written, where it is not the one that came.
fn edited<'u>(uri: &'u Uri<'_, '_>) -> Option<Cow<'u, str>> {
    match uri {
        Uri::AsItCame(_) => None,
        Uri::Resolved(path) => Some(Cow::Borrowed(path)),
        Uri::Rewritten(path) => Some(Cow::Borrowed(path)),
    }
}

fn makes_query(route: &Route) -> bool {
    matches!(&route.action, Action::Origin(action) if action.query_string != QueryPolicy::Keep)
}
