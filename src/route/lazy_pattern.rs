//! Patterns that were checked when they were read and are compiled when they are first needed.
//!
//! A table may hold thousands; a Lambda instance meets few of them. Compiling 8,000 regexes costs 350 ms at start.

use std::fmt::Debug;
use std::sync::OnceLock;

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// Longest text of a regex, bytes.
pub const MAX_TEXT: usize = 4 * 1024;
/// Largest compiled regex, bytes: a regex that needs more is refused by the check.
pub const MAX_COMPILED: usize = 1024 * 1024;
/// Cache of the lazy automaton, bytes, per regex and thread.
const DFA_CACHE: usize = 512 * 1024;

/// A regex, searched: at most [`MAX_TEXT`], and compiled [`MAX_COMPILED`].
pub type LazyRegex = LazyPattern<Regex>;
/// A glob of globset's language, matched against whole paths: `*` stays inside a segment, a backslash escapes, case counts.
pub type Glob = LazyPattern<GlobMatcher>;

/// The text of a pattern, compiled on first use.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String", bound = "")]
pub struct LazyPattern<M: Matcher> {
    text: String,
    compiled: OnceLock<Box<M>>,
}

/// What a pattern is compiled to.
pub trait Matcher: Clone + Debug {
    /// Why a text is no pattern, in the words of its library.
    type Error;

    /// Compiles a text.
    ///
    /// # Errors
    /// The text is no pattern, or larger than it may be.
    fn compile(text: &str) -> Result<Self, Self::Error>;

    /// Whether it takes a text.
    fn is_match(&self, text: &str) -> bool;
}

impl<M: Matcher> LazyPattern<M> {
    /// A pattern whose text was checked elsewhere: it is an error of the program to match with another.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        LazyPattern { text: text.into(), compiled: OnceLock::new() }
    }

    /// Checks a text. What was compiled for it is not kept.
    ///
    /// # Errors
    /// Those of [`Matcher::compile`].
    pub fn parse(text: &str) -> Result<Self, M::Error> {
        M::compile(text).map(|_| LazyPattern::new(text))
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is compiled to.
    #[must_use]
    pub fn get(&self) -> &M {
        self.compiled.get_or_init(|| match M::compile(&self.text) {
            Ok(compiled) => Box::new(compiled),
            // Its words would make the edge's binary larger, to say what is never said.
            Err(_) => unreachable!("it was compiled to check it"),
        })
    }

    /// Whether it takes a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.get().is_match(text)
    }
}

impl Matcher for Regex {
    type Error = regex::Error;

    fn compile(text: &str) -> Result<Regex, regex::Error> {
        if text.len() > MAX_TEXT {
            return Err(regex::Error::CompiledTooBig(MAX_TEXT));
        }
        RegexBuilder::new(text).size_limit(MAX_COMPILED).dfa_size_limit(DFA_CACHE).nest_limit(64).build()
    }

    fn is_match(&self, text: &str) -> bool {
        self.is_match(text)
    }
}

impl Matcher for GlobMatcher {
    type Error = globset::Error;

    fn compile(text: &str) -> Result<GlobMatcher, globset::Error> {
        Ok(builder(text).build()?.compile_matcher())
    }

    fn is_match(&self, text: &str) -> bool {
        self.is_match(text)
    }
}

impl Glob {
    /// The regex that the glob stands for, in the syntax of byte regexes; `None` for a text that is no glob.
    #[must_use]
    pub fn regex_text(&self) -> Option<String> {
        builder(&self.text).build().ok().map(|glob| glob.regex().to_owned())
    }
}

fn builder(text: &str) -> GlobBuilder<'_> {
    let mut builder = GlobBuilder::new(text);
    builder.literal_separator(true).backslash_escape(true);
    builder
}

impl<M: Matcher> PartialEq for LazyPattern<M> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<M: Matcher> Eq for LazyPattern<M> {}

impl<M: Matcher> From<String> for LazyPattern<M> {
    fn from(text: String) -> Self {
        LazyPattern::new(text)
    }
}

impl<M: Matcher> From<LazyPattern<M>> for String {
    fn from(pattern: LazyPattern<M>) -> String {
        pattern.text
    }
}
