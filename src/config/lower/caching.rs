//! How long an answer made at the edge is kept where its route does not say it (design rule 18), and what is said too
//! freely.

use std::collections::HashMap;

use crate::config::lower::spans::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::route::overlap::Overlaps;
use crate::route::{Action, Condition, Fact, NO_STORE, ResponseHeaders, Route};

/// Routes that the warning names.
const NAMED: usize = 3;

/// Why an answer is not for everyone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    /// An error that may pass.
    Status(u16),
    /// It sets a cookie.
    SetsCookie,
    /// Its route reads this kind of fact.
    Reads(&'static str),
    /// An earlier route, by its position, reads this kind of fact and could have taken the request.
    EarlierReads(usize, &'static str),
}

/// Writes `no-store` where a route says nothing and its answer is not for everyone; warns of routes that let such an
/// answer be kept. Nearly linear in routes and map rows.
pub(crate) fn settle(findings: &mut Findings, routes: &mut [Route], spans: &[RouteSpans]) {
    let causes = causes(routes);
    let mut too_free = Vec::new();
    for (at, cause) in causes {
        let said = spans.get(at).is_some_and(|spans| spans.has("cache_control"));
        let Some(response) = routes.get_mut(at).and_then(|route| route.action.response_mut()) else { continue };
        if !said {
            NO_STORE.clone_into(&mut response.cache_control);
        } else if is_kept(&response.cache_control) {
            too_free.push((at, cause));
        }
    }
    warn(findings, routes, spans, &too_free);
}

/// The routes whose answers are not for everyone, by position.
fn causes(routes: &[Route]) -> Vec<(usize, Reason)> {
    let mut personal = Overlaps::default();
    let mut positions: HashMap<&str, (usize, &'static str)> = HashMap::new();
    let mut causes = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        let reads = route.conditions.iter().find_map(reads);
        let response = route.action.response();
        let own = response.and_then(|response| own_cause(route, response)).or(reads.map(Reason::Reads));
        let earlier = || {
            let (at, reads) = positions.get(personal.find(route)?.id.as_str()).copied()?;
            Some(Reason::EarlierReads(at, reads))
        };
        if response.is_some() {
            causes.extend(own.or_else(earlier).map(|cause| (at, cause)));
        }
        if let Some(reads) = reads {
            personal.add(route);
            positions.insert(route.id.as_str(), (at, reads));
        }
    }
    causes
}

fn own_cause(route: &Route, response: &ResponseHeaders) -> Option<Reason> {
    let sets_cookie = response.set.iter().any(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    match &route.action {
        _ if sets_cookie => Some(Reason::SetsCookie),
        Action::Respond(action) if action.status >= 400 && !matches!(action.status, 404 | 410) => {
            Some(Reason::Status(action.status))
        }
        _ => None,
    }
}

/// What a condition reads that differs between viewers of one URL.
fn reads(condition: &Condition) -> Option<&'static str> {
    let fact = &condition.fact;
    matches!(fact, Fact::Header(_) | Fact::Cookie(_) | Fact::Told(_)).then(|| fact.key())
}

/// Whether CloudFront or a browser may give an answer to someone else, or again.
fn is_kept(cache_control: &str) -> bool {
    let directives = || cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    let name = |directive: &str| directive.split('=').next().unwrap_or_default().trim().to_owned();
    let is_not = directives().any(|directive| matches!(name(&directive).as_str(), "no-store" | "private" | "no-cache"));
    let lasts = |directive: String| match directive.split_once('=') {
        Some((name, value)) => {
            matches!(name.trim(), "max-age" | "s-maxage")
                && !value.trim().trim_matches('"').trim_matches('0').is_empty()
        }
        None => directive == "public",
    };
    !is_not && directives().any(lasts)
}

/// One warning for all: most of a table are alike, and so is the cure.
fn warn(findings: &mut Findings, routes: &[Route], spans: &[RouteSpans], too_free: &[(usize, Reason)]) {
    let Some((first, cause)) = too_free.first() else { return };
    let mut named: Vec<String> = too_free.iter().take(NAMED).map(|(at, _)| format!("`{}`", routes[*at].id)).collect();
    if let Some(more @ 1..) = too_free.len().checked_sub(NAMED) {
        named.push(format!("{more} more"));
    }
    let message = format!("answers that are not for everyone may be kept for everyone: {}", named.join(", "));
    let mut report = findings
        .report(&codes::PERSONAL_IS_PUBLIC, spans[*first].value("cache_control"), message)
        .label(cause.words(routes))
        .help("write `cache_control = \"no-store\"`, which is what it says where it is left out");
    if let Reason::EarlierReads(at, key) = cause {
        report = report.also(spans[*at].header(), format!("`{}` reads a {key}", routes[*at].id));
    }
    for (at, cause) in too_free.iter().skip(1) {
        report =
            report.also(spans[*at].value("cache_control"), format!("`{}`: {}", routes[*at].id, cause.words(routes)));
    }
}

impl Reason {
    fn words(&self, routes: &[Route]) -> String {
        match self {
            Reason::Status(status) => format!("an answer with status {status} may be another one soon"),
            Reason::SetsCookie => "the answer sets a cookie, which everyone would get".to_owned(),
            Reason::Reads(key) => format!("the route reads a {key}, which other viewers have otherwise"),
            Reason::EarlierReads(at, key) => {
                format!("`{}` comes before it, may take the same URL and reads a {key}", routes[*at].id)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_kept_for_others_is_public_or_has_an_age() {
        let rows = [
            ("public, max-age=300", true),
            ("max-age=60", true),
            ("PUBLIC", true),
            ("s-maxage = 5", true),
            ("max-age=0", false),
            ("max-age=\"000\"", false),
            ("private, max-age=300", false),
            ("Private", false),
            ("public, no-store", false),
            ("no-cache=\"x\", max-age=1", false),
            ("must-revalidate", false),
            ("", false),
        ];
        for (text, expected) in rows {
            assert_eq!(is_kept(text), expected, "{text}");
        }
    }
}
