//! Lists in which no value is twice.

use std::collections::HashSet;
use std::hash::Hash;

use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, codes};

/// The values of a list, each once.
pub(crate) struct Distinct<T> {
    /// In written order.
    pub(crate) values: Vec<T>,
    seen: HashSet<T>,
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    /// No value yet.
    pub(crate) fn new() -> Distinct<T> {
        Distinct { values: Vec::new(), seen: HashSet::new() }
    }

    /// Adds a value, or reports that it is there already.
    pub(crate) fn push(&mut self, findings: &mut Findings, value: T, text: &TextValue<'_>) {
        if self.seen.insert(value.clone()) {
            self.values.push(value);
        } else {
            let message = format!("`{}` is listed twice", text.text);
            findings.report(&codes::REPEATED_VALUE, text.span.clone(), message).help("remove one");
        }
    }
}
