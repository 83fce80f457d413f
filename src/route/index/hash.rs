//! Hashing with a fixed seed, and the open-addressing table that every lookup of the index is made in.

use std::hash::{BuildHasher, Hasher};

use serde::de::{Deserializer, Error as _, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// No list, no node, no route.
pub(super) const NONE: u32 = u32::MAX;

/// Hash of a text. The seed is fixed: a stored index is of use in another process.
pub(super) fn hash(text: &[u8]) -> u64 {
    let mut hasher = foldhash::fast::FixedState::with_seed(0x00C0_55FA_DE00).build_hasher();
    hasher.write(text);
    hasher.finish()
}

/// The hash of a text in a place (a section, a node, a list).
pub(super) fn place(hash: u64, place: u32) -> u64 {
    let mixed = hash ^ u64::from(place).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let wide = u128::from(mixed).wrapping_mul(0xA076_1D64_78BD_642F_E703_7ED1_A0B4_28DB);
    (wide ^ (wide >> 64)) as u64
}

/// An immutable hash table from hashes to numbers. A number whose key only seems to be the one asked for may be
/// found too: whoever asks compares, or tries all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slots {
    /// Upper half: the upper half of the hash. Lower half: the number + 1; 0 is a free slot.
    /// Its length is a power of two, and at most half of it is taken.
    #[serde(with = "words")]
    slots: Vec<u64>,
}

impl Slots {
    /// A table of some pairs. Numbers of one hash are found in the order of the pairs.
    #[inline(never)] // the edge carries it, though it builds next to nothing
    pub(super) fn new(pairs: &[(u64, u32)]) -> Slots {
        if pairs.is_empty() {
            return Slots::default();
        }
        let len = pairs.len().saturating_mul(2).next_power_of_two();
        let mut slots = vec![0u64; len];
        for &(hash, number) in pairs {
            let mut at = start(hash, len);
            while slots[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            slots[at] = (hash & TAG) | u64::from(number + 1);
        }
        Slots { slots }
    }

    /// Every number that may be meant.
    pub(super) fn find(&self, hash: u64) -> Matches<'_> {
        Matches { slots: &self.slots, at: start(hash, self.slots.len()), tag: hash & TAG }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

/// The half of a hash that a slot keeps.
const TAG: u64 = 0xFFFF_FFFF_0000_0000;

/// Where a hash begins to be looked for: its lower half, which is no part of the tag.
fn start(hash: u64, len: usize) -> usize {
    (hash & !TAG) as usize & len.wrapping_sub(1)
}

/// The numbers found for a hash.
pub(super) struct Matches<'s> {
    slots: &'s [u64],
    at: usize,
    tag: u64,
}

impl Iterator for Matches<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            let slot = *self.slots.get(self.at)?;
            if slot == 0 {
                return None;
            }
            self.at = self.at.wrapping_add(1) & self.slots.len().wrapping_sub(1);
            if slot & TAG == self.tag {
                return u32::try_from(slot & !TAG).ok()?.checked_sub(1);
            }
        }
    }
}

/// Proof that a stored index was made with the hash of this build: another one would find nothing and say so to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof;

fn proof() -> u64 {
    place(hash(b"one file says for every URL which of them answers"), 7) ^ hash(b"/") ^ hash(b"")
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        proof().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Proof, D::Error> {
        if u64::deserialize(deserializer)? == proof() {
            Ok(Proof)
        } else {
            Err(D::Error::custom("the index was made by a build with another hash"))
        }
    }
}

/// Words as little-endian bytes: loaded by one copy, not one number at a time.
mod words {
    use super::{Deserializer, Serializer, Visitor};

    pub(super) fn serialize<S: Serializer>(words: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        deserializer.deserialize_bytes(Words)
    }

    struct Words;

    impl<'de> Visitor<'de> for Words {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("words of eight bytes, a power of two of them or none")
        }

        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u64>, E> {
            let (words, rest) = bytes.as_chunks();
            let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
            // A table without a free slot would be searched for ever.
            let free = words.is_empty() || words.contains(&0);
            let whole = rest.is_empty() && (words.is_empty() || words.len().is_power_of_two());
            if free && whole { Ok(words) } else { Err(E::invalid_length(bytes.len(), &self)) }
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u64>, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = seq.next_element::<u8>()? {
                bytes.push(byte);
            }
            self.visit_bytes(&bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let hashes = |at: u32| place(hash(at.to_string().as_bytes()), at % 3);
        let pairs: Vec<_> = (0..1000).map(|at| (hashes(at), at)).collect();
        let slots = Slots::new(&pairs);
        for at in 0..1000 {
            assert_eq!(slots.find(hashes(at)).collect::<Vec<_>>(), [at]);
        }
        assert_eq!((1000..2000).filter(|&at| slots.find(hashes(at)).next().is_some()).count(), 0);
        assert_eq!(Slots::default().find(7).next(), None);
    }

    #[test]
    fn numbers_of_one_hash_come_in_order() {
        let slots = Slots::new(&[(1 << 40, 4), (1 << 40, 2), (1 << 40, 0), (2 << 40, 1)]);
        assert_eq!(slots.find(1 << 40).collect::<Vec<_>>(), [4, 2, 0]);
    }

    #[test]
    fn a_stored_table_is_read_back_and_a_damaged_one_is_refused() {
        let slots = Slots::new(&[(1, 1), (2, 2)]);
        let json = serde_json::to_string(&slots).unwrap();
        assert_eq!(serde_json::from_str::<Slots>(&json).unwrap(), slots);
        assert!(serde_json::from_str::<Slots>(r#"{"slots":[1,2,3]}"#).is_err());
        assert!(serde_json::from_str::<Slots>(r#"{"slots":[1,1,1,1,1,1,1,1]}"#).is_err());
        assert!(serde_json::from_str::<Proof>(&serde_json::to_string(&Proof).unwrap()).is_ok());
        assert!(serde_json::from_str::<Proof>("1").is_err());
    }
}
