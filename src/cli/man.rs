//! `crossfade man`: manual pages, made of the same arguments that are parsed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use tempfile::NamedTempFile;

use super::error::words;
use super::{CliError, Exit, Global, Terminal};
use crate::text::nearest;

/// Arguments of `man`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The page of a command; without one, that of crossfade itself
    #[arg(value_name = "COMMAND")]
    name: Option<String>,
    /// Write all pages into this folder, one per command, and make the folder if need be
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  crossfade man | man -l -                    the page of crossfade
  crossfade man check | man -l -              the page of a command
  crossfade man --out ~/.local/share/man/man1

Exit codes: 0 written · 2 there is no such command, or the folder cannot be
written";

/// Writes a page about these arguments to stdout, or all pages into a folder.
///
/// # Errors
/// There is no such command, or what is asked for cannot be written.
pub fn run(args: ManArgs, all: clap::Command, global: &Global) -> Result<Exit, CliError> {
    // Pages of `help` would say again what all others say.
    let mut all = all.disable_help_subcommand(true);
    // Only then a command knows its full name, and the options of every command.
    all.build();
    if let Some(folder) = &args.out {
        return write_all(all, folder, global);
    }
    let page = match &args.name {
        Some(name) => of_command(&all, name)?,
        None => all,
    };
    Terminal::answer_bytes(&ManPage::of(page)?.roff)?;
    Ok(Exit::Fine)
}

fn of_command(all: &clap::Command, name: &str) -> Result<clap::Command, CliError> {
    all.find_subcommand(name).cloned().ok_or_else(|| {
        let names = all.get_subcommands().map(clap::Command::get_name);
        let error = CliError::new(format_args!("there is no command `{name}`"));
        match nearest(name, names) {
            Some(near) => error.help(format_args!("did you mean `{near}`?")),
            None => error.help("`crossfade --help` lists all commands"),
        }
    })
}

fn write_all(all: clap::Command, folder: &Path, global: &Global) -> Result<Exit, CliError> {
    let cannot = |error: io::Error| {
        let error = CliError::new(format_args!("`{}` cannot be written: {}", folder.display(), words(&error)));
        error.help("name a folder that is yours to write, or a new one")
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    let commands: Vec<clap::Command> = all.get_subcommands().cloned().chain([all.clone()]).collect();
    for command in commands {
        let ManPage { file, roff } = ManPage::of(command)?;
        // Whole or not at all, and never through a link: it takes the place of what has its name.
        let mut temporary = NamedTempFile::new_in(folder).map_err(cannot)?;
        temporary.write_all(&roff).map_err(cannot)?;
        readable(&temporary).map_err(cannot)?;
        temporary.persist(folder.join(file)).map_err(|error| cannot(error.error))?;
    }
    Terminal::remark(&format!("the pages are in `{}`\n", folder.display()), global);
    Ok(Exit::Fine)
}

/// A manual page and the name of its file.
struct ManPage {
    file: String,
    roff: Vec<u8>,
}

impl ManPage {
    fn of(command: clap::Command) -> io::Result<ManPage> {
        // Made of the arguments alone, a synopsis leaves out the values that options take.
        let usage = command.clone().render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
        let notes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let source = concat!("crossfade ", env!("CARGO_PKG_VERSION"));
        // As part of the page the lines of examples would be filled like prose.
        let page = Man::new(command.override_usage(usage).after_help(None::<&str>)).source(source);
        let mut roff = Vec::new();
        page.render(&mut roff)?;
        write_notes(&notes).to_writer(&mut roff)?;
        Ok(ManPage { file: page.get_filename(), roff })
    }
}

/// The end of a help as a section: prose is filled, what is indented stays as it is.
fn write_notes(notes: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["NOTES"]);
    let mut is_example = false;
    for line in notes.lines() {
        let was_example = std::mem::replace(&mut is_example, line.starts_with(' '));
        match (was_example, is_example) {
            (false, true) => roff.control("EX", []),
            (true, false) => roff.control("EE", []),
            (false, false) | (true, true) => &mut roff,
        };
        if line.is_empty() {
            roff.control("PP", []);
        } else {
            roff.text([roman(line)]);
        }
    }
    if is_example {
        roff.control("EE", []);
    }
    roff
}

#[cfg(unix)]
fn readable(file: &NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile) -> io::Result<()> {
    Ok(())
}
