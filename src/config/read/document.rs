//! One TOML file of a table: read, parsed, and taken apart again.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::read::files::{FileError, MAX_TOML};
use crate::config::read::reader::Reader;
use crate::config::read::value::{Setting, in_written_order};
use crate::diagnostic::{Findings, Span, codes};

/// Syntax errors reported of one file; a file of garbage has one per line.
const MAX_SYNTAX_ERRORS: usize = 100;

/// Largest file, bytes, that is read on after a syntax error: the parser keeps some 200 bytes for each byte of garbage.
const MAX_RECOVERED: usize = 2 * 1024 * 1024;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Document {
    /// Its number in the sources.
    pub(crate) file: usize,
    /// Its text.
    pub(crate) text: String,
}

impl Document {
    /// Reads a file; `named_at` is what names it, for the report where it cannot be read.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        findings: &mut Findings,
        name: &str,
        named_at: Option<&Span>,
    ) -> Option<Document> {
        let read = reader.read(name, MAX_TOML).map(decode);
        let (text, broken) = read.as_ref().map_or(("", None), |(text, broken)| (text.as_str(), broken.clone()));
        let file = reader.sources.add(name, text);
        match read {
            Err(error) => {
                let is_missing = named_at.is_some() && error == FileError::NotFound;
                let code = if is_missing { &codes::NOTHING_INCLUDED } else { &codes::UNREADABLE };
                let span = named_at.cloned().unwrap_or(Span { file, range: 0..0 });
                findings.report(code, span, format!("cannot read `{name}`: {error}"));
                None
            }
            Ok((text, None)) => Some(Document { file, text }),
            Ok(_) => {
                report_not_utf8(findings, name, Span { file, range: broken.unwrap_or_default() });
                None
            }
        }
    }

    /// The tree of the text, as far as it could be read; every syntax error is reported, of a large file the first.
    pub(crate) fn parse(&self, findings: &mut Findings) -> Tree<'_> {
        let place = |error: &toml::de::Error| self.span(error.span().unwrap_or(0..0));
        let first = match DeTable::parse(&self.text) {
            Ok(root) => return Tree { document: self, root: root.into_inner(), is_whole: true },
            Err(first) => first,
        };
        if self.text.len() > MAX_RECOVERED {
            findings
                .report(&codes::SYNTAX, place(&first), first.message())
                .help("a file of this size is read up to its first syntax error: correct it and check again");
            return Tree { document: self, root: DeTable::new(), is_whole: false };
        }
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            findings.report(&codes::SYNTAX, place(error), error.message());
        }
        if let Some(next) = errors.get(MAX_SYNTAX_ERRORS) {
            let more = errors.len() - MAX_SYNTAX_ERRORS;
            findings.report(&codes::SYNTAX, place(next), format!("and {more} more syntax errors, starting here"));
        }
        Tree { document: self, root: root.into_inner(), is_whole: false }
    }

    /// Bytes of this file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span { file: self.file, range }
    }
}

/// Reports the first bytes of a file that are not UTF-8.
pub(crate) fn report_not_utf8(findings: &mut Findings, name: &str, at: Span) {
    findings.report(&codes::NOT_UTF8, at, format!("`{name}` is not UTF-8")).help("save it as UTF-8");
}

/// The text of a file's bytes, and the place of the first that is not UTF-8.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, Option<Range<usize>>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, Some(at..at + char::REPLACEMENT_CHARACTER.len_utf8()))
        }
    }
}

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    /// The file.
    pub(crate) document: &'t Document,
    root: DeTable<'t>,
    /// Whether nothing had to be left out.
    pub(crate) is_whole: bool,
}

impl<'t> Tree<'t> {
    /// A key of the file.
    pub(crate) fn get(&self, key: &str) -> Option<Setting<'_>> {
        self.root.get_key_value(key).map(|pair| Setting::new(self.document, pair))
    }

    /// All keys of the file, in written order.
    pub(crate) fn settings(&self) -> Vec<Setting<'_>> {
        in_written_order(self.document, &self.root)
    }
}

/// A key of a hundred thousand dots makes a tree as deep; dropping it by recursion would overflow the stack.
impl Drop for Tree<'_> {
    fn drop(&mut self) {
        let mut left = vec![DeValue::Table(std::mem::take(&mut self.root))];
        while let Some(value) = left.pop() {
            match value {
                DeValue::Table(table) => left.extend(table.into_iter().map(|(_, value)| value.into_inner())),
                DeValue::Array(list) => left.extend(list.into_iter().map(Spanned::into_inner)),
                _ => {}
            }
        }
    }
}
