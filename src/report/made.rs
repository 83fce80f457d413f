//! A repository that was made: its files, and what to do next.

use serde::Serialize;

use super::sheet::{Grid, KEY, PLAIN, STRONG, cell};
use super::{Present, Sheet};

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made<'a> {
    /// As it was named.
    pub folder: String,
    /// All of them.
    pub files: Vec<MadeFile<'a>>,
    /// Commands to be typed in the folder.
    pub next: &'a [&'a str],
}

/// One file of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MadeFile<'a> {
    /// `/`-separated, from the folder.
    pub name: &'a str,
    /// What it is for.
    pub is: &'a str,
}

impl Present for Made<'_> {
    /// The files with their purpose, then the commands.
    fn text(&self, sheet: &mut Sheet) {
        let mut files = Grid::new();
        for MadeFile { name, is } in &self.files {
            files.row([cell(KEY, name), cell(PLAIN, is)]);
        }
        sheet.section(&format!("made in {}", self.folder), files);
        let mut next = Grid::new();
        for command in self.next {
            next.row([cell(STRONG, command)]);
        }
        sheet.section(&format!("next, in {}", self.folder), next);
    }

    fn json(&self) -> impl Serialize {
        self
    }
}
