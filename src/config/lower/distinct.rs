//! Lists in which no value is twice.

use std::collections::HashMap;
use std::hash::Hash;

use crate::config::lower::fault::{Fault, sound};
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Span, codes};

/// The values of a list, each once.
pub(crate) struct Distinct<T> {
    /// In written order.
    pub(crate) values: Vec<T>,
    /// Where each is.
    seen: HashMap<T, Span>,
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    /// No value yet.
    pub(crate) fn new() -> Distinct<T> {
        Distinct { values: Vec::new(), seen: HashMap::new() }
    }

    /// What each of some texts stands for; what has a fault is reported and left out.
    pub(crate) fn of(
        findings: &mut Findings,
        texts: &[TextValue<'_>],
        made: impl Fn(&str) -> Result<T, Fault>,
    ) -> Vec<T> {
        let mut distinct = Distinct::new();
        for text in texts {
            if let Some(value) = sound(findings, text, made(text.text)) {
                distinct.push(findings, value, text);
            }
        }
        distinct.values
    }

    /// Adds a value, or reports that it is there already.
    pub(crate) fn push(&mut self, findings: &mut Findings, value: T, text: &TextValue<'_>) {
        if let Some(first) = self.seen.get(&value) {
            let message = format!("`{}` is listed twice", text.text);
            let report = findings.report(&codes::REPEATED_VALUE, text.span.clone(), message);
            report.also(first.clone(), "here first").help("remove one");
        } else {
            self.seen.insert(value.clone(), text.span.clone());
            self.values.push(value);
        }
    }
}
