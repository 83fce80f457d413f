//! The decision: the only place where a route is chosen.

use std::borrow::Cow;

use super::cache_control::{Dated, NO_STORE, NextInstant};
use super::canonical::{NormalPath, Spellings};
use super::condition::Asked;
use super::decision::{Decision, Forward, Outcome, Redirect, Refused, RequestBehavior, Respond, SentHeaders, Uri};
use super::definition::{
    Action, HeaderChanges, MapAction, NormalizeAction, OriginAction, RedirectAction, RespondAction, ResponseHeaders,
};
use super::holes::HoleTexts;
use super::ids::BehaviorId;
use super::index::Found;
use super::origin::Origin;
use super::pattern::GONE;
use super::query::QueryPolicy;
use super::request::{Request, Url};
use super::table::Table;
use super::target::{Location, Target, Unsafe, check_made};
use super::time::moment_of;
use crate::platform::limits::MAX_URL;

/// Decides a request: the first route in written order whose every condition holds, else the default. Before any route
/// come `[canonical] refuse` and, where the table tells of several cache behaviors, the one that the path falls in.
///
/// Pure and total. Cost: O(m) in bytes of the request, nearly independent of the number of routes. Allocates only for
/// a capture, a `query_string` list, a path with dot segments that is passed on, one of over 340 bytes that is not in
/// normal form, or with several behaviors one whose spellings differ.
#[must_use]
pub fn decide<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Decision<'t, 'r> {
    match table.placed(request.path) {
        None => by_routes(table, request),
        Some(placed) => Decision { placed: Some(placed), ..in_behavior(table, request, placed) },
    }
}

/// What the behavior of a request leaves to decide (rule 17): nothing where the router does not run on it, or where
/// nobody knows which behavior CloudFront takes the path for.
fn in_behavior<'t, 'r>(table: &'t Table, request: &'r Request<'r>, placed: RequestBehavior<'t>) -> Decision<'t, 'r> {
    if placed.is_not_routed() {
        return no_route(Outcome::Origin(past_router(table, request, placed.behavior.id)));
    }
    if placed.other.is_none() || table.definition().canonical.refuses(request.path) {
        return by_routes(table, request);
    }
    match to_clean_path(table, request) {
        Ok(redirect) => no_route(Outcome::Redirect(redirect)),
        // What is kept under the path may not depend on a query that is in no key.
        Err(_) => no_route(Outcome::Respond(BAD_REQUEST)),
    }
}

/// What CloudFront alone does: every byte goes to what is configured.
fn past_router<'t, 'r>(table: &'t Table, request: &Request<'r>, behavior: BehaviorId) -> Forward<'t, 'r> {
    let origin_id = table.configured_id(behavior);
    let uri = Uri::AsItCame(request.path_or_root());
    let query_string = Cow::Borrowed(request.query);
    Forward { origin_id, origin: table.origin(origin_id), uri, query_string, headers: None }
}

/// So the request comes again in a form that has one behavior, whatever CloudFront does to a path before it matches.
fn to_clean_path<'t, 'r>(table: &Table, request: &Request<'r>) -> Result<Redirect<'t, 'r>, Unsafe> {
    let clean = Spellings::of(request.path, table.definition().canonical.path_parameters).clean.into_owned();
    let location = Location::of_clean_path(clean, request.query)?;
    Ok(Redirect { status: 308, location, cache_control: Cow::Borrowed(NO_STORE), headers: Cow::Borrowed(&[]) })
}

/// The first route that takes the request, else the default.
fn by_routes<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Decision<'t, 'r> {
    let looked = table.definition().canonical.look_at(request.path);
    if looked.refused_text().is_some() {
        return no_route(Outcome::Respond(BAD_REQUEST));
    }
    let path = looked.normalize();
    let canonical = &table.definition().canonical;
    let asked = Asked::new(request, canonical, path.as_str(), moment_of(request.epoch, request.time));
    match table.index().first_match(table.definition(), &asked) {
        Some(found) => Taken { table, request, path: &path, asked: &asked, found }.carry_out(),
        None => by_default(table, request, &path),
    }
}

/// A request that a route takes.
struct Taken<'t, 'r, 'p> {
    table: &'t Table,
    request: &'r Request<'r>,
    path: &'p NormalPath<'r>,
    asked: &'p Asked<'p>,
    found: Found<'t>,
}

impl<'t, 'r> Taken<'t, 'r, '_> {
    /// Carries out what the route says; an unsafe result ends the walk at the default.
    fn carry_out(&self) -> Decision<'t, 'r> {
        let route = self.found.route;
        let outcome = match &route.action {
            Action::Origin(action) => self.forward(action).map(Outcome::Origin),
            Action::Redirect(action) => self.redirect(action).map(Outcome::Redirect),
            Action::RedirectMap(action) => self.by_row(action),
            Action::Normalize(action) => self.normalize(action).map(Outcome::Redirect),
            Action::Respond(action) => Ok(Outcome::Respond(self.respond(action))),
        };
        let taker_id = Some(self.found.id);
        match outcome {
            Ok(outcome) => Decision { route: Some(route), outcome, taker_id, refused: None, placed: None },
            Err(why) => {
                let refused = Some(Refused { route, why });
                Decision { taker_id, refused, ..by_default(self.table, self.request, self.path) }
            }
        }
    }

    fn forward(&self, action: &'t OriginAction) -> Result<Forward<'t, 'r>, Unsafe> {
        let Taken { table, request, path, .. } = *self;
        let origin_id = table.target_of(action);
        let origin = table.origin(origin_id);
        let kept = sent(table, request, &action.query_string);
        let (uri, query_string) = match &action.rewrite {
            Some(rewrite) => {
                let (path, own) = split_query(self.rewritten(rewrite, origin)?);
                let query = joined(own, kept);
                if path.len().saturating_add(query.len()) >= MAX_URL {
                    return Err(Unsafe::TooLong);
                }
                (Uri::Rewritten(path), query)
            }
            None => (passed_on(table, request, path, origin), kept),
        };
        let headers = self.headers(&action.request_headers)?;
        Ok(Forward { origin_id, origin, uri, query_string, headers: Some(headers) })
    }

    /// What the path and the conditions captured is looked for once, whatever the number of headers.
    fn headers(&self, changes: &'t HeaderChanges) -> Result<SentHeaders<'t>, Unsafe> {
        if !changes.has_holes() {
            return SentHeaders::new(changes, |_| Ok(None));
        }
        self.with_texts(|texts| SentHeaders::new(changes, |value| value.fill_header(|hole| texts.text(hole))))
    }

    fn rewritten(&self, rewrite: &'t Target, origin: &Origin) -> Result<Cow<'t, str>, Unsafe> {
        let made = self.fill(rewrite)?;
        check_made(&made)?;
        check_key(origin, &made)?;
        self.check_refused(&made)?;
        Ok(made)
    }

    /// What is made must not hold what no request may hold.
    fn check_refused(&self, made: &str) -> Result<(), Unsafe> {
        let canonical = &self.table.definition().canonical;
        let is_refused = canonical.may_refuse(made) && canonical.refuses(Url::split(made).path);
        if is_refused { Err(Unsafe::Refused) } else { Ok(()) }
    }

    fn location(&self, made: Cow<'t, str>, query_string: &'t QueryPolicy) -> Result<Location<'t, 'r>, Unsafe> {
        self.check_refused(&made)?;
        Location::new(made, self.request.query, query_string)
    }

    fn redirect(&self, action: &'t RedirectAction) -> Result<Redirect<'t, 'r>, Unsafe> {
        let Dated { cache_control, headers } = self.dated(&action.response);
        Ok(Redirect {
            status: action.status,
            location: self.location(self.fill(&action.target)?, &action.query_string)?,
            cache_control,
            headers,
        })
    }

    #[allow(clippy::expect_used, reason = "the index finds a map by its rows, and only a map has this action")]
    fn by_row(&self, action: &'t MapAction) -> Result<Outcome<'t, 'r>, Unsafe> {
        let row = self.found.row.expect("a map is found by a row");
        let Dated { cache_control, headers } = self.dated(&action.response);
        if row.is_gone() {
            return Ok(Outcome::Respond(Respond {
                status: GONE,
                body: "",
                content_type: None,
                cache_control,
                headers,
            }));
        }
        Ok(Outcome::Redirect(Redirect {
            status: row.status.unwrap_or(action.status),
            location: self.location(Cow::Borrowed(&row.to), &action.query_string)?,
            cache_control,
            headers,
        }))
    }

    fn normalize(&self, action: &'t NormalizeAction) -> Result<Redirect<'t, 'r>, Unsafe> {
        let Dated { cache_control, headers } = self.dated(&action.response);
        let path = self.path.as_str();
        // What begins without a slash is read beside another path, or as a URL.
        if !path.starts_with('/') {
            return Err(Unsafe::NoSlash);
        }
        let location = self.location(Cow::Owned(path.to_owned()), &action.query_string)?;
        Ok(Redirect { status: action.status, location, cache_control, headers })
    }

    fn respond(&self, action: &'t RespondAction) -> Respond<'t> {
        let Dated { cache_control, headers } = self.dated(&action.response);
        Respond {
            status: action.status,
            body: &action.body,
            content_type: action.content_type.as_deref(),
            cache_control,
            headers,
        }
    }

    /// The target with its holes filled; captures are looked for only where there are holes.
    fn fill(&self, target: &'t Target) -> Result<Cow<'t, str>, Unsafe> {
        if let Some(text) = target.as_literal() {
            return Ok(Cow::Borrowed(text));
        }
        self.with_texts(|texts| target.fill(|hole| texts.text(hole)))
    }

    fn with_texts<T>(&self, fill: impl FnOnce(&HoleTexts<'_>) -> T) -> T {
        let own_case = self.asked.canonical.in_own_case(self.request.path, self.path);
        fill(&HoleTexts::new(self.found.route, self.asked, own_case.as_str()))
    }

    fn dated(&self, response: &'t ResponseHeaders) -> Dated<'t> {
        next_instant(self.table, self.request).cut(&response.cache_control, &response.set)
    }
}

fn by_default<'t, 'r>(table: &'t Table, request: &'r Request<'r>, path: &NormalPath<'r>) -> Decision<'t, 'r> {
    let (origin_id, origin) = (table.default_id(), table.default_origin());
    let uri = passed_on(table, request, path, origin);
    let query_string = sent(table, request, origin.query_string());
    no_route(Outcome::Origin(Forward { origin_id, origin, uri, query_string, headers: None }))
}

fn no_route<'t, 'r>(outcome: Outcome<'t, 'r>) -> Decision<'t, 'r> {
    Decision { route: None, outcome, taker_id: None, refused: None, placed: None }
}

/// What a rewrite made as path and query of its own.
fn split_query(made: Cow<'_, str>) -> (Cow<'_, str>, Option<String>) {
    match made {
        Cow::Borrowed(text) => {
            let (path, own) = text.split_once('?').map_or((text, None), |(path, own)| (path, Some(own.to_owned())));
            (Cow::Borrowed(path), own)
        }
        Cow::Owned(mut text) => {
            let own = text.find('?').map(|at| text.split_off(at).split_off(1));
            (Cow::Owned(text), own)
        }
    }
}

/// The query of a rewrite, and behind it what is kept of the viewer's.
fn joined(own: Option<String>, kept: Cow<'_, str>) -> Cow<'_, str> {
    match own {
        Some(own) if kept.is_empty() => Cow::Owned(own),
        Some(own) if !own.is_empty() => Cow::Owned(format!("{own}&{kept}")),
        _ => kept,
    }
}

/// A bucket has no object without a name.
fn check_key(origin: &Origin, made: &str) -> Result<(), Unsafe> {
    let path = made.split_once('?').map_or(made, |(path, _)| path);
    if origin.has_no_key(path) { Err(Unsafe::EmptyKey) } else { Ok(()) }
}

/// The path of a request that no rewrite changes.
fn passed_on<'t, 'r>(table: &'t Table, request: &Request<'r>, path: &NormalPath<'r>, to: &Origin) -> Uri<'t, 'r> {
    match *path {
        NormalPath::Same(path) => Uri::AsItCame(path),
        NormalPath::Changed(_) => Uri::passed_on(&table.definition().canonical, to, request.path),
    }
}

/// What of a query is sent on: what is kept of it, but an origin must not answer by what is not in the cache key.
fn sent<'r>(table: &Table, request: &Request<'r>, policy: &QueryPolicy) -> Cow<'r, str> {
    match request.query {
        "" => Cow::Borrowed(""),
        query => table.sent_query(request.method, request.path).of(kept(policy, query)),
    }
}

fn kept<'r>(policy: &QueryPolicy, query: &'r str) -> Cow<'r, str> {
    if policy.leaves(query) {
        return Cow::Borrowed(query);
    }
    let mut text = String::new();
    policy.append_to(query, &mut text);
    Cow::Owned(text)
}

/// The answer to a path that `[canonical] refuse` names, or that can be led to no one behavior: kept for nobody.
pub const BAD_REQUEST: Respond<'static> = Respond {
    status: 400,
    body: "bad request\n",
    content_type: Some("text/plain; charset=utf-8"),
    cache_control: Cow::Borrowed(NO_STORE),
    headers: Cow::Borrowed(&[]),
};

/// The first instant after the moment that is decided at, and how far it is by the clock: a gate may tell an epoch that
/// is over by now.
fn next_instant(table: &Table, request: &Request<'_>) -> NextInstant {
    let moment = moment_of(request.epoch, request.time);
    let at = moment.and_then(|moment| table.next_instant(moment));
    NextInstant { at, remaining: at.zip(request.time).map(|(at, now)| now.seconds_until(at)) }
}
