//! What a decision reads of a request: nothing that the table does not name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::RequestEvent;
use super::json::{Object, elements, text};
use super::origin::EventOrigin;
use crate::platform::buckets::bucket_of;
use crate::platform::headers::{EPOCH, HOST};
use crate::route::{Definition, Fact, Request, Route, Timestamp, Told, Viewer, parse_epoch};
use crate::text::host::{bare_host, is_host_value};

/// The header in which a fact reaches the function; `None` for what stands in the method, the query or a cookie.
#[must_use]
pub fn header_of(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Host => Some(HOST),
        Fact::Told(told) => Some(told.header()),
        Fact::Time => Some(EPOCH),
        Fact::Header(name) => Some(name),
        Fact::Method | Fact::Query(_) | Fact::WholeQuery | Fact::Cookie(_) => None,
    }
}

/// The headers that conditions of a table read, and the domains that are not viewers' hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventReads {
    headers: Vec<String>,
    domains: Vec<String>,
    /// The buckets among them: one has many domains.
    buckets: Vec<String>,
}

impl EventReads {
    /// Collects them. O(n) in conditions.
    #[must_use]
    pub fn of(definition: &Definition) -> EventReads {
        let name = |fact| match fact {
            Fact::Header(name) => Some(name.to_ascii_lowercase()),
            Fact::Cookie(_) => Some("cookie".to_owned()),
            Fact::Host | Fact::Method | Fact::Query(_) | Fact::WholeQuery | Fact::Told(_) | Fact::Time => None,
        };
        let headers: BTreeSet<String> = definition.routes.iter().flat_map(Route::facts).filter_map(name).collect();
        let domains = || definition.origins.iter().map(|origin| origin.domain.clone());
        let buckets = domains().filter_map(|domain| bucket_of(&domain)).collect();
        EventReads { headers: headers.into_iter().collect(), domains: domains().collect(), buckets }
    }

    /// Whether a host is an origin's name: the table's, in any spelling of a bucket's, or the event's own.
    fn is_origin(&self, host: &str, request: &RequestEvent<'_>) -> bool {
        let host = bare_host(host);
        let own = EventOrigin::of(request).and_then(|origin| origin.object.text("domainName"));
        let mut domains = self.domains.iter().map(String::as_str).chain(own.as_deref());
        let is_bucket = |bucket: &String| self.buckets.contains(bucket);
        domains.any(|domain| domain.eq_ignore_ascii_case(host)) || bucket_of(host).as_ref().is_some_and(is_bucket)
    }
}

/// The facts of one event, decoded.
#[derive(Clone, Debug, Default)]
pub struct EventFacts<'a> {
    /// The viewer's host as the gate, or else the `host` header, says it; `None` where neither can be trusted to.
    pub host: Option<Cow<'a, str>>,
    method: Cow<'a, str>,
    path: Cow<'a, str>,
    query: Cow<'a, str>,
    headers: Vec<(&'a str, Cow<'a, str>)>,
    /// In the order of [`Told::ALL`].
    told: [Option<Cow<'a, str>>; Told::ALL.len()],
    epoch: Option<u64>,
}

impl<'a> EventFacts<'a> {
    /// Reads the facts of a request. O(m).
    #[must_use]
    pub fn of(request: &RequestEvent<'a>, reads: &'a EventReads) -> EventFacts<'a> {
        let headers = &request.headers;
        let wanted = |name: &'a String| values(headers, name).map(move |value| (name.as_str(), value));
        EventFacts {
            host: host(request, reads),
            method: request.method.clone(),
            path: request.uri.clone(),
            query: request.query.clone(),
            headers: reads.headers.iter().flat_map(wanted).collect(),
            told: Told::ALL.map(|told| only(headers, told.header())),
            epoch: only(headers, EPOCH).and_then(|text| parse_epoch(&text)),
        }
    }

    /// The request that is decided.
    #[must_use]
    pub fn request(&self, clock: Timestamp) -> Request<'_> {
        Request {
            method: &self.method,
            host: self.host.as_deref(),
            path: &self.path,
            query: &self.query,
            headers: self.headers.iter().map(|(name, value)| (*name, &**value)).collect(),
            viewer: Told::ALL
                .iter()
                .zip(&self.told)
                .fold(Viewer::default(), |viewer, (&told, text)| viewer.with(told, text.as_deref())),
            epoch: self.epoch,
            time: Some(clock),
        }
    }
}

/// The viewer's host: the gate's word, else `host` where that is not the domain of an origin, which is what CloudFront
/// puts there when no policy forwards the viewer's.
fn host<'a>(request: &RequestEvent<'a>, reads: &EventReads) -> Option<Cow<'a, str>> {
    let headers = &request.headers;
    if has(headers, HOST) {
        return only(headers, HOST).filter(|host| is_host_value(host));
    }
    only(headers, "host").filter(|host| is_host_value(host) && !reads.is_origin(host, request))
}

fn has(headers: &Object<'_>, name: &str) -> bool {
    headers.members.iter().any(|member| member.name.eq_ignore_ascii_case(name) && !elements(member.value).is_empty())
}

/// The value of a header that is set for us and comes once: two values are nobody's word, and no text is none.
fn only<'a>(headers: &Object<'a>, name: &'a str) -> Option<Cow<'a, str>> {
    let mut values = values(headers, name);
    let first = values.next().filter(|value| !value.is_empty())?;
    values.next().is_none().then_some(first)
}

/// The values of a header's fields, in order; what is no text is passed over.
fn values<'s, 'a: 's>(headers: &'s Object<'a>, name: &'s str) -> impl Iterator<Item = Cow<'a, str>> + 's {
    let named = headers.members.iter().filter(move |member| member.name.eq_ignore_ascii_case(name));
    named.flat_map(|member| elements(member.value)).filter_map(field_value)
}

/// The `value` of one `{key?, value}`.
pub(super) fn field_value(field: &RawValue) -> Option<Cow<'_, str>> {
    Object::parse(field)?.get("value").and_then(text)
}
