//! What a pattern is compiled to, and how it runs: small programs, linear time, and memory that is known.
//!
//! Whether a pattern matches is told by a lazy automaton, whose states are made while it runs and take at most
//! [`AUTOMATON`]. What the groups hold is asked of one route in a request at most, so it needs no automaton: there the
//! regex is followed directly.

use std::ops::Range;

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_syntax::hir::Hir;

use super::bounds::{MAX_COMPILED, PatternError};

/// Most memory of a pattern's automaton, bytes; it begins anew when that is full. An ordinary one needs some KB, and a
/// pattern of thousands of states gets as much as a few sets of them need.
const AUTOMATON: usize = 256 * 1024;
/// Most memory for following a regex directly, bytes. A longer text times a larger regex is followed more slowly.
const VISITED: usize = 1024 * 1024;
/// For a longer text, what it took is not kept.
const LONG: usize = 256;
/// Bytes that are kept of what a shorter one may take, beside what is counted: a step back for each byte.
const STEPS: usize = LONG * 24;
/// What the parts of a program take beside what they count themselves, bytes: measured.
const BESIDE: usize = 1536;

/// A compiled pattern.
pub(super) enum Program {
    /// Tells whether it matches.
    Find(Box<Finder>),
    /// Tells where its groups are.
    Groups(Box<Follower>),
    /// Takes no text: the pattern is malformed or too large, which its check says.
    Nothing,
}

/// How many kinds of [`Purpose`] there are.
pub(super) const PURPOSES: usize = 2;

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Whether a pattern matches.
    Find,
    /// Where its groups are.
    Groups,
}

/// An automaton that grows while it is used.
pub(super) struct Finder {
    nfa: NFA,
    /// Bytes that do not change.
    fixed: usize,
    /// Not for a word boundary of Unicode.
    automaton: Option<(DFA, Cache)>,
}

/// The states of a pattern.
///
/// # Errors
/// They would take more than [`MAX_COMPILED`].
pub(super) fn states(hir: &Hir, purpose: Purpose, is_utf8: bool) -> Result<NFA, PatternError> {
    let captures = if purpose == Purpose::Find { WhichCaptures::None } else { WhichCaptures::All };
    let config = thompson::Config::new().utf8(is_utf8).which_captures(captures).nfa_size_limit(Some(MAX_COMPILED));
    thompson::Compiler::new().configure(config).build_from_hir(hir).map_err(|_| PatternError::TooLarge)
}

impl Program {
    /// Compiles what an expression means.
    pub(super) fn new(hir: &Hir, purpose: Purpose, is_utf8: bool) -> Result<Program, PatternError> {
        let nfa = states(hir, purpose, is_utf8)?;
        Ok(match purpose {
            Purpose::Groups => Program::Groups(Box::new(Follower::new(nfa)?)),
            Purpose::Find => {
                let (fixed, automaton) = (BESIDE + nfa.memory_usage(), automaton(&nfa));
                Program::Find(Box::new(Finder { nfa, fixed, automaton }))
            }
        })
    }

    /// Bytes that it takes now.
    pub(super) fn size(&self) -> usize {
        match self {
            Program::Find(finder) => {
                let cache = finder.automaton.as_ref().map_or(0, |(_, cache)| cache.memory_usage());
                // A cache counts what its vectors and maps hold, not what they have room for.
                finder.fixed + cache / 2 * 3
            }
            Program::Groups(follower) => BESIDE + follower.size(),
            Program::Nothing => BESIDE,
        }
    }

    /// Whether the pattern is found in a text.
    pub(super) fn is_match(&mut self, text: &str) -> bool {
        let input = Input::new(text).earliest(true);
        match self {
            Program::Find(finder) => finder.is_match(&input),
            Program::Groups(_) | Program::Nothing => false,
        }
    }

    /// Where each group is; empty for one that took no part, and none at all where the pattern does not match.
    pub(super) fn places(&mut self, text: &str) -> Vec<Range<usize>> {
        let Program::Groups(follower) = self else { return Vec::new() };
        if !follower.search(&Input::new(text)) {
            return Vec::new();
        }
        let place = |slots: &[Option<NonMaxUsize>]| match *slots {
            [Some(start), Some(end)] => start.get()..end.get(),
            _ => 0..0,
        };
        follower.slots.chunks(2).map(place).collect()
    }
}

impl Finder {
    fn is_match(&mut self, input: &Input<'_>) -> bool {
        if let Some((dfa, cache)) = &mut self.automaton {
            // It never gives up: at worst it makes a state for every byte, which is what following the regex would do.
            if let Ok(found) = dfa.try_search_fwd(cache, input) {
                return found.is_some();
            }
        }
        Follower::new(self.nfa.clone()).is_ok_and(|mut follower| follower.search(input))
    }
}

/// A lazy automaton, where there can be one.
fn automaton(nfa: &NFA) -> Option<(DFA, Cache)> {
    let config = DFA::config().cache_capacity(AUTOMATON).skip_cache_capacity_check(true);
    let dfa = DFA::builder().configure(config).build_from_nfa(nfa.clone()).ok()?;
    let cache = dfa.create_cache();
    Some((dfa, cache))
}

/// Follows a regex without an automaton.
pub(super) struct Follower {
    tracker: BoundedBacktracker,
    cache: backtrack::Cache,
    /// Where each group began and ended in the last search.
    slots: Vec<Option<NonMaxUsize>>,
}

impl Follower {
    fn new(nfa: NFA) -> Result<Follower, PatternError> {
        let config = backtrack::Config::new().visited_capacity(VISITED);
        let slots = vec![None; nfa.group_info().slot_len()];
        let tracker = BoundedBacktracker::builder().configure(config).build_from_nfa(nfa);
        let tracker = tracker.map_err(|error| PatternError::Malformed(error.to_string()))?;
        Ok(Follower { cache: tracker.create_cache(), tracker, slots })
    }

    fn size(&self) -> usize {
        self.tracker.get_nfa().memory_usage() + self.cache.memory_usage() + STEPS + size_of_val(self.slots.as_slice())
    }

    /// Whether it matches. O(states · bytes).
    fn search(&mut self, input: &Input<'_>) -> bool {
        let found = match self.tracker.try_search_slots(&mut self.cache, input, &mut self.slots) {
            Ok(found) => found.is_some(),
            Err(_) => PikeVM::new_from_nfa(self.tracker.get_nfa().clone())
                .is_ok_and(|vm| vm.search_slots(&mut vm.create_cache(), input, &mut self.slots).is_some()),
        };
        if input.haystack().len() > LONG {
            self.cache = self.tracker.create_cache();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::patterns::{BUDGET, LazyRegex, MAX_PROGRAM, Notation, RegexNotation};

    fn finder(regex: &str) -> Program {
        Program::new(&RegexNotation::read_for_ascii(regex).unwrap(), Purpose::Find, false).unwrap()
    }

    const ORDINARY: [&str; 7] = [
        r"^/(\w+)/(\w+)/(\w+)$",
        r"^/secao-12/(?<ano>\d{4})/(?<slug>[a-z0-9-]+)\.html$",
        r"\.(?:php|aspx?)$",
        r"^/(?:old|legacy)/promo-12(/.*)?$",
        r"(?i)promo-12\d",
        r"^/[a-z]+(?:-[a-z]+)*/[0-9]{1,6}/([^/]+)\.(?:html|php|aspx)$",
        "(?:a|b|c)[ab]{9}c",
    ];

    /// Paths that make an automaton grow, all of the longest URL's length.
    fn hostile() -> Vec<String> {
        let mut random = 1u64;
        let mut letter = |letters: &[u8]| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(letters[(random >> 33) as usize % letters.len()])
        };
        let of = |mut next: Box<dyn FnMut() -> char + '_>| (0..8_192).map(|_| next()).collect::<String>();
        let mut paths =
            vec!["/".repeat(8_192), "a".repeat(8_192), "/secao-12".repeat(910), "/secao-12/2024/natal.html".into()];
        paths.push(of(Box::new(|| letter(b"abc"))));
        paths.push(of(Box::new(|| letter(b"/abcdef0123456789-.%"))));
        paths
    }

    #[test]
    fn a_program_takes_what_it_says() {
        for regex in ORDINARY {
            let mut programs = Vec::with_capacity(50);
            let taken = allocation_counter::measure(|| {
                programs.extend((0..50).map(|_| finder(regex)));
                for program in &mut programs {
                    hostile().iter().for_each(|path| {
                        program.is_match(path);
                    });
                }
            });
            let (taken, said) = (taken.bytes_current as f64, programs.iter().map(Program::size).sum::<usize>() as f64);
            assert!((0.9..2.0).contains(&(said / taken)), "{regex}: {said} said, {taken} taken");
        }
    }

    #[test]
    fn the_largest_pattern_stays_within_what_one_may_take() {
        let regexes = ["(?:a|b|c){14000}", r"^/(?:[a-z]{1,60}/){1,90}x", "(?:a?){9000}", r"[a-q][^u-z]{600}x"];
        for regex in regexes {
            assert!(LazyRegex::for_paths(regex).is_ok(), "{regex}");
            let mut program = finder(regex);
            for path in hostile() {
                program.is_match(&path[..path.len().min(500)]);
                assert!(program.size() <= MAX_PROGRAM, "{regex}: {}", program.size());
            }
        }
        const { assert!(MAX_PROGRAM <= BUDGET / 4) }
    }
}
