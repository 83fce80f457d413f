//! Text in columns: aligned by what a terminal shows, wrapped at spaces where it would be too wide.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub use crate::text::shown;

/// Titles, ids: what the eye looks for.
pub const STRONG: Style = Style::new().bold();
/// What is there for completeness.
pub const FAINT: Style = Style::new().dimmed();
/// Fine.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Failed.
pub const BAD: Style = AnsiColor::BrightRed.on_default().bold();
/// Worth a look.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Names of facts and keys.
pub const KEY: Style = AnsiColor::Cyan.on_default();
/// As any other text.
pub const PLAIN: Style = Style::new();

/// Between two columns.
const GAP: usize = 2;
/// The last column is wrapped only where at least this much room is left for it.
const LEAST_ROOM: usize = 24;
/// A column wider than this does not push the others to the right.
const WIDEST: usize = 40;

/// A text of one style.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
}

/// A cell of any text: control characters are shown as escapes, so that no URL speaks to the terminal.
#[must_use]
pub fn cell(style: Style, text: impl AsRef<str>) -> Cell {
    Cell { text: shown(text.as_ref()).into_owned(), style }
}

/// Rows of cells that line up in columns. The last cell of a row takes the room that is left.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Grid {
        Grid::default()
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes every row, indented, each with its line break. O(n) in the texts.
    pub fn write(&self, out: &mut String, indent: usize, width: usize) {
        let columns = self.columns();
        for row in &self.rows {
            write_row(out, row, &columns, indent, width);
        }
    }

    /// The widths of all columns but each row's last cell.
    fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = Vec::new();
        for row in &self.rows {
            for (at, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
                let width = cell.text.width().min(WIDEST);
                match columns.get_mut(at) {
                    Some(column) => *column = width.max(*column),
                    None => columns.push(width),
                }
            }
        }
        columns
    }
}

fn write_row(out: &mut String, row: &[Cell], columns: &[usize], indent: usize, width: usize) {
    let Some((last, before)) = row.split_last() else { return };
    spaces(out, indent);
    let mut at = indent;
    for (cell, column) in before.iter().zip(columns) {
        styled(out, cell.style, &cell.text);
        let taken = cell.text.width();
        let padding = column.saturating_sub(taken) + GAP;
        spaces(out, padding);
        at += taken + padding;
    }
    let mut hang = at;
    if width.saturating_sub(at) < LEAST_ROOM && last.text.width() > width.saturating_sub(at) && !before.is_empty() {
        hang = indent + 2 * GAP;
        trim_end(out);
        out.push('\n');
        spaces(out, hang);
    }
    wrapped(out, last, hang, width);
    trim_end(out);
    out.push('\n');
}

/// Writes a cell from column `hang` on, its further lines beginning there too.
fn wrapped(out: &mut String, cell: &Cell, hang: usize, width: usize) {
    let room = width.saturating_sub(hang).max(LEAST_ROOM);
    for (at, line) in lines(&cell.text, room).enumerate() {
        if at > 0 {
            out.push('\n');
            spaces(out, hang);
        }
        styled(out, cell.style, line);
    }
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
pub fn styled(out: &mut String, style: Style, text: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{style}{text}{style:#}");
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn trim_end(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
}

/// A count with its noun: `1 route`, `1,204 routes`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A number with its thousands set apart: `1,204`.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(grid: &Grid, width: usize) -> String {
        let mut out = String::new();
        grid.write(&mut out, 2, width);
        anstream::adapter::strip_str(&out).to_string()
    }

    #[test]
    fn columns_line_up_by_what_is_seen_and_the_last_one_wraps() {
        let mut grid = Grid::new();
        grid.row([cell(GOOD, "✓"), cell(STRONG, "促销"), cell(PLAIN, "one two three four five six seven eight")]);
        grid.row([cell(BAD, "✗"), cell(STRONG, "a"), cell(PLAIN, "x")]);
        assert_eq!(plain(&grid, 36), "  ✓  促销  one two three four five\n           six seven eight\n  ✗  a     x\n");
    }

    #[test]
    fn what_has_no_room_goes_below() {
        let mut grid = Grid::new();
        grid.row([cell(STRONG, "a-long-route-id"), cell(PLAIN, "https://www.example.com/a/long/path?query and more")]);
        let expected = "  a-long-route-id\n      https://www.example.com/a/long/path?query\n      and more\n";
        assert_eq!(plain(&grid, 30), expected);
    }

    #[test]
    fn thousands_are_set_apart() {
        let rows = [(0, "0 routes"), (1, "1 route"), (999, "999 routes"), (1204, "1,204 routes")];
        for (number, text) in rows {
            assert_eq!(count(number, "route"), text);
        }
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
