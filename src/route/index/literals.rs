//! Globs and regexes found by text that they cannot match without: a whole segment, or a run of three bytes.
//!
//! Each pattern is kept under the rarest text of every way through it. What has none is in its section's last list.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::hash::{NONE, Slots, hash, place};
use super::item::{Item, index};
use super::lists::Lists;
use super::required::{Letters, Required, fold, required};
use super::segments::Segments;
use super::visit::{Check, Visit};
use crate::route::canonical::LetterCase;
use crate::route::definition::Definition;
use crate::route::pattern::PathPattern;

/// A pattern is kept under at most so many texts.
const MOST_KEYS: usize = 16;

/// The lists of all sections, by text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Literals {
    segments: Slots,
    grams: Slots,
}

/// The first route of each kind in a section; [`NONE`]: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Firsts {
    segments: u32,
    grams: u32,
}

impl Default for Firsts {
    fn default() -> Self {
        Firsts { segments: NONE, grams: NONE }
    }
}

impl Literals {
    /// Visits every list of a section whose text the path holds.
    pub(super) fn walk(&self, (section, firsts): (u32, Firsts), segments: &Segments<'_>, visit: &mut impl Visit) {
        if firsts.segments < visit.best() {
            for segment in segments.iter() {
                self.segments.find(place(segment.hash, section)).for_each(|list| visit.list(list, Check::All));
            }
        }
        if firsts.grams < visit.best() {
            for bytes in segments.path.as_bytes().windows(3) {
                let &[a, b, c] = bytes else { continue };
                let hash = hash_of_gram(fold([a, b, c]));
                self.grams.find(place(hash, section)).for_each(|list| visit.list(list, Check::All));
            }
        }
    }
}

/// Spreads three bytes well enough for [`place`].
fn hash_of_gram(gram: u32) -> u64 {
    u64::from(gram).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// A text to keep a pattern under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Segment(Vec<u8>),
    Gram(u32),
}

/// Patterns that are still to be put under their rarest text.
#[derive(Default)]
pub(super) struct LiteralsBuilder {
    patterns: Vec<Waiting>,
    /// How many patterns of a section could be kept under a text.
    uses: HashMap<(u32, Key), u32, foldhash::fast::FixedState>,
}

struct Waiting {
    section: u32,
    route: u32,
    ways: Vec<Required>,
}

impl LiteralsBuilder {
    /// Adds a glob or regex. `false`: it holds no text to find it by.
    pub(super) fn add(&mut self, definition: &Definition, section: u32, route: u32) -> bool {
        let letters = if definition.canonical.case == LetterCase::Lower { Letters::Lower } else { Letters::Either };
        let ways = match &definition.routes[index(route)].path {
            PathPattern::Regex(regex) => required(regex.text(), letters),
            PathPattern::Glob(glob) => glob.regex_text().and_then(|regex| required(&regex, letters)),
            _ => None,
        };
        let Some(ways) = ways else { return false };
        if ways.iter().any(|way| way.segments.is_empty() && way.grams.is_empty()) {
            return false;
        }
        let mut keys: Vec<Key> = ways.iter().flat_map(keys).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            *self.uses.entry((section, key)).or_default() += 1;
        }
        self.patterns.push(Waiting { section, route, ways });
        true
    }

    /// Puts every pattern under its keys; those with too many keys come back.
    pub(super) fn finish(self, definition: &Definition, lists: &mut Lists, firsts: &mut [Firsts]) -> (Literals, Rest) {
        let mut groups: Groups<(u32, Key)> = Groups::default();
        let mut rest = Rest::new();
        for pattern in &self.patterns {
            let Some(keys) = self.best(pattern) else {
                rest.push((pattern.section, pattern.route));
                continue;
            };
            let firsts = &mut firsts[index(pattern.section)];
            for key in keys {
                let first = if matches!(key, Key::Segment(_)) { &mut firsts.segments } else { &mut firsts.grams };
                *first = (*first).min(pattern.route);
                groups.push((pattern.section, key), Item { route: pattern.route, row: 0 });
            }
        }
        let (mut segments, mut grams) = (Vec::new(), Vec::new());
        for ((section, key), items) in groups.into_vec() {
            let list = lists.add(definition, items);
            match key {
                Key::Segment(text) => segments.push((place(hash(&text), section), list)),
                Key::Gram(gram) => grams.push((place(hash_of_gram(gram), section), list)),
            }
        }
        (Literals { segments: Slots::new(&segments), grams: Slots::new(&grams) }, rest)
    }

    /// The cheapest way to find a pattern: by the keys that the fewest other patterns could be kept under.
    fn best(&self, pattern: &Waiting) -> Option<Vec<Key>> {
        let section = pattern.section;
        let common = |of: fn(&Required) -> Vec<Key>| {
            let shared = |mut keys: Vec<Key>, other: Vec<Key>| {
                keys.retain(|key| other.binary_search(key).is_ok());
                keys
            };
            let keys = pattern.ways.iter().map(of).reduce(shared)?;
            Some(vec![self.rarest(section, keys)?])
        };
        let each = |of: fn(&Required) -> Vec<Key>| {
            let keys: Option<Vec<Key>> = pattern.ways.iter().map(|way| self.rarest(section, of(way))).collect();
            let mut keys = keys?;
            keys.sort_unstable();
            keys.dedup();
            (keys.len() <= MOST_KEYS).then_some(keys)
        };
        let cost = |keys: &Vec<Key>| keys.iter().map(|key| u64::from(self.uses_of(section, key))).sum::<u64>();
        let choices = [common(segment_keys), each(segment_keys), common(gram_keys), each(keys)];
        choices.into_iter().flatten().min_by_key(cost)
    }

    fn rarest(&self, section: u32, keys: impl IntoIterator<Item = Key>) -> Option<Key> {
        keys.into_iter().min_by_key(|key| (self.uses_of(section, key), std::cmp::Reverse(length(key))))
    }

    fn uses_of(&self, section: u32, key: &Key) -> u32 {
        self.uses.get(&(section, key.clone())).copied().unwrap_or_default()
    }
}

/// Section and route of what is left over.
pub(super) type Rest = Vec<(u32, u32)>;

fn keys(way: &Required) -> Vec<Key> {
    [segment_keys(way), gram_keys(way)].concat()
}

fn segment_keys(way: &Required) -> Vec<Key> {
    way.segments.iter().cloned().map(Key::Segment).collect()
}

fn gram_keys(way: &Required) -> Vec<Key> {
    way.grams.iter().copied().map(Key::Gram).collect()
}

/// A longer text is rarer in paths too.
fn length(key: &Key) -> usize {
    match key {
        Key::Segment(text) => text.len(),
        Key::Gram(_) => 3,
    }
}
