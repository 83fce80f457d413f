//! What every step of lowering shares: the files, the file that is being read, and the findings so far.

use std::ops::Range;

use crate::config::read::files::{Entry, FileError, Files};
use crate::diagnostic::codes::Code;
use crate::diagnostic::{Diagnostic, Findings, Report, Sources, Span};

/// Bytes of all files of a table together.
const MAX_TOTAL: u64 = 256 * 1024 * 1024;
/// The findings so far, and where the next one is.
pub(crate) struct Context<'f> {
    files: &'f dyn Files,
    /// Bytes read so far.
    read: u64,
    /// Every file read, by number.
    pub(crate) sources: Sources,
    /// The file that spans count in.
    pub(crate) file: usize,
    /// Rows of redirect maps met so far.
    pub(crate) map_rows: usize,
    /// All findings so far.
    pub(crate) findings: Findings,
}

impl<'f> Context<'f> {
    /// Nothing read, nothing found.
    pub(crate) fn new(files: &'f dyn Files) -> Context<'f> {
        Context { files, read: 0, sources: Sources::default(), file: 0, map_rows: 0, findings: Findings::default() }
    }

    /// The content of a file of at most `limit` bytes, which fits with all files read before it.
    pub(crate) fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let bytes = self.files.read(name, limit.min(MAX_TOTAL.saturating_sub(self.read)))?;
        self.read = self.read.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(bytes)
    }

    /// What is directly in a folder.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError> {
        self.files.list(folder)
    }

    /// A finding at a place of the current file; the report takes what else is to be said.
    pub(crate) fn report(&mut self, code: &'static Code, span: Range<usize>, message: impl Into<String>) -> Report<'_> {
        let span = self.here(span);
        self.findings.report(code, span, message)
    }

    /// A place of the current file.
    pub(crate) fn here(&self, range: Range<usize>) -> Span {
        Span { file: self.file, range }
    }

    /// Takes findings that were made elsewhere.
    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.findings.extend(diagnostics);
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
    pub(crate) fn finish(self) -> (Sources, Vec<Diagnostic>) {
        (self.sources, self.findings.finish())
    }
}
