//! Sessions in cache keys: what is kept once for every viewer, though it is the same for all.

use super::keys::with_keys;
use super::places::{PartsWritten, behavior_name};
use crate::diagnostic::{Findings, codes};
use crate::route::pattern::PathPattern;
use crate::route::reach::{Askers, beginning};
use crate::route::{Action, BehaviorId, Fact, Reach, Route, Table};
use crate::text::quoted;

/// Parts of a key and routes that one finding names.
const NAMED: usize = 3;

/// Reports each behavior in whose key a session is, and which routes there are that do not need it. O(n) in routes and
/// behaviors.
pub(crate) fn check(table: &Table, reach: &Reach, written: &PartsWritten<'_>, findings: &mut Findings) {
    for id in with_keys(table, reach).filter(|&id| has_many_paths(table, id)) {
        let asks = reach.asks(table.definition(), id);
        let sessions: Vec<(&Fact, &Askers)> = asks.0.iter().filter(|(fact, _)| is_session(fact)).collect();
        let Some(&(fact, askers)) = sessions.first() else { continue };
        let is_free = |at: &usize| {
            let route = &table.routes()[*at];
            takes_many(route) && sessions.iter().all(|(_, askers)| !needs(askers, *at, route))
        };
        let free: Vec<&Route> = reach.routes(id).filter(is_free).take(NAMED).map(|at| &table.routes()[at]).collect();
        let Some((span, who)) = written.askers(table, fact, askers).next() else { continue };
        if !free.is_empty() {
            let names: Vec<&str> = sessions.iter().filter_map(|(fact, _)| fact.name()).take(NAMED).collect();
            let ids: Vec<&str> = free.iter().map(|route| route.id.as_str()).collect();
            let (names, behavior) = (quoted(&names), behavior_name(table, id));
            let message = format!(
                "{names} is in the cache key of {behavior}, so the answers of {} are kept for each viewer",
                quoted(&ids)
            );
            let report = findings.report(&codes::SESSION_IN_KEY, span, message).label(format!("{who} needs it"));
            let report = if is_of_default_alone(table, reach, id, askers) {
                report.help(format!("only the default needs it there: let routes without conditions take every path of {behavior}, and their rewrites hold no capture, which may be refused"))
            } else {
                report.help(cure(&free))
            };
            report.help("or give the paths of sessions a `[[behavior]]` with `caching = \"off\"`");
        }
    }
}

/// Whether a session is in the key of a pattern only because some path of it may be left over for the default.
fn is_of_default_alone(table: &Table, reach: &Reach, id: BehaviorId, askers: &Askers) -> bool {
    let default = table.default_id().position();
    let sends = |at: usize| matches!(&table.routes()[at].action, Action::Origin(action) if action.origin == default);
    let has_pattern = id.position() < table.definition().behaviors.by_pattern.len();
    has_pattern && askers.routes.is_empty() && askers.origins == [default] && !reach.routes(id).any(sends)
}

/// Whether a fact tells one viewer from another: a cookie with the usual name of a session, or credentials.
fn is_session(fact: &Fact) -> bool {
    match fact {
        Fact::Cookie(name) => {
            let name = name.to_ascii_lowercase();
            name.contains("sess") || name == "sid" || [".sid", "_sid", "-sid"].iter().any(|end| name.ends_with(end))
        }
        Fact::Header(name) => name.eq_ignore_ascii_case("authorization"),
        _ => false,
    }
}

fn has_many_paths(table: &Table, id: BehaviorId) -> bool {
    let pattern = table.definition().behaviors.by_pattern.get(id.position());
    pattern.is_none_or(|(pattern, _)| pattern.without_slash().contains(['*', '?']))
}

/// Whether a route sends many paths to an origin, as that of files does.
fn takes_many(route: &Route) -> bool {
    let is_wide = |path: &PathPattern| match path {
        PathPattern::Exact(_) | PathPattern::Map(_) => false,
        PathPattern::Template(template) => template.rest.is_some(),
        PathPattern::Any | PathPattern::Prefix(_) | PathPattern::Glob(_) | PathPattern::Regex(_) => true,
        // `each` gives none.
        PathPattern::AnyOf(_) => false,
    };
    route.path.each().iter().any(is_wide) && matches!(route.action, Action::Origin(_))
}

fn needs(askers: &Askers, at: usize, route: &Route) -> bool {
    let goes_to_one = matches!(&route.action, Action::Origin(action) if askers.origins.contains(&action.origin));
    goes_to_one || askers.routes.contains(&at)
}

/// The behaviors that would keep the session out of the key.
fn cure(free: &[&Route]) -> String {
    let mut patterns: Vec<String> = free.iter().flat_map(|route| route.path.each()).filter_map(pattern_of).collect();
    patterns.sort_unstable();
    patterns.dedup();
    match patterns.as_slice() {
        [] => "give what needs no session a `[[behavior]]` of its own".to_owned(),
        patterns => {
            let patterns: Vec<String> =
                patterns.iter().map(|pattern| format!("`path_pattern = \"{pattern}\"`")).collect();
            format!("give what needs no session a `[[behavior]]` of its own: {}", patterns.join(", "))
        }
    }
}

/// CloudFront's pattern for the folder that a route's paths are in, where they are in one.
fn pattern_of(path: &PathPattern) -> Option<String> {
    let folder = match path {
        PathPattern::Prefix(prefix) => format!("{prefix}/"),
        PathPattern::Template(template) => {
            let text = template.to_string();
            text.split('{').next().unwrap_or_default().to_owned()
        }
        path => beginning(path),
    };
    let folder = folder.get(..=folder.rfind('/')?)?;
    (folder != "/").then(|| format!("{folder}*"))
}
