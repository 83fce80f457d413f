//! A regex that was checked when it was read and is compiled when it is first needed.
//!
//! A table may hold thousands; a Lambda instance meets few of them. Compiling all of 8,000 costs 350 ms at start.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// Longest text of a regex, bytes.
pub const MAX_TEXT: usize = 4 * 1024;
/// Largest compiled regex, bytes: a regex that needs more is refused by the check.
pub const MAX_COMPILED: usize = 1024 * 1024;
/// Cache of the lazy automaton, bytes, per regex and thread.
const DFA_CACHE: usize = 512 * 1024;

/// The text of a regex, compiled on first use.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct LazyRegex {
    text: String,
    compiled: OnceLock<Option<Box<Regex>>>,
}

impl LazyRegex {
    /// A regex whose text was checked elsewhere; one that does not compile matches nothing.
    #[must_use]
    pub fn new(text: impl Into<String>) -> LazyRegex {
        LazyRegex { text: text.into(), compiled: OnceLock::new() }
    }

    /// Checks a text and compiles it.
    ///
    /// # Errors
    /// The text is no regex, longer than [`MAX_TEXT`], or compiles to more than [`MAX_COMPILED`].
    pub fn parse(text: impl Into<String>) -> Result<LazyRegex, regex::Error> {
        let text = text.into();
        if text.len() > MAX_TEXT {
            return Err(regex::Error::CompiledTooBig(MAX_TEXT));
        }
        let compiled = compile(&text)?;
        Ok(LazyRegex { text, compiled: OnceLock::from(Some(Box::new(compiled))) })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The compiled regex; `None` for a text that [`LazyRegex::parse`] would refuse.
    #[must_use]
    pub fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.text).ok().map(Box::new)).as_deref()
    }

    /// Whether it is found in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|regex| regex.is_match(text))
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MAX_COMPILED).dfa_size_limit(DFA_CACHE).nest_limit(64).build()
}

impl PartialEq for LazyRegex {
    fn eq(&self, other: &LazyRegex) -> bool {
        self.text == other.text
    }
}

impl Eq for LazyRegex {}

impl From<String> for LazyRegex {
    fn from(text: String) -> LazyRegex {
        LazyRegex::new(text)
    }
}

impl From<LazyRegex> for String {
    fn from(regex: LazyRegex) -> String {
        regex.text
    }
}
