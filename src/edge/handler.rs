//! One event, one answer. Total: whatever comes, CloudFront gets an answer that it takes, or a function error.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::gate::{self, Violation};
use super::log::{Kind, Line, Of, is_sampled, short};
use super::origins::{OriginProblem, ReadyOrigin, with_unknown_members};
use crate::event::{
    Aim, Content, Edits, Event, EventOrigin, Facts, Generated, HeaderEdits, Reads, RequestEvent, Trigger,
};
use crate::route::{Decision, Forward, HostRule, OriginKind, Outcome, Request, Table, Timestamp, Uri, decide};

/// Answers events from a table. Shared by the Lambda loop, `invoke` and `serve`; safe to call from several threads.
pub struct Handler {
    table: Table,
    reads: Reads,
    origins: Vec<ReadyOrigin>,
    decide: Decide,
    told_of_unknown_origin: AtomicBool,
    told_of_unknown_host: AtomicBool,
}

type Decide = for<'t, 'r> fn(&'t Table, &'r Request<'r>) -> Decision<'t, 'r>;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The answer as JSON, to be given back as it is.
    pub answer: Result<Vec<u8>, FunctionError>,
    /// Lines to be logged, one JSON object each.
    pub log: Vec<String>,
    /// What was done; `None` for events that are not decided.
    pub summary: Option<Summary>,
}

/// What was done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Id of the route that took it, or that ended at the default by a surprise.
    pub route: Option<String>,
    /// What happened.
    pub action: Action,
    /// Id of the origin that it is sent to, where it is sent on and the table names that.
    pub origin: Option<String>,
    /// Of an answer made at the edge.
    pub status: Option<u16>,
    /// Why it did not go where the table says.
    pub surprise: Option<String>,
}

/// What happened with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Sent on.
    Origin,
    /// Answered with a redirect.
    Redirect,
    /// Answered.
    Respond,
    /// Left on its way to the second origin of an origin group.
    Failover,
    /// Given back as it came, because nothing else could be done.
    Unchanged,
}

/// An event that can't be answered; CloudFront shows its viewer a 503.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// As Lambda's `errorType`.
    pub kind: &'static str,
    /// As Lambda's `errorMessage`; holds nothing of the event.
    pub message: String,
}

/// Why a request went to the default against the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Surprise {
    #[error(transparent)]
    Gate(#[from] Violation),
    #[error("the origin `{0}` can't be used: {1}")]
    Origin(String, OriginProblem),
    #[error("the bucket `{0}` is not the origin that CloudFront has on this behavior")]
    NotConfigured(String),
    #[error("the table has no such origin")]
    NoOrigin,
    #[error("a panic in the router")]
    Panic,
}

/// An answer that passed the gate, and what it is.
struct Answered {
    bytes: Vec<u8>,
    summary: Summary,
}

/// A surprise, and the route that it happened to.
struct Failure {
    route: Option<String>,
    why: Surprise,
}

/// One origin-request event on its way through.
struct Turn<'e> {
    request_id: &'e str,
    request: &'e RequestEvent<'e>,
    clock: Timestamp,
}

impl fmt::Debug for Handler {
    /// Says nothing of the origins: they hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler").field("routes", &self.table.routes().len()).finish_non_exhaustive()
    }
}

impl Handler {
    /// A handler for a table. Values of secrets are found by their names and are given to no one but CloudFront; one
    /// that is missing is a surprise of every request for its origin. O(n) in routes.
    #[must_use]
    pub fn new(table: Table, secrets: BTreeMap<String, String>) -> Handler {
        let definition = table.definition();
        let origins = definition.origins.iter().map(|origin| ReadyOrigin::new(origin, &secrets)).collect();
        Handler {
            reads: Reads::of(definition),
            origins,
            table,
            decide,
            told_of_unknown_origin: AtomicBool::new(false),
            told_of_unknown_host: AtomicBool::new(false),
        }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Answers an event at a moment. Never panics; cost O(m) in bytes of the event.
    #[must_use]
    pub fn handle(&self, event: &[u8], clock: Timestamp) -> Handled {
        let event = match catch_unwind(|| Event::parse(event)) {
            Ok(Ok(event)) => event,
            Ok(Err(why)) => return unusable(&why.to_string()),
            Err(_) => return unusable("a panic while the event was read"),
        };
        let request_id = short(&event.request_id);
        match &event.content {
            Content::PassOn(trigger, text) => pass_on(*trigger, request_id, text),
            Content::OriginRequest(request) => self.origin_request(&Turn { request_id, request, clock }),
        }
    }

    /// The table's answer; else the default origin; else the request as it came.
    fn origin_request(&self, turn: &Turn<'_>) -> Handled {
        let mut log = Vec::new();
        let failure = match guarded(|| self.answer(turn, &mut log)) {
            Ok(answered) => return self.handled(turn, answered, log),
            Err(failure) => failure,
        };
        let mut summary = Summary {
            route: failure.route,
            action: Action::Origin,
            origin: self.table.default_origin().map(|origin| origin.id.clone()),
            status: None,
            surprise: Some(failure.why.to_string()),
        };
        let bytes = guarded(|| self.answer_by_default(turn, &mut log)).unwrap_or_else(|again| {
            summary.action = Action::Unchanged;
            summary.origin = None;
            summary.surprise = Some(format!("{}; and then: {}", failure.why, again.why));
            turn.request.text.as_bytes().to_vec()
        });
        self.handled(turn, Answered { bytes, summary }, log)
    }

    /// Adds the line that this answer is worth.
    fn handled(&self, turn: &Turn<'_>, answered: Answered, mut log: Vec<String>) -> Handled {
        let Answered { bytes, summary } = answered;
        let surprise = summary.surprise.as_deref();
        if surprise.is_some() || is_sampled(turn.request_id, self.table.definition().log_sample) {
            let kind = if surprise.is_some() { Kind::Surprise } else { Kind::Decision };
            log.push(turn.line(kind, surprise.unwrap_or_default(), &summary));
        }
        Handled { answer: Ok(bytes), log, summary: Some(summary) }
    }

    /// Carries out what the table says.
    fn answer(&self, turn: &Turn<'_>, log: &mut Vec<String>) -> Result<Answered, Failure> {
        let facts = Facts::of(turn.request, &self.reads);
        let origin = EventOrigin::of(turn.request);
        let aim = origin.as_ref().map_or(Aim::Unknown, |origin| origin.aim(self.table.definition()));
        let way = Way { turn, facts: &facts, origin: origin.as_ref(), aim };
        if let Aim::Failover(at) = aim {
            return self.fail_over(&way, at, log).map_err(|why| Failure { route: None, why });
        }
        if aim == Aim::Unknown {
            let told = &self.told_of_unknown_origin;
            notice(told, turn, log, "the event aims at an origin that the table does not have");
        }
        let request = facts.request(turn.clock);
        let decision = (self.decide)(&self.table, &request);
        let route = decision.route_id().map(str::to_owned);
        let answered = match &decision.outcome {
            Outcome::Origin(forward) => self.send_on(&way, forward, log),
            Outcome::Redirect(redirect) => generate(&Generated::redirect(redirect), Action::Redirect),
            Outcome::Respond(respond) => generate(&Generated::respond(respond), Action::Respond),
        };
        let mut answered = answered.map_err(|why| Failure { route: route.clone(), why })?;
        answered.summary.route = route;
        if let Some(refused) = &decision.refused {
            answered.summary.route = Some(refused.route.id.clone());
            answered.summary.surprise = Some(refused.why.to_string());
        }
        Ok(answered)
    }

    /// The request goes to the origin that was chosen, with what the route changes.
    fn send_on(&self, way: &Way<'_>, forward: &Forward<'_, '_>, log: &mut Vec<String>) -> Result<Answered, Surprise> {
        let origins = &self.table.definition().origins;
        let at = origins.iter().position(|origin| std::ptr::eq(origin, forward.origin)).ok_or(Surprise::NoOrigin)?;
        let request = way.turn.request;
        let mut edits = Edits::default();
        if let Uri::Rewritten(uri) = &forward.uri {
            edits.uri = (**uri != *request.uri).then(|| Cow::Borrowed(&**uri));
        }
        edits.query = (*forward.query_string != *request.query).then(|| Cow::Borrowed(&*forward.query_string));
        edits.headers = forward.headers.map(HeaderEdits::of).unwrap_or_default();
        self.aim_at(way, at, &mut edits, log)?;
        way.turn.write(&edits, Action::Origin, &forward.origin.id)
    }

    /// The request goes to the default, otherwise as it came.
    fn answer_by_default(&self, turn: &Turn<'_>, log: &mut Vec<String>) -> Result<Vec<u8>, Failure> {
        let facts = Facts::of(turn.request, &self.reads);
        let origin = EventOrigin::of(turn.request);
        let aim = origin.as_ref().map_or(Aim::Unknown, |origin| origin.aim(self.table.definition()));
        let way = Way { turn, facts: &facts, origin: origin.as_ref(), aim };
        let mut edits = Edits::default();
        let aimed = self.aim_at(&way, self.table.definition().default, &mut edits, log);
        let written = aimed.and_then(|()| turn.write(&edits, Action::Origin, ""));
        written.map(|answered| answered.bytes).map_err(|why| Failure { route: None, why })
    }

    /// The origin group's second origin stays; it gets the host that it needs and none of its own headers twice.
    fn fail_over(&self, way: &Way<'_>, at: usize, log: &mut Vec<String>) -> Result<Answered, Surprise> {
        let origin = self.table.definition().origins.get(at).ok_or(Surprise::NoOrigin)?;
        let mut edits = Edits::default();
        self.fit_headers(way, at, &mut edits, log)?;
        way.turn.write(&edits, Action::Failover, &origin.id)
    }

    /// Makes a request go to an origin: the configured bucket by leaving its block alone, a custom one by writing it.
    fn aim_at<'e>(
        &'e self,
        way: &Way<'e>,
        at: usize,
        edits: &mut Edits<'e>,
        log: &mut Vec<String>,
    ) -> Result<(), Surprise> {
        let definition = self.table.definition();
        let (Some(origin), Some(ready)) = (definition.origins.get(at), self.origins.get(at)) else {
            return Err(Surprise::NoOrigin);
        };
        match &ready.block {
            None if at != definition.configured => return Err(Surprise::NotConfigured(origin.id.clone())),
            None => {}
            Some(Err(problem)) => return Err(Surprise::Origin(origin.id.clone(), problem.clone())),
            Some(Ok(block)) => {
                let same = at == definition.configured && way.aim == Aim::Configured;
                edits.origin = Some(match way.origin {
                    Some(event) if same => with_unknown_members(block, event),
                    _ => Cow::Borrowed(block),
                });
            }
        }
        self.fit_headers(way, at, edits, log)
    }

    /// Takes away the origin's own headers, which CloudFront adds and refuses to find twice, and sets its `host`.
    fn fit_headers<'e>(
        &'e self,
        way: &Way<'e>,
        at: usize,
        edits: &mut Edits<'e>,
        log: &mut Vec<String>,
    ) -> Result<(), Surprise> {
        let (Some(origin), Some(ready)) = (self.table.definition().origins.get(at), self.origins.get(at)) else {
            return Err(Surprise::NoOrigin);
        };
        for name in &ready.own_headers {
            edits.headers.remove(name);
        }
        // Where the event's own block stays, its headers count too, whatever the table says of them.
        for name in way.kept_header_names(edits) {
            edits.headers.remove(name);
        }
        let OriginKind::Custom(custom) = &origin.kind else { return Ok(()) };
        let host: &'e str = match &custom.host {
            HostRule::Origin => &origin.domain,
            HostRule::Name(name) => name,
            HostRule::Viewer => match way.facts.host.as_deref() {
                Some(host) => host,
                None => {
                    let message = "the viewer's host is unknown, so an origin is sent its own domain as `host`";
                    notice(&self.told_of_unknown_host, way.turn, log, message);
                    &origin.domain
                }
            },
        };
        edits.headers.set("host", Cow::Borrowed(host));
        Ok(())
    }
}

/// Custom headers of an event's origin that are looked at: far more than the 30 that CloudFront allows.
const MOST_HEADERS: usize = 256;

/// What is known of an event when its origin is chosen.
struct Way<'e> {
    turn: &'e Turn<'e>,
    facts: &'e Facts<'e>,
    origin: Option<&'e EventOrigin<'e>>,
    aim: Aim,
}

impl<'e> Way<'e> {
    /// Names that the event's own block adds and that may be taken away, where the edits leave that block.
    fn kept_header_names(&self, edits: &Edits<'_>) -> Vec<Cow<'e, str>> {
        let kept = self.origin.filter(|_| edits.origin.is_none());
        let writable = |name: &Cow<'_, str>| gate::may_remove(name);
        kept.map(|origin| origin.header_names().filter(writable).take(MOST_HEADERS).collect()).unwrap_or_default()
    }
}

impl Turn<'_> {
    /// The request with these changes, where the gate lets it pass.
    fn write(&self, edits: &Edits<'_>, action: Action, origin: &str) -> Result<Answered, Surprise> {
        gate::check_edits(self.request, edits)?;
        let origin = Some(origin.to_owned());
        let summary = Summary { route: None, action, origin, status: None, surprise: None };
        Ok(Answered { bytes: edits.write(self.request), summary })
    }

    fn line(&self, kind: Kind, message: &str, summary: &Summary) -> String {
        let of = Of {
            method: short(&self.request.method),
            path: short(&self.request.uri),
            route: summary.route.as_deref(),
            action: summary.action,
            origin: summary.origin.as_deref(),
            status: summary.status,
        };
        Line { kind, message, request_id: self.request_id, request: Some(of) }.write()
    }
}

/// An answer of our own, where the gate lets it pass.
fn generate(answer: &Generated<'_>, action: Action) -> Result<Answered, Surprise> {
    gate::check_generated(answer)?;
    let summary = Summary { route: None, action, origin: None, status: Some(answer.status), surprise: None };
    Ok(Answered { bytes: answer.write(), summary })
}

/// A panic is a surprise like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure { route: None, why: Surprise::Panic }))
}

/// Says something once in the life of a handler.
fn notice(told: &AtomicBool, turn: &Turn<'_>, log: &mut Vec<String>, message: &str) {
    if !told.swap(true, Ordering::Relaxed) {
        log.push(Line { kind: Kind::Notice, message, request_id: turn.request_id, request: None }.write());
    }
}

/// An event that is not ours to decide goes back as it came.
fn pass_on(trigger: Trigger, request_id: &str, text: &str) -> Handled {
    let message = match trigger {
        Trigger::ViewerRequest => "a viewer-request event: its request goes back unchanged",
        Trigger::Response => "a response event: its response goes back unchanged",
    };
    let line = Line { kind: Kind::Notice, message, request_id, request: None }.write();
    Handled { answer: Ok(text.as_bytes().to_vec()), log: vec![line], summary: None }
}

fn unusable(message: &str) -> Handled {
    let line = Line { kind: Kind::Surprise, message, request_id: "", request: None }.write();
    let error = FunctionError { kind: "Crossfade.UnusableEvent", message: message.to_owned() };
    Handled { answer: Err(error), log: vec![line], summary: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{CustomOrigin, Definition, HeaderValue, Origin, Protocol, S3Origin, Share, Side, Varies};

    fn custom(id: &str, domain: &str, host: HostRule) -> Origin {
        let custom = CustomOrigin {
            host,
            protocol: Protocol::Https,
            port: 443,
            path: String::new(),
            read_timeout: 30,
            keepalive_timeout: 5,
            response_completion_timeout: None,
            ssl_protocols: vec!["TLSv1.2".into()],
        };
        let secret = HeaderValue::Secret("VERIFY".into());
        Origin {
            id: id.into(),
            side: Side::Legacy,
            domain: domain.into(),
            headers: vec![("x-verify".into(), secret)],
            varies: Varies::default(),
            kind: OriginKind::Custom(custom),
        }
    }

    /// A bucket is configured, the old site is the default.
    fn handler(secrets: &[(&str, &str)]) -> Handler {
        let bucket = Origin {
            kind: OriginKind::S3(S3Origin { region: None, path: String::new() }),
            headers: Vec::new(),
            ..custom("site", "b.s3.amazonaws.com", HostRule::Origin)
        };
        let definition = Definition {
            origins: vec![custom("legacy", "legacy.example.com", HostRule::Viewer), bucket],
            default: 0,
            configured: 1,
            log_sample: Share(0),
            ..Definition::default()
        };
        let secrets = secrets.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Handler::new(Table::compile(definition), secrets)
    }

    const EVENT: &str = r#"{"Records":[{"cf":{"config":{"eventType":"origin-request","requestId":"r"},"request":{
        "clientIp":"1.2.3.4","method":"GET","uri":"/a","querystring":"secret=1","headers":{"x-verify":[{"value":"forged"}],
        "x-crossfade-host":[{"key":"X-Crossfade-Host","value":"www.example.com"}]},
        "origin":{"s3":{"domainName":"b.s3.amazonaws.com","path":"","authMethod":"none"}}}}}]}"#;

    fn json(bytes: &[u8]) -> serde_json::Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn a_panic_sends_the_request_to_the_default_otherwise_unchanged() {
        let mut handler = handler(&[("VERIFY", "s3cr3t")]);
        let calm = handler.handle(EVENT.as_bytes(), Timestamp(0));
        handler.decide = |_, _| panic!("boom");
        let handled = handler.handle(EVENT.as_bytes(), Timestamp(0));
        let summary = handled.summary.unwrap();
        assert_eq!(summary.surprise.as_deref(), Some("a panic in the router"));
        assert_eq!(summary.origin.as_deref(), Some("legacy"));
        assert_eq!(handled.answer, calm.answer);
        let answer = json(&handled.answer.unwrap());
        assert_eq!(answer["origin"]["custom"]["domainName"], "legacy.example.com");
        assert_eq!(answer["headers"]["host"][0]["value"], "www.example.com");
        assert_eq!(answer["headers"].get("x-verify"), None);
        assert_eq!(handled.log.len(), 1);
        assert!(!handled.log[0].contains("s3cr3t") && !handled.log[0].contains("secret=1"), "{}", handled.log[0]);
    }

    #[test]
    fn a_default_that_cannot_be_reached_either_gives_the_request_back() {
        let handled = handler(&[]).handle(EVENT.as_bytes(), Timestamp(0));
        let summary = handled.summary.unwrap();
        assert_eq!((summary.action, summary.origin), (Action::Unchanged, None));
        assert_eq!(json(&handled.answer.unwrap()), json(EVENT.as_bytes())["Records"][0]["cf"]["request"]);
        assert!(handled.log[0].contains("VERIFY"), "{}", handled.log[0]);
    }

    #[test]
    fn nothing_usable_is_a_function_error() {
        let rows: [&[u8]; 9] = [
            b"",
            b"null",
            b"{}",
            b"\xff",
            br#"{"Records":[]}"#,
            br#"{"Records":[null]}"#,
            br#"{"Records":[{"cf":{}}]}"#,
            br#"{"Records":[{"cf":{"request":{"uri":7}}}]}"#,
            br#"{"Records":[{"cf":{"config":{"eventType":"viewer-response"},"request":{"uri":"/"}}}]}"#,
        ];
        for event in rows {
            let handled = handler(&[]).handle(event, Timestamp(0));
            assert!(handled.answer.is_err(), "{}", String::from_utf8_lossy(event));
            assert_eq!((handled.log.len(), handled.summary), (1, None));
        }
    }
}
