//! The patterns of all behaviors as one automaton: which of them a path falls in, and which it may still fall in.

use std::collections::HashMap;

use super::sets::{BehaviorSet, MOST};
use crate::route::behavior::Behaviors;
use crate::route::canonical::{Canonical, Slashes};
use crate::text::percent::is_path_byte;

/// States after which it is given up; ten ordinary patterns need some hundred.
const MOST_STATES: usize = 10_000;
/// No state.
const DEAD: u32 = u32::MAX;
/// The class of bytes that no path holds.
const FOREIGN: u8 = u8::MAX;

/// A state of a [`BehaviorMap`].
pub(crate) type MapState = u32;

/// A deterministic automaton over paths in the form after step (d) of rule 3, or a few more: any escape counts as one,
/// and dot segments are not left out.
#[derive(Debug)]
pub(crate) struct BehaviorMap {
    /// Of each byte.
    classes: Box<[u8; 256]>,
    /// A byte of each class, the slash first.
    bytes: Vec<Option<u8>>,
    /// By state, then by class.
    next: Vec<MapState>,
    /// The behavior that a path falls in which ends in a state; none where no path ends.
    ends: Vec<Option<usize>>,
    /// Those that a path may fall in which has come to a state.
    futures: Vec<BehaviorSet>,
}

/// What a state stands for while the automaton is made.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Progress {
    is_after_slash: bool,
    /// Positions in each pattern that have been come to.
    at: Vec<Vec<u16>>,
}

impl BehaviorMap {
    /// The automaton of a table's behaviors; `None` where it would be too large.
    pub(crate) fn new(behaviors: &Behaviors, canonical: &Canonical) -> Option<BehaviorMap> {
        let patterns: Vec<&[u8]> =
            behaviors.by_pattern.iter().map(|(pattern, _)| pattern.without_slash().as_bytes()).collect();
        if patterns.len() >= MOST || patterns.iter().any(|pattern| pattern.len() >= usize::from(u16::MAX)) {
            return None;
        }
        let (classes, bytes) = classes(&patterns);
        let mut map = BehaviorMap { classes, bytes, next: Vec::new(), ends: Vec::new(), futures: Vec::new() };
        map.explore(&patterns, canonical.slashes)?;
        map.foresee();
        Some(map)
    }

    /// Before the first byte of a path.
    pub(crate) fn start(&self) -> MapState {
        0
    }

    /// After one more byte; `None` where no path goes on so.
    pub(crate) fn next(&self, state: MapState, byte: u8) -> Option<MapState> {
        let class = self.class(byte);
        if class == FOREIGN { None } else { self.next_by_class(state, usize::from(class)) }
    }

    /// The class of a byte: bytes of one class lead to the same state; 255 is the class of bytes that no path holds.
    pub(crate) fn class(&self, byte: u8) -> u8 {
        self.classes.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
    }

    /// Position of the behavior that a path falls in which ends here.
    pub(crate) fn end(&self, state: MapState) -> Option<usize> {
        self.ends.get(wide(state)).copied().flatten()
    }

    /// Whether a path that has come here can still fall in a behavior.
    pub(crate) fn may_end_in(&self, state: MapState, behavior: usize) -> bool {
        self.future(state).has(behavior)
    }

    pub(super) fn future(&self, state: MapState) -> BehaviorSet {
        self.futures.get(wide(state)).copied().unwrap_or(BehaviorSet::ALL)
    }

    /// The states after each byte but the slash.
    pub(super) fn after_letters(&self, state: MapState) -> impl Iterator<Item = MapState> {
        (1..self.bytes.len()).filter_map(move |class| self.next_by_class(state, class))
    }

    fn next_by_class(&self, state: MapState, class: usize) -> Option<MapState> {
        let at = wide(state).checked_mul(self.bytes.len())?.checked_add(class)?;
        self.next.get(at).copied().filter(|&next| next != DEAD)
    }

    fn explore(&mut self, patterns: &[&[u8]], slashes: Slashes) -> Option<()> {
        let first = Progress::first(patterns);
        let mut known = HashMap::from([(first.clone(), 1)]);
        let mut todo = vec![first];
        // Every path begins with a slash.
        self.next.extend(self.bytes.iter().map(|byte| if *byte == Some(b'/') { 1 } else { DEAD }));
        self.ends.push(None);
        let mut at = 0;
        while let Some(progress) = todo.get(at).cloned() {
            self.ends.push(Some(progress.end(patterns)));
            for byte in self.bytes.clone() {
                let is_slash = byte == Some(b'/');
                if is_slash && progress.is_after_slash && slashes == Slashes::Merge {
                    self.next.push(DEAD);
                    continue;
                }
                let next = progress.after(patterns, byte, is_slash);
                let number = u32::try_from(known.len()).ok()?.checked_add(1)?;
                let number = *known.entry(next.clone()).or_insert(number);
                if wide(number) > todo.len() {
                    todo.push(next);
                }
                self.next.push(number);
            }
            if todo.len() > MOST_STATES {
                return None;
            }
            at += 1;
        }
        Some(())
    }

    /// Works out the futures of all states, the last first, until nothing changes.
    fn foresee(&mut self) {
        self.futures = self.ends.iter().map(|end| end.map_or(BehaviorSet::NONE, BehaviorSet::of)).collect();
        let width = self.bytes.len();
        let mut is_changed = true;
        while is_changed {
            is_changed = false;
            for (state, next) in self.next.chunks(width).enumerate().rev() {
                let after = next.iter().filter(|&&next| next != DEAD).map(|&next| self.future(next));
                let all = after.fold(BehaviorSet::NONE, BehaviorSet::with);
                let Some(future) = self.futures.get_mut(state) else { continue };
                is_changed |= !all.is_within(*future);
                *future = future.with(all);
            }
        }
    }
}

impl Progress {
    fn first(patterns: &[&[u8]]) -> Progress {
        let at = patterns.iter().map(|pattern| come_to(pattern, vec![0])).collect();
        Progress { is_after_slash: true, at }.pruned(patterns)
    }

    /// After a byte; `None` is one that no pattern names.
    fn after(&self, patterns: &[&[u8]], byte: Option<u8>, is_slash: bool) -> Progress {
        let step = |(pattern, at): (&&[u8], &Vec<u16>)| {
            let next = at.iter().filter_map(|&at| match pattern.get(usize::from(at)) {
                Some(b'*') => Some(at),
                Some(b'?') => at.checked_add(1),
                Some(&wanted) if Some(wanted) == byte => at.checked_add(1),
                _ => None,
            });
            come_to(pattern, next.collect())
        };
        Progress { is_after_slash: is_slash, at: patterns.iter().zip(&self.at).map(step).collect() }.pruned(patterns)
    }

    /// Where an earlier pattern takes whatever follows, no later one counts.
    fn pruned(mut self, patterns: &[&[u8]]) -> Progress {
        let takes_all = |(pattern, at): (&&[u8], &Vec<u16>)| {
            at.iter().any(|&at| pattern.get(usize::from(at)..).is_some_and(|rest| rest == b"*"))
        };
        if let Some(first) = patterns.iter().zip(&self.at).position(takes_all) {
            self.at.iter_mut().skip(first.saturating_add(1)).for_each(Vec::clear);
        }
        self
    }

    /// Position of the behavior that a path falls in which ends here.
    fn end(&self, patterns: &[&[u8]]) -> usize {
        let takes = |(pattern, at): (&&[u8], &Vec<u16>)| at.iter().any(|&at| usize::from(at) == pattern.len());
        patterns.iter().zip(&self.at).position(takes).unwrap_or(patterns.len())
    }
}

/// The positions, with those behind stars, which may stand for nothing. From a star on, whatever can follow an earlier
/// position can follow the star: so the last star is the first position that is kept, and the automaton stays small.
fn come_to(pattern: &[u8], mut at: Vec<u16>) -> Vec<u16> {
    let mut read = 0;
    while let Some(&position) = at.get(read) {
        if pattern.get(usize::from(position)) == Some(&b'*') {
            at.extend(position.checked_add(1));
        }
        read += 1;
    }
    at.sort_unstable();
    at.dedup();
    let star = at.iter().rposition(|&position| pattern.get(usize::from(position)) == Some(&b'*'));
    at.drain(..star.unwrap_or_default());
    at
}

/// The slash, every byte that a pattern names, and all others: each a class, with a byte that stands for it.
fn classes(patterns: &[&[u8]]) -> (Box<[u8; 256]>, Vec<Option<u8>>) {
    let is_path = |byte: u8| is_path_byte(byte) || byte == b'%';
    let is_named = |byte: &u8| is_path(*byte) && patterns.iter().any(|pattern| pattern.contains(byte));
    let named = (0..=u8::MAX).filter(|byte| !b"/*?".contains(byte)).filter(is_named);
    let mut bytes: Vec<Option<u8>> = vec![Some(b'/'), None];
    bytes.extend(named.map(Some));
    let class_of = |byte: u8| match bytes.iter().position(|class| *class == Some(byte)) {
        Some(class) => u8::try_from(class).unwrap_or(FOREIGN),
        None if is_path(byte) => 1,
        None => FOREIGN,
    };
    let mut classes = Box::new([FOREIGN; 256]);
    classes.iter_mut().zip(0..=u8::MAX).for_each(|(class, byte)| *class = class_of(byte));
    (classes, bytes)
}

fn wide(state: MapState) -> usize {
    state as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Behavior, BehaviorPattern};
    use proptest::prelude::*;

    fn behaviors(patterns: &[&str]) -> Behaviors {
        let by_pattern = patterns.iter().map(|text| (BehaviorPattern::new(text), Behavior::default())).collect();
        Behaviors { by_pattern, ..Behaviors::default() }
    }

    fn end(map: &BehaviorMap, path: &str) -> Option<usize> {
        let end = path.bytes().try_fold(map.start(), |state, byte| {
            assert!(map.may_end_in(state, map.end(state).unwrap_or_default()) || map.end(state).is_none());
            map.next(state, byte)
        });
        end.and_then(|state| map.end(state))
    }

    #[test]
    fn what_is_no_path_has_no_end() {
        let map = BehaviorMap::new(&behaviors(&["/a*"]), &Canonical::default()).unwrap();
        let rows = [("", None), ("a", None), ("/a", Some(0)), ("/b", Some(1)), ("/a//b", None), ("/a b", None)];
        for (path, expected) in rows {
            assert_eq!(end(&map, path), expected, "{path}");
        }
    }

    #[test]
    fn what_can_still_come_is_known() {
        let map = BehaviorMap::new(&behaviors(&["/a/*", "*.js", "/a/b"]), &Canonical::default()).unwrap();
        let future = |path: &str| {
            let state = path.bytes().fold(map.start(), |state, byte| map.next(state, byte).unwrap());
            (0..4).filter(|behavior| map.may_end_in(state, *behavior)).collect::<Vec<_>>()
        };
        assert_eq!(future(""), [0, 1, 3]);
        assert_eq!(future("/a"), [0, 1, 3]);
        assert_eq!(future("/a/"), [0]);
        assert_eq!(future("/b"), [1, 3]);
    }

    #[test]
    fn patterns_that_would_need_too_many_states_are_given_up() {
        let patterns: Vec<String> = (0..40).map(|at| format!("*{at}x*y{at}*z*")).collect();
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        assert!(BehaviorMap::new(&behaviors(&patterns), &Canonical::default()).is_none());
    }

    proptest! {
        #[test]
        fn a_path_ends_in_the_behavior_that_it_falls_in(
            patterns in proptest::collection::vec("/?[ab/*?%.]{0,6}", 0..5),
            path in "/[abcA/.%]{0,8}",
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let behaviors = behaviors(&patterns);
            let canonical = Canonical { slashes: Slashes::Keep, ..Canonical::default() };
            let map = BehaviorMap::new(&behaviors, &canonical).unwrap();
            prop_assert_eq!(end(&map, &path), Some(behaviors.of_path(&path).position()), "{}", path);
        }
    }
}
