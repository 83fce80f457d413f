//! The automaton of a route's paths: its pattern as a regex, on ASCII texts.

use std::fmt::Write;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::patterns::MAX_COMPILED;

/// Memory of an automaton, bytes.
const CACHE: usize = 4 << 20;

/// The automaton of one pattern, searched.
pub(super) struct PatternDfa(DFA);

/// A pattern that is being walked.
pub(super) struct Walked<'d> {
    dfa: &'d DFA,
    cache: Cache,
}

/// What is known of a text so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Some beginning of it matched, so it matches whatever follows.
    Matched,
    /// Nothing that follows makes it match.
    Never,
    /// More must be read.
    Open,
}

impl PatternDfa {
    /// The automaton of a pattern; `None` where there is none, or it would be too large.
    pub(super) fn of(pattern: &PathPattern) -> Option<PatternDfa> {
        PatternDfa::of_regex(&regex_of(pattern)?)
    }

    /// The same of the text of a regex. Paths are ASCII, so that classes need not know more.
    pub(super) fn of_regex(text: &str) -> Option<PatternDfa> {
        let with = |syntax: syntax::Config| {
            let limits = thompson::Config::new().utf8(false).which_captures(WhichCaptures::None);
            let nfa = thompson::Compiler::new()
                .configure(limits.nfa_size_limit(Some(4 * MAX_COMPILED)))
                .syntax(syntax.utf8(false).nest_limit(64))
                .build(text)
                .ok()?;
            let config = DFA::config().cache_capacity(CACHE).minimum_cache_clear_count(Some(0));
            DFA::builder().configure(config).build_from_nfa(nfa).ok()
        };
        with(syntax::Config::new().unicode(false)).or_else(|| with(syntax::Config::new())).map(PatternDfa)
    }

    /// Ready to be walked.
    pub(super) fn walked(&self) -> Walked<'_> {
        Walked { dfa: &self.0, cache: self.0.create_cache() }
    }

    /// Bytes of one class lead to the same state.
    pub(super) fn class(&self, byte: u8) -> u8 {
        self.0.byte_classes().get(byte)
    }
}

/// A step that fails (`None`) says that the automaton grew too large.
impl Walked<'_> {
    /// Before the first byte.
    pub(super) fn start(&mut self) -> Option<LazyStateID> {
        self.dfa.start_state(&mut self.cache, &start::Config::new()).ok()
    }

    /// After one more byte.
    pub(super) fn next(&mut self, state: LazyStateID, byte: u8) -> Option<LazyStateID> {
        self.dfa.next_state(&mut self.cache, state, byte).ok()
    }

    /// What is known in a state; `None` where nothing can be.
    pub(super) fn found(state: LazyStateID) -> Option<Verdict> {
        match state {
            _ if state.is_quit() => None,
            _ if state.is_match() => Some(Verdict::Matched),
            _ if state.is_dead() => Some(Verdict::Never),
            _ => Some(Verdict::Open),
        }
    }

    /// Whether a text that ends in a state matches.
    pub(super) fn matches_at_end(&mut self, state: LazyStateID) -> Option<bool> {
        Some(self.dfa.next_eoi_state(&mut self.cache, state).ok()?.is_match())
    }
}

/// A regex that is found in the very paths that a pattern takes; `None` for the rows of a map, which are too many.
pub(crate) fn regex_of(pattern: &PathPattern) -> Option<String> {
    Some(match pattern {
        PathPattern::Any => String::new(),
        PathPattern::Exact(path) => format!("^{}$", regex_syntax::escape(path)),
        PathPattern::Prefix(prefix) => format!("^{}(?:/|$)", regex_syntax::escape(prefix)),
        PathPattern::Template(template) => of_template(template),
        PathPattern::Glob(glob) => glob.meaning()?.to_string(),
        PathPattern::Regex(regex) => regex.meaning()?.to_string(),
        PathPattern::Map(_) => return None,
        PathPattern::AnyOf(several) => {
            let each: Option<Vec<String>> = several.iter().map(regex_of).collect();
            each?.iter().map(|regex| format!("(?:{regex})")).collect::<Vec<_>>().join("|")
        }
    })
}

fn of_template(template: &Template) -> String {
    let mut text = "^".to_owned();
    for segment in &template.segments {
        // Writing to a text cannot fail.
        let _ = match segment {
            Segment::Literal(literal) => write!(text, "/{}", regex_syntax::escape(literal)),
            Segment::Capture(_) => write!(text, "/[^/]+"),
        };
    }
    text.push_str(match (&template.rest, template.takes_bare) {
        (None, _) => "$",
        (Some(_), false) => "/",
        (Some(_), true) => "(?:/|$)",
    });
    text
}

/// The text that every path begins with which a glob or regex takes; empty where none is known.
pub(crate) fn beginning(pattern: &PathPattern) -> String {
    let meaning = match pattern {
        PathPattern::Glob(glob) => glob.meaning(),
        PathPattern::Regex(regex) => regex.meaning(),
        _ => None,
    };
    meaning.map(|hir| literal_beginning(&hir)).unwrap_or_default()
}

fn literal_beginning(hir: &Hir) -> String {
    let HirKind::Concat(parts) = hir.kind() else { return String::new() };
    let [first, rest @ ..] = parts.as_slice() else { return String::new() };
    if !matches!(first.kind(), HirKind::Look(Look::Start)) {
        return String::new();
    }
    let literals = rest.iter().map_while(|part| match part.kind() {
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok(),
        _ => None,
    });
    literals.collect()
}
