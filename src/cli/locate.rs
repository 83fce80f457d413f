//! Which table a command uses: FILE, else `--routes`, else the environment, else the nearest `routes.toml`. The one place
//! that knows.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::words;
use super::{CliError, Global};

/// The name of a table that is looked for.
const NAME: &str = "routes.toml";
/// Names the table where the arguments do not. Read here rather than by clap, to which a variable is as good as an
/// option: FILE may stand beside the variable, and a variable that is empty names nothing.
const VARIABLE: &str = "CROSSFADE_ROUTES";

/// The table, as a command may be given it.
#[derive(Clone, Debug, Args)]
pub struct TableArg {
    /// The table, instead of `--routes`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The table that a command uses, as seen from the current folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where it is, or should be.
    pub path: PathBuf,
    /// How it came to be this one.
    pub by: LocatedBy,
}

/// What led to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocatedBy {
    /// An argument.
    Argument,
    /// The environment.
    Variable,
    /// It is in the current folder.
    CurrentFolder,
    /// The nearest one above the current folder.
    ParentFolder,
}

impl TableArg {
    /// Finds the table. Whether it can be read is seen when it is read.
    ///
    /// # Errors
    /// It is named twice; or it is not named, and neither the current folder nor one above it has a `routes.toml`.
    pub fn locate(&self, global: &Global) -> Result<Located, CliError> {
        match (&self.file, &global.routes) {
            (Some(file), Some(routes)) => Err(named_twice(file, routes)),
            (Some(path), None) | (None, Some(path)) => Ok(Located { path: path.clone(), by: LocatedBy::Argument }),
            (None, None) => match env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
                Some(name) => Ok(Located { path: name.into(), by: LocatedBy::Variable }),
                None => nearest(),
            },
        }
    }
}

impl Located {
    /// Says, of an error of reading the table, where its name came from if the arguments do not show it.
    #[must_use]
    pub fn say_who_named_it(&self, error: CliError) -> CliError {
        match self.by {
            LocatedBy::Variable => error.help(format_args!("the environment variable `{VARIABLE}` names it")),
            LocatedBy::Argument | LocatedBy::CurrentFolder | LocatedBy::ParentFolder => error,
        }
    }
}

fn named_twice(file: &Path, routes: &Path) -> CliError {
    let error = CliError::new(format_args!(
        "the table is named twice, `{}` and `--routes {}`",
        file.display(),
        routes.display()
    ));
    error.help("leave one of them out")
}

fn nearest() -> Result<Located, CliError> {
    let folder = env::current_dir().map_err(|error| {
        let error = CliError::new(format_args!("the current folder cannot be read: {}", words(&error)));
        error.help(format_args!("go to another folder, or name the table: FILE, `--routes FILE` or `{VARIABLE}`"))
    })?;
    let steps = folder.ancestors().position(has_table).ok_or_else(|| nowhere(&folder))?;
    let by = if steps == 0 { LocatedBy::CurrentFolder } else { LocatedBy::ParentFolder };
    Ok(Located { path: Path::new(&"../".repeat(steps)).join(NAME), by })
}

/// Whether something of that name is there, readable or not: one that cannot be read is an error, never passed over for
/// another table further up.
fn has_table(folder: &Path) -> bool {
    match fs::symlink_metadata(folder.join(NAME)) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

fn nowhere(folder: &Path) -> CliError {
    CliError::new(format_args!("there is no `{NAME}` in `{}`, nor in a folder above it", folder.display()))
        .help(format_args!("go to the folder that has one, or name the table: FILE, `--routes FILE` or `{VARIABLE}`"))
}
