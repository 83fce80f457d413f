//! From a file's name to a table that a command can use.

use std::path::PathBuf;

use super::files::DiskFiles;
use super::locate::{Located, LocatedBy, TableArg};
use super::{CliError, Global, Terminal};
use crate::check::examples::is_failed_example;
use crate::check::{self, Loaded};
use crate::config::cases::Case;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::report::diagnostics::{self, Show, top_name};
use crate::report::numbers::count;
use crate::route::{Table, Timestamp};

/// A table that a command may use, with what it was read from. Files are named as the table names them.
#[derive(Debug)]
pub struct OpenTable {
    /// The table.
    pub table: Table,
    /// The text of its files, the top one first.
    pub sources: Sources,
    /// Its tests and examples.
    pub cases: Vec<Case>,
    /// What goes before the names of its files so that they are found from the current folder.
    folder: String,
}

/// The errors that a command can live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// None.
    NoError,
    /// Examples that are not kept: they are what `test` shows.
    FailedExamples,
}

impl OpenTable {
    /// Reads the table for a command that decides with it, and whose answer does not name it: one that was found
    /// further up is named on stderr.
    ///
    /// # Errors
    /// It is not found or cannot be read, or has errors; the diagnostics are part of what is rendered then.
    pub fn read(table: &TableArg, global: &Global) -> Result<OpenTable, CliError> {
        let located = table.locate(global)?;
        let open = OpenTable::read_from(&located, Accept::NoError, global)?;
        if located.by == LocatedBy::ParentFolder {
            Terminal::remark(&format!("note: the table is `{}`\n", located.path.display()), global);
        }
        Ok(open)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// It cannot be read, or has errors.
    pub fn read_from(located: &Located, accept: Accept, global: &Global) -> Result<OpenTable, CliError> {
        let files = DiskFiles::beside(&located.path).map_err(|error| located.say_who_named_it(error))?;
        OpenTable::of(check::load(files.top(), &files), files.prefix(), accept, global)
    }

    /// Takes a table that was read, if it may be used.
    ///
    /// # Errors
    /// The table has errors.
    pub fn of(mut loaded: Loaded, folder: String, accept: Accept, global: &Global) -> Result<OpenTable, CliError> {
        let accepts = |error: &Diagnostic| accept == Accept::FailedExamples && is_failed_example(error.code);
        match loaded.table.take() {
            Some(table) if errors(&loaded).all(accepts) => {
                Ok(OpenTable { table, sources: loaded.sources, cases: loaded.cases, folder })
            }
            _ => {
                loaded.sources.prefix_names(&folder);
                Err(refused(&loaded, global))
            }
        }
    }

    /// Where its files are, the top one first, as seen from the current folder.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.sources.files().iter().map(|file| PathBuf::from(format!("{}{}", self.folder, file.name)))
    }

    /// The same table, its files named as seen from the current folder.
    #[must_use]
    pub fn named_from_here(mut self) -> OpenTable {
        self.table.prefix_file_names(&self.folder);
        self.sources.prefix_names(&self.folder);
        self
    }
}

/// Reads a table with all its findings as it is at a moment, its files named as seen from the current folder.
///
/// # Errors
/// The file is not there, is a folder, or cannot be read.
pub fn load(located: &Located, now: Timestamp) -> Result<Loaded, CliError> {
    let files = DiskFiles::beside(&located.path).map_err(|error| located.say_who_named_it(error))?;
    let mut loaded = check::load_at(files.top(), &files, now);
    loaded.sources.prefix_names(&files.prefix());
    Ok(loaded)
}

/// What a command says that was given a table with errors: the errors, without the warnings.
fn refused(loaded: &Loaded, global: &Global) -> CliError {
    let errors: Vec<_> = errors(loaded).cloned().collect();
    let report = diagnostics::text(&errors, &loaded.sources, Show::First, Terminal::stderr(global).width());
    let (name, count) = (top_name(&loaded.sources), count(errors.len(), "error"));
    let error = CliError::new(format_args!("`{name}` has {count}: fix the errors first; the table was not used"));
    diagnostics::read_on(&errors).into_iter().fold(error, CliError::help).after(report)
}

fn errors(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}
