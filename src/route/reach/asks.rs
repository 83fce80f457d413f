//! What the answers of a behavior depend on, and who says so.

use std::collections::BTreeMap;

use super::Reach;
use crate::route::behavior::{Behavior, Behaviors, Caching, KeyedQuery};
use crate::route::definition::{Action, Definition};
use crate::route::fact::Fact;
use crate::route::ids::BehaviorId;

/// Every fact that the answers of one behavior depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks(pub BTreeMap<Fact, Askers>);

/// Who asks for a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Askers {
    /// Positions of the routes that read it or build from it, in written order.
    pub routes: Vec<usize>,
    /// Positions of the origins that are sent it and answer by it, in written order.
    pub origins: Vec<usize>,
}

/// Whether an origin is sent to, and with how much of the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum SentOn {
    #[default]
    Nothing,
    /// What routes name of it, which these ask for themselves.
    Names,
    /// As much as its answers depend on.
    Query,
}

impl Reach {
    /// What the answers of a behavior depend on: what the routes read that it reaches, and what the origins declare that
    /// these, the default and a failover send to. O(n) in routes.
    #[must_use]
    pub fn asks(&self, definition: &Definition, behavior: BehaviorId) -> Asks {
        let mut asks = Asks::default();
        let mut sent = vec![SentOn::Nothing; definition.origins.len()];
        let mut send = |position: usize, how: SentOn| {
            if let Some(known) = sent.get_mut(position) {
                *known = how.max(*known);
            }
        };
        for at in self.routes(behavior) {
            let Some(route) = definition.routes.get(at) else { continue };
            for fact in route.facts() {
                let routes = &mut asks.0.entry(fact).or_default().routes;
                if routes.last() != Some(&at) {
                    routes.push(at);
                }
            }
            if let Action::Origin(action) = &route.action {
                send(action.origin, if action.query_string.asks_the_origin() { SentOn::Query } else { SentOn::Names });
            }
        }
        if self.has_default(behavior) {
            send(definition.default, SentOn::Query);
        }
        if let Some(failover) = of_id(&definition.behaviors, behavior).failover {
            send(failover, SentOn::Query);
        }
        asks.add_origins(definition, &sent);
        asks
    }

    /// What of a query is in the key of a behavior.
    #[must_use]
    pub(crate) fn keyed_query(&self, definition: &Definition, behavior: BehaviorId) -> KeyedQuery {
        let Behavior { caching, is_routed, .. } = of_id(&definition.behaviors, behavior);
        if *caching == Caching::Off || !is_routed {
            return KeyedQuery::All;
        }
        let asks = self.asks(definition, behavior);
        if asks.0.contains_key(&Fact::WholeQuery) {
            return KeyedQuery::All;
        }
        let name = |fact: &Fact| match fact {
            Fact::Query(name) => Some(name.clone()),
            _ => None,
        };
        KeyedQuery::Names(asks.0.keys().filter_map(name).collect())
    }
}

impl Asks {
    fn add_origins(&mut self, definition: &Definition, sent: &[SentOn]) {
        for (at, (origin, sent)) in definition.origins.iter().zip(sent).enumerate() {
            let counts = |fact: &Fact| match fact {
                Fact::Query(_) | Fact::WholeQuery => *sent == SentOn::Query,
                _ => *sent != SentOn::Nothing,
            };
            for fact in origin.facts().filter(counts) {
                let origins = &mut self.0.entry(fact).or_default().origins;
                if origins.last() != Some(&at) {
                    origins.push(at);
                }
            }
        }
    }
}

fn of_id(behaviors: &Behaviors, id: BehaviorId) -> &Behavior {
    behaviors.by_pattern.get(id.position()).map_or(&behaviors.default, |(_, behavior)| behavior)
}
