//! The paths of a route and the patterns of the behaviors, walked together as one automaton of pairs.

use std::collections::HashSet;

use regex_automata::hybrid::LazyStateID;

use super::map::MapState;
use super::pattern::{PatternDfa, Verdict, Walked};
use super::sets::BehaviorSet;
use super::space::PathSpace;

/// Pairs after which a walk gives up; an ordinary pattern needs some hundred.
const MOST_PAIRS: usize = 20_000;

/// The behaviors that some path falls in which a pattern takes; all of them where the walk grows too large.
pub(super) fn behaviors(space: &PathSpace<'_>, dfa: &PatternDfa) -> BehaviorSet {
    let mut found = BehaviorSet::NONE;
    let walked = PairWalk::new(space, dfa, Hopeless::LeftOut).each(|space, (state, known)| {
        let future = space.map.future(state);
        match known {
            Known::Ends if !future.is_within(found) => found = found.with(space.ends_of(state)),
            Known::Verdict(Verdict::Matched) => found = found.with(future),
            // What is open in one behavior alone is taken to match there.
            Known::Verdict(Verdict::Open) if future.is_decided() => found = found.with(future),
            _ => {}
        }
        if future.is_within(found) { Then::Stop } else { Then::Go }
    });
    walked.map_or(BehaviorSet::ALL, |()| found)
}

/// Whether a pattern takes every path of a behavior; no where the walk grows too large.
pub(super) fn takes_all(space: &PathSpace<'_>, dfa: &PatternDfa, behavior: usize) -> bool {
    let mut takes_all = true;
    let walked = PairWalk::new(space, dfa, Hopeless::Counts).each(|space, (state, known)| {
        if !takes_all || !space.map.may_end_in(state, behavior) {
            return Then::Stop;
        }
        match known {
            Known::Verdict(Verdict::Matched) => return Then::Stop,
            Known::Verdict(Verdict::Never) => takes_all = false,
            Known::EndsUnmatched if space.ends_of(state).has(behavior) => takes_all = false,
            _ => {}
        }
        Then::Go
    });
    walked.is_some() && takes_all
}

/// What is known of the paths that have come to a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// Of all that begin so.
    Verdict(Verdict),
    /// The one that ends here is taken.
    Ends,
    /// The one that ends here is not.
    EndsUnmatched,
}

/// Whether a walk goes on from a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Go,
    Stop,
}

/// Whether a walk comes to pairs from which no path is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hopeless {
    Counts,
    LeftOut,
}

/// A walk over pairs, breadth first.
struct PairWalk<'w> {
    space: &'w PathSpace<'w>,
    hopeless: Hopeless,
    /// What a path may have next, and what stands for it in the normal form: one pair for all that nothing tells apart.
    steps: Vec<(u8, u8)>,
    walked: Walked<'w>,
    pairs: Vec<(MapState, LazyStateID)>,
    seen: HashSet<(MapState, LazyStateID)>,
}

impl<'w> PairWalk<'w> {
    fn new(space: &'w PathSpace<'w>, dfa: &'w PatternDfa, hopeless: Hopeless) -> PairWalk<'w> {
        let (pairs, seen) = (Vec::new(), HashSet::new());
        PairWalk { space, hopeless, steps: steps(space, dfa), walked: dfa.walked(), pairs, seen }
    }

    /// Calls with each pair and what is known in it; `None` where there are too many.
    fn each(&mut self, mut call: impl FnMut(&PathSpace<'_>, (MapState, Known)) -> Then) -> Option<()> {
        let start = (self.space.map.start(), self.walked.start()?);
        self.pairs.push(start);
        let mut at = 0;
        while let Some(&(state, pattern)) = self.pairs.get(at) {
            at += 1;
            let found = Walked::found(pattern)?;
            if call(self.space, (state, Known::Verdict(found))) == Then::Stop || found != Verdict::Open {
                continue;
            }
            let ends = if self.walked.matches_at_end(pattern)? { Known::Ends } else { Known::EndsUnmatched };
            if self.space.map.end(state).is_some() && call(self.space, (state, ends)) == Then::Stop {
                continue;
            }
            self.step(state, pattern)?;
            if self.pairs.len() > MOST_PAIRS {
                return None;
            }
        }
        Some(())
    }

    fn step(&mut self, state: MapState, pattern: LazyStateID) -> Option<()> {
        self.space.spend(self.steps.len())?;
        for &(raw, normal) in &self.steps {
            let Some(state) = self.space.map.next(state, raw) else { continue };
            let pair = (state, self.walked.next(pattern, normal)?);
            let is_left_out = pair.1.is_dead() && self.hopeless == Hopeless::LeftOut;
            if !is_left_out && self.seen.insert(pair) {
                self.pairs.push(pair);
            }
        }
        Some(())
    }
}

/// Without case, a capital is a small letter in the normal form, or itself in an escape.
fn steps(space: &PathSpace<'_>, dfa: &PatternDfa) -> Vec<(u8, u8)> {
    let mut seen = HashSet::new();
    let mut steps = Vec::new();
    for raw in 0u8..0x80 {
        let small = raw.to_ascii_lowercase();
        let is_folded = space.folds() && small != raw;
        let normal = [is_folded.then_some(small), (!is_folded || raw.is_ascii_hexdigit()).then_some(raw)];
        for normal in normal.into_iter().flatten() {
            if seen.insert((space.map.class(raw), dfa.class(normal))) {
                steps.push((raw, normal));
            }
        }
    }
    steps
}
