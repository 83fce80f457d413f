//! Candidates by key while an index is built, in the order in which the keys were met: one table, one index.

use std::collections::HashMap;
use std::hash::Hash;

use super::item::Item;

/// Lists of candidates by key.
pub(super) struct Groups<K> {
    numbers: HashMap<K, usize, foldhash::fast::FixedState>,
    lists: Vec<(K, Vec<Item>)>,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Groups { numbers: HashMap::default(), lists: Vec::new() }
    }
}

impl<K: Hash + Eq + Clone> Groups<K> {
    /// Puts a candidate at the end of a key's list, once.
    pub(super) fn push(&mut self, key: K, item: Item) {
        let number = *self.numbers.entry(key.clone()).or_insert(self.lists.len());
        match self.lists.get_mut(number) {
            Some((_, items)) => {
                if items.last() != Some(&item) {
                    items.push(item);
                }
            }
            None => self.lists.push((key, vec![item])),
        }
    }

    /// Every key with its list.
    pub(super) fn into_vec(self) -> Vec<(K, Vec<Item>)> {
        self.lists
    }
}
