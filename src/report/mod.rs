//! Results as people and programs read them: plain data in, text or JSON out. Nothing is decided or read here.
//!
//! One file per kind of result, each with its [`Present`]: what it says on a [`Sheet`] for people, and what as JSON.
//! [`Format`] is the list of formats, and the only `match` on it. [`text`] writes a sheet, [`json`] a document: the one
//! place that knows its version. **A further format is two files:** one beside `text` that writes a sheet its own way,
//! and its lines in `format`.

pub mod cases;
pub mod check;
pub mod diagnostics;
pub mod exchange;
pub mod explanation;
pub mod format;
pub mod invoked;
pub mod json;
pub mod made;
pub mod numbers;
pub mod packed;
pub mod page;
pub mod rule;
pub mod sheet;
pub mod text;

pub use format::Format;
pub use sheet::Sheet;

/// Whether what is said to people ends with what was counted, and where to read on. JSON always has its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It does.
    Told,
    /// Findings only: nothing is said where all is fine.
    LeftOut,
}

/// A result that can be shown.
pub trait Present {
    /// Says it to people.
    fn text(&self, sheet: &mut Sheet);

    /// The same for programs, without the version of the document.
    fn json(&self) -> impl serde::Serialize;
}
