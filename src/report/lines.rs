//! Where the lines of a text begin, found once.

use std::ops::Range;

use serde::Serialize;

/// A place in a text: line and column, in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// The lines of a text. Made in O(n) in its bytes; a place is then found in O(log n) and the bytes of its line.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    #[must_use]
    pub fn of(text: &'a str) -> Lines<'a> {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The text itself.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Number of the line that holds a byte, from 0.
    #[must_use]
    pub fn line_of(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start <= byte).saturating_sub(1)
    }

    /// The bytes of a line (from 0), its line break included; empty behind the last one.
    #[must_use]
    pub fn bytes_of(&self, line: usize) -> Range<usize> {
        let end = self.text.len();
        let start = self.starts.get(line).copied().unwrap_or(end);
        start..self.starts.get(line + 1).copied().unwrap_or(end)
    }

    /// Line and column of a byte; one inside a character counts as that character's first.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let line = self.line_of(byte);
        let before = &self.text[self.bytes_of(line).start..byte];
        Position { line: line + 1, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_from_one_in_characters() {
        let lines = Lines::of("a\né=x\n\nz");
        let rows = [(0, 1, 1), (1, 1, 2), (2, 2, 1), (3, 2, 1), (4, 2, 2), (6, 2, 4), (7, 3, 1), (8, 4, 1), (99, 4, 2)];
        for (byte, line, column) in rows {
            assert_eq!(lines.position(byte), Position { line, column }, "byte {byte}");
        }
        assert_eq!(Lines::of("").position(0), Position { line: 1, column: 1 });
    }
}
