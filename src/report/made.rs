//! A repository that was made: its files, and what to do next.

use serde::Serialize;

use super::sheet::{Grid, KEY, PLAIN, STRONG, cell};
use super::{Ending, Present, Sheet};

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made<'a> {
    /// As it was named.
    pub folder: String,
    /// All that were made.
    pub files: Vec<MadeFile<'a>>,
    /// Those that were there already and stay as they are.
    pub kept: Vec<MadeFile<'a>>,
    /// Commands to be typed in the folder.
    pub next: &'a [&'a str],
    /// Whether the text says more than what was kept.
    #[serde(skip)]
    pub ending: Ending,
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
    /// The files with their purpose, those that were kept first, then the commands.
    fn text(&self, sheet: &mut Sheet) {
        sheet.section("kept, for it was there already", listed("not made: ", &self.kept));
        if self.ending == Ending::LeftOut {
            return;
        }
        sheet.section(&format!("made in {}", self.folder), listed("", &self.files));
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

fn listed(before: &str, files: &[MadeFile<'_>]) -> Grid {
    let mut grid = Grid::new();
    for MadeFile { name, is } in files {
        grid.row([cell(KEY, name), cell(PLAIN, format!("{before}{is}"))]);
    }
    grid
}
