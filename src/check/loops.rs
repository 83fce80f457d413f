//! Redirects that lead back to their own route for ever. Loops over several routes are not looked for.
//!
//! A loop is reported only where a request proves it: its redirect is followed twice, by the table itself.

use std::borrow::Cow;

use crate::check::places::PartsWritten;
use crate::check::witness::{takes, witnesses, witnesses_at};
use crate::diagnostic::{Findings, Span, codes};
use crate::requests::RequestLine;
use crate::route::pattern::{MapRow, PathPattern};
use crate::route::query::{QueryPolicy, pieces};
use crate::route::target::Part;
use crate::route::{Action, Canonical, Fact, MapAction, Outcome, RedirectAction, Route, Table, Url, decide};

/// Rows of one map that are shown.
const MAX_ROWS: usize = 100;
/// Rows of one map that are followed: most of those that lead to their own path lead back.
const MAX_FOLLOWED: usize = 1000;

/// Reports each redirect that is proved to lead back to its own route. O(n) in routes and map rows.
pub(crate) fn check(table: &Table, written: &PartsWritten<'_>, findings: &mut Findings) {
    for (at, (route, spans)) in table.routes().iter().zip(written.routes).enumerate() {
        match &route.action {
            Action::Redirect(action) => {
                if let Some(round) = redirects_to_itself(table, route, action) {
                    round.report(table, route, spans.value("redirect"), findings);
                }
            }
            Action::RedirectMap(action) => {
                for (shown, (line, round)) in rows_to_themselves(table, route, action).enumerate() {
                    let span = written.map_row(at, line);
                    if shown == MAX_ROWS {
                        let message = format!("more rows of `{}` lead back to themselves", route.id);
                        findings.report(&codes::REDIRECT_TO_ITSELF, span, message).label("starting here");
                        break;
                    }
                    round.report(table, route, span, findings);
                }
            }
            // What is normal is not taken again.
            Action::Origin(_) | Action::Normalize(_) | Action::Respond(_) => {}
        }
    }
}

/// A request that a redirect sends round.
struct RoundTrip {
    line: RequestLine<'static>,
    /// Where to.
    location: String,
    /// What a browser asks for then.
    next: RequestLine<'static>,
}

impl RoundTrip {
    fn report(&self, table: &Table, route: &Route, span: Span, findings: &mut Findings) {
        let message = format!("`{}` redirects a request to a URL that it takes and redirects again", route.id);
        findings
            .report(&codes::REDIRECT_TO_ITSELF, span, message)
            .label(format!("leads to `{}`, which it takes again", self.location))
            .witness(self.line.to_string())
            .help(self.cure(&table.definition().canonical, route));
    }

    fn cure(&self, canonical: &Canonical, route: &Route) -> String {
        if let Some(policy) = self.without_what_is_asked(canonical, route) {
            return format!("the query goes along, and is asked for again: write `query_string = {policy}`");
        }
        let there = Url::split(&self.location).host().filter(|_| route.hosts().len() != 1);
        match there {
            Some(host) if !route.hosts().is_empty() => format!("take `{host}` out of the route's `host`"),
            Some(host) => match host.strip_prefix("www.").filter(|apex| apex.contains('.')) {
                Some(apex) => format!("say which host it is for: write `host = \"{apex}\"`"),
                None => format!("say which hosts it is for, without `{host}`: `host = \"…\"`"),
            },
            None => "a path is compared in its normal form: redirect to another one, or narrow the route".to_owned(),
        }
    }

    /// The `query_string` with which the route would not take again what it redirects, as it asks for a parameter.
    fn without_what_is_asked(&self, canonical: &Canonical, route: &Route) -> Option<String> {
        let policy = match &route.action {
            Action::Redirect(action) => &action.query_string,
            Action::RedirectMap(action) => &action.query_string,
            Action::Origin(_) | Action::Normalize(_) | Action::Respond(_) => return None,
        };
        let asked = self.asked_again(route);
        let all = |names: &[String]| format!("{{ drop = {} }}", listed(&[names, &asked].concat()));
        let words = match policy {
            QueryPolicy::Drop => return None,
            QueryPolicy::Keep => all(&[]),
            QueryPolicy::Without(names) => all(names),
            QueryPolicy::Only(names) => {
                let left: Vec<String> = names.iter().filter(|name| !asked.contains(name)).cloned().collect();
                if left.is_empty() { "\"drop\"".to_owned() } else { listed(&left) }
            }
        };
        let cured = self.next_without(&asked);
        (!takes(canonical, route, &cured.request())).then_some(words)
    }

    /// Parameters that the route asks for and that only go along.
    fn asked_again(&self, route: &Route) -> Vec<String> {
        let count = |line: &RequestLine<'_>, name: &str| {
            pieces(line.request().query).filter(|(found, piece)| *found == name && !piece.is_empty()).count()
        };
        let goes_along = |name: &&String| {
            let before = count(&self.line, name);
            before > 0 && before == count(&self.next, name) && !name.contains(['"', '\\'])
        };
        let names = route.conditions.iter().filter_map(|condition| match &condition.fact {
            Fact::Query(name) => Some(name),
            _ => None,
        });
        names.filter(goes_along).cloned().collect()
    }

    /// What a browser would ask for next if some parameters did not go along.
    fn next_without(&self, names: &[String]) -> RequestLine<'static> {
        let (before, query) = self.next.url.split_once('?').unwrap_or((&self.next.url, ""));
        let mut url = format!("{before}?");
        QueryPolicy::Without(names.to_vec()).append_to(query, &mut url);
        RequestLine { url: Cow::Owned(url), ..self.next.clone() }
    }
}

/// Names as a list of the table.
fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(", "))
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
    let lines = may_lead_back.then(|| witnesses(definition, route)).into_iter().flatten();
    // Of several hosts, or of any, the one that the redirect leads to.
    let host = host_of(action);
    let mut lines = lines.flat_map(|line| host.map(|host| at_host(&line, host)).into_iter().chain([line]));
    lines.find_map(|line| goes_round(table, route, line))
}

/// The host that a target names.
fn host_of(action: &RedirectAction) -> Option<&str> {
    match action.target.parts.first()? {
        Part::Literal(text) => {
            let url = Url::split(text);
            // CloudFront answers on no other port than that of the scheme.
            let is_ours = url.authority.is_some_and(|authority| !authority.is_empty() && !authority.contains(':'));
            url.host().filter(|_| is_ours)
        }
        Part::Hole(_) => None,
    }
}

/// The same request of another host.
fn at_host(line: &RequestLine<'static>, host: &str) -> RequestLine<'static> {
    let Url { path, query, .. } = Url::split(&line.url);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    RequestLine { url: Cow::Owned(format!("https://{host}{path}{query}")), ..line.clone() }
}

/// The rows of a map that lead back to themselves, by their lines. Loops over several rows are not looked for.
fn rows_to_themselves(table: &Table, route: &Route, action: &MapAction) -> impl Iterator<Item = (u32, RoundTrip)> {
    let canonical = &table.definition().canonical;
    let is_same_key = |row: &MapRow, query: &str| match &route.path {
        PathPattern::Map(map) => map.fits(row, query),
        _ => false,
    };
    let leads_back = move |row: &&MapRow| {
        let to = Url::split(&row.to);
        let is_there = !row.is_gone() && canonical.normalize(to.path).as_str() == row.path();
        is_there && is_same_key(row, &followed_query(to, row, action))
    };
    let rows = route.path.rows().iter().filter(leads_back).take(MAX_FOLLOWED);
    rows.filter_map(|row| {
        let mut lines = witnesses_at(table.definition(), route, vec![row.from.clone()]);
        lines.find_map(|line| goes_round(table, route, line)).map(|round| (row.line, round))
    })
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
    is_same_place(&table.definition().canonical, &location, &again).then_some(RoundTrip { line, location, next })
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
