//! The decision: the only place where a route is chosen.

use std::borrow::Cow;

use super::cache_control::{DEFAULT_CACHE_CONTROL, cut_max_age};
use super::condition::Asked;
use super::decision::{Decision, Forward, Outcome, Redirect, Refused, Respond, Uri};
use super::definition::{Action, MapAction, OriginAction, RedirectAction, RespondAction, ResponseHeaders};
use super::ids::OriginId;
use super::index::Found;
use super::query::QueryPolicy;
use super::request::Request;
use super::table::Table;
use super::target::{Location, Target, Unsafe, check_made};

/// Decides a request: the first route in written order whose every condition holds, else the default.
///
/// Pure and total. Cost: O(m) in bytes of the request, nearly independent of the number of routes. Allocates only for
/// a capture, a `query_string` list, or a path of over 340 bytes that is not in normal form.
#[must_use]
pub fn decide<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Decision<'t, 'r> {
    let canonical = &table.definition().canonical;
    if canonical.refuses(request.path) {
        let outcome = Outcome::Respond(bad_request(table, request));
        return Decision { route: None, outcome, taker_id: None, refused: None };
    }
    let path = canonical.normalize(request.path);
    let asked = Asked::new(request, path.as_str(), table.moment(request.epoch, request.time));
    match table.index().first_match(table.definition(), &asked) {
        Some(found) => Taken { table, request, path: path.as_str(), found }.carry_out(),
        None => by_default(table, request),
    }
}

/// A request that a route takes.
struct Taken<'t, 'r, 'p> {
    table: &'t Table,
    request: &'r Request<'r>,
    /// In normal form.
    path: &'p str,
    found: Found<'t>,
}

impl<'t, 'r> Taken<'t, 'r, '_> {
    /// Carries out what the route says; an unsafe result ends the walk at the default.
    fn carry_out(&self) -> Decision<'t, 'r> {
        let route = self.found.route;
        let outcome = match &route.action {
            Action::Origin(action) => self.forward(action).map(Outcome::Origin),
            Action::Redirect(action) => self.redirect(action).map(Outcome::Redirect),
            Action::RedirectMap(action) => self.map_redirect(action).map(Outcome::Redirect),
            Action::Respond(action) => Ok(Outcome::Respond(self.respond(action))),
        };
        let taker_id = Some(self.found.id);
        match outcome {
            Ok(outcome) => Decision { route: Some(route), outcome, taker_id, refused: None },
            Err(why) => {
                let refused = Some(Refused { route, why });
                Decision { taker_id, refused, ..by_default(self.table, self.request) }
            }
        }
    }

    fn forward(&self, action: &'t OriginAction) -> Result<Forward<'t, 'r>, Unsafe> {
        let mut forward = unchanged(self.table, self.request, self.table.target_of(action));
        if let Some(rewrite) = &action.rewrite {
            let made = self.fill(rewrite);
            check_made(&made)?;
            forward.uri = Uri::Rewritten(made);
        }
        forward.query_string = sent(self.table, self.request, kept(&action.query_string, self.request.query));
        forward.headers = Some(&action.request_headers);
        Ok(forward)
    }

    fn redirect(&self, action: &'t RedirectAction) -> Result<Redirect<'t, 'r>, Unsafe> {
        Ok(Redirect {
            status: action.status,
            location: Location::new(self.fill(&action.target), self.request.query, &action.query_string)?,
            cache_control: self.cache_control(&action.response),
            headers: &action.response.set,
        })
    }

    #[allow(clippy::expect_used, reason = "the index finds a map by its rows, and only a map has this action")]
    fn map_redirect(&self, action: &'t MapAction) -> Result<Redirect<'t, 'r>, Unsafe> {
        let row = self.found.row.expect("a map is found by a row");
        Ok(Redirect {
            status: row.status.unwrap_or(action.status),
            location: Location::new(Cow::Borrowed(&row.to), self.request.query, &action.query_string)?,
            cache_control: self.cache_control(&action.response),
            headers: &action.response.set,
        })
    }

    fn respond(&self, action: &'t RespondAction) -> Respond<'t> {
        Respond {
            status: action.status,
            body: &action.body,
            content_type: action.content_type.as_deref(),
            cache_control: self.cache_control(&action.response),
            headers: &action.response.set,
        }
    }

    /// The target with its holes filled; captures are looked for only where there are holes.
    fn fill(&self, target: &'t Target) -> Cow<'t, str> {
        match target.as_literal() {
            Some(text) => Cow::Borrowed(text),
            None => target.fill(&self.found.route.path.captures(self.path)),
        }
    }

    fn cache_control(&self, response: &'t ResponseHeaders) -> Cow<'t, str> {
        cut_max_age(&response.cache_control, until_next_instant(self.table, self.request))
    }
}

fn by_default<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Decision<'t, 'r> {
    let outcome = Outcome::Origin(unchanged(table, request, table.default_id()));
    Decision { route: None, outcome, taker_id: None, refused: None }
}

fn unchanged<'t, 'r>(table: &'t Table, request: &Request<'r>, origin_id: OriginId) -> Forward<'t, 'r> {
    let uri = Uri::AsItCame(request.path_or_root());
    let query_string = sent(table, request, Cow::Borrowed(request.query));
    Forward { origin_id, origin: table.origin(origin_id), uri, query_string, headers: None }
}

/// What of a query may be sent on: an origin must not answer by what is not in the cache key.
fn sent<'r>(table: &Table, request: &Request<'r>, query: Cow<'r, str>) -> Cow<'r, str> {
    if query.is_empty() { query } else { table.sent_query(request.method, request.path).of(query) }
}

fn kept<'r>(policy: &QueryPolicy, query: &'r str) -> Cow<'r, str> {
    if policy.leaves(query) {
        return Cow::Borrowed(query);
    }
    let mut text = String::new();
    policy.append_to(query, &mut text);
    Cow::Owned(text)
}

/// The answer to a path that `[canonical] refuse` names.
fn bad_request<'t>(table: &'t Table, request: &Request<'_>) -> Respond<'t> {
    Respond {
        status: 400,
        body: "bad request\n",
        content_type: Some("text/plain; charset=utf-8"),
        cache_control: cut_max_age(DEFAULT_CACHE_CONTROL, until_next_instant(table, request)),
        headers: &[],
    }
}

/// Seconds until the table's next instant, where the time is known and there is one.
fn until_next_instant(table: &Table, request: &Request<'_>) -> Option<u64> {
    let now = request.time?;
    let instants = table.instants();
    let next = instants.get(instants.partition_point(|&instant| instant <= now))?;
    Some(now.seconds_until(*next))
}
