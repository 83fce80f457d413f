//! One TOML file of a table: read, parsed, and taken apart again.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::read::context::Context;
use crate::config::read::files::{FileError, MAX_TOML};
use crate::diagnostic::codes;

/// Syntax errors reported of one file; a file of garbage has one per line.
const MAX_SYNTAX_ERRORS: usize = 100;

/// Largest file, bytes, that is read on after a syntax error: the parser keeps some 200 bytes for each byte of garbage.
const MAX_RECOVERED: usize = 2 * 1024 * 1024;

/// A file that was read.
pub(crate) struct Document {
    /// Its number in the sources.
    pub(crate) file: usize,
    /// Its text.
    pub(crate) text: String,
}

impl Document {
    /// Reads a file; `named_at` is the place (file and span) that names it, for the report where it cannot be read.
    pub(crate) fn read(
        context: &mut Context<'_>,
        name: &str,
        named_at: Option<(usize, Range<usize>)>,
    ) -> Option<Document> {
        let (text, trouble) = match context.read(name, MAX_TOML) {
            Ok(bytes) => {
                let (text, broken) = decode(bytes);
                (text, broken.map(|span| (&codes::NOT_UTF8, span, format!("`{name}` is not UTF-8"))))
            }
            Err(error) => {
                let is_missing = named_at.is_some() && error == FileError::NotFound;
                let code = if is_missing { &codes::NOTHING_INCLUDED } else { &codes::UNREADABLE };
                (String::new(), Some((code, 0..0, format!("`{name}` cannot be read: {error}"))))
            }
        };
        let file = context.sources.add(name, text.clone());
        let Some((code, span, message)) = trouble else { return Some(Document { file, text }) };
        let (at, span) = match named_at {
            Some(place) if *code != codes::NOT_UTF8 => place,
            _ => (file, span),
        };
        context.file = at;
        let report = context.report(code, span, message);
        if *code == codes::NOT_UTF8 {
            report.help("save it as UTF-8");
        }
        None
    }

    /// The tree of the text, as far as it could be read; every syntax error is reported, of a large file the first.
    pub(crate) fn parse(&self, context: &mut Context<'_>) -> Tree<'_> {
        context.file = self.file;
        let first = match DeTable::parse(&self.text) {
            Ok(root) => return Tree { root: root.into_inner(), is_whole: true },
            Err(first) => first,
        };
        if self.text.len() > MAX_RECOVERED {
            context
                .report(&codes::SYNTAX, first.span().unwrap_or(0..0), first.message().to_owned())
                .help("a file of this size is read up to its first syntax error: correct it and check again");
            return Tree { root: DeTable::new(), is_whole: false };
        }
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            context.report(&codes::SYNTAX, error.span().unwrap_or(0..0), error.message().to_owned());
        }
        if let Some(more) = errors.get(MAX_SYNTAX_ERRORS..).filter(|more| !more.is_empty()) {
            let span = more.first().and_then(toml::de::Error::span).unwrap_or(0..0);
            context.report(&codes::SYNTAX, span, format!("and {} more syntax errors from here on", more.len()));
        }
        Tree { root: root.into_inner(), is_whole: false }
    }
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
pub(crate) struct Tree<'t> {
    root: DeTable<'t>,
    /// Whether nothing had to be left out.
    pub(crate) is_whole: bool,
}

impl<'t> Tree<'t> {
    /// The file's keys.
    pub(crate) fn root(&self) -> &DeTable<'t> {
        &self.root
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
