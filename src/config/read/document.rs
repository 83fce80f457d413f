//! One file of a table, as it was read.

use std::ops::Range;

use crate::config::read::files::{FileError, MAX_TOML};
use crate::config::read::reader::Reader;
use crate::diagnostic::{Findings, Span, codes};

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
