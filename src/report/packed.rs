//! A package that was written: its files, and how much room they leave.

use serde::Serialize;

use super::numbers::{count, grouped};
use super::sheet::{Grid, PLAIN, cell, number};
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
        for PackedFile { name, bytes, packed } in &self.files {
            grid.row([cell(PLAIN, name), number(PLAIN, grouped(bytes)), number(PLAIN, grouped(packed))]);
        }
        sheet.grid(0, grid);
        let share = self.bytes as f64 * 100.0 / self.limit as f64;
        let of_limit = format!("{} bytes, {share:.1} % of CloudFront's 50 MB", grouped(self.bytes));
        let table = self.table_hash.get(..12).unwrap_or_default();
        sheet.line([cell(PLAIN, format!("{}: {of_limit} · {}, table {table}", self.out, count(self.routes, "route")))]);
    }

    fn json(&self) -> impl Serialize {
        self
    }
}
