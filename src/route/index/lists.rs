//! Lists of candidates in written order, and the hash that makes a long one short.
//!
//! Thousands of routes on one path that differ by `?id=…` would be tried one after the other. Where many candidates of
//! a list ask one query parameter, header or cookie for one text, those are kept apart, by that text.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::hash::{NONE, Slots, hash, place};
use crate::route::condition::{Conditions, NamedTest, ValueTest};
use crate::route::query;
use crate::route::request::Request;
use crate::route::table::Definition;

/// A list with fewer candidates is tried as it is.
const LONG: usize = 12;

/// A route that may take a request, and the row of its map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) route: u32,
    /// Number of the row + 1; 0: no map.
    pub(super) row: u32,
}

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
    by: Named,
}

/// A fact with a name and texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Named {
    Query(String),
    Header(String),
    Cookie(String),
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
    fn split(&mut self, definition: &Definition, items: Vec<Item>, by: Named, splits: &mut Vec<Split>) -> Vec<Item> {
        let place_of = number(self.lists.len());
        // A list of its own takes the number, so that no other split has the same place.
        self.lists.push(List { items: (0, 0), splits: (0, 0), min: NONE });
        let mut groups: Groups<&str> = Groups::default();
        let mut others = Vec::new();
        for item in items {
            match definition.routes.get(index(item.route)).and_then(|route| by.texts(&route.conditions)) {
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
        let items = self.lists.get(index(list)).map_or((0, 0), |list| list.items);
        self.items.get(index(items.0)..index(items.1)).unwrap_or_default()
    }

    /// How the rest of a list is kept.
    pub(super) fn splits(&self, list: u32) -> &[Split] {
        let splits = self.lists.get(index(list)).map_or((0, 0), |list| list.splits);
        self.splits.get(index(splits.0)..index(splits.1)).unwrap_or_default()
    }

    /// The first route that a list can lead to; [`NONE`] for no list.
    pub(super) fn min(&self, list: u32) -> u32 {
        self.lists.get(index(list)).map_or(NONE, |list| list.min)
    }

    /// Calls with the number of every list whose text the request has.
    pub(super) fn by_text(&self, split: &Split, request: &Request<'_>, mut call: impl FnMut(u32)) {
        let mut look = |text: &str| self.values.find(place(hash(text.as_bytes()), split.place)).for_each(&mut call);
        match &split.by {
            Named::Query(name) => query::values(request.query, name).for_each(&mut look),
            Named::Header(name) => request.header_values(name).for_each(&mut look),
            Named::Cookie(name) => request.cookie_values(name).for_each(&mut look),
        }
    }
}

impl Named {
    /// The texts that the conditions want of it, where they want one of some.
    fn texts<'c>(&self, conditions: &'c Conditions) -> Option<&'c [String]> {
        let (tests, name) = match self {
            Named::Query(name) => (&conditions.query, name),
            Named::Header(name) => (&conditions.headers, name),
            Named::Cookie(name) => (&conditions.cookies, name),
        };
        tests.iter().filter(|named| named.name == *name).find_map(wanted)
    }
}

fn wanted(named: &NamedTest) -> Option<&[String]> {
    match &named.test {
        ValueTest::Equal(text) => Some(std::slice::from_ref(text)),
        ValueTest::AnyOf(texts) => Some(texts),
        ValueTest::Present | ValueTest::Absent | ValueTest::Regex(_) => None,
    }
}

/// The name with the most texts among the candidates, if there are enough to be worth it.
fn best_split(definition: &Definition, items: &[Item]) -> Option<Named> {
    let mut names: Vec<Named> = Vec::new();
    let mut texts: HashMap<Named, HashSet<&str>> = HashMap::new();
    for route in items.iter().filter_map(|item| definition.routes.get(index(item.route))) {
        let conditions = &route.conditions;
        let queries = conditions.query.iter().map(|named| (Named::Query(named.name.clone()), named));
        let headers = conditions.headers.iter().map(|named| (Named::Header(named.name.clone()), named));
        let cookies = conditions.cookies.iter().map(|named| (Named::Cookie(named.name.clone()), named));
        for (name, named) in queries.chain(headers).chain(cookies) {
            let Some(wanted) = wanted(named) else { continue };
            if !texts.contains_key(&name) {
                names.push(name.clone());
            }
            texts.entry(name).or_default().extend(wanted.iter().map(String::as_str));
        }
    }
    let count = |name: &Named| texts.get(name).map_or(0, HashSet::len);
    // The first of equals, so that one table always makes one index.
    let best = names.into_iter().rev().max_by_key(count)?;
    (texts.get(&best).map_or(0, HashSet::len) >= LONG / 2).then_some(best)
}

/// A position as it is stored. A table of 4,294,967,295 entries does not fit into memory.
pub(super) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NONE)
}

/// A stored position as one of a slice.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
