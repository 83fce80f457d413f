//! Which facts an answer depended on.

use std::collections::BTreeSet;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::route::KeyedQuery;
use crate::route::condition::Condition;
use crate::route::decision::{Decision, Outcome, RequestBehavior};
use crate::route::definition::Route;
use crate::route::fact::Fact;
use crate::route::failed::Failed;
use crate::route::pattern::PathPattern;
use crate::route::query::QueryPolicy;
use crate::route::table::Table;
use crate::route::target::{Hole, Target};
use crate::route::viewer::Told;

/// The facts that an answer was read from, beside the path. Another value of any other fact gives the same decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads(BTreeSet<Fact>);

impl Reads {
    /// Whether a fact was read. The whole query holds every parameter.
    #[must_use]
    pub fn has(&self, fact: &Fact) -> bool {
        self.0.contains(fact)
    }

    /// The names of query parameters, headers or cookies that were read, by what makes such a fact of a name.
    pub fn names(&self, of: fn(String) -> Fact) -> impl Iterator<Item = &str> {
        let kind = std::mem::discriminant(&of(String::new()));
        self.0.iter().filter(move |fact| std::mem::discriminant(*fact) == kind).filter_map(Fact::name)
    }

    /// Notes what of a route was tried: its conditions up to the one that failed, then what tells the rows of its map
    /// apart.
    pub(super) fn route(&mut self, route: &Route, failed: Option<Failed<'_>>) {
        let is_failed = |condition: &Condition| failed == Some(Failed::Condition(condition));
        let conditions = &route.conditions;
        let tried = conditions.iter().position(is_failed).map_or(conditions.len(), |at| at + 1);
        self.0.extend(conditions.iter().take(tried).map(|condition| condition.fact.clone()));
        if let (PathPattern::Map(map), None | Some(Failed::Row(_))) = (&route.path, failed) {
            self.0.extend(map.facts());
        }
    }

    /// Notes what the outgoing values are built from.
    pub(super) fn outcome(&mut self, table: &Table, decision: &Decision<'_, '_>) {
        let goes_on = !matches!(decision.outcome, Outcome::Respond(_));
        let policy = decision.taker().filter(|_| goes_on).and_then(|route| route.action.query_string());
        self.0.extend(policy.into_iter().flat_map(QueryPolicy::facts));
        let holes = decision.taker().into_iter().flat_map(|route| route.action.targets().flat_map(Target::holes));
        self.0.extend(holes.filter_map(Hole::fact));
        match &decision.outcome {
            Outcome::Origin(forward) => {
                let by_default = decision.route.is_none().then(|| forward.origin.query_string());
                self.0.extend(by_default.into_iter().flat_map(QueryPolicy::facts));
                // Of a GET or HEAD only what the cache key holds is sent on (rule 12).
                let behavior = decision.placed.map(|placed| placed.behavior.id).or(table.behavior_ids().next_back());
                let is_filtered = behavior.is_some_and(|behavior| *table.keyed_query(behavior) != KeyedQuery::All);
                let keeps_some = by_default.or(policy).is_some_and(|policy| *policy != QueryPolicy::Drop);
                self.0.extend((is_filtered && keeps_some).then_some(Fact::Method));
                self.0.extend(forward.origin.sends_viewer_host().then_some(Fact::Host));
                // Where the router does not run, every byte goes on.
                let is_past_router = decision.placed.as_ref().is_some_and(RequestBehavior::is_not_routed);
                self.0.extend(is_past_router.then_some(Fact::WholeQuery));
            }
            // To the clean form of its path, with the whole query and never kept.
            Outcome::Redirect(_) if decision.route.is_none() => self.0.extend([Fact::WholeQuery]),
            // Or its query stood in the way of that.
            Outcome::Respond(_) if decision.placed.is_some_and(|placed| placed.other.is_some()) => {
                self.0.extend([Fact::WholeQuery]);
            }
            // Its `max-age` is cut to the next instant.
            Outcome::Redirect(_) | Outcome::Respond(_) => {
                self.0.extend((!table.instants().is_empty()).then_some(Fact::Time));
            }
        }
    }
}

/// Every kind of fact by its key: whether it was read, or the names that were.
impl Serialize for Reads {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = |of| self.names(of).collect::<Vec<_>>();
        let mut map = serializer.serialize_map(None)?;
        // There is no decision without a path.
        map.serialize_entry("path", &true)?;
        map.serialize_entry("host", &self.has(&Fact::Host))?;
        map.serialize_entry("method", &self.has(&Fact::Method))?;
        if self.has(&Fact::WholeQuery) {
            map.serialize_entry("query", "all")?;
        } else {
            map.serialize_entry("query", &names(Fact::Query))?;
        }
        map.serialize_entry("headers", &names(Fact::Header))?;
        map.serialize_entry("cookies", &names(Fact::Cookie))?;
        for told in Told::ALL {
            map.serialize_entry(told.key(), &self.has(&Fact::Told(told)))?;
        }
        map.serialize_entry("time", &self.has(&Fact::Time))?;
        map.end()
    }
}
