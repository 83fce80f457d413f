//! Where the default cannot be reached: every path of the behavior is taken before.

use super::pattern::{PatternDfa, regex_of};
use super::sets::BehaviorSet;
use super::space::PathSpace;
use super::walk;
use crate::route::behavior::BehaviorPattern;
use crate::route::definition::{Action, Definition, Route};
use crate::route::pattern::PathPattern;
use crate::route::query::QueryPolicy;

/// Routes of which it is asked whether they take all paths of a behavior together.
const MOST_TOGETHER: usize = 32;

/// The behaviors in which a path may be left over for the default.
pub(super) fn left_over(space: &PathSpace<'_>, definition: &Definition, reached: &[BehaviorSet]) -> BehaviorSet {
    let all = space.map.future(space.map.start());
    if plainly(&definition.routes) {
        return BehaviorSet::NONE;
    }
    let takers: Vec<(&Route, BehaviorSet)> =
        definition.routes.iter().zip(reached.iter().copied()).filter(|(route, _)| always_answers(route)).collect();
    let patterns = definition.behaviors.by_pattern.iter().map(|(pattern, _)| Some(pattern)).chain([None]);
    let covered = patterns.enumerate().filter(|&(at, pattern)| {
        let here = takers.iter().filter(|(route, set)| set.has(at) && may_take_all(route, pattern));
        all.has(at) && are_all_taken(space, here.map(|(route, _)| *route), at)
    });
    covered.fold(all, |left, (at, _)| left.without(BehaviorSet::of(at)))
}

/// Whether one route takes every path.
pub(super) fn plainly(routes: &[Route]) -> bool {
    let takes_all = |pattern: &PathPattern| match pattern {
        PathPattern::Any => true,
        // Every path of CloudFront's begins with a slash.
        PathPattern::Prefix(prefix) => prefix.is_empty(),
        PathPattern::Template(template) => template.segments.is_empty() && template.rest.is_some(),
        _ => false,
    };
    routes.iter().any(|route| route.path.each().iter().any(takes_all) && always_answers(route))
}

/// A list of paths takes all of a behavior only where that has no wildcard.
fn may_take_all(route: &Route, pattern: Option<&BehaviorPattern>) -> bool {
    match route.path {
        PathPattern::Exact(_) => pattern.is_some_and(|pattern| !pattern.without_slash().contains(['*', '?'])),
        PathPattern::Map(_) => false,
        _ => true,
    }
}

fn are_all_taken<'r>(space: &PathSpace<'_>, routes: impl Iterator<Item = &'r Route>, behavior: usize) -> bool {
    let regexes: Vec<String> = routes.filter_map(|route| regex_of(&route.path)).take(MOST_TOGETHER).collect();
    let together = regexes.iter().map(|regex| format!("(?:{regex})")).collect::<Vec<_>>().join("|");
    !regexes.is_empty() && PatternDfa::of_regex(&together).is_some_and(|dfa| walk::takes_all(space, &dfa, behavior))
}

/// Whether a route takes every request of its paths, and what it makes is never refused: that goes to the default.
fn always_answers(route: &Route) -> bool {
    let is_made = |action: &Action| match action {
        Action::Respond(_) => true,
        // So may a header, by a byte that none can hold.
        Action::Origin(_) => route.action.targets().all(|target| target.as_literal().is_some()),
        // A query that is kept may hold what no `location` may.
        Action::Redirect(action) => action.target.as_literal().is_some() && action.query_string == QueryPolicy::Drop,
        Action::RedirectMap(_) | Action::Normalize(_) => false,
    };
    route.conditions.is_empty() && is_made(&route.action)
}
