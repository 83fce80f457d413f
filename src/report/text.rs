//! A sheet as styled text: aligned by what a terminal shows, wrapped at spaces where it would be too wide.
//!
//! Who prints it strips the styles where they are not wanted.

use std::fmt::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::sheet::{Align, Cell, Grid, Passage, Sheet};

/// Between two columns.
const GAP: usize = 2;
/// The last column is wrapped only where at least this much room is left for it.
const LEAST_ROOM: usize = 24;
/// Prose is no wider than this, however wide the terminal is.
const PROSE: usize = 80;
/// A column wider than this does not push the others to the right.
const WIDEST: usize = 40;

/// Writes every piece of a sheet. O(n) in the texts.
#[must_use]
pub fn write(sheet: &Sheet) -> String {
    let mut out = String::new();
    for piece in &sheet.passages {
        match piece {
            Passage::Line(cells) => {
                cells.iter().for_each(|cell| styled(&mut out, cell.style, &cell.text));
                out.push('\n');
            }
            Passage::Grid(indent, grid) => {
                let layout = Layout { columns: columns(grid), indent: *indent, width: sheet.width() };
                grid.rows.iter().for_each(|row| layout.row(&mut out, row));
            }
            Passage::Prose(words) => {
                let layout = Layout { columns: Vec::new(), indent: 0, width: sheet.width().min(PROSE) };
                layout.row(&mut out, std::slice::from_ref(words));
            }
            Passage::Rendered(text) => out.push_str(text),
        }
    }
    out
}

/// How the rows of a grid are laid out.
struct Layout {
    columns: Vec<usize>,
    indent: usize,
    width: usize,
}

/// The widths of all columns; a row's last cell takes part where it ends at the right.
fn columns(grid: &Grid) -> Vec<usize> {
    let mut columns = grid.least.clone();
    for row in &grid.rows {
        let is_aligned = |(at, cell): &(usize, &Cell)| at + 1 < row.len() || cell.side == Align::Right;
        for (at, cell) in row.iter().enumerate().filter(is_aligned) {
            columns.resize(columns.len().max(at + 1), 0);
            columns[at] = columns[at].max(cell.text.width().min(WIDEST));
        }
    }
    columns
}

impl Layout {
    fn row(&self, out: &mut String, row: &[Cell]) {
        let Some((last, before)) = row.split_last() else { return };
        spaces(out, self.indent);
        let mut at = self.indent;
        for (cell, column) in before.iter().zip(&self.columns) {
            at += padded(out, cell, *column) + GAP;
            spaces(out, GAP);
        }
        if let (Align::Right, Some(column)) = (last.side, self.columns.get(before.len())) {
            padded(out, last, *column);
        } else {
            let room = self.width.saturating_sub(at);
            if room < LEAST_ROOM && last.text.width() > room && !before.is_empty() {
                at = self.indent + 2 * GAP;
                trim_end(out);
                out.push('\n');
                spaces(out, at);
            }
            self.wrapped(out, last, at);
        }
        trim_end(out);
        out.push('\n');
    }

    /// Writes a cell from column `hang` on, its further lines beginning there too.
    fn wrapped(&self, out: &mut String, cell: &Cell, hang: usize) {
        let room = self.width.saturating_sub(hang).max(LEAST_ROOM);
        for (at, line) in lines(&cell.text, room).enumerate() {
            if at > 0 {
                out.push('\n');
                spaces(out, hang);
            }
            styled(out, cell.style, line);
        }
    }
}

/// Writes a cell in the room of its column, and tells how much it took.
fn padded(out: &mut String, cell: &Cell, column: usize) -> usize {
    let padding = column.saturating_sub(cell.text.width());
    let (before, behind) = if cell.side == Align::Right { (padding, 0) } else { (0, padding) };
    spaces(out, before);
    styled(out, cell.style, &cell.text);
    spaces(out, behind);
    cell.text.width() + padding
}

/// Splits at spaces into lines of at most `room` columns; a word that is wider stays whole, so that it can be copied.
fn lines(text: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.width() <= room {
            rest = None;
            return Some(text);
        }
        let fits = |&(at, _): &(usize, &str)| at > 0 && text[..at].width() <= room;
        let spaces = || text.match_indices(' ');
        let split = spaces().take_while(|(at, _)| text[..*at].width() <= room).filter(fits).last();
        match split.or_else(|| spaces().find(|(at, _)| *at > 0)) {
            Some((at, _)) => {
                rest = Some(&text[at + 1..]);
                Some(&text[..at])
            }
            None => {
                rest = None;
                Some(text)
            }
        }
    })
}

/// Appends a text in a style; nothing is written around plain text.
fn styled(out: &mut String, style: Style, text: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{style}{text}{style:#}");
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn trim_end(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::{BAD, GOOD, PLAIN, STRONG, cell, number};

    fn plain(grid: Grid, width: usize) -> String {
        let mut sheet = Sheet::new(width);
        sheet.grid(2, grid);
        anstream::adapter::strip_str(&write(&sheet)).to_string()
    }

    #[test]
    fn columns_line_up_by_what_is_seen_and_the_last_one_wraps() {
        let mut grid = Grid::new();
        grid.row([cell(GOOD, "✓"), cell(STRONG, "促销"), cell(PLAIN, "one two three four five six seven eight")]);
        grid.row([cell(BAD, "✗"), cell(STRONG, "a"), cell(PLAIN, "x")]);
        assert_eq!(plain(grid, 36), "  ✓  促销  one two three four five\n           six seven eight\n  ✗  a     x\n");
    }

    #[test]
    fn numbers_end_below_each_other_and_a_column_has_the_width_it_is_given() {
        let mut grid = Grid::of_widths(vec![4]);
        grid.row([cell(STRONG, "a"), number(PLAIN, "7"), number(PLAIN, "1,000")]);
        grid.row([cell(STRONG, "b"), number(PLAIN, "12"), number(PLAIN, "5")]);
        assert_eq!(plain(grid, 80), "  a      7  1,000\n  b     12      5\n");
    }

    #[test]
    fn what_has_no_room_goes_below() {
        let mut grid = Grid::new();
        grid.row([cell(STRONG, "a-long-route-id"), cell(PLAIN, "https://www.example.com/a/long/path?query and more")]);
        let expected = "  a-long-route-id\n      https://www.example.com/a/long/path?query\n      and more\n";
        assert_eq!(plain(grid, 30), expected);
    }
}
