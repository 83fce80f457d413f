//! What plays an origin that is not mapped: a page that says who would have answered, why, and what it would have got.

use http::StatusCode;

use super::outgoing::Outgoing;
use super::page::{Page, Section, Tone};
use crate::route::{Definition, HostRule, Origin, OriginKind, Side};

/// Whom the handler chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// The route that took the request; `None`: the default did.
    pub(super) route: Option<String>,
    /// The origin that it is sent to; `None`: it is answered at the edge.
    pub(super) origin: Option<String>,
    /// What was unusual, in words.
    pub(super) surprise: Option<String>,
}

/// The page of an origin. `body_bytes` is the size of the request's body.
pub(super) fn page(definition: &Definition, origin: &Origin, choice: &Choice, received: (&Outgoing, u64)) -> Page {
    let (outgoing, body_bytes) = received;
    let mut sections = vec![
        Section { title: "origin", rows: origin_rows(origin) },
        Section { title: "decision", rows: decision_rows(definition, choice) },
        Section { title: "received", rows: request_rows(outgoing, body_bytes) },
        Section { title: "headers", rows: header_rows(outgoing) },
    ];
    if !outgoing.custom_headers.is_empty() {
        sections.push(Section { title: "origin custom headers", rows: custom_header_rows(outgoing) });
    }
    Page {
        status: StatusCode::OK,
        tone: if origin.side == Side::Legacy { Tone::Legacy } else { Tone::New },
        title: format!("origin `{}`", origin.id),
        lead: format!("stands in for {}; `--map {}=PORT` puts a server in its place", origin.domain, origin.id),
        sections,
    }
}

fn row(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn origin_rows(origin: &Origin) -> Vec<(String, String)> {
    let side = match origin.side {
        Side::Legacy => "legacy",
        Side::New => "new",
    };
    let (kind, path) = match &origin.kind {
        OriginKind::Custom(custom) => ("custom", &custom.path),
        OriginKind::S3(s3) => ("s3", &s3.path),
    };
    let mut rows = vec![row("id", &origin.id), row("side", side), row("type", kind), row("domain", &origin.domain)];
    if let OriginKind::Custom(custom) = &origin.kind {
        rows.push(row(
            "host rule",
            match &custom.host {
                HostRule::Origin => "origin",
                HostRule::Viewer => "viewer",
                HostRule::Name(name) => name,
            },
        ));
    }
    if !path.is_empty() {
        rows.push(row("path", path));
    }
    rows
}

fn decision_rows(definition: &Definition, choice: &Choice) -> Vec<(String, String)> {
    let mut rows = match &choice.route {
        None => vec![row("route", "none: the default takes it")],
        Some(id) => {
            let route = definition.routes.iter().find(|route| route.id == *id);
            let place = route.and_then(|route| {
                let file = definition.files.get(usize::try_from(route.place.file).ok()?)?;
                Some(row("written", format!("{file}:{}", route.place.line)))
            });
            [row("route", id)].into_iter().chain(place).collect()
        }
    };
    rows.extend(choice.surprise.iter().map(|surprise| row("surprise", surprise)));
    rows
}

fn request_rows(outgoing: &Outgoing, body_bytes: u64) -> Vec<(String, String)> {
    let host = outgoing.headers.get(http::header::HOST).map(super::incoming::text_of).unwrap_or_default();
    vec![
        row("method", outgoing.method.as_str()),
        row("path", format!("{}{}", outgoing.origin_path, outgoing.uri)),
        row("query", &outgoing.query),
        row("host", host),
        row("body", format!("{body_bytes} bytes")),
    ]
}

fn header_rows(outgoing: &Outgoing) -> Vec<(String, String)> {
    let others = outgoing.headers.iter().filter(|(name, _)| **name != http::header::HOST);
    others.map(|(name, value)| row(name.as_str(), super::incoming::text_of(value))).collect()
}

/// Names only: a value may be a secret.
fn custom_header_rows(outgoing: &Outgoing) -> Vec<(String, String)> {
    outgoing.custom_headers.keys().map(|name| row(name.as_str(), "(not shown)")).collect()
}
