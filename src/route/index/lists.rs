//! Lists of candidates in written order, and the hash that makes a long one short.
//!
//! Thousands of routes on one path that differ by `?id=…` would be tried one after the other. Where many candidates of
//! a list ask one fact, such as a query parameter or a cookie, for one text, those are kept apart, by that text.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::hash::{NONE, Slots, hash, place};
use super::item::{Item, index, number};
use crate::route::condition::ValueTest;
use crate::route::definition::Definition;
use crate::route::fact::Fact;
use crate::route::request::Request;

/// A list with fewer candidates is tried as it is.
const LONG: usize = 12;

/// All lists, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lists {
    lists: Vec<List>,
    items: Vec<Item>,
    splits: Vec<Split>,
    values: Slots,
    /// Pairs of `values` while lists are added.
    #[serde(skip)]
    pairs: Vec<(u64, u32)>,
}

/// Ranges of `items` and `splits`, and the first route of all that they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    items: (u32, u32),
    splits: (u32, u32),
    min: u32,
}

/// What the rest of a list is hashed by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Split {
    /// Place of its texts in `values`.
    place: u32,
    by: Fact,
}

impl Lists {
    /// Adds a list, in written order, and tells its number; an empty list is [`NONE`].
    pub(super) fn add(&mut self, definition: &Definition, mut items: Vec<Item>) -> u32 {
        let Some(min) = items.first().map(|item| item.route) else { return NONE };
        let first_split = number(self.splits.len());
        let mut splits = Vec::new();
        while items.len() >= LONG
            && let Some(by) = best_split(definition, &items)
        {
            items = self.split(definition, items, by, &mut splits);
        }
        self.splits.extend(splits);
        let first_item = number(self.items.len());
        self.items.extend(items);
        let list = List {
            items: (first_item, number(self.items.len())),
            splits: (first_split, number(self.splits.len())),
            min,
        };
        self.lists.push(list);
        number(self.lists.len() - 1)
    }

    /// Keeps apart what asks for one text; gives back the others.
    fn split(&mut self, definition: &Definition, items: Vec<Item>, by: Fact, splits: &mut Vec<Split>) -> Vec<Item> {
        let place_of = number(self.lists.len());
        // A list of its own takes the number, so that no other split has the same place.
        self.lists.push(List { items: (0, 0), splits: (0, 0), min: NONE });
        let mut groups: Groups<&str> = Groups::default();
        let mut others = Vec::new();
        for item in items {
            match definition.routes[index(item.route)].condition(&by).and_then(ValueTest::texts) {
                Some(texts) => texts.iter().for_each(|text| groups.push(text.as_str(), item)),
                None => others.push(item),
            }
        }
        for (text, items) in groups.into_vec() {
            let first_item = number(self.items.len());
            let min = items.first().map_or(NONE, |item| item.route);
            self.items.extend(items);
            let range = (first_item, number(self.items.len()));
            self.pairs.push((place(hash(text.as_bytes()), place_of), number(self.lists.len())));
            self.lists.push(List { items: range, splits: (0, 0), min });
        }
        splits.push(Split { place: place_of, by });
        others
    }

    /// Ends the adding.
    pub(super) fn finish(&mut self) {
        self.values = Slots::new(&std::mem::take(&mut self.pairs));
    }

    /// Candidates of a list that are tried in any case.
    pub(super) fn items(&self, list: u32) -> &[Item] {
        let (start, end) = self.lists[index(list)].items;
        &self.items[index(start)..index(end)]
    }

    /// How the rest of a list is kept.
    pub(super) fn splits(&self, list: u32) -> &[Split] {
        let (start, end) = self.lists[index(list)].splits;
        &self.splits[index(start)..index(end)]
    }

    /// The first route that a list can lead to; [`NONE`] for no list.
    pub(super) fn min(&self, list: u32) -> u32 {
        if list == NONE { NONE } else { self.lists[index(list)].min }
    }

    /// Calls with the number of every list whose text the request has.
    pub(super) fn by_text(&self, split: &Split, request: &Request<'_>, mut call: impl FnMut(u32)) {
        let look = |text: &str| self.values.find(place(hash(text.as_bytes()), split.place)).for_each(&mut call);
        request.each_value(&split.by, look);
    }
}

/// The fact with the most texts among the candidates, if there are enough to be worth it.
fn best_split(definition: &Definition, items: &[Item]) -> Option<Fact> {
    let mut facts: Vec<&Fact> = Vec::new();
    let mut texts: HashMap<&Fact, HashSet<&str>> = HashMap::new();
    for condition in items.iter().flat_map(|item| &definition.routes[index(item.route)].conditions) {
        // A host is compared without its case and port, which the hash of a text would not know.
        let Some(wanted) = condition.test.texts().filter(|_| condition.fact != Fact::Host) else { continue };
        if !texts.contains_key(&condition.fact) {
            facts.push(&condition.fact);
        }
        texts.entry(&condition.fact).or_default().extend(wanted.iter().map(String::as_str));
    }
    let count = |fact: &&Fact| texts.get(fact).map_or(0, HashSet::len);
    // The first of equals, so that one table always makes one index.
    let best = facts.into_iter().rev().max_by_key(count)?;
    (count(&best) >= LONG / 2).then(|| best.clone())
}
