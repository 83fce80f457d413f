//! Redirects that lead back to their own route for ever. Loops over several routes are not looked for.
//!
//! A loop is reported only where a request proves it: its redirect is followed twice, by the table itself.

use std::borrow::Cow;

use crate::check::witness::{MAP_ROWS, witnesses, witnesses_at};
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::requests::RequestLine;
use crate::route::pattern::{MapRow, PathPattern};
use crate::route::{Action, Canonical, Fact, MapAction, Outcome, RedirectAction, Route, Table, Url, decide};

/// Reports each redirect that is proved to lead back to its own route. O(n) in routes and map rows.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    for (route, spans) in table.routes().iter().zip(spans) {
        let found = match &route.action {
            Action::Redirect(action) => redirects_to_itself(table, route, action).map(|round| (round, "redirect")),
            Action::RedirectMap(action) => row_to_itself(table, route, action).map(|round| (round, "redirect_map")),
            // What is normal is not taken again.
            Action::Origin(_) | Action::Normalize(_) | Action::Respond(_) => None,
        };
        if let Some((round, key)) = found {
            let message = format!("`{}` redirects a request to a URL that it takes and redirects again", route.id);
            findings
                .report(&codes::REDIRECT_TO_ITSELF, spans.value(key), message)
                .label(format!("leads to `{}`, which it takes again", round.location))
                .witness(round.line.to_string())
                .help("a path is compared in its normal form: redirect to another one, or narrow the route");
        }
    }
}

/// A request that a redirect sends round.
struct RoundTrip {
    line: RequestLine<'static>,
    /// Where to.
    location: String,
}

/// A request that a redirect sends round, if one is found.
fn redirects_to_itself(table: &Table, route: &Route, action: &RedirectAction) -> Option<RoundTrip> {
    let definition = table.definition();
    let target = action.target.as_literal().map(Url::split);
    let is_sampled = |path: &PathPattern| matches!(path, PathPattern::Glob(_) | PathPattern::Regex(_));
    // Most redirects lead elsewhere, which is cheaply seen; and a pattern costs a walk to be sampled.
    let may_lead_back = match target {
        Some(url) => route.path.matches(definition.canonical.normalize(url.path).as_str()),
        None => !route.path.each().iter().any(is_sampled),
    };
    let mut lines = may_lead_back.then(|| witnesses(definition, route)).into_iter().flatten();
    lines.find_map(|line| goes_round(table, route, line))
}

/// The same of a row of a map. Loops over several rows are not looked for.
fn row_to_itself(table: &Table, route: &Route, action: &MapAction) -> Option<RoundTrip> {
    let PathPattern::Map(map) = &route.path else { return None };
    let canonical = &table.definition().canonical;
    let leads_back = |row: &&MapRow| {
        let to = Url::split(&row.to);
        let is_there = !row.is_gone() && canonical.normalize(to.path).as_str() == row.path();
        is_there && map.fits(row, &followed_query(to, row, action))
    };
    let rows = map.rows.iter().filter(leads_back).take(MAP_ROWS);
    let mut lines = witnesses_at(table.definition(), route, rows.map(|row| row.from.clone()).collect());
    lines.find_map(|line| goes_round(table, route, line))
}

/// The query that the redirect of a row leads to, of a request that has no more than the row asks for.
fn followed_query(to: Url<'_>, row: &MapRow, action: &MapAction) -> String {
    let mut kept = String::new();
    action.query_string.append_to(row.query(), &mut kept);
    let pieces = to.query.into_iter().chain([kept.as_str()]).filter(|piece| !piece.is_empty());
    pieces.collect::<Vec<_>>().join("&")
}

/// The request, if its redirect leads to one that the same route redirects to the same place.
fn goes_round(table: &Table, route: &Route, line: RequestLine<'static>) -> Option<RoundTrip> {
    let (status, location) = followed(table, route, &line)?;
    let next = next(route, &line, status, &location)?;
    let (_, again) = followed(table, route, &next)?;
    is_same_place(&table.definition().canonical, &location, &again).then_some(RoundTrip { line, location })
}

/// Where the route redirects a request to, if it does.
fn followed(table: &Table, route: &Route, line: &RequestLine<'_>) -> Option<(u16, String)> {
    let request = line.request();
    let decision = decide(table, &request);
    let Outcome::Redirect(redirect) = &decision.outcome else { return None };
    decision.route.is_some_and(|taker| taker.id == route.id).then(|| (redirect.status, redirect.location.to_string()))
}

/// What a browser asks for next; `None` where that cannot be known: another host may not be ours, and a cookie that the
/// answer sets may change what is decided.
fn next(route: &Route, line: &RequestLine<'static>, status: u16, location: &str) -> Option<RequestLine<'static>> {
    let reads = |wanted: fn(&Fact) -> bool| route.conditions.iter().any(|condition| wanted(&condition.fact));
    let is_personal = reads(|fact| matches!(fact, Fact::Cookie(_) | Fact::Told(_)));
    let response = route.action.response()?;
    if is_personal && response.set.iter().any(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
        return None;
    }
    let (here, there) = (Url::split(&line.url), Url::split(location));
    let is_here = here.host().zip(there.host()).is_some_and(|(here, there)| here.eq_ignore_ascii_case(there));
    if there.authority.is_some() && !is_here {
        return None;
    }
    let mut next = line.clone();
    next.url = Cow::Owned(match there.authority {
        Some(_) => location.to_owned(),
        None => here
            .scheme
            .zip(here.authority)
            .map_or_else(|| location.to_owned(), |(scheme, host)| format!("{scheme}://{host}{location}")),
    });
    if matches!(status, 301..=303) && next.method.as_deref() != Some("HEAD") {
        next.method = Some(Cow::Borrowed("GET"));
    }
    Some(next)
}

/// Whether two locations are one URL to this table, whatever their queries.
fn is_same_place(canonical: &Canonical, one: &str, other: &str) -> bool {
    let (one, other) = (Url::split(one), Url::split(other));
    let normal = |url: Url<'_>| canonical.normalize(url.path).as_str().to_owned();
    one.authority == other.authority && normal(one) == normal(other)
}
