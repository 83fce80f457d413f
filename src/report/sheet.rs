//! What is said to people, whatever the format: lines of styled text, and cells that line up in columns.

use anstyle::{AnsiColor, Style};

use crate::text::shown;

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

/// A text of one style.
#[derive(Clone, Debug)]
pub struct Cell {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) side: Align,
}

/// Where in its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A cell of any text: control characters are shown as escapes, so that no URL speaks to the terminal.
#[must_use]
pub fn cell(style: Style, text: impl AsRef<str>) -> Cell {
    Cell { text: shown(text.as_ref()).into_owned(), style, side: Align::Left }
}

/// A cell of a number: the numbers of a column end below each other.
#[must_use]
pub fn number(style: Style, text: impl AsRef<str>) -> Cell {
    Cell { side: Align::Right, ..cell(style, text) }
}

/// Rows of cells that line up in columns. The last cell of a row takes the room that is left.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) least: Vec<usize>,
}

impl Grid {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Grid {
        Grid::default()
    }

    /// Nothing yet, in columns of at least these widths: for rows that come one by one.
    #[must_use]
    pub fn of_widths(least: Vec<usize>) -> Grid {
        Grid { rows: Vec::new(), least }
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
}

/// What is said about one result, from top to bottom.
#[derive(Clone, Debug)]
pub struct Sheet {
    width: usize,
    pub(super) passages: Vec<Passage>,
}

/// A part of a sheet, which ends with a line break.
#[derive(Clone, Debug)]
pub(super) enum Passage {
    /// Texts one behind the other; none is a blank line.
    Line(Vec<Cell>),
    /// Columns, indented.
    Grid(usize, Grid),
    /// Words that are wrapped at a width that is read with ease.
    Prose(Cell),
    /// Styled text as it is.
    Rendered(String),
}

impl Sheet {
    /// An empty one, `width` columns wide.
    #[must_use]
    pub fn new(width: usize) -> Sheet {
        Sheet { width, passages: Vec::new() }
    }

    /// Columns that text may take.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Texts one behind the other, on a line.
    pub fn line(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.passages.push(Passage::Line(cells.into_iter().collect()));
    }

    /// Columns, indented.
    pub fn grid(&mut self, indent: usize, grid: Grid) {
        self.passages.push(Passage::Grid(indent, grid));
    }

    /// Words that are wrapped, on a wide sheet too.
    pub fn prose(&mut self, words: Cell) {
        self.passages.push(Passage::Prose(words));
    }

    /// A title and what belongs to it, a blank line before it; nothing where nothing does.
    pub fn section(&mut self, title: &str, grid: Grid) {
        if grid.is_empty() {
            return;
        }
        if !self.passages.is_empty() {
            self.line([]);
        }
        self.line([cell(STRONG, title)]);
        self.grid(2, grid);
    }

    /// Text that something else has laid out and styled, with its line breaks.
    pub fn rendered(&mut self, text: String) {
        self.passages.push(Passage::Rendered(text));
    }
}
