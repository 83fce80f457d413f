//! What is wrong with a table, as data: no words are rendered here, no file is read.
//!
//! `config` and `check` report into `Findings`, `report` renders the [`Diagnostic`]s that come of it as text or JSON.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

#[cfg(feature = "cli")]
pub mod codes;
#[cfg(feature = "cli")]
mod findings;

use std::ops::Range;

#[cfg(feature = "cli")]
pub(crate) use findings::{Findings, Report};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A table with one is not used.
    Error,
    /// The table decides, perhaps not as meant.
    Warning,
}

#[cfg(feature = "cli")]
impl Severity {
    /// As reports and pages spell it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A finding: what, where, why and what to do. Texts are lower case, without full stop, user text in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable: `R012`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What: one line.
    pub message: String,
    /// Where; the first is the place of the finding, the others explain it.
    pub labels: Vec<Label>,
    /// A concrete request that proves the finding.
    pub witness: Option<String>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

/// Some bytes of one of the [`Sources`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Position in [`Sources::files`].
    pub file: usize,
    /// Bytes of the file's text.
    pub range: Range<usize>,
}

/// A place with a few words on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// May be empty.
    pub text: String,
}

/// The files that diagnostics point into, in the order they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// One file. Made by [`Sources::add`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As the user would write it.
    pub name: String,
    /// Its text; empty for a file that could not be read.
    pub text: String,
    /// Where each line begins, the first one included.
    line_starts: Vec<usize>,
}

impl Sources {
    /// Adds a file; its number. O(bytes).
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        let text = text.into();
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        self.files.len() - 1
    }

    /// All files, by number.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The line, from 1, that a span begins on. O(log lines).
    #[must_use]
    pub fn line(&self, span: &Span) -> usize {
        self.files.get(span.file).map_or(1, |file| file.line_of(span.range.start))
    }

    /// Line and column (in characters) of a byte, both from 1. O(log lines + bytes of the line).
    #[must_use]
    pub fn line_column(&self, file: usize, byte: usize) -> (usize, usize) {
        let Some(file) = self.files.get(file) else { return (1, 1) };
        let mut end = byte.min(file.text.len());
        while !file.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = file.line_of(end);
        let before = file.text.get(file.bytes_of(line).start..end).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Puts a text before the name of every file, so that the names are found from another folder.
    pub fn prefix_names(&mut self, prefix: &str) {
        for file in &mut self.files {
            file.name.insert_str(0, prefix);
        }
    }
}

impl SourceFile {
    /// The line, from 1, that holds a byte. O(log lines).
    #[must_use]
    pub fn line_of(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= byte)
    }

    /// The bytes of a line, from 1, with its line break; empty behind the last line.
    #[must_use]
    pub fn bytes_of(&self, line: usize) -> Range<usize> {
        let start = |line: usize| self.line_starts.get(line).copied().unwrap_or(self.text.len());
        start(line.saturating_sub(1))..start(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a", "ab\nçd\n\nx");
        let rows =
            [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (4, (2, 1)), (5, (2, 2)), (6, (2, 3)), (7, (3, 1)), (99, (4, 2))];
        for (byte, expected) in rows {
            assert_eq!(sources.line_column(file, byte), expected, "{byte}");
        }
    }
}
