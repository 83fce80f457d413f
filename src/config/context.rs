//! What every step of lowering shares: the files, the file that is being read, and the findings so far.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Label, Severity, Sources};

use super::codes::Code;
use super::files::Files;
use super::near::nearest;

/// The findings so far, and where the next one is.
pub(crate) struct Context<'f> {
    /// What the table's files are read from.
    pub(crate) files: &'f dyn Files,
    /// Every file read, by number.
    pub(crate) sources: Sources,
    /// The file that spans count in.
    pub(crate) file: usize,
    diagnostics: Vec<Diagnostic>,
}

impl<'f> Context<'f> {
    /// Nothing read, nothing found.
    pub(crate) fn new(files: &'f dyn Files) -> Context<'f> {
        Context { files, sources: Sources::default(), file: 0, diagnostics: Vec::new() }
    }

    /// A finding at a place of the current file; the report takes what else is to be said.
    pub(crate) fn report(&mut self, code: &'static Code, span: Range<usize>, message: impl Into<String>) -> Report<'_> {
        let label = Label { file: self.file, span, text: String::new() };
        self.diagnostics.push(Diagnostic {
            code: code.code,
            severity: code.severity,
            message: message.into(),
            labels: vec![label],
            witness: None,
            help: Vec::new(),
        });
        let at = self.diagnostics.len() - 1;
        Report(&mut self.diagnostics[at])
    }

    /// Takes findings that were made elsewhere.
    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// Whether the table is no table.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Keeps the findings that a predicate holds of.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// The bytes of the current file that hold a part of a text value: `part` counts in the value as it was read.
    /// The whole value where escapes make the two differ.
    pub(crate) fn inside(&self, span: &Range<usize>, value: &str, part: Range<usize>) -> Range<usize> {
        let raw = self.sources.files().get(self.file).and_then(|file| file.text.get(span.clone()));
        match raw.and_then(|raw| raw.find(value)) {
            Some(start) if part.end <= value.len() => span.start + start + part.start..span.start + start + part.end,
            _ => span.clone(),
        }
    }

    /// The line of a byte of the current file, from 1.
    pub(crate) fn line(&self, byte: usize) -> u32 {
        u32::try_from(self.sources.line_column(self.file, byte).0).unwrap_or(u32::MAX)
    }

    /// All files, and all findings in order of position.
    pub(crate) fn finish(mut self) -> (Sources, Vec<Diagnostic>) {
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| (label.file, label.span.start));
        self.diagnostics.sort_by_key(place);
        (self.sources, self.diagnostics)
    }
}

/// A finding that is being written.
pub(crate) struct Report<'c>(&'c mut Diagnostic);

impl Report<'_> {
    /// Words on the place of the finding.
    pub(crate) fn label(self, text: impl Into<String>) -> Self {
        if let Some(label) = self.0.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// A further place, with words on it.
    pub(crate) fn also(self, file: usize, span: Range<usize>, text: impl Into<String>) -> Self {
        self.0.labels.push(Label { file, span, text: text.into() });
        self
    }

    /// What to do.
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        self.0.help.push(text.into());
        self
    }

    /// `did you mean …` where a known word is near.
    pub(crate) fn did_you_mean<'w>(self, word: &str, known: impl IntoIterator<Item = &'w str>) -> Self {
        match nearest(word, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// A concrete request that proves the finding.
    #[allow(dead_code, reason = "for the lints that come after the language")]
    pub(crate) fn witness(self, request: impl Into<String>) -> Self {
        self.0.witness = Some(request.into());
        self
    }
}
