//! What plays an origin that is not mapped: a page that says who would have answered, why, and what it would have got.

use http::StatusCode;
use http::header::HOST;

use super::headers::text_of;
use super::notice::Exchange;
use super::outgoing::Outgoing;
use super::page::{Listing, Tone, WebPage};
use crate::route::{Origin, OriginKind, Side, Table};

/// What the page of an origin tells of beside the request that it got.
pub(super) struct StandIn<'a> {
    pub(super) table: &'a Table,
    pub(super) origin: &'a Origin,
    pub(super) exchange: &'a Exchange,
}

type NameValue = (String, String);

/// In the place of a value that may be a secret.
const NOT_SHOWN: &str = "(not shown)";

impl StandIn<'_> {
    /// The page. `body_bytes` is the size of the request's body.
    pub(super) fn page(&self, outgoing: &Outgoing, body_bytes: u64) -> WebPage {
        let StandIn { origin, .. } = self;
        let mut sections = vec![
            Listing { title: "origin", rows: origin_rows(origin) },
            Listing { title: "decision", rows: self.decision_rows() },
            Listing { title: "received", rows: request_rows(outgoing, body_bytes) },
            Listing { title: "headers", rows: self.header_rows(outgoing) },
        ];
        if !outgoing.custom_headers.is_empty() {
            sections.push(Listing { title: "origin custom headers", rows: custom_header_rows(outgoing) });
        }
        WebPage {
            status: StatusCode::OK,
            tone: if origin.side == Side::Legacy { Tone::Legacy } else { Tone::New },
            title: format!("origin `{}`", origin.id),
            lead: format!("stands in for {}; `--map {}=PORT` puts a server in its place", origin.domain, origin.id),
            sections,
        }
    }

    /// Of a header that a route may have written from a secret the name only.
    fn header_rows(&self, outgoing: &Outgoing) -> Vec<NameValue> {
        let secret: Vec<&str> = self
            .table
            .routes()
            .iter()
            .flat_map(|route| route.action.secret_headers())
            .map(|(header, _)| header)
            .collect();
        let value = |name: &str, value| if secret.contains(&name) { NOT_SHOWN.into() } else { text_of(value) };
        let others = outgoing.headers.iter().filter(|(name, _)| **name != HOST);
        others.map(|(name, field)| row(name.as_str(), value(name.as_str(), field))).collect()
    }

    fn decision_rows(&self) -> Vec<NameValue> {
        let StandIn { table, exchange, .. } = self;
        let is_not_routed = exchange.behavior.as_ref().is_some_and(|behavior| behavior.not_routed);
        let none = if is_not_routed { "none: the router does not run here" } else { "none: the default takes it" };
        let taker = exchange.route.as_deref().unwrap_or(none);
        let behavior = exchange.behavior.as_ref().map(|behavior| {
            let pattern = behavior.path_pattern.as_deref().unwrap_or("default");
            row("behavior", format!("{pattern} (configured: {})", behavior.configured_origin))
        });
        let route = table.routes().iter().find(|route| exchange.route.as_ref() == Some(&route.id));
        let place = route.map(|route| {
            let file = table.file_of(route.place.file as usize);
            row("written", format!("{file}:{}", route.place.line))
        });
        let surprise = exchange.trouble.as_ref().map(|surprise| row("surprise", surprise));
        [row("route", taker)].into_iter().chain(place).chain(behavior).chain(surprise).collect()
    }
}

fn row(name: &str, value: impl Into<String>) -> NameValue {
    (name.to_owned(), value.into())
}

fn origin_rows(origin: &Origin) -> Vec<NameValue> {
    let (kind, host_rule, path) = match &origin.kind {
        OriginKind::Custom(custom) => ("custom", Some(&custom.host), &custom.path),
        OriginKind::S3(s3) => ("s3", None, &s3.path),
    };
    let host_rule = host_rule.map(|rule| row("host rule", rule.name()));
    let rows =
        [row("id", &origin.id), row("side", origin.side.name()), row("type", kind), row("domain", &origin.domain)];
    rows.into_iter().chain(host_rule).chain((!path.is_empty()).then(|| row("path", path))).collect()
}

fn request_rows(outgoing: &Outgoing, body_bytes: u64) -> Vec<NameValue> {
    let host = outgoing.headers.get(HOST).map(text_of).unwrap_or_default();
    vec![
        row("method", outgoing.method.as_str()),
        row("path", format!("{}{}", outgoing.origin_path, outgoing.uri)),
        row("query", &outgoing.query),
        row("host", host),
        row("body", format!("{body_bytes} bytes")),
    ]
}

/// Names only: a value may be a secret.
fn custom_header_rows(outgoing: &Outgoing) -> Vec<NameValue> {
    outgoing.custom_headers.keys().map(|name| row(name.as_str(), NOT_SHOWN)).collect()
}
