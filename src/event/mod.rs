//! CloudFront's Lambda@Edge events: the facts of a request out of one, an answer into one.
//!
//! Tolerant and lossless. Only what is asked for is read, and the answer is the event's own request text with the
//! changed members replaced: unknown fields, odd shapes and untouched values come back byte for byte. A value that the
//! table does not read is never parsed, so it cannot change a decision. Shapes: `lambda-event-structure` and
//! `lambda-generating-http-responses` of the CloudFront Developer Guide.
//!
//! [`Event::parse`] first; [`facts`] for what a decision reads, [`answer`] for what is written, [`json`] for how.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

pub mod answer;
pub mod facts;
pub mod json;
mod origin;

pub use answer::{Edits, Generated, HeaderEdits};
pub use facts::{EventFacts, EventReads};
pub use origin::{Aim, EventOrigin, EventOriginKind};

use std::borrow::Cow;

use serde_json::value::RawValue;

use self::json::Object;

/// One event, as far as it is needed to know what to do with it.
#[derive(Debug)]
pub struct Event<'a> {
    /// `config.requestId`; empty where there is none.
    pub request_id: Cow<'a, str>,
    /// What has to be answered.
    pub content: Content<'a>,
}

/// What has to be answered.
#[derive(Debug)]
pub enum Content<'a> {
    /// Decide this.
    OriginRequest(RequestEvent<'a>),
    /// Not ours to decide: this text is the answer.
    PassOn(Trigger, &'a str),
}

/// The events that CloudFront calls a function for, beside `origin-request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// `viewer-request`, or a request without `eventType` and `origin`.
    ViewerRequest,
    /// `origin-response`, `viewer-response`, or a response without `eventType`.
    Response,
}

/// Why bytes are no event that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// Not UTF-8, not JSON, or not the envelope of one.
    #[error("the event is not JSON of the form `Records[0].cf`")]
    NoEnvelope,
    /// No object with a `uri`.
    #[error("the event has no usable `Records[0].cf.request`")]
    NoRequest,
    /// An event of a response that carries none.
    #[error("the event has no usable `Records[0].cf.response`")]
    NoResponse,
}

/// The request of an origin-request event.
#[derive(Debug)]
pub struct RequestEvent<'a> {
    /// Its text as it came.
    pub text: &'a str,
    /// Its members.
    pub object: Object<'a>,
    /// The members of `headers`; empty where that is missing or no object.
    pub headers: Object<'a>,
    /// `method`; empty where it is missing.
    pub method: Cow<'a, str>,
    /// `uri`, raw.
    pub uri: Cow<'a, str>,
    /// `querystring`, raw; empty where it is missing.
    pub query: Cow<'a, str>,
}

impl<'a> Event<'a> {
    /// Reads as much of an event as is needed to answer it. O(m).
    ///
    /// An `eventType` that is missing or unknown is worked out: with a `response` it is one of the response events,
    /// else with a request that has an `origin` it is `origin-request` (only origin events have one), else
    /// `viewer-request`.
    ///
    /// # Errors
    /// The bytes are not JSON, or hold nothing that could be sent back.
    pub fn parse(bytes: &'a [u8]) -> Result<Event<'a>, EventError> {
        let cf = envelope(bytes).ok_or(EventError::NoEnvelope)?;
        let config = cf.get("config").and_then(Object::parse).unwrap_or_default();
        let request_id = config.text("requestId").unwrap_or_default();
        let content = content(&cf, config.text("eventType").as_deref())?;
        Ok(Event { request_id, content })
    }
}

/// The members of `Records[0].cf`.
fn envelope(bytes: &[u8]) -> Option<Object<'_>> {
    Object::within(std::str::from_utf8(bytes).ok()?, &["Records", "cf"])
}

fn content<'a>(cf: &Object<'a>, event_type: Option<&str>) -> Result<Content<'a>, EventError> {
    let request = || cf.get("request").and_then(RequestEvent::parse).ok_or(EventError::NoRequest);
    let response = || cf.get("response").map(RawValue::get).filter(|text| text.starts_with('{'));
    match event_type {
        Some("origin-request") => request().map(Content::OriginRequest),
        Some("viewer-request") => request().map(|request| Content::PassOn(Trigger::ViewerRequest, request.text)),
        Some("origin-response" | "viewer-response") => {
            response().map(|text| Content::PassOn(Trigger::Response, text)).ok_or(EventError::NoResponse)
        }
        _ => match (response(), request()) {
            (Some(text), _) => Ok(Content::PassOn(Trigger::Response, text)),
            (None, Ok(request)) if request.object.get("origin").is_some() => Ok(Content::OriginRequest(request)),
            (None, Ok(request)) => Ok(Content::PassOn(Trigger::ViewerRequest, request.text)),
            (None, Err(why)) => Err(why),
        },
    }
}

impl<'a> RequestEvent<'a> {
    /// A request is an object with a text for its `uri`; everything else may be missing.
    fn parse(value: &'a RawValue) -> Option<RequestEvent<'a>> {
        let object = Object::parse(value)?;
        let uri = object.text("uri")?;
        let headers = object.get("headers").and_then(Object::parse).unwrap_or_default();
        let method = object.text("method").unwrap_or_default();
        let query = object.text("querystring").unwrap_or_default();
        Some(RequestEvent { text: value.get(), object, headers, method, uri, query })
    }
}
