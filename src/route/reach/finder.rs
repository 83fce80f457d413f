//! Which behaviors the paths of one route fall in. Never too few: what is not proved is taken as reached.

use super::map::MapState;
use super::pattern::{PatternDfa, beginning};
use super::sets::BehaviorSet;
use super::space::PathSpace;
use crate::route::pattern::{MapRow, PathPattern, Segment, Template};

/// States that a path without case, or a hole, may be in at once; a route that could be in more is taken to reach all.
const MOST_AT_ONCE: usize = 512;

/// States that a path may be in.
type States = Vec<MapState>;

impl PathSpace<'_> {
    /// The behaviors that some path fall in which a pattern takes.
    pub(super) fn behaviors_of(&self, pattern: &PathPattern) -> BehaviorSet {
        match pattern {
            PathPattern::Any => self.map.future(self.map.start()),
            PathPattern::Exact(path) => self.of_text(path),
            PathPattern::Template(template) => self.of_template(template),
            PathPattern::Prefix(prefix) => self.of_prefix(prefix),
            PathPattern::Glob(_) | PathPattern::Regex(_) => self.of_pattern(pattern),
            PathPattern::AnyOf(several) => {
                several.iter().fold(BehaviorSet::NONE, |found, one| found.with(self.behaviors_of(one)))
            }
            PathPattern::Map(map) => self.of_rows(&map.rows),
        }
    }

    fn of_rows(&self, rows: &[MapRow]) -> BehaviorSet {
        let all = self.map.future(self.map.start());
        let mut found = BehaviorSet::NONE;
        for row in rows {
            found = found.with(self.of_text(row.path()));
            if all.is_within(found) {
                break;
            }
        }
        found
    }

    fn of_text(&self, path: &str) -> BehaviorSet {
        self.ends(&self.walk(vec![self.map.start()], path))
    }

    fn of_prefix(&self, prefix: &str) -> BehaviorSet {
        let states = self.walk(vec![self.map.start()], prefix);
        self.ends(&states).with(self.futures(&self.walk(states, "/")))
    }

    fn of_template(&self, template: &Template) -> BehaviorSet {
        let mut states = vec![self.map.start()];
        for segment in &template.segments {
            states = self.walk(states, "/");
            states = match segment {
                Segment::Literal(text) => self.walk(states, text),
                Segment::Capture(_) => match self.through_hole(&states) {
                    Some(states) => states,
                    None => return self.futures(&states),
                },
            };
            let futures = self.futures(&states);
            if futures.is_decided() {
                return futures;
            }
        }
        if template.rest.is_none() {
            return self.ends(&states);
        }
        let below = self.futures(&self.walk(states.clone(), "/"));
        // With slashes stripped `/a/{*rest}` takes `/a` too.
        if self.strips() { below.with(self.ends(&states)) } else { below }
    }

    /// After one whole segment that is not empty; `None` where that may be too many states.
    fn through_hole(&self, states: &[MapState]) -> Option<States> {
        let mut found: States = states.iter().flat_map(|&state| self.map.after_letters(state)).collect();
        found.sort_unstable();
        found.dedup();
        let mut at = 0;
        while let Some(&state) = found.get(at) {
            for next in self.map.after_letters(state) {
                if !found.contains(&next) {
                    found.push(next);
                }
            }
            if found.len() > MOST_AT_ONCE {
                return None;
            }
            at += 1;
        }
        Some(found)
    }

    fn of_pattern(&self, pattern: &PathPattern) -> BehaviorSet {
        let states = self.walk(vec![self.map.start()], &beginning(pattern));
        let futures = self.futures(&states);
        if futures.is_decided() {
            return futures;
        }
        match self.spend(1).and_then(|()| PatternDfa::of(pattern)) {
            Some(dfa) => super::walk::behaviors(self, &dfa),
            None => BehaviorSet::ALL,
        }
    }

    /// The states after more text of a normal form.
    fn walk(&self, mut states: States, text: &str) -> States {
        for byte in text.bytes() {
            let next =
                |&state: &MapState| self.raw(byte).into_iter().filter_map(move |byte| self.map.next(state, byte));
            states = states.iter().flat_map(next).collect();
            states.sort_unstable();
            states.dedup();
        }
        states
    }

    /// The bytes that a byte of a normal form may have been: without case a letter may have been a capital.
    fn raw(&self, byte: u8) -> arrayvec::ArrayVec<u8, 2> {
        let folds = self.folds() && byte.is_ascii_lowercase();
        [Some(byte), folds.then(|| byte.to_ascii_uppercase())].into_iter().flatten().collect()
    }
}
