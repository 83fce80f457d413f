//! Globs and regexes: checked when they are read, compiled when they are first needed, given up when others need room.
//!
//! A table may hold thousands, and a Lambda instance of 128 MB lives for hours: whatever requests come, the compiled
//! patterns of a table take no more than [`BUDGET`] (`store`). That is enough because paths are ASCII and patterns are
//! compiled for it (`ascii`), to small programs (`program`).

mod ascii;
mod bounds;
mod program;
mod store;

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use globset::GlobBuilder;
use regex_syntax::hir::Hir;
use serde::{Deserialize, Serialize};

pub use self::bounds::{MAX_COMPILED, MAX_NESTING, MAX_PROGRAM, MAX_TEXT, PatternError};
use self::program::{PURPOSES, Program, Purpose, states};
pub use self::store::BUDGET;
pub(crate) use self::store::ProgramStore;

/// A regex, searched: at most [`MAX_TEXT`], and compiled [`MAX_COMPILED`].
pub type LazyRegex = LazyPattern<RegexNotation>;
/// A glob of globset's language, matched against whole paths: `*` stays inside a segment, a backslash escapes, case counts.
pub type Glob = LazyPattern<GlobNotation>;

/// The text of a pattern. In a table it is compiled on first use and kept while there is room; elsewhere it is compiled
/// for each use and nothing is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String", bound = "")]
pub struct LazyPattern<N: Notation> {
    text: String,
    home: Option<Home>,
    notation: PhantomData<N>,
}

/// Where a table keeps the programs of a pattern.
#[derive(Clone, Debug)]
struct Home {
    store: Arc<ProgramStore>,
    number: u32,
}

/// How a pattern is written.
pub trait Notation: Clone + Debug {
    /// What a text means for texts with any characters.
    ///
    /// # Errors
    /// The text is malformed.
    fn read(text: &str) -> Result<Hir, PatternError>;

    /// What it means for ASCII texts.
    ///
    /// # Errors
    /// The text is malformed.
    fn read_for_ascii(text: &str) -> Result<Hir, PatternError>;
}

/// A regex, searched.
#[derive(Clone, Debug)]
pub enum RegexNotation {}

/// A glob.
#[derive(Clone, Debug)]
pub enum GlobNotation {}

impl<N: Notation> LazyPattern<N> {
    /// A pattern whose text was checked elsewhere; one that is malformed or too large matches nothing.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        LazyPattern { text: text.into(), home: None, notation: PhantomData }
    }

    /// Checks a text that is for paths. What was compiled for it is not kept.
    ///
    /// # Errors
    /// It is malformed, or too large for ASCII text.
    pub fn for_paths(text: &str) -> Result<Self, PatternError> {
        N::read(text)?;
        states(&N::read_for_ascii(text)?, Purpose::Groups, false)?;
        Ok(LazyPattern::new(text))
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means for ASCII texts; `None` where it is malformed.
    #[must_use]
    pub fn meaning(&self) -> Option<Hir> {
        N::read_for_ascii(&self.text).ok()
    }

    /// Whether it takes a path in normal form, which is ASCII. O(m) in bytes of the path.
    #[must_use]
    pub fn takes_path(&self, path: &str) -> bool {
        self.run(Purpose::Find, true, |program| program.is_match(path))
    }

    /// Whether it takes a text of any characters. O(m) in bytes of the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.run(Purpose::Find, text.is_ascii(), |program| program.is_match(text))
    }

    /// Gives it a place among the compiled patterns of a table.
    pub(crate) fn keep_in(&mut self, store: &Arc<ProgramStore>, number: u32) {
        self.home = Some(Home { store: Arc::clone(store), number });
    }

    fn run<R>(&self, purpose: Purpose, is_ascii: bool, run: impl FnOnce(&mut Program) -> R) -> R {
        let compile = || self.compile(purpose, is_ascii);
        match &self.home {
            Some(home) => {
                let kind = purpose as usize + if is_ascii { 0 } else { PURPOSES };
                home.store.run(home.number as usize * (PURPOSES * 2) + kind, compile, run)
            }
            None => run(&mut compile()),
        }
    }

    #[inline(never)] // it is seldom needed
    fn compile(&self, purpose: Purpose, is_ascii: bool) -> Program {
        let hir = if is_ascii { N::read_for_ascii(&self.text) } else { N::read(&self.text) };
        hir.and_then(|hir| Program::new(&hir, purpose, !is_ascii)).unwrap_or(Program::Nothing)
    }
}

impl LazyRegex {
    /// Checks a regex that is for values, which may hold any characters. What was compiled for it is not kept.
    ///
    /// # Errors
    /// It is malformed or too large.
    pub fn for_values(text: &str) -> Result<Self, PatternError> {
        states(&RegexNotation::read(text)?, Purpose::Groups, true)?;
        Ok(LazyPattern::new(text))
    }

    /// Where each group is in a path in normal form, the whole match first; empty for one that took no part, and none at
    /// all where the regex is not found.
    #[must_use]
    pub fn places(&self, path: &str) -> Vec<Range<usize>> {
        self.run(Purpose::Groups, true, |program| program.places(path))
    }

    /// The text of each group in a text of any characters, likewise.
    #[must_use]
    pub fn groups<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let places = self.run(Purpose::Groups, text.is_ascii(), |program| program.places(text));
        places.into_iter().map(|place| text.get(place).unwrap_or_default()).collect()
    }

    /// The name of each group, where it has one; the whole match is the first and has none.
    #[must_use]
    pub fn group_names(&self) -> Vec<Option<String>> {
        let states = RegexNotation::read_for_ascii(&self.text).and_then(|hir| states(&hir, Purpose::Groups, false));
        let names = states.iter().flat_map(|nfa| nfa.group_info().pattern_names(Default::default()));
        names.map(|name| name.map(str::to_owned)).collect()
    }
}

impl Notation for RegexNotation {
    fn read(text: &str) -> Result<Hir, PatternError> {
        if text.len() > MAX_TEXT {
            return Err(PatternError::TooLarge);
        }
        Ok(regex_syntax::ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(text)?)
    }

    fn read_for_ascii(text: &str) -> Result<Hir, PatternError> {
        if text.len() > MAX_TEXT { Err(PatternError::TooLarge) } else { ascii::of_regex(text) }
    }
}

impl Notation for GlobNotation {
    fn read(text: &str) -> Result<Hir, PatternError> {
        let mut builder = GlobBuilder::new(text);
        builder.literal_separator(true).backslash_escape(true);
        let glob = builder.build().map_err(|error| PatternError::Malformed(error.kind().to_string()))?;
        // As globset compiles its own.
        let mut parser = regex_syntax::ParserBuilder::new();
        Ok(parser.utf8(false).dot_matches_new_line(true).build().parse(glob.regex())?)
    }

    fn read_for_ascii(text: &str) -> Result<Hir, PatternError> {
        Ok(ascii::ascii(&GlobNotation::read(text)?))
    }
}

impl<N: Notation> PartialEq for LazyPattern<N> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<N: Notation> Eq for LazyPattern<N> {}

impl<N: Notation> From<String> for LazyPattern<N> {
    fn from(text: String) -> Self {
        LazyPattern::new(text)
    }
}

impl<N: Notation> From<LazyPattern<N>> for String {
    fn from(pattern: LazyPattern<N>) -> String {
        pattern.text
    }
}
