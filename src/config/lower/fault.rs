//! What is wrong with a text: found by what knows the text alone, reported by what knows where it is written.

use std::ops::Range;

use crate::config::read::value::TextValue;
use crate::diagnostic::codes::Code;
use crate::diagnostic::{Findings, Report};

/// What is wrong with a text: which bytes of it, and in what way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Which kind of finding.
    pub(crate) code: &'static Code,
    /// Bytes of the text; all of it where they go beyond its end.
    pub(crate) part: Range<usize>,
    message: String,
    help: Vec<String>,
}

impl Fault {
    /// A fault of these bytes.
    pub(crate) fn new(code: &'static Code, part: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { code, part, message: message.into(), help: Vec::new() }
    }

    /// A fault of the whole text.
    pub(crate) fn whole(code: &'static Code, message: impl Into<String>) -> Fault {
        Fault::new(code, 0..usize::MAX, message)
    }

    /// The same as a finding of another kind.
    pub(crate) fn with_code(self, code: &'static Code) -> Fault {
        Fault { code, ..self }
    }

    /// What it says to do.
    #[cfg(test)]
    pub(crate) fn helps(&self) -> &[String] {
        &self.help
    }

    /// What to do.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Fault {
        self.help.push(text.into());
        self
    }

    /// Makes a finding of it: `report` is given its code, its bytes and its words.
    pub(crate) fn report<'f>(self, report: impl FnOnce(&'static Code, Range<usize>, String) -> Report<'f>) {
        let report = report(self.code, self.part, self.message);
        self.help.into_iter().fold(report, Report::help);
    }

    /// Makes a finding of it, of a text that is written here.
    pub(crate) fn report_in(self, findings: &mut Findings, text: &TextValue<'_>) {
        self.report(|code, part, message| findings.report(code, text.part(part), message));
    }
}

/// What became of a text; `None` where it has a fault, which is reported.
pub(crate) fn sound<T>(findings: &mut Findings, text: &TextValue<'_>, made: Result<T, Fault>) -> Option<T> {
    made.map_err(|fault| fault.report_in(findings, text)).ok()
}
