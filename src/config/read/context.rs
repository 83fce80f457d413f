//! What every step of lowering shares: the files, the file that is being read, and the findings so far.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Label, Severity, Sources};

use crate::config::read::files::{Entry, FileError, Files};
use crate::config::read::value::quoted;
use crate::diagnostic::codes::{self, Code};
use crate::text::nearest;

/// Bytes of all files of a table together.
const MAX_TOTAL: u64 = 256 * 1024 * 1024;
/// Findings that are listed; a file of garbage could have millions.
const MAX_FINDINGS: usize = 10_000;
/// Longest text of the user in a message, characters.
const MAX_QUOTED: usize = 160;

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
    diagnostics: Vec<Diagnostic>,
    errors: Unlisted,
    warnings: Unlisted,
}

/// Findings beyond [`MAX_FINDINGS`]: counted.
#[derive(Debug, Default)]
struct Unlisted {
    count: usize,
    codes: BTreeSet<&'static str>,
    first: Option<Label>,
}

impl<'f> Context<'f> {
    /// Nothing read, nothing found.
    pub(crate) fn new(files: &'f dyn Files) -> Context<'f> {
        let (errors, warnings) = (Unlisted::default(), Unlisted::default());
        let (sources, diagnostics) = (Sources::default(), Vec::new());
        Context { files, read: 0, sources, file: 0, map_rows: 0, diagnostics, errors, warnings }
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
        let label = Label { file: self.file, span, text: String::new() };
        if self.is_full() {
            self.leave_out(code.code, code.severity, label);
            return Report(None);
        }
        self.diagnostics.push(Diagnostic {
            code: code.code,
            severity: code.severity,
            message: tidy(message.into()),
            labels: vec![label],
            witness: None,
            help: Vec::new(),
        });
        Report(self.diagnostics.last_mut())
    }

    /// Whether further findings are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_FINDINGS
    }

    fn leave_out(&mut self, code: &'static str, severity: Severity, label: Label) {
        let unlisted = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        unlisted.count += 1;
        unlisted.codes.insert(code);
        unlisted.first.get_or_insert(label);
    }

    /// Takes findings that were made elsewhere.
    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for found in diagnostics {
            if !self.is_full() {
                self.diagnostics.push(found);
            } else if let Some(label) = found.labels.into_iter().next() {
                self.leave_out(found.code, found.severity, label);
            }
        }
    }

    /// Whether the table is no table.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors_beside(|_| false)
    }

    /// Whether the table is no table, were some errors not there.
    pub(crate) fn has_errors_beside(&self, are_left_out: impl Fn(&str) -> bool) -> bool {
        let listed = self.diagnostics.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code);
        listed.chain(self.errors.codes.iter().copied()).any(|code| !are_left_out(code))
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
        for (code, unlisted) in [(&codes::MORE_ERRORS, self.errors), (&codes::MORE_WARNINGS, self.warnings)] {
            let Some(label) = unlisted.first else { continue };
            let message = format!("and {} more than are listed, from here on", unlisted.count);
            self.diagnostics.push(Diagnostic {
                code: code.code,
                severity: code.severity,
                message,
                labels: vec![label],
                witness: None,
                help: vec![format!("the kinds not listed are {}", quoted(&Vec::from_iter(unlisted.codes)))],
            });
        }
        let place = |diagnostic: &Diagnostic| diagnostic.labels.first().map(|label| (label.file, label.span.start));
        self.diagnostics.sort_by_key(place);
        (self.sources, self.diagnostics)
    }
}

/// A finding that is being written; one that is not listed takes every word and keeps none.
pub(crate) struct Report<'c>(Option<&'c mut Diagnostic>);

impl Report<'_> {
    fn with(mut self, change: impl FnOnce(&mut Diagnostic)) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            change(diagnostic);
        }
        self
    }

    /// Words on the place of the finding.
    pub(crate) fn label(self, text: impl Into<String>) -> Self {
        self.with(|diagnostic| {
            if let Some(label) = diagnostic.labels.first_mut() {
                label.text = tidy(text.into());
            }
        })
    }

    /// A further place, with words on it.
    pub(crate) fn also(self, file: usize, span: Range<usize>, text: impl Into<String>) -> Self {
        self.with(|diagnostic| diagnostic.labels.push(Label { file, span, text: tidy(text.into()) }))
    }

    /// What to do.
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        self.with(|diagnostic| diagnostic.help.push(tidy(text.into())))
    }

    /// `did you mean …` where a known word is near.
    pub(crate) fn did_you_mean<'w>(self, word: &str, known: impl IntoIterator<Item = &'w str>) -> Self {
        match self.0.as_ref().and_then(|_| nearest(word, known)) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// A message fit for a terminal: the user's texts, in backticks, without control characters and of bounded length.
fn tidy(message: String) -> String {
    if message.len() <= MAX_QUOTED && !message.contains(char::is_control) {
        return message;
    }
    let pieces: Vec<String> = message.split('`').map(tidy_piece).collect();
    pieces.join("`")
}

fn tidy_piece(piece: &str) -> String {
    let escape = |char: char| if char.is_control() { char.escape_default().to_string() } else { char.to_string() };
    if piece.chars().count() <= MAX_QUOTED {
        return piece.chars().map(escape).collect();
    }
    let head: String = piece.chars().take(MAX_QUOTED / 2).map(escape).collect();
    let mut tail: Vec<String> = piece.chars().rev().take(MAX_QUOTED / 4).map(escape).collect();
    tail.reverse();
    format!("{head}…{}", tail.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read::files::MemoryFiles;

    #[test]
    fn a_message_is_fit_for_a_terminal() {
        assert_eq!(tidy("`a\u{1b}[31m` is no host".into()), "`a\\u{1b}[31m` is no host");
        let long = tidy(format!("`{}` is no host", "a".repeat(1_000_000)));
        assert_eq!(long, format!("`{}…{}` is no host", "a".repeat(80), "a".repeat(40)));
    }

    #[test]
    fn what_is_not_listed_is_counted() {
        let files = MemoryFiles::new();
        let mut context = Context::new(&files);
        context.sources.add("a", "");
        for _ in 0..MAX_FINDINGS + 5 {
            context.report(&codes::UNKNOWN_KEY, 0..0, "x").help("y").did_you_mean("a", ["b"]);
        }
        assert!(context.has_errors());
        let (_, diagnostics) = context.finish();
        assert_eq!(diagnostics.len(), MAX_FINDINGS + 1);
        assert_eq!(
            diagnostics.last().map(|last| last.message.as_str()),
            Some("and 5 more than are listed, from here on")
        );
    }
}
