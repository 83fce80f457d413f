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
        let text = read.as_ref().map_or("", |(text, _)| text.as_str());
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

/// Why the bytes of a file are not the text of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotUtf8 {
    /// The first character in their place is no text; where it is in the text that could be read.
    Broken(Range<usize>),
    /// They seem to be UTF-16, with or without a byte-order mark.
    Utf16,
}

/// Reports a file that is not UTF-8, once.
pub(crate) fn report_not_utf8(findings: &mut Findings, name: &str, file: usize, why: NotUtf8) {
    let (range, message) = match why {
        NotUtf8::Broken(range) => (range, format!("`{name}` is not UTF-8")),
        NotUtf8::Utf16 => (0..0, format!("`{name}` is not UTF-8: it seems to be UTF-16")),
    };
    findings.report(&codes::NOT_UTF8, Span { file, range }, message).help("save it as UTF-8");
}

/// The text of a file's bytes, and why it is not used where they are not UTF-8.
pub(crate) fn decode(bytes: Vec<u8>) -> (String, Option<NotUtf8>) {
    if let Some(order) = ByteOrder::of(&bytes) {
        let units = bytes.chunks_exact(2).map(|pair| order.unit(pair));
        let text = char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        return (text, Some(NotUtf8::Utf16));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (text, Some(NotUtf8::Broken(at..at + char::REPLACEMENT_CHARACTER.len_utf8())))
        }
    }
}

/// Bytes at the beginning of a file that tell whether it is UTF-16.
const TELLING: usize = 512;

/// Which byte of a pair comes first in UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ByteOrder {
    Low,
    High,
}

impl ByteOrder {
    /// Of bytes that seem to be UTF-16: they begin with a mark, or every other byte is zero for the most part. (A text in
    /// UTF-8 that is not damaged has no zeros at all.)
    fn of(bytes: &[u8]) -> Option<ByteOrder> {
        match bytes {
            [0xFF, 0xFE, ..] => return Some(ByteOrder::Low),
            [0xFE, 0xFF, ..] => return Some(ByteOrder::High),
            _ => {}
        }
        let pairs = || bytes.chunks_exact(2).take(TELLING / 2);
        let most = pairs().count() * 3 / 4;
        let zeros = |at: usize| pairs().filter(|pair| pair.get(at) == Some(&0)).count();
        match (zeros(0), zeros(1)) {
            _ if most == 0 => None,
            (0, low) if low >= most => Some(ByteOrder::Low),
            (high, 0) if high >= most => Some(ByteOrder::High),
            _ => None,
        }
    }

    fn unit(self, pair: &[u8]) -> u16 {
        let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
        match self {
            ByteOrder::Low => u16::from_le_bytes(pair),
            ByteOrder::High => u16::from_be_bytes(pair),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_told_from_utf_8_and_from_garbage() {
        let low = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let high = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let read = |text: &str| (text.to_owned(), Some(NotUtf8::Utf16));
        let rows = [
            (low("schema = 1"), read("schema = 1")),
            (high("schema = 1"), read("schema = 1")),
            (low("# promoção"), read("# promoção")),
            (low("\u{feff}a"), read("\u{feff}a")),
            (high("\u{feff}a"), read("\u{feff}a")),
            (b"schema = 1".to_vec(), ("schema = 1".to_owned(), None)),
            ("\u{feff}ç".into(), ("\u{feff}ç".to_owned(), None)),
            (vec![0; 8], ("\0".repeat(8), None)),
            (b"a\0b".to_vec(), ("a\0b".to_owned(), None)),
            (b"ab\xE7".to_vec(), ("ab\u{fffd}".to_owned(), Some(NotUtf8::Broken(2..5)))),
            (Vec::new(), (String::new(), None)),
        ];
        for (bytes, expected) in rows {
            assert_eq!(decode(bytes.clone()), expected, "{bytes:?}");
        }
    }
}
