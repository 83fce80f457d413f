//! How large a pattern may be, and why a text is none.

/// Longest text of a regex, bytes.
pub const MAX_TEXT: usize = 4 * 1024;
/// Largest compiled regex, bytes: a regex that needs more is refused by the check.
pub const MAX_COMPILED: usize = 1024 * 1024;
/// What one pattern takes at most, bytes: its states, and an automaton that has room for a few sets of them.
pub const MAX_PROGRAM: usize = 4 * MAX_COMPILED;
/// Deepest nesting of groups and classes in a regex.
pub const MAX_NESTING: u32 = 64;

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is longer than [`MAX_TEXT`], or compiled larger than [`MAX_COMPILED`].
    #[error("it is too large")]
    TooLarge,
    /// It does not follow its language, in the words of the library.
    #[error("{0}")]
    Malformed(String),
}

impl From<regex_syntax::Error> for PatternError {
    fn from(error: regex_syntax::Error) -> PatternError {
        PatternError::Malformed(error.to_string())
    }
}

impl From<regex_syntax::ast::Error> for PatternError {
    fn from(error: regex_syntax::ast::Error) -> PatternError {
        PatternError::Malformed(error.to_string())
    }
}

impl From<regex_syntax::hir::Error> for PatternError {
    fn from(error: regex_syntax::hir::Error) -> PatternError {
        PatternError::Malformed(error.to_string())
    }
}
