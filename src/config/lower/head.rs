//! What the top file says beside its routes, while it is lowered: the origins by name.

use std::collections::HashMap;

use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, Span, codes};
use crate::route::Definition;
use crate::text::quoted;

/// What the top file says beside its routes.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    /// The table so far; without routes.
    pub(crate) definition: Definition,
    /// The patterns of `include`, in order.
    pub(crate) includes: Vec<TextValue<'a>>,
    /// Where each origin is declared.
    pub(super) origin_spans: Vec<Span>,
    /// Where `default` is.
    pub(crate) default_span: Option<Span>,
    pub(super) origin_numbers: HashMap<&'a str, usize>,
    /// Where the function's memory is written, else the table's beginning.
    pub(crate) memory_at: Span,
    /// Where each behavior is written, the default one last; empty where the table writes none.
    pub(crate) behavior_spans: Vec<Span>,
}

/// Where the parts of the top file are written that checks of the whole table point at.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadSpans {
    /// Of each origin.
    pub(crate) origins: Vec<Span>,
    /// Of `default`.
    pub(crate) default: Option<Span>,
    /// Of each behavior, the default one last; empty where the table writes none.
    pub(crate) behaviors: Vec<Span>,
}

impl Head<'_> {
    /// Where its parts are written.
    pub(crate) fn spans(&self) -> HeadSpans {
        HeadSpans {
            origins: self.origin_spans.clone(),
            default: self.default_span.clone(),
            behaviors: self.behavior_spans.clone(),
        }
    }

    /// Where an origin is declared.
    pub(crate) fn declared_at(&self, id: &str) -> Span {
        let span = self.origin_numbers.get(id).and_then(|number| self.origin_spans.get(*number));
        span.cloned().unwrap_or_default()
    }

    /// Position of a declared origin; one that is not is an error, reported here or with the missing `[origins]`.
    pub(crate) fn origin(&self, findings: &mut Findings, name: &TextValue<'_>) -> Option<usize> {
        let ids = || self.definition.origins.iter().map(|origin| origin.id.as_str());
        let found = self.origin_numbers.get(name.text).copied();
        // A table without any origin says so once.
        if found.is_none() && !self.origin_numbers.is_empty() {
            let report = findings
                .report(&codes::UNKNOWN_ORIGIN, name.span.clone(), format!("there is no origin `{}`", name.text))
                .did_you_mean(name.text, ids());
            let known: Vec<&str> = ids().take(12).collect();
            if !known.is_empty() {
                report.help(format!("the table has {}", quoted(&known)));
            }
        }
        found
    }
}
