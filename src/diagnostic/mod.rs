//! What is wrong with a table, as data: no words are rendered here, no file is read.
//!
//! `config` makes diagnostics, `report` renders them as text or JSON.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::ops::Range;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The table is no table.
    Error,
    /// The table decides, perhaps not as meant.
    Warning,
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

/// A span of a file with a few words on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Position in [`Sources`].
    pub file: usize,
    /// Bytes of the file's text.
    pub span: Range<usize>,
    /// May be empty.
    pub text: String,
}

/// The files that diagnostics point into, in the order they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As the user would write it.
    pub name: String,
    /// Its text; empty for a file that could not be read.
    pub text: String,
}

impl Sources {
    /// Adds a file; its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        self.files.len() - 1
    }

    /// All files, by number.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Line and column (in characters) of a byte, both from 1. O(bytes before it).
    #[must_use]
    pub fn line_column(&self, file: usize, byte: usize) -> (usize, usize) {
        let text = self.files.get(file).map_or("", |file| file.text.as_str());
        let mut end = byte.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
