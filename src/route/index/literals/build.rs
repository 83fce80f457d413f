//! Which texts patterns are kept under.

use std::collections::HashMap;

use super::{Firsts, Literals, hash_of_gram, with_place};
use crate::route::canonical::LetterCase;
use crate::route::definition::Definition;
use crate::route::index::groups::Groups;
use crate::route::index::hash::{Slots, hash, place};
use crate::route::index::item::{Item, index};
use crate::route::index::lists::Lists;
use crate::route::index::required::{Letters, Required, Spot, required};
use crate::route::pattern::PathPattern;

/// A pattern is kept under at most so many texts.
const MOST_KEYS: usize = 16;
/// A text that may stand anywhere is met so much more often than one at its place.
const ANYWHERE: u64 = 8;

/// A text to keep a pattern under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Segment(Spot, Vec<u8>),
    Gram(Spot, u32),
}

impl Key {
    fn place(&self) -> Spot {
        match self {
            Key::Segment(place, _) | Key::Gram(place, _) => *place,
        }
    }

    /// A longer text is rarer in paths too.
    fn length(&self) -> usize {
        match self {
            Key::Segment(_, text) => text.len(),
            Key::Gram(..) => 3,
        }
    }
}

/// Patterns that are still to be put under their rarest text.
#[derive(Default)]
pub(in crate::route::index) struct LiteralsBuilder {
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
    pub(in crate::route::index) fn add(
        &mut self,
        definition: &Definition,
        section: u32,
        (route, pattern): (u32, &PathPattern),
    ) -> bool {
        let letters = if definition.canonical.case == LetterCase::Lower { Letters::Lower } else { Letters::Either };
        let meaning = match pattern {
            PathPattern::Regex(regex) => regex.meaning(),
            PathPattern::Glob(glob) => glob.meaning(),
            _ => None,
        };
        let Some(ways) = meaning.map(|meaning| required(&meaning, letters)) else { return false };
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
    pub(in crate::route::index) fn finish(
        self,
        definition: &Definition,
        lists: &mut Lists,
        firsts: &mut [Firsts],
    ) -> (Literals, Rest) {
        let mut groups: Groups<(u32, Key)> = Groups::default();
        let mut rest = Rest::new();
        for pattern in &self.patterns {
            let Some(keys) = self.best(pattern) else {
                rest.push((pattern.section, pattern.route));
                continue;
            };
            let firsts = &mut firsts[index(pattern.section)];
            for key in keys {
                let kept = if matches!(key, Key::Segment(..)) { &mut firsts.segments } else { &mut firsts.grams };
                kept.note(key.place(), pattern.route);
                groups.push((pattern.section, key), Item { route: pattern.route, row: 0 });
            }
        }
        let (mut segments, mut grams) = (Vec::new(), Vec::new());
        for ((section, key), items) in groups.into_vec() {
            let list = lists.add(definition, items);
            match key {
                Key::Segment(at, text) => segments.push((place(with_place(hash(&text), at.number()), section), list)),
                Key::Gram(at, gram) => grams.push((place(with_place(hash_of_gram(gram), at.number()), section), list)),
            }
        }
        (Literals { segments: Slots::new(&segments), grams: Slots::new(&grams) }, rest)
    }

    /// The cheapest way to find a pattern: by the keys that the fewest other patterns could be kept under.
    fn best(&self, pattern: &Waiting) -> Option<Vec<Key>> {
        let section = pattern.section;
        let common = |of: fn(&Required) -> Vec<Key>| {
            let shared = |mut keys: Vec<Key>, other: Vec<Key>| {
                keys.retain(|key| other.contains(key));
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
        let cost = |keys: &Vec<Key>| keys.iter().map(|key| self.cost_of(section, key)).sum::<u64>();
        let choices = [common(segment_keys), each(segment_keys), common(gram_keys), each(keys)];
        choices.into_iter().flatten().min_by_key(cost)
    }

    fn rarest(&self, section: u32, keys: impl IntoIterator<Item = Key>) -> Option<Key> {
        keys.into_iter().min_by_key(|key| (self.cost_of(section, key), std::cmp::Reverse(key.length())))
    }

    /// How often a pattern would be tried for nothing.
    fn cost_of(&self, section: u32, key: &Key) -> u64 {
        let uses = self.uses.get(&(section, key.clone())).copied().unwrap_or_default();
        u64::from(uses) * if key.place() == Spot::Any { ANYWHERE } else { 1 }
    }
}

/// Section and route of what is left over.
pub(in crate::route::index) type Rest = Vec<(u32, u32)>;

fn keys(way: &Required) -> Vec<Key> {
    [segment_keys(way), gram_keys(way)].concat()
}

fn segment_keys(way: &Required) -> Vec<Key> {
    way.segments.iter().cloned().map(|(place, text)| Key::Segment(place, text)).collect()
}

fn gram_keys(way: &Required) -> Vec<Key> {
    way.grams.iter().copied().map(|(place, gram)| Key::Gram(place, gram)).collect()
}
