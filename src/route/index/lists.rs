//! Lists of candidates in written order, and the hash that makes a long one short.
//!
//! Thousands of routes on one path that differ by `?id=…` would be tried one after the other. Where many candidates of
//! a list ask one fact, such as a query parameter or a cookie, for one text, those are kept apart, by that text. So are
//! the rows of a redirect map that its parameters tell apart, by the values of these.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::hash::{NONE, Slots, hash, place};
use super::item::{Item, index, number};
use crate::route::condition::ValueTest;
use crate::route::definition::Definition;
use crate::route::fact::Fact;
use crate::route::pattern::{MapRow, PathPattern, RedirectMap};
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
    by: SplitBy,
}

/// What keeps candidates apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SplitBy {
    /// The text that they ask of a fact.
    Fact(Fact),
    /// The key of a row, of the map of this route.
    Key(u32),
}

impl Lists {
    /// Adds a list, in written order, and tells its number; an empty list is [`NONE`].
    pub(super) fn add(&mut self, definition: &Definition, mut items: Vec<Item>) -> u32 {
        let Some(min) = items.first().map(|item| item.route) else { return NONE };
        let first_split = number(self.splits.len());
        let mut splits = Vec::new();
        for route in keyed_maps(definition, &items) {
            items = self.split_rows(definition, items, route, &mut splits);
        }
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
        let mut groups: Groups<&str> = Groups::default();
        let mut others = Vec::new();
        for item in items {
            match definition.routes[index(item.route)].condition(&by).and_then(ValueTest::texts) {
                Some(texts) => texts.iter().for_each(|text| groups.push(text.as_str(), item)),
                None => others.push(item),
            }
        }
        let groups = groups.into_vec().into_iter().map(|(text, items)| (hash(text.as_bytes()), items));
        splits.push(self.keep_apart(groups, SplitBy::Fact(by)));
        others
    }

    /// Keeps the rows of a map apart, by their keys; gives back the other candidates.
    fn split_rows(
        &mut self,
        definition: &Definition,
        items: Vec<Item>,
        route: u32,
        splits: &mut Vec<Split>,
    ) -> Vec<Item> {
        let Some(map) = map_of(definition, route) else { return items };
        let mut groups: Groups<u64> = Groups::default();
        let (rows, others): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.route == route);
        for item in rows {
            let row = item.row_of_map().and_then(|row| map.rows.get(row));
            groups.push(key_hash(map, row.map_or("", MapRow::query)), item);
        }
        splits.push(self.keep_apart(groups.into_vec().into_iter(), SplitBy::Key(route)));
        others
    }

    /// Lists of their own for groups by hash.
    fn keep_apart(&mut self, groups: impl Iterator<Item = (u64, Vec<Item>)>, by: SplitBy) -> Split {
        let place_of = number(self.lists.len());
        // A list of its own takes the number, so that no other split has the same place.
        self.lists.push(List { items: (0, 0), splits: (0, 0), min: NONE });
        for (hash, items) in groups {
            let first_item = number(self.items.len());
            let min = items.first().map_or(NONE, |item| item.route);
            self.items.extend(items);
            let range = (first_item, number(self.items.len()));
            self.pairs.push((place(hash, place_of), number(self.lists.len())));
            self.lists.push(List { items: range, splits: (0, 0), min });
        }
        Split { place: place_of, by }
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

    /// Calls with the number of every list of a split that a request may be meant by. Allocates nothing.
    pub(super) fn each_of(
        &self,
        definition: &Definition,
        split: &Split,
        request: &Request<'_>,
        mut call: impl FnMut(u32),
    ) {
        let mut look = |hash: u64| self.values.find(place(hash, split.place)).for_each(&mut call);
        match &split.by {
            SplitBy::Fact(fact) => request.each_value(fact, |text| look(hash(text.as_bytes()))),
            SplitBy::Key(route) => {
                map_of(definition, *route).into_iter().for_each(|map| look(key_hash(map, request.query)));
            }
        }
    }
}

/// The maps of which so many rows are in a list that these are worth keeping apart.
fn keyed_maps(definition: &Definition, items: &[Item]) -> Vec<u32> {
    if items.len() < LONG {
        return Vec::new();
    }
    let of_one_map = items.chunk_by(|one, next| one.route == next.route).filter(|rows| rows.len() >= LONG);
    let routes = of_one_map.filter_map(|rows| rows.first()).map(|item| item.route);
    routes.filter(|route| map_of(definition, *route).is_some_and(|map| !map.names.is_empty())).collect()
}

fn map_of(definition: &Definition, route: u32) -> Option<&RedirectMap> {
    match &definition.routes[index(route)].path {
        PathPattern::Map(map) => Some(map),
        _ => None,
    }
}

/// The hash of what of a query is part of a key.
fn key_hash(map: &RedirectMap, query: &str) -> u64 {
    map.key_of(query).fold(0, |mixed, value| match value {
        Some(value) => place(mixed ^ hash(value.as_bytes()), 1),
        None => place(mixed, 0),
    })
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
