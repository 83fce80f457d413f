//! From a file's name to a table that a command can use.

use std::path::Path;

use super::files::DiskFiles;
use super::{CliError, Global, Terminal};
use crate::check::{self, Loaded};
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::diagnostics::{self, Show, Tally};
use crate::report::layout::count;
use crate::route::Table;

/// A table without errors, and where it was read from.
#[derive(Debug)]
pub struct Usable {
    /// The table.
    pub table: Table,
    /// What goes before the names of its files so that they are found from the current folder.
    pub folder: String,
}

/// Reads a table with all its findings, whose files are named as seen from the current folder.
///
/// # Errors
/// The file is not there, is a folder, or cannot be read.
pub fn load(path: &Path) -> Result<Loaded, CliError> {
    read(path).map(|(loaded, _)| loaded)
}

/// Reads the table of `--routes` for a command that decides with it: one with any error is refused.
///
/// # Errors
/// The file cannot be read, or the table has errors; the diagnostics are part of what is rendered then.
pub fn usable(global: &Global) -> Result<Usable, CliError> {
    let (mut loaded, folder) = read(&global.routes)?;
    match loaded.table.take() {
        Some(table) if Tally::of(&loaded.diagnostics).errors == 0 => Ok(Usable { table, folder }),
        _ => Err(refused(&loaded, global)),
    }
}

fn read(path: &Path) -> Result<(Loaded, String), CliError> {
    let files = DiskFiles::beside(path)?;
    let mut loaded = check::load(files.top(), &files);
    let folder = files.prefix();
    loaded.sources.prefix_names(&folder);
    Ok((loaded, folder))
}

/// What a command says that was given a table with errors: the errors, without the warnings.
#[must_use]
pub fn refused(loaded: &Loaded, global: &Global) -> CliError {
    let errors: Vec<_> = errors(loaded).cloned().collect();
    let report = diagnostics::text(&errors, &loaded.sources, Show::First, Terminal::stderr(global).width());
    let count = count(errors.len(), "error");
    CliError::new(format_args!("`{}` has {count}: a table with an error decides nothing", name(loaded))).after(report)
}

/// The findings that make a table none.
pub fn errors(loaded: &Loaded) -> impl Iterator<Item = &Diagnostic> {
    loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The name of the top file.
#[must_use]
pub fn name(loaded: &Loaded) -> &str {
    loaded.sources.files().first().map_or("", |file| file.name.as_str())
}
