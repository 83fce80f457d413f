//! One TOML file of a table: parsed, and taken apart again.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::read::document::Document;
use crate::config::read::syntax;
use crate::config::read::value::{Setting, TomlTable, in_written_order};
use crate::diagnostic::{Findings, codes};

/// Syntax errors reported of one file; a file of garbage has one per line.
const MAX_SYNTAX_ERRORS: usize = 100;

/// Largest file, bytes, that is read on after a syntax error: the parser keeps some 200 bytes for each byte of garbage.
const MAX_RECOVERED: usize = 2 * 1024 * 1024;

/// Bytes before an error that are looked at for what its line begins with.
const MAX_BEFORE_SLIP: usize = 256;

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
    /// The tree of the text, as far as it could be read; every syntax error is reported, of a large file the first.
    pub(crate) fn parse(document: &'t Document, findings: &mut Findings) -> Tree<'t> {
        let place = |error: &toml::de::Error| document.span(error.span().unwrap_or(0..0));
        let first = match DeTable::parse(&document.text) {
            Ok(root) => return Tree { document, root: root.into_inner(), is_whole: true },
            Err(first) => first,
        };
        if document.text.len() > MAX_RECOVERED {
            findings
                .report(&codes::SYNTAX, place(&first), first.message())
                .help("a file of this size is read up to its first syntax error: correct it and check again");
            return Tree { document, root: DeTable::new(), is_whole: false };
        }
        let (root, errors) = DeTable::parse_recoverable(&document.text);
        let errors = without_sequels(&document.text, errors);
        for error in errors.iter().take(MAX_SYNTAX_ERRORS) {
            let report = findings.report(&codes::SYNTAX, place(error), error.message());
            let cure = slip(&document.text, error).or_else(|| syntax::cure(error.message()));
            if let Some(cure) = cure {
                report.help(cure);
            }
        }
        if let Some(next) = errors.get(MAX_SYNTAX_ERRORS) {
            let more = errors.len() - MAX_SYNTAX_ERRORS;
            findings.report(&codes::SYNTAX, place(next), format!("and {more} more syntax errors, starting here"));
        }
        Tree { document, root: root.into_inner(), is_whole: false }
    }

    /// A key of the file.
    pub(crate) fn get(&self, key: &str) -> Option<Setting<'_>> {
        self.root.get_key_value(key).map(|pair| Setting::new(self.document, pair))
    }

    /// The keys of the file as a table; reports every key that is not one of `keys`.
    pub(crate) fn table(&self, findings: &mut Findings, name: &str, keys: &[&str]) -> TomlTable<'_> {
        TomlTable::of(self.document.span(0..0), name.to_owned(), self.settings()).checked(findings, keys)
    }

    /// All keys of the file, in written order.
    pub(crate) fn settings(&self) -> Vec<Setting<'_>> {
        in_written_order(self.document, &self.root)
    }
}

fn slip(text: &str, error: &toml::de::Error) -> Option<&'static str> {
    let (before, rest) = text.split_at_checked(error.span()?.start)?;
    // Not farther: a file may be one line, with as many errors.
    let near = before.as_bytes().iter().rev().take(MAX_BEFORE_SLIP);
    let line = match near.clone().position(|byte| *byte == b'\n') {
        Some(back) => before.len() - back,
        None if near.len() == before.len() => 0,
        None => before.len(),
    };
    syntax::slip(text.get(line..)?.trim_start_matches([' ', '\t']), rest, before.trim_end_matches([' ', '\t']))
}

/// The errors without those that come of a slip before them on their line.
fn without_sequels(text: &str, mut errors: Vec<toml::de::Error>) -> Vec<toml::de::Error> {
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let mut end_of_slip = 0;
    let mut is_first = |error: &toml::de::Error| {
        let Some(start) = error.span().map(|span| span.start) else { return true };
        if start < end_of_slip {
            return false;
        }
        if slip(text, error).is_some() {
            end_of_slip = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| start + at);
        }
        true
    };
    errors.into_iter().filter(|error| is_first(error)).collect()
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
