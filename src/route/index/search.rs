//! What is done with candidates: the first that passes is kept; or, when an index is built, the first of all.

use arrayvec::ArrayVec;

use super::hash::NONE;
use super::item::{Item, index};
use super::lists::Lists;
use super::visit::{Check, Found, Visit};
use crate::route::condition::Asked;
use crate::route::definition::{Definition, Route};
use crate::route::ids::RouteId;
use crate::route::pattern::PathPattern;

/// A search for the first route that takes a request.
pub(super) struct Search<'a, 't> {
    definition: &'t Definition,
    asked: &'a Asked<'a>,
    lists: &'a Lists,
    best: Item,
    seen: SeenLists,
}

impl<'a, 't> Search<'a, 't> {
    pub(super) fn new(definition: &'t Definition, asked: &'a Asked<'a>, lists: &'a Lists) -> Search<'a, 't> {
        Search { definition, asked, lists, best: Item { route: NONE, row: 0 }, seen: SeenLists::default() }
    }

    /// What was found.
    pub(super) fn found(&self) -> Option<Found<'t>> {
        if self.best.route == NONE {
            return None;
        }
        let route = &self.definition.routes[index(self.best.route)];
        let row = self.best.row_of_map().and_then(|row| route.path.rows().get(row));
        Some(Found { id: RouteId(self.best.route), route, row })
    }

    /// Keeps the first candidate that passes, if it is before the best so far.
    fn try_items(&mut self, list: u32, check: Check) {
        for item in self.lists.items(list) {
            if item.route >= self.best.route {
                return;
            }
            let route = &self.definition.routes[index(item.route)];
            // Comparing texts is cheaper than running a pattern, which may have to be compiled first.
            let asks_too_much = || route.conditions.iter().any(|condition| !condition.holds(self.asked));
            let matches = || check == Check::Conditions || route.path.matches(self.asked.path);
            if has_key(route, *item, self.asked) && !asks_too_much() && matches() && route.may_change(self.asked) {
                self.best = *item;
                return;
            }
        }
    }
}

/// Whether a request has the parameters of the row that a candidate stands for; anything else asks for none.
fn has_key(route: &Route, item: Item, asked: &Asked<'_>) -> bool {
    match (&route.path, item.row_of_map()) {
        (PathPattern::Map(map), Some(row)) => map.fits(&map.rows[row], asked.request.query),
        _ => true,
    }
}

impl Visit for Search<'_, '_> {
    fn best(&self) -> u32 {
        self.best.route
    }

    fn list(&mut self, list: u32, check: Check) {
        let lists = self.lists;
        if list == NONE || lists.min(list) >= self.best.route || (check == Check::All && !self.seen.insert(list)) {
            return;
        }
        self.try_items(list, check);
        for split in lists.splits(list) {
            lists.each_of(self.definition, split, self.asked.request, |list| {
                if lists.min(list) < self.best.route && self.seen.insert(list) {
                    self.try_items(list, check);
                }
            });
        }
    }
}

/// Lists that were tried: a path of thousands of equal segments leads to one list once.
#[derive(Default)]
struct SeenLists {
    few: ArrayVec<u32, 32>,
    /// A bit for each list, once there are more.
    many: Vec<u64>,
}

impl SeenLists {
    /// Whether the list is new.
    fn insert(&mut self, list: u32) -> bool {
        if self.many.is_empty() {
            if self.few.contains(&list) {
                return false;
            }
            if self.few.try_push(list).is_ok() {
                return true;
            }
            let few = self.few.clone();
            few.into_iter().for_each(|list| {
                self.mark(list);
            });
        }
        self.mark(list)
    }

    fn mark(&mut self, list: u32) -> bool {
        let (word, bit) = (index(list / 64), 1u64 << (list % 64));
        if word >= self.many.len() {
            self.many.resize(word + 1, 0);
        }
        let word = &mut self.many[word];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// The first route that any list leads to, whatever its conditions.
pub(super) struct Rivals<'a> {
    lists: &'a Lists,
    first: u32,
}

impl<'a> Rivals<'a> {
    pub(super) fn new(lists: &'a Lists) -> Rivals<'a> {
        Rivals { lists, first: NONE }
    }
}

impl Visit for Rivals<'_> {
    fn best(&self) -> u32 {
        self.first
    }

    fn list(&mut self, list: u32, _: Check) {
        self.first = self.first.min(self.lists.min(list));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_new_once_however_many_there_are() {
        let mut seen = SeenLists::default();
        for round in 0..3 {
            for list in (0..1000).rev().step_by(7) {
                assert_eq!(seen.insert(list), round == 0, "{list}");
            }
        }
    }
}
