//! Where the rows and cells of a CSV file are written.

use std::ops::Range;

/// A row that was read: its place, and its cells as they were read and as they are written.
pub(super) struct CsvRow<'r> {
    /// Bytes of the file.
    pub(super) span: Range<usize>,
    /// From 1.
    pub(super) line: u32,
    /// Without quotes and the spaces around them.
    pub(super) cells: Vec<&'r str>,
    /// The text of the row.
    pub(super) written: &'r str,
}

impl CsvRow<'_> {
    /// A cell; empty where the row has none there.
    pub(super) fn text(&self, column: usize) -> &str {
        self.cells.get(column).copied().unwrap_or_default()
    }

    /// Where a cell is; the row where it is empty.
    pub(super) fn place(&self, column: usize) -> Range<usize> {
        let cell = written_cells(self.written).nth(column).filter(|cell| !cell.text.is_empty());
        cell.map_or_else(|| self.span.clone(), |cell| self.at(cell.text))
    }

    /// Where a part of a cell is; the cell where quotes hide it, or the part goes beyond its end.
    pub(super) fn part(&self, column: usize, part: Range<usize>) -> Range<usize> {
        let place = self.place(column);
        let is_literal = place.len() == self.text(column).len() && part.end <= place.len();
        if is_literal { place.start + part.start..place.start + part.end } else { place }
    }

    fn at(&self, range: Range<usize>) -> Range<usize> {
        self.span.start + range.start..self.span.start + range.end
    }
}

/// A cell in the text of its row.
struct WrittenCell {
    /// What is between its quotes, or all of it but the spaces around.
    text: Range<usize>,
    /// Where its quote opens, if that is closed nowhere, or lines further on with more text behind it.
    unclosed: Option<usize>,
}

/// Where a quote opens that is not closed as it was meant: the rows after it are read as one cell.
pub(super) fn unclosed_quote(row: &str) -> Option<usize> {
    row.contains('\n').then(|| written_cells(row).find_map(|cell| cell.unclosed)).flatten()
}

/// The cells of a row, as RFC 4180 has them: a quote counts where it is a cell's first byte.
fn written_cells(row: &str) -> impl Iterator<Item = WrittenCell> + '_ {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = row.get(start..)?;
        let (cell, end) = if rest.starts_with('"') { quoted_cell(row, start) } else { plain_cell(row, start) };
        next = row.get(end..).is_some_and(|rest| rest.starts_with(',')).then_some(end + 1);
        Some(cell)
    })
}

/// The cell without quotes that begins here, and its end.
fn plain_cell(row: &str, start: usize) -> (WrittenCell, usize) {
    let end = end_of_cell(row, start);
    let whole = row.get(start..end).unwrap_or_default();
    let from = start + (whole.len() - whole.trim_start().len());
    (WrittenCell { text: from..from + whole.trim().len(), unclosed: None }, end)
}

/// The cell whose quote is here, and its end.
fn quoted_cell(row: &str, quote: usize) -> (WrittenCell, usize) {
    let mut closed = quote + 1;
    let mut bytes = row.bytes().enumerate().skip(closed).filter(|(_, byte)| *byte == b'"').map(|(at, _)| at).peekable();
    loop {
        let Some(at) = bytes.next() else {
            let text = quote + 1..row.len();
            return (WrittenCell { text, unclosed: Some(quote) }, row.len());
        };
        closed = at;
        // A doubled quote stands for one.
        if bytes.next_if_eq(&(at + 1)).is_none() {
            break;
        }
    }
    let end = end_of_cell(row, closed + 1);
    let behind = row.get(closed + 1..end).unwrap_or_default();
    let spans_lines = row.get(quote..closed).is_some_and(|text| text.contains('\n'));
    let unclosed = (spans_lines && !behind.trim().is_empty()).then_some(quote);
    (WrittenCell { text: quote + 1..closed, unclosed }, end)
}

fn end_of_cell(row: &str, from: usize) -> usize {
    row.get(from..).and_then(|rest| rest.find(',')).map_or(row.len(), |at| from + at)
}

/// Turns the reader's positions, which include the comments and blank lines before a row, into rows and lines.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Up to where lines are counted, and how many there were.
    counted: usize,
    line: u32,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Places<'t> {
        Places { text, counted: 0, line: 1 }
    }

    /// The row of these cells, between two positions. Together O(bytes).
    pub(super) fn row<'r>(&mut self, start: usize, end: usize, cells: Vec<&'r str>) -> CsvRow<'r>
    where
        't: 'r,
    {
        let end = end.min(self.text.len());
        let mut start = start.min(end);
        let rest = |start: usize| self.text.get(start..end).unwrap_or_default();
        while rest(start).starts_with(['#', '\n', '\r']) {
            start += rest(start).find('\n').map_or(rest(start).len(), |at| at + 1);
        }
        let breaks =
            self.text.as_bytes().get(self.counted..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n');
        self.line = self.line.saturating_add(u32::try_from(breaks.count()).unwrap_or(u32::MAX));
        self.counted = self.counted.max(start);
        let written = rest(start).trim_end();
        CsvRow { span: start..start + written.len(), line: self.line, cells, written }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_where_they_are_written() {
        let rows: [(&str, &[&str]); 6] = [
            ("/a,/b", &["/a", "/b"]),
            (" /a , \t/b ,", &["/a", "/b", ""]),
            ("\"/a,b\",\"c \"\"d\"\"\",/e", &["/a,b", "c \"\"d\"\"", "/e"]),
            ("/a\"b,/c", &["/a\"b", "/c"]),
            ("\"/a\"x,/b", &["/a", "/b"]),
            ("", &[""]),
        ];
        for (row, expected) in rows {
            let cells: Vec<&str> = written_cells(row).map(|cell| &row[cell.text]).collect();
            assert_eq!(cells, expected, "{row}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_found_where_it_opens() {
        let rows = [
            ("/a,\"/b\n/c,/d", Some(3)),
            ("\"/a,/b\n/c,/d", Some(0)),
            ("/a,/b,301,\"one\n/c,/d,301,\"two\"", Some(10)),
            ("/a,/b,301,\"one\ntwo\"", None),
            ("/a,/b,301,\"one\ntwo\" , x", None),
            ("\"/a\"\"\nb\",/c", None),
            ("\"/a,/b", None),
        ];
        for (row, expected) in rows {
            assert_eq!(unclosed_quote(row), expected, "{row}");
        }
    }
}
