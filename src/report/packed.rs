//! A package that was written: its files, and how much room they leave.

use serde::Serialize;

use super::check::{MemoryJson, memory_words};
use super::numbers::{count, grouped};
use super::sheet::{Grid, KEY, PLAIN, cell, number};
use super::{Present, Sheet};

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Packed {
    /// The name of the zip.
    pub out: String,
    /// Its size.
    pub bytes: usize,
    /// What CloudFront takes.
    pub limit: u64,
    /// Hash of the zip, hex.
    pub sha256: String,
    /// Hash of the table's text, hex.
    pub table_hash: String,
    /// How many the table has.
    pub routes: usize,
    /// Rows of its redirect maps.
    pub map_rows: usize,
    /// What the function needs.
    pub memory: MemoryJson,
    /// What its path is: `exec`, or `child` where the zip never hands over.
    pub start: &'static str,
    /// By name.
    pub files: Vec<PackedFile>,
}

/// One file of a package.
#[derive(Clone, Debug, Serialize)]
pub struct PackedFile {
    /// `/`-separated.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// What it takes in the zip.
    pub packed: u64,
}

impl Present for Packed {
    /// Sizes in columns, and the share of CloudFront's limit.
    fn text(&self, sheet: &mut Sheet) {
        let mut grid = Grid::new();
        grid.row([cell(KEY, "file"), number(KEY, "bytes"), number(KEY, "in the zip")]);
        for PackedFile { name, bytes, packed } in &self.files {
            grid.row([cell(PLAIN, name), number(PLAIN, grouped(bytes)), number(PLAIN, grouped(packed))]);
        }
        sheet.grid(0, grid);
        let share = self.bytes as f64 * 100.0 / self.limit as f64;
        let of_limit = format!("a zip of {} bytes, {share:.1} % of CloudFront's 50 MB", grouped(self.bytes));
        let table = self.table_hash.get(..12).unwrap_or_default();
        let (routes, rows) = (count(self.routes, "route"), count(self.map_rows, "map row"));
        sheet.line([cell(PLAIN, format!("{}: {of_limit} · {routes}, {rows}, table {table}", self.out))]);
        sheet.line([cell(PLAIN, format!("at the edge: {}, start by {}", memory_words(&self.memory), self.start))]);
    }

    fn json(&self) -> impl Serialize {
        self
    }
}
