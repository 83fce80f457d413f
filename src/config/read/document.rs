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
        let file = reader.sources.add(name, read.as_ref().map_or("", |(text, _)| text));
        match read {
            Err(error) => {
                let is_missing = named_at.is_some() && error == FileError::NotFound;
                let code = if is_missing { &codes::NOTHING_INCLUDED } else { &codes::UNREADABLE };
                let span = named_at.cloned().unwrap_or(Span { file, range: 0..0 });
                findings.report(code, span, format!("cannot read `{name}`: {error}"));
                None
            }
            Ok((text, None)) => Some(Document { file, text }),
            Ok((_, Some(broken))) => {
                report_not_utf8(findings, name, file, broken);
                None
            }
        }
    }

    /// Bytes of this file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span { file: self.file, range }
    }
}

/// Why bytes are no text of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotUtf8 {
    /// These are the first that are not UTF-8.
    At(Range<usize>),
    /// They are UTF-16, with a mark or without.
    Utf16,
}

/// Reports a file that is not UTF-8.
pub(crate) fn report_not_utf8(findings: &mut Findings, name: &str, file: usize, why: NotUtf8) {
    let (range, message) = match why {
        NotUtf8::At(range) => (range, format!("`{name}` is not UTF-8")),
        NotUtf8::Utf16 => (0..0, format!("`{name}` is UTF-16, not UTF-8")),
    };
    findings.report(&codes::NOT_UTF8, Span { file, range }, message).help("save it as UTF-8");
}

/// The text of a file's bytes, and why it is not to be used where they are not UTF-8.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, Option<NotUtf8>) {
    if let Some(read) = utf16(&bytes) {
        return (read, Some(NotUtf8::Utf16));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, Some(NotUtf8::At(at..at + char::REPLACEMENT_CHARACTER.len_utf8())))
        }
    }
}

/// The text of bytes that are UTF-16: they begin with its mark, or the first of two letters, which are ASCII in any file of
/// a table, has a zero beside it.
fn utf16(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        [one, 0, two, 0, ..] if *one != 0 && *two != 0 => u16::from_le_bytes,
        [0, one, 0, two, ..] if *one != 0 && *two != 0 => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| read(*pair)).collect();
    Some(String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf8_and_another_encoding_is_named() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let rows = [
            (b"/a,/\xc3\xa7".to_vec(), "/a,/ç", None),
            (b"/a,/\xe7".to_vec(), "/a,/\u{fffd}", Some(NotUtf8::At(4..7))),
            (little("/a,/ç"), "/a,/ç", Some(NotUtf8::Utf16)),
            (big("/a,/ç"), "/a,/ç", Some(NotUtf8::Utf16)),
            (little("\u{feff}/ç"), "/ç", Some(NotUtf8::Utf16)),
            (big("\u{feff}/ç"), "/ç", Some(NotUtf8::Utf16)),
            (b"a\0b".to_vec(), "a\0b", None),
            (Vec::new(), "", None),
        ];
        for (bytes, text, why) in rows {
            assert_eq!(decode(bytes.clone()), (text.to_owned(), why), "{bytes:?}");
        }
    }
}
