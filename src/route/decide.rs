//! The decision: the only place where a route is chosen.

use std::borrow::Cow;

use super::condition::Facts;
use super::decision::{Decision, Forward, Outcome, Redirect, Refused, Respond, Uri};
use super::pattern::{MapRow, PathPattern};
use super::query::QueryPolicy;
use super::request::Request;
use super::table::{
    Action, DEFAULT_CACHE_CONTROL, MapAction, Origin, OriginAction, RedirectAction, RespondAction, ResponseHeaders,
    Route, Table,
};
use super::target::{Location, Target, Unsafe, check_made};
use crate::text::Timestamp;

/// Decides a request: the first route in written order whose every condition holds, else the default.
///
/// Pure and total. Cost: O(m) in bytes of the request, nearly independent of the number of routes. Allocates only for
/// a capture, a `query_string` list, or a path of over 340 bytes that is not in normal form.
#[must_use]
pub fn decide<'t, 'r>(table: &'t Table, request: &'r Request<'r>) -> Decision<'t, 'r> {
    let canonical = &table.definition().canonical;
    if canonical.refuses(request.path) {
        return Decision { route: None, outcome: Outcome::Respond(bad_request(table, request)), refused: None };
    }
    let path = canonical.normalize(request.path);
    let path = path.as_str();
    let facts = Facts::new(request, path, table.epoch(request.epoch, request.time));
    match table.index().first_match(table.definition(), &facts) {
        Some(found) => act(table, request, path, found),
        None => by_default(table, request, None),
    }
}

/// What the index found: a route and, for a map, its row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'t> {
    /// The first route whose every condition holds.
    pub route: &'t Route,
    /// The row of its redirect map.
    pub row: Option<&'t MapRow>,
}

/// Carries out what a route says; an unsafe result ends the walk at the default.
fn act<'t, 'r>(table: &'t Table, request: &'r Request<'r>, path: &str, found: Found<'t>) -> Decision<'t, 'r> {
    let route = found.route;
    let outcome = match &route.action {
        Action::Origin(action) => forward(table, request, path, &route.path, action),
        Action::Redirect(action) => redirect(table, request, path, &route.path, action),
        Action::RedirectMap(action) => map_redirect(table, request, found.row, action),
        Action::Respond(action) => Ok(Outcome::Respond(respond(table, request, action))),
    };
    match outcome {
        Ok(outcome) => Decision { route: Some(route), outcome, refused: None },
        Err(why) => by_default(table, request, Some(Refused { route, why })),
    }
}

fn by_default<'t, 'r>(table: &'t Table, request: &'r Request<'r>, refused: Option<Refused<'t>>) -> Decision<'t, 'r> {
    let outcome = match table.default_origin() {
        Some(origin) => Outcome::Origin(unchanged(request, origin)),
        None => Outcome::Respond(bad_request(table, request)),
    };
    Decision { route: None, outcome, refused }
}

fn unchanged<'t, 'r>(request: &Request<'r>, origin: &'t Origin) -> Forward<'t, 'r> {
    let uri = Uri::AsItCame(request.path_or_root());
    Forward { origin, uri, query_string: Cow::Borrowed(request.query), headers: None }
}

fn forward<'t, 'r>(
    table: &'t Table,
    request: &'r Request<'r>,
    path: &str,
    pattern: &PathPattern,
    action: &'t OriginAction,
) -> Result<Outcome<'t, 'r>, Unsafe> {
    let Some(origin) = table.definition().origins.get(action.origin) else {
        return Ok(by_default(table, request, None).outcome);
    };
    let mut forward = unchanged(request, origin);
    if let Some(rewrite) = &action.rewrite {
        let made = fill(rewrite, pattern, path);
        check_made(&made)?;
        forward.uri = Uri::Rewritten(made);
    }
    forward.query_string = kept(&action.query_string, request.query);
    forward.headers = Some(&action.request_headers);
    Ok(Outcome::Origin(forward))
}

fn kept<'r>(policy: &QueryPolicy, query: &'r str) -> Cow<'r, str> {
    if policy.leaves(query) {
        return Cow::Borrowed(query);
    }
    let mut text = String::new();
    policy.append_to(query, &mut text);
    Cow::Owned(text)
}

fn redirect<'t, 'r>(
    table: &'t Table,
    request: &'r Request<'r>,
    path: &str,
    pattern: &PathPattern,
    action: &'t RedirectAction,
) -> Result<Outcome<'t, 'r>, Unsafe> {
    let target = fill(&action.target, pattern, path);
    Ok(Outcome::Redirect(Redirect {
        status: action.status,
        location: Location::new(target, request.query, &action.query_string)?,
        cache_control: cache_control(table, request, &action.response),
        headers: &action.response.set,
    }))
}

fn map_redirect<'t, 'r>(
    table: &'t Table,
    request: &'r Request<'r>,
    row: Option<&'t MapRow>,
    action: &'t MapAction,
) -> Result<Outcome<'t, 'r>, Unsafe> {
    let Some(row) = row else { return Ok(by_default(table, request, None).outcome) };
    Ok(Outcome::Redirect(Redirect {
        status: row.status.unwrap_or(action.status),
        location: Location::new(Cow::Borrowed(&row.to), request.query, &action.query_string)?,
        cache_control: cache_control(table, request, &action.response),
        headers: &action.response.set,
    }))
}

fn respond<'t>(table: &'t Table, request: &Request<'_>, action: &'t RespondAction) -> Respond<'t> {
    Respond {
        status: action.status,
        body: &action.body,
        content_type: action.content_type.as_deref(),
        cache_control: cache_control(table, request, &action.response),
        headers: &action.response.set,
    }
}

/// The answer to a path that `[canonical] refuse` names.
fn bad_request<'t>(table: &'t Table, request: &Request<'_>) -> Respond<'t> {
    let remaining = until_next_instant(table, request);
    Respond {
        status: 400,
        body: "bad request\n",
        content_type: Some("text/plain; charset=utf-8"),
        cache_control: cut_max_age(DEFAULT_CACHE_CONTROL, remaining),
        headers: &[],
    }
}

/// The target with its holes filled; captures are looked for only where there are holes.
fn fill<'t>(target: &'t Target, pattern: &PathPattern, path: &str) -> Cow<'t, str> {
    match target.as_literal() {
        Some(text) => Cow::Borrowed(text),
        None => target.fill(&pattern.captures(path)),
    }
}

fn cache_control<'t>(table: &Table, request: &Request<'_>, response: &'t ResponseHeaders) -> Cow<'t, str> {
    cut_max_age(&response.cache_control, until_next_instant(table, request))
}

/// Seconds until the table's next instant, where the time is known and there is one.
fn until_next_instant(table: &Table, request: &Request<'_>) -> Option<u64> {
    let now = request.time?;
    let instants = &table.definition().instants;
    let next: &Timestamp = instants.get(instants.partition_point(|&instant| instant <= now))?;
    Some(now.seconds_until(*next))
}

/// No answer may be kept beyond the moment at which another could be decided.
fn cut_max_age(cache_control: &str, remaining: Option<u64>) -> Cow<'_, str> {
    let Some(remaining) = remaining else { return Cow::Borrowed(cache_control) };
    let too_long = |directive: &str| age_of(directive).is_some_and(|(_, seconds)| seconds > remaining);
    if !cache_control.split(',').any(too_long) {
        return Cow::Borrowed(cache_control);
    }
    let cut = |directive: &str| match age_of(directive) {
        Some((name, seconds)) if seconds > remaining => format!("{name}={remaining}"),
        _ => directive.trim().to_owned(),
    };
    Cow::Owned(cache_control.split(',').map(cut).collect::<Vec<_>>().join(", "))
}

/// The name and seconds of a directive that lets an answer be used for a time.
fn age_of(directive: &str) -> Option<(&str, u64)> {
    let (name, value) = directive.trim().split_once('=')?;
    let ages = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];
    let is_age = ages.iter().any(|age| name.trim().eq_ignore_ascii_case(age));
    let digits = value.trim().trim_matches('"');
    let seconds = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().unwrap_or(u64::MAX)
    } else {
        return None;
    };
    is_age.then_some((name.trim(), seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_cut_and_the_rest_of_cache_control_stays() {
        let rows = [
            ("public, max-age=300", None, "public, max-age=300"),
            ("public, max-age=300", Some(300), "public, max-age=300"),
            ("public,  Max-Age=300 , s-maxage=9", Some(10), "public, Max-Age=10, s-maxage=9"),
            ("max-age=99999999999999999999999", Some(1), "max-age=1"),
            ("no-store", Some(1), "no-store"),
        ];
        for (text, remaining, expected) in rows {
            assert_eq!(cut_max_age(text, remaining), expected, "{text}");
        }
    }
}
