//! What a table expects of itself: `[[test]]`, `examples` and `not_examples`.

use crate::route::Definition;

use super::context::Context;
use super::value::Value;

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {}

/// The expectations of a table as they were written.
#[derive(Debug, Default)]
pub(crate) struct Raw<'a> {
    /// Of routes, in the table's order.
    pub(crate) examples: Vec<RawExamples<'a>>,
    /// `[[test]]` entries, in order.
    pub(crate) tests: Vec<RawTest<'a>>,
}

/// `examples` and `not_examples` of a route.
#[derive(Debug)]
pub(crate) struct RawExamples<'a> {
    /// Position in [`Definition::routes`]; `None` for a route with errors.
    pub(crate) route: Option<usize>,
    /// The file that spans count in.
    pub(crate) file: usize,
    /// The value of `examples`.
    pub(crate) examples: Option<&'a Value<'a>>,
    /// The value of `not_examples`.
    pub(crate) not_examples: Option<&'a Value<'a>>,
}

/// A `[[test]]`.
#[derive(Debug)]
pub(crate) struct RawTest<'a> {
    /// The file that spans count in.
    pub(crate) file: usize,
    /// The whole entry.
    pub(crate) value: &'a Value<'a>,
}

/// Lowers all expectations; what is malformed is reported, even where the table has errors elsewhere.
pub(crate) fn lower(_context: &mut Context<'_>, _definition: &Definition, _raw: &Raw<'_>) -> Vec<Case> {
    Vec::new()
}
