//! One event, one answer. Total: whatever comes, CloudFront gets an answer that it takes, or a function error.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::log::{Kind, Line, Of, is_sampled, short};
use super::origins::ReadyOrigin;
use super::surprise::{Failure, Surprise};
use super::{gate, sending};
use crate::event::{Aim, Content, Event, EventOrigin, Facts, Generated, Reads, RequestEvent, Trigger};
use crate::route::{Decision, Outcome, Request, Table, Timestamp, decide};

/// Answers events from a table. Shared by the Lambda loop, `invoke` and `serve`; safe to call from several threads.
pub struct Handler {
    pub(super) table: Table,
    pub(super) origins: Vec<ReadyOrigin>,
    reads: Reads,
    decide: Decide,
    told_of_unknown_origin: AtomicBool,
    pub(super) told_of_unknown_host: AtomicBool,
}

type Decide = for<'t, 'r> fn(&'t Table, &'r Request<'r>) -> Decision<'t, 'r>;

/// What became of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Handled {
    /// The answer as JSON, to be given back as it is.
    pub answer: Result<Vec<u8>, FunctionError>,
    /// Lines to be logged, one JSON object each.
    pub log: Vec<String>,
    /// What was done; `None` for events that are not decided.
    pub summary: Option<Summary>,
}

/// Without the text of the answer, which may have secrets. The lines are made to be read.
impl fmt::Debug for Handled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handled { answer, log, summary } = self;
        let answer = answer.as_ref().map(|bytes| format!("{} bytes", bytes.len()));
        f.debug_struct("Handled").field("answer", &answer).field("log", log).field("summary", summary).finish()
    }
}

/// What was done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Id of the route that took it, also where a surprise then sent it to the default.
    pub route: Option<String>,
    /// What happened.
    pub action: Action,
    /// Id of the origin that it is sent to; `None` where it is not sent on.
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

/// An answer that passed the gate, and what it is.
pub(super) struct Answered {
    pub(super) bytes: Vec<u8>,
    pub(super) summary: Summary,
}

/// One origin-request event on its way through.
pub(super) struct Turn<'e> {
    pub(super) id: &'e str,
    pub(super) request: &'e RequestEvent<'e>,
    pub(super) facts: Facts<'e>,
    pub(super) origin: Option<EventOrigin<'e>>,
    pub(super) aim: Aim,
}

impl Turn<'_> {
    /// Whether the event aims at a server that the table does not have.
    pub(super) fn is_at_unknown_server(&self) -> bool {
        let is_server = self.origin.as_ref().is_some_and(|origin| origin.kind == crate::event::OriginKind::Custom);
        self.aim == Aim::Unknown && is_server
    }
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
        let id = short(&event.request_id);
        match &event.content {
            Content::PassOn(trigger, text) => pass_on(*trigger, id, text),
            Content::OriginRequest(request) => self.origin_request(id, request, clock),
        }
    }

    /// What the table says; else to the default origin; else back as it came.
    fn origin_request(&self, id: &str, request: &RequestEvent<'_>, clock: Timestamp) -> Handled {
        let mut log = Vec::new();
        let answered = guarded(|| self.answer(&self.turn(id, request), clock, &mut log));
        let answered = answered.unwrap_or_else(|Failure { route, why }| {
            let by_default = guarded(|| {
                let sent = sending::by_default(self, &self.turn(id, request), &mut log);
                sent.map_err(|why| Failure { route: None, why })
            });
            let (mut answered, why) = match by_default {
                Ok(answered) => (answered, why.to_string()),
                Err(again) => (as_it_came(request), format!("{why}; and then: {}", again.why)),
            };
            answered.summary.route = route;
            answered.summary.surprise = Some(why);
            answered
        });
        self.logged(id, request, answered, log)
    }

    fn turn<'e>(&'e self, id: &'e str, request: &'e RequestEvent<'e>) -> Turn<'e> {
        let origin = EventOrigin::of(request);
        let aim = origin.as_ref().map_or(Aim::Unknown, |origin| origin.aim(self.table.definition()));
        Turn { id, request, facts: Facts::of(request, &self.reads), origin, aim }
    }

    /// Carries out what the table says.
    fn answer(&self, turn: &Turn<'_>, clock: Timestamp, log: &mut Vec<String>) -> Result<Answered, Failure> {
        if let Aim::Failover(at) = turn.aim {
            return sending::fail_over(self, turn, at, log).map_err(|why| Failure { route: None, why });
        }
        if turn.aim == Aim::Unknown {
            let message = "the event aims at an origin that the table does not have";
            notice(&self.told_of_unknown_origin, turn.id, message, log);
        }
        let request = turn.facts.request(clock);
        let decision = (self.decide)(&self.table, &request);
        let answered = match &decision.outcome {
            Outcome::Origin(forward) => sending::send_on(self, turn, (forward, decision.route), log),
            Outcome::Redirect(redirect) => generate(&Generated::redirect(redirect), Action::Redirect),
            Outcome::Respond(respond) => generate(&Generated::respond(respond), Action::Respond),
        };
        let route = decision.route.or(decision.refused.map(|refused| refused.route)).map(|route| route.id.clone());
        match answered {
            Ok(mut answered) => {
                answered.summary.route = route;
                answered.summary.surprise =
                    decision.refused.map(|refused| format!("what the route makes is refused: {}", refused.why));
                Ok(answered)
            }
            Err(why) => Err(Failure { route, why }),
        }
    }

    /// Adds the line that an answer is worth: always of a surprise, else of a share of all.
    fn logged(&self, id: &str, request: &RequestEvent<'_>, answered: Answered, mut log: Vec<String>) -> Handled {
        let Answered { bytes, summary } = answered;
        let kind = if summary.surprise.is_some() { Kind::Surprise } else { Kind::Decision };
        if kind == Kind::Surprise || is_sampled(id, self.table.definition().log_sample) {
            let of = Of {
                method: short(&request.method),
                path: short(&request.uri),
                route: summary.route.as_deref(),
                action: summary.action,
                origin: summary.origin.as_deref(),
                status: summary.status,
            };
            let message = summary.surprise.as_deref().unwrap_or_default();
            log.push(Line::new(kind, message, id).of(of).write());
        }
        Handled { answer: Ok(bytes), log, summary: Some(summary) }
    }
}

impl Summary {
    pub(super) fn of(action: Action) -> Summary {
        Summary { route: None, action, origin: None, status: None, surprise: None }
    }
}

/// An answer of our own, where the gate lets it pass.
fn generate(answer: &Generated<'_>, action: Action) -> Result<Answered, Surprise> {
    gate::check_generated(answer)?;
    let summary = Summary { status: Some(answer.status), ..Summary::of(action) };
    Ok(Answered { bytes: answer.write(), summary })
}

fn as_it_came(request: &RequestEvent<'_>) -> Answered {
    Answered { bytes: request.text.as_bytes().to_vec(), summary: Summary::of(Action::Unchanged) }
}

/// A panic is a surprise like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure { route: None, why: Surprise::Panic }))
}

/// Says something once in the life of a handler.
pub(super) fn notice(told: &AtomicBool, request_id: &str, message: &str, log: &mut Vec<String>) {
    if !told.swap(true, Ordering::Relaxed) {
        log.push(Line::new(Kind::Notice, message, request_id).write());
    }
}

/// An event that is not ours to decide goes back as it came.
fn pass_on(trigger: Trigger, request_id: &str, text: &str) -> Handled {
    let message = match trigger {
        Trigger::ViewerRequest => "a viewer-request event: its request goes back unchanged",
        Trigger::Response => "a response event: its response goes back unchanged",
    };
    let line = Line::new(Kind::Notice, message, request_id).write();
    Handled { answer: Ok(text.as_bytes().to_vec()), log: vec![line], summary: None }
}

fn unusable(message: &str) -> Handled {
    let line = Line::new(Kind::Surprise, message, "").write();
    let error = FunctionError { kind: "Crossfade.UnusableEvent", message: message.to_owned() };
    Handled { answer: Err(error), log: vec![line], summary: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{CustomOrigin, Definition, HeaderValue, HostRule, Origin, OriginKind, Share, Side};

    fn custom(id: &str, domain: &str, host: HostRule) -> Origin {
        let kind = OriginKind::Custom(CustomOrigin { host, ..CustomOrigin::default() });
        let headers = vec![("x-verify".into(), HeaderValue::Secret("VERIFY".into()))];
        Origin { headers, kind, ..Origin::custom(id, Side::Legacy, domain) }
    }

    /// A bucket is configured, the old site is the default.
    fn handler(secrets: &[(&str, &str)]) -> Handler {
        let bucket = Origin::s3("site", Side::New, "b.s3.amazonaws.com");
        let definition = Definition {
            origins: vec![custom("legacy", "legacy.example.com", HostRule::Viewer), bucket],
            default: 0,
            configured: 1,
            log_sample: Share(0),
            ..Definition::default()
        };
        let secrets = secrets.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Handler::new(Table::compile(definition).unwrap(), secrets)
    }

    const EVENT: &str = r#"{"Records":[{"cf":{"config":{"eventType":"origin-request","requestId":"r"},"request":{
        "clientIp":"1.2.3.4","method":"GET","uri":"/a","querystring":"secret=1","headers":{"x-verify":[{"value":"forged"}],
        "x-crossfade-host":[{"key":"X-Crossfade-Host","value":"www.example.com"}]},
        "origin":{"s3":{"domainName":"b.s3.amazonaws.com","path":"","authMethod":"none"}}}}}]}"#;

    fn json(bytes: &[u8]) -> serde_json::Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn what_became_of_an_event_shows_no_secret() {
        let handled = handler(&[("VERIFY", "s3cr3t")]).handle(EVENT.as_bytes(), Timestamp(0));
        let shown = format!("{handled:?}");
        assert!(String::from_utf8_lossy(handled.answer.as_ref().unwrap()).contains("s3cr3t"));
        assert!(shown.contains("bytes") && !shown.contains("s3cr3t") && !shown.contains("115, 51, 99"), "{shown}");
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
