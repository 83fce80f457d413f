//! One event, one answer. Total: whatever comes, CloudFront gets an answer that it takes, or a function error.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::contract::check_generated;
use super::handled::{FunctionError, Handled, Handling, Summary};
use super::notes::{self, Note, SaidOnce, is_sampled, short};
use super::origins::Origins;
use super::secrets::RouteSecrets;
use super::sending::{self, Came, Chosen, Sending};
use super::surprise::Surprise;
use crate::event::{
    Aim, Content, Event, EventFacts, EventOrigin, EventReads, Generated, HeaderEdits, RequestEvent, Trigger,
};
use crate::route::{
    BAD_REQUEST, Canonical, Forward, OriginId, Outcome, RequestBehavior, Table, Timestamp, Uri, decide,
};

/// Answers events from a table. Shared by the Lambda loop, `invoke` and `serve`; safe to call from several threads.
pub struct Handler {
    table: Table,
    origins: Origins,
    secrets: RouteSecrets,
    reads: EventReads,
    said_disagreement: SaidOnce,
    said_not_routed: SaidOnce,
    said_unknown_host: SaidOnce,
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
        Handler {
            reads: EventReads::of(table.definition()),
            origins: Origins::of(&table, &secrets),
            secrets: RouteSecrets::of(&table, &secrets),
            table,
            said_disagreement: SaidOnce::default(),
            said_not_routed: SaidOnce::default(),
            said_unknown_host: SaidOnce::default(),
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
            Content::OriginRequest(request) => Turn::new(self, request_id, request).settle(clock),
        }
    }
}

/// One origin-request event on its way through.
struct Turn<'h> {
    handler: &'h Handler,
    request_id: &'h str,
    request: &'h RequestEvent<'h>,
    /// Id of the route that took it.
    route: Option<String>,
    /// Why it does not go where the table says.
    surprise: Option<String>,
    notes: Vec<Note<'h>>,
}

/// An answer that keeps the contract, and what it is.
struct Answered {
    text: String,
    action: Handling,
    /// Id of the origin that it is sent to.
    origin: Option<String>,
    status: Option<u16>,
}

impl<'h> Turn<'h> {
    fn new(handler: &'h Handler, request_id: &'h str, request: &'h RequestEvent<'h>) -> Turn<'h> {
        Turn { handler, request_id, request, route: None, surprise: None, notes: Vec::new() }
    }

    /// What the table says, else to the default origin, else back as it came; with the lines that it is worth: always of
    /// a surprise, else of a share of all.
    fn settle(mut self, clock: Timestamp) -> Handled {
        let answered = guarded(|| self.by_table(clock)).unwrap_or_else(|why| self.against_table(&why));
        let Turn { handler, request_id, request, route, surprise, notes } = self;
        let Answered { text, action, origin, status } = answered;
        let summary = Summary { route, action, origin, status, surprise };
        let mut notes: Vec<Note<'_>> = notes;
        if summary.surprise.is_some() || is_sampled(request_id, handler.table.definition().log_sample) {
            notes.push(Note::Decided(request, &summary));
        }
        let log = notes::write(&notes, request_id);
        Handled { answer: Ok(text.into_bytes()), log, summary: Some(summary) }
    }

    /// Carries out what the table says.
    fn by_table(&mut self, clock: Timestamp) -> Result<Answered, Surprise> {
        let Handler { table, origins, reads, .. } = self.handler;
        let facts = EventFacts::of(self.request, reads);
        let came = self.came(&facts);
        let request = facts.request(clock);
        let decision = decide(table, &request);
        self.note_disagreement(&came, decision.placed.as_ref());
        if let Aim::Failover(id) = came.aim
            && !decision.is_answered_before_routes()
        {
            return self.in_failover(&came, id);
        }
        self.route = decision.taker().map(|route| route.id.clone());
        self.surprise = decision.refused.map(|refused| format!("what the route makes is refused: {}", refused.why));
        match &decision.outcome {
            // The router should not run there; no origin reads a dot segment all the same.
            Outcome::Origin(forward) if decision.placed.as_ref().is_some_and(RequestBehavior::is_not_routed) => {
                let to = origins.at(forward.origin_id);
                self.send(&Sending::unchanged(&came, to, &self.passed_on(forward.origin_id))?, Handling::Origin)
            }
            Outcome::Origin(forward) => {
                let to = origins.at(forward.origin_id);
                let headers = self.headers(forward)?;
                self.send(
                    &Sending::by_route(&came, to, Chosen { forward, route: decision.route }, headers)?,
                    Handling::Origin,
                )
            }
            Outcome::Redirect(redirect) => generate(&Generated::redirect(redirect), Handling::Redirect),
            Outcome::Respond(respond) => generate(&Generated::respond(respond), Handling::Respond),
        }
    }

    /// To the second origin of an origin group, which the first invocation may not have prepared it for.
    fn in_failover(&mut self, came: &Came<'_>, id: OriginId) -> Result<Answered, Surprise> {
        if self.is_refused() {
            return refusal();
        }
        let uri = self.passed_on(id);
        let secret_headers = self.handler.secrets.headers();
        self.send(&Sending::in_failover(came, self.handler.origins.at(id), &uri, secret_headers), Handling::Failover)
    }

    /// What the route changes of the headers.
    fn headers<'f>(&self, forward: &'f Forward<'_, '_>) -> Result<HeaderEdits<'f>, Surprise>
    where
        'h: 'f,
    {
        let secrets = &self.handler.secrets;
        let edits = forward.headers.as_ref().map(|changes| HeaderEdits::of(changes, |name| secrets.value(name)));
        edits.transpose().map(Option::unwrap_or_default).map_err(|name| Surprise::MissingSecret(name.to_owned()))
    }

    /// What becomes of a request that cannot go where the table says.
    fn against_table(&mut self, why: &Surprise) -> Answered {
        let (answered, why) = match guarded(|| self.by_default()) {
            Ok(answered) => (answered, why.to_string()),
            Err(again) => (self.as_it_came(), format!("{why}; and then: {again}")),
        };
        self.surprise = Some(why);
        answered
    }

    /// To the default, otherwise as it came.
    fn by_default(&mut self) -> Result<Answered, Surprise> {
        if self.is_refused() {
            return refusal();
        }
        let facts = EventFacts::of(self.request, &self.handler.reads);
        let came = self.came(&facts);
        let id = self.handler.table.default_id();
        let uri = self.passed_on(id);
        let sending = Sending::unchanged(&came, self.handler.origins.at(id), &uri)?;
        let sending = match came.aim {
            // What the first origin of a group was sent is no more for the default than for the second one.
            Aim::Failover(_) => sending.without(self.handler.secrets.headers()),
            _ => sending,
        };
        self.send(&sending, Handling::Origin)
    }

    /// Nothing else could be done. A path that no origin may see as it came is answered.
    fn as_it_came(&self) -> Answered {
        let may_go = guarded(|| {
            let id = self.handler.table.default_id();
            Ok(!self.is_refused() && matches!(self.passed_on(id), Uri::AsItCame(_)))
        });
        let refused = if may_go == Ok(false) { refusal().ok() } else { None };
        refused.unwrap_or_else(|| self.left_alone())
    }

    /// Where it aims already, as it came but for what would be a 502 there and what of its query is not in the cache key.
    fn left_alone(&self) -> Answered {
        let request = self.request;
        let keyed = || self.handler.table.sent_query(&request.method, &request.uri);
        let kept = || Ok(sending::left_alone(request, keyed(), self.handler.secrets.headers()));
        let text = guarded(kept).unwrap_or_else(|_| request.text.to_owned());
        Answered { text, action: Handling::Unchanged, origin: None, status: None }
    }

    /// Whether no origin may see the path.
    fn is_refused(&self) -> bool {
        self.canonical().refuses(&self.request.uri)
    }

    /// The path for an origin that it is only passed on to.
    fn passed_on(&self, to: OriginId) -> Uri<'h, 'h> {
        Uri::passed_on(self.canonical(), self.handler.table.origin(to), &self.request.uri)
    }

    fn canonical(&self) -> &'h Canonical {
        &self.handler.table.definition().canonical
    }

    /// Where it aims. Where the path's behavior is not clear, the one that the event fits counts.
    fn came<'f>(&self, facts: &'f EventFacts<'h>) -> Came<'f>
    where
        'h: 'f,
    {
        let table = &self.handler.table;
        let origin = EventOrigin::of(self.request);
        let placement = table.placement(&self.request.uri);
        let aim_in = |behavior| origin.as_ref().map_or(Aim::Unknown, |origin| origin.aim(table, behavior));
        let mut aims = placement.all().map(|behavior| (behavior, aim_in(behavior)));
        let (behavior, aim) = aims.find(|(_, aim)| *aim != Aim::Unknown).unwrap_or((placement.clean, Aim::Unknown));
        let configured = table.configured_id(behavior);
        // CloudFront adds the configured one where there is none; one that we can't read may be anything.
        let is_absent = self.request.object.get("origin").is_none();
        let is_at_configured = origin.as_ref().map_or(is_absent, |origin| origin.is_at(table.origin(configured)));
        let host = facts.host.as_deref();
        let keyed = table.sent_query(&self.request.method, &self.request.uri);
        Came { request: self.request, host, origin, aim, behavior, configured, is_at_configured, keyed }
    }

    /// An operator should know that the distribution is not the one that the table tells of: once, as an error.
    fn note_disagreement(&mut self, came: &Came<'_>, placed: Option<&RequestBehavior<'_>>) {
        let Handler { table, said_disagreement, said_not_routed, .. } = self.handler;
        let pattern = || table.behavior_ref(came.behavior).pattern;
        if placed.is_some_and(RequestBehavior::is_not_routed) {
            self.note_once(said_not_routed, Note::NotRouted { pattern: pattern() });
        } else if came.aim == Aim::Unknown {
            let domain = came.origin.as_ref().and_then(|origin| origin.object.text("domainName"));
            let domain = domain.map(|domain| short(&domain).to_owned());
            self.note_once(said_disagreement, Note::Disagreement { domain, pattern: pattern() });
        }
    }

    fn send(&mut self, sending: &Sending<'_>, action: Handling) -> Result<Answered, Surprise> {
        if sending.lacks_host() {
            self.note_once(&self.handler.said_unknown_host, Note::UnknownHost);
        }
        Ok(Answered { text: sending.write()?, action, origin: Some(sending.to.id.clone()), status: None })
    }

    fn note_once(&mut self, said: &SaidOnce, note: Note<'h>) {
        if said.is_first() {
            self.notes.push(note);
        }
    }
}

/// An answer of our own, where it keeps the contract.
fn generate(answer: &Generated<'_>, action: Handling) -> Result<Answered, Surprise> {
    check_generated(answer)?;
    Ok(Answered { text: answer.write(), action, origin: None, status: Some(answer.status) })
}

/// The answer to a path that no origin may see, where nothing is decided.
fn refusal() -> Result<Answered, Surprise> {
    generate(&Generated::respond(&BAD_REQUEST), Handling::Respond)
}

/// A panic is a surprise like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, Surprise>) -> Result<T, Surprise> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Surprise::Panic))
}

/// An event that is not ours to decide goes back as it came.
fn pass_on(trigger: Trigger, request_id: &str, text: &str) -> Handled {
    let log = notes::write(&[Note::PassedOn(trigger)], request_id);
    Handled { answer: Ok(text.as_bytes().to_vec()), log, summary: None }
}

fn unusable(message: &str) -> Handled {
    let log = notes::write(&[Note::Unusable(message)], "");
    let error = FunctionError { kind: "Crossfade.UnusableEvent", message: message.to_owned() };
    Handled { answer: Err(error), log, summary: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::pattern::PathPattern;
    use crate::route::{
        Action, Behaviors, CustomOrigin, Definition, HeaderChanges, HeaderValue, HostRule, Origin, OriginAction,
        OriginKind, RequestHeader, Route, Share, Side,
    };

    fn custom(id: &str, domain: &str, host: HostRule) -> Origin {
        let kind = OriginKind::Custom(CustomOrigin { host, ..CustomOrigin::default() });
        let headers = vec![("x-verify".into(), HeaderValue::Secret("VERIFY".into()))];
        Origin { headers, kind, ..Origin::custom(id, Side::Legacy, domain) }
    }

    /// A bucket is configured, the old site is the default.
    fn table(routes: Vec<Route>) -> Table {
        let bucket = Origin::s3("site", Side::New, "b.s3.amazonaws.com");
        let definition = Definition {
            origins: vec![custom("legacy", "legacy.example.com", HostRule::Viewer), bucket],
            default: 0,
            behaviors: Behaviors::one(1),
            log_sample: Share(0),
            routes,
            ..Definition::default()
        };
        Table::compile(definition).unwrap()
    }

    fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn handler(pairs: &[(&str, &str)]) -> Handler {
        Handler::new(table(Vec::new()), secrets(pairs))
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
    fn what_can_go_nowhere_takes_along_no_header_that_a_route_writes_from_a_secret() {
        let set = vec![("x-token".to_owned(), RequestHeader::Secret("TOKEN".into()))];
        let request_headers = HeaderChanges { set, ..HeaderChanges::default() };
        let action = Action::Origin(OriginAction { request_headers, ..OriginAction::unchanged(0) });
        let table = table(vec![Route::new("all", PathPattern::Any, action)]);
        // Without the value of its own secret the old site can be aimed at by nobody.
        let handler = Handler::new(table, secrets(&[("TOKEN", "t0k3n")]));
        let event = EVENT.replace("x-verify", "x-token");
        let handled = handler.handle(event.as_bytes(), Timestamp(0));
        assert_eq!(handled.summary.unwrap().action, Handling::Unchanged);
        let answer = json(&handled.answer.unwrap());
        assert!(answer["headers"].get("x-token").is_none() && answer["uri"] == "/a", "{answer}");
    }

    #[test]
    fn a_panic_sends_the_request_to_the_default_otherwise_unchanged() {
        let calm = handler(&[("VERIFY", "s3cr3t")]).handle(EVENT.as_bytes(), Timestamp(0));
        // No compiled table names an origin that it does not have; one that comes from elsewhere makes the router panic.
        let route = Route::new("broken", PathPattern::Exact("/a".into()), Action::Origin(OriginAction::unchanged(0)));
        let mut table = serde_json::to_value(table(vec![route])).unwrap();
        table["definition"]["routes"][0]["action"]["Origin"]["origin"] = 9.into();
        let broken = Handler::new(serde_json::from_value(table).unwrap(), secrets(&[("VERIFY", "s3cr3t")]));
        let handled = broken.handle(EVENT.as_bytes(), Timestamp(0));
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
        assert_eq!((summary.action, summary.origin), (Handling::Unchanged, None));
        // The event aims at a bucket, which is asked as every bucket is.
        let mut expected = json(EVENT.as_bytes())["Records"][0]["cf"]["request"].take();
        expected["querystring"] = "".into();
        expected["headers"]["host"] = serde_json::json!([{ "key": "Host", "value": "b.s3.amazonaws.com" }]);
        assert_eq!(json(&handled.answer.unwrap()), expected);
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
