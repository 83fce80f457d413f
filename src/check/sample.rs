//! The shortest text of a [`Language`] that a regex or glob matches, or the proof that there is none.
//!
//! Pattern and language are walked together, breadth first, as one automaton whose states are pairs. That is exact:
//! nothing is guessed from the pattern's text. A walk that grows too large ends without an answer.

use std::collections::HashSet;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_syntax::hir::Hir;

use crate::route::pattern::Glob;
use crate::route::{LazyRegex, MAX_COMPILED};

use crate::check::language::Language;

/// Pairs of states after which a walk gives up; an ordinary pattern needs some hundred.
const MAX_STATES: usize = 20_000;
/// Memory of the pattern's automaton, bytes.
const CACHE: usize = 8 << 20;
/// Bytes in the order in which a sample prefers them.
const PREFERRED: &[u8] = b"xabcdefghijklmnopqrstuvwyz1234567890XABCDEFGHIJKLMNOPQRSTUVWYZ-_/.";

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    /// A shortest text that the pattern matches.
    Text(String),
    /// No text of the language is matched.
    Nothing,
    /// The walk was given up, or the pattern is malformed.
    Unknown,
}

/// A pattern made ready for walks: its ASCII part, since no request part holds anything else.
pub(crate) struct Walker {
    pattern: Option<DFA>,
}

impl Walker {
    /// Of a regex, searched.
    pub(crate) fn regex(regex: &LazyRegex) -> Walker {
        Walker::of(regex.meaning())
    }

    /// Of a glob, matched against the whole text.
    pub(crate) fn glob(glob: &Glob) -> Walker {
        Walker::of(glob.meaning())
    }

    /// Of what a pattern means.
    pub(crate) fn of(meaning: Option<Hir>) -> Walker {
        Walker { pattern: meaning.and_then(|hir| automaton(&hir)) }
    }

    /// Walks the pattern and a language together.
    pub(crate) fn sample<L: Language>(&self, language: &L) -> Sample {
        let Some(pattern) = &self.pattern else { return Sample::Unknown };
        let mut walk =
            Walk { language, pattern, cache: pattern.create_cache(), pairs: Vec::new(), seen: HashSet::new() };
        walk.run().unwrap_or(Sample::Unknown)
    }
}

fn automaton(hir: &Hir) -> Option<DFA> {
    let config =
        thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(4 * MAX_COMPILED));
    let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
    let config = DFA::config().cache_capacity(CACHE).minimum_cache_clear_count(Some(0));
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}

/// One walk. A step that fails (`None`) ends it without an answer.
struct Walk<'w, L: Language> {
    language: &'w L,
    pattern: &'w DFA,
    cache: Cache,
    pairs: Vec<Pair<L::State>>,
    seen: HashSet<(LazyStateID, L::State)>,
}

/// A state of pattern and language, and how it was reached.
struct Pair<S> {
    pattern: LazyStateID,
    language: S,
    from: usize,
    byte: u8,
}

/// Whether the pattern has matched.
enum Reached {
    Matched,
    NotYet,
    Dead,
}

impl<L: Language> Walk<'_, L> {
    fn run(&mut self) -> Option<Sample> {
        let bytes = self.representatives();
        let start = self.pattern.start_state(&mut self.cache, &start::Config::new()).ok()?;
        self.add(Pair { pattern: start, language: self.language.start(), from: 0, byte: 0 });
        let mut at = 0;
        while let Some(pair) = self.pairs.get(at) {
            let (pattern, language) = (pair.pattern, pair.language);
            match self.reached(pattern, language)? {
                Reached::Matched => return Some(Sample::Text(self.completed(at, &bytes)?)),
                Reached::NotYet => {
                    for &byte in &bytes {
                        let Some(next) = self.language.next(language, byte) else { continue };
                        let pattern = self.pattern.next_state(&mut self.cache, pattern, byte).ok()?;
                        self.add(Pair { pattern, language: next, from: at, byte });
                    }
                }
                Reached::Dead => {}
            }
            if self.pairs.len() > MAX_STATES {
                return None;
            }
            at += 1;
        }
        Some(Sample::Nothing)
    }

    fn add(&mut self, pair: Pair<L::State>) {
        if self.seen.insert((pair.pattern, pair.language)) {
            self.pairs.push(pair);
        }
    }

    /// A match is known one byte late, or at the end of the text.
    fn reached(&mut self, pattern: LazyStateID, language: L::State) -> Option<Reached> {
        if pattern.is_match() {
            return Some(Reached::Matched);
        }
        if pattern.is_quit() {
            return None;
        }
        if pattern.is_dead() {
            return Some(Reached::Dead);
        }
        let ended =
            self.language.accepts(language) && self.pattern.next_eoi_state(&mut self.cache, pattern).ok()?.is_match();
        Some(if ended { Reached::Matched } else { Reached::NotYet })
    }

    /// One byte for all that neither pattern nor language tells apart.
    fn representatives(&self) -> Vec<u8> {
        let others = (0u8..0x80).filter(|byte| !PREFERRED.contains(byte));
        let mut known = HashSet::new();
        let mut bytes = Vec::new();
        for byte in PREFERRED.iter().copied().chain(others) {
            let class = (self.pattern.byte_classes().get(byte), self.language.class(byte));
            if class.1 != 255 && known.insert(class) {
                bytes.push(byte);
            }
        }
        bytes
    }

    /// The text that leads to a pair, and on to the nearest end that the language accepts.
    fn completed(&self, pair: usize, bytes: &[u8]) -> Option<String> {
        let mut text = Vec::new();
        let mut at = pair;
        while at != 0 {
            let pair = self.pairs.get(at)?;
            text.push(pair.byte);
            at = pair.from;
        }
        text.reverse();
        text.extend(self.ending(self.pairs.get(pair)?.language, bytes)?);
        String::from_utf8(text).ok()
    }

    fn ending(&self, state: L::State, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut ways = vec![(state, Vec::new())];
        let mut seen = vec![state];
        let mut at = 0;
        while let Some((state, way)) = ways.get(at).cloned() {
            if self.language.accepts(state) {
                return Some(way);
            }
            for &byte in bytes {
                if let Some(next) = self.language.next(state, byte).filter(|next| !seen.contains(next)) {
                    seen.push(next);
                    ways.push((next, [way.as_slice(), &[byte]].concat()));
                }
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::language::{NormalForm, Visible};
    use crate::route::Canonical;

    #[test]
    fn the_shortest_path_is_found() {
        let canonical = Canonical::default();
        let form = NormalForm::new(&canonical);
        let rows = [
            (r"^/noticia/(?<id>\d+)\.html$", "/noticia/1.html"),
            (r"\.php$", "/.php"),
            (r"(?i)^/PROMO/[^/]+$", "/promo/x"),
            (r"^/a\b.", "/a-"),
            (r"", "/"),
            (r"^/%C3%A7$", "/%C3%A7"),
            (r"^/[%]", "/%11"),
            (r"x{3}|/y{2}", "/yy"),
            (r"^/(?:ç|[ã-õ]|b)$", "/b"),
            (r"^/\.", "/.x"),
        ];
        for (text, expected) in rows {
            let regex = LazyRegex::new(text);
            let Sample::Text(sample) = Walker::regex(&regex).sample(&form) else { panic!("{text}: no sample") };
            assert_eq!(sample, expected, "{text}");
            assert!(regex.is_match(&sample), "{text}");
        }
    }

    #[test]
    fn a_glob_is_matched_whole() {
        let canonical = Canonical::default();
        let form = NormalForm::new(&canonical);
        let rows = [("/assets/**/*.{js,css}", "/assets/.js"), ("/a/**", "/a/"), ("/**/x", "/x"), ("/[!a-z]?", "/1x")];
        for (text, expected) in rows {
            let glob = Glob::new(text);
            let Sample::Text(sample) = Walker::glob(&glob).sample(&form) else { panic!("{text}: no sample") };
            assert_eq!(sample, expected, "{text}");
            assert!(glob.is_match(&sample), "{text}");
        }
    }

    #[test]
    fn what_no_text_matches_is_proved() {
        let canonical = Canonical::default();
        let form = NormalForm::new(&canonical);
        for text in ["^foo", "a^", "[a&&b]", "^/a b", "//", "^/ç", r"^/\.\./x", "%2f", "^/%41$", r"^/a\?b=1"] {
            assert_eq!(Walker::regex(&LazyRegex::new(text)).sample(&form), Sample::Nothing, "{text}");
        }
        assert_eq!(Walker::regex(&LazyRegex::new("(")).sample(&form), Sample::Unknown);
    }

    #[test]
    fn values_hold_what_their_place_allows() {
        let sample = |text: &str, language| Walker::regex(&LazyRegex::new(text)).sample(&language);
        assert_eq!(sample("^v1", Visible::HEADER), Sample::Text("v1".into()));
        assert_eq!(sample("a.b", Visible::COOKIE), Sample::Text("axb".into()));
        assert_eq!(sample("a;b", Visible::COOKIE), Sample::Nothing);
        assert_eq!(sample("a&", Visible::QUERY), Sample::Nothing);
        assert_eq!(sample("a b", Visible::HEADER), Sample::Nothing);
    }
}
