//! `crossfade new`: a repository of one's own, with a table whose tests pass.
//!
//! Its files lie in `template/`. Nothing that is there already is ever replaced: what the folder of a new repository may
//! hold already is kept, anything else is refused. What could not be finished is removed again.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::words;
use super::{CliError, Exit, Global, Terminal};
use crate::report::made::{Made, MadeFile};

/// Arguments of `new`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NewArgs {
    /// A folder that is not there yet, in one that is, or a new git repository
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

const EXAMPLES: &str = "\
Makes a table with tests, a redirect map, a CloudFront event for `invoke`, and a
workflow for GitHub that checks every pull request. No file that is there
already is replaced: a README, a licence, `.gitignore` and `.git` are kept, and
the rest is made beside them. A folder that holds anything else is refused.

Examples:
  crossfade new site-routes
  crossfade new .            the current folder: empty, or a fresh clone

Exit codes: 0 made · 2 it could not be made";

/// A file of every new repository.
struct NewFile {
    name: &'static str,
    is: &'static str,
    text: &'static str,
}

const FILES: [NewFile; 6] = [
    NewFile {
        name: "routes.toml",
        is: "the table, with its examples and tests",
        text: include_str!("template/routes.toml"),
    },
    NewFile {
        name: "redirects/moved.csv",
        is: "a redirect map: pages that moved",
        text: include_str!("template/redirects/moved.csv"),
    },
    NewFile {
        name: "events/news.json",
        is: "a CloudFront event for `crossfade invoke`",
        text: include_str!("template/events/news.json"),
    },
    NewFile {
        name: ".github/workflows/routes.yml",
        is: "checks every pull request on GitHub",
        text: include_str!("template/workflow.yml"),
    },
    NewFile {
        name: ".gitignore",
        is: "keeps packages and secrets out of git",
        text: include_str!("template/gitignore"),
    },
    NewFile { name: "README.md", is: "how to work with it, and what to set", text: include_str!("template/README.md") },
];

/// What to do first.
const NEXT: [&str; 3] = ["crossfade check --deny-warnings", "crossfade test", "crossfade explain /news/today"];

/// What a repository that has just been made holds; a licence too, of any name. All of it is kept.
const OF_A_NEW_REPOSITORY: [&str; 5] = [".git", ".gitignore", ".gitattributes", "README.md", "README"];
const LICENCES: [&str; 3] = ["LICENSE", "LICENCE", "COPYING"];

/// What stands where the repository should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    Nothing,
    /// It holds nothing, or what a new repository may hold.
    Folder,
}

/// What was made so far, each after the folder that it is in; and the names of files that were there.
#[derive(Debug, Default)]
struct Planted {
    made: Vec<PathBuf>,
    kept: Vec<&'static str>,
}

/// A file or folder that could not be made.
struct Unmade {
    path: PathBuf,
    error: io::Error,
}

/// Makes the repository, whole or not at all.
///
/// # Errors
/// Something stands there already, a file or folder cannot be made, or the answer cannot be written.
pub fn run(args: NewArgs, global: &Global) -> Result<Exit, CliError> {
    let ground = ground(&args.dir)?;
    let mut planted = Planted::default();
    if let Err(unmade) = planted.grow(&args.dir, ground) {
        planted.remove();
        return Err(unmakeable(&args.dir, &unmade));
    }
    let (kept, made) = FILES.iter().partition::<Vec<_>, _>(|file| planted.kept.contains(&file.name));
    let named = |files: Vec<&'static NewFile>| -> Vec<MadeFile<'static>> {
        files.into_iter().map(|NewFile { name, is, .. }| MadeFile { name, is }).collect()
    };
    let folder = args.dir.display().to_string();
    let made = Made { folder, files: named(made), kept: named(kept), next: &NEXT, ending: global.ending() };
    Terminal::answer(&made, global)?;
    Ok(Exit::Fine)
}

fn ground(dir: &Path) -> Result<Ground, CliError> {
    let shown = dir.display();
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => match foreign_name(dir) {
            Ok(None) => Ok(Ground::Folder),
            Ok(Some(name)) => Err(CliError::new(format_args!("`{shown}` is not empty: it holds `{name}`"))
                .help("name a folder that is not there yet, or one with no more than a README, a licence and `.git`")),
            Err(error) => Err(CliError::new(format_args!("`{shown}` cannot be looked into: {}", words(&error)))
                .help("name a folder that is empty or not there yet")),
        },
        Ok(_) => Err(CliError::new(format_args!("`{shown}` is a file, and a repository is a folder"))
            .help("name a folder that is empty or not there yet")),
        // A link to nothing is found by the attempt to make the folder.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Ground::Nothing),
        Err(error) => Err(unmakeable(dir, &Unmade { path: dir.to_owned(), error })),
    }
}

/// The first name, in the order of the alphabet, of what a folder holds and no new repository does.
fn foreign_name(dir: &Path) -> io::Result<Option<String>> {
    let mut first: Option<String> = None;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !may_stay(&name) && first.as_ref().is_none_or(|first| name < *first) {
            first = Some(name);
        }
    }
    Ok(first)
}

fn may_stay(name: &str) -> bool {
    OF_A_NEW_REPOSITORY.contains(&name) || LICENCES.iter().any(|licence| name.starts_with(licence))
}

impl Planted {
    /// Makes every file that is not kept, with the folders that it needs.
    fn grow(&mut self, dir: &Path, ground: Ground) -> Result<(), Unmade> {
        if ground == Ground::Nothing {
            self.folder(dir.to_owned())?;
        }
        for NewFile { name, text, .. } in &FILES {
            // Where there was no folder, whatever stands in it came meanwhile.
            if ground == Ground::Folder && may_stay(name) && fs::symlink_metadata(dir.join(name)).is_ok() {
                self.kept.push(name);
                continue;
            }
            let mut path = dir.to_owned();
            let mut parts = name.split('/').peekable();
            while let Some(part) = parts.next() {
                path.push(part);
                if parts.peek().is_some() && !self.made.contains(&path) {
                    self.folder(path.clone())?;
                }
            }
            self.file(path, text)?;
        }
        Ok(())
    }

    fn folder(&mut self, path: PathBuf) -> Result<(), Unmade> {
        if let Err(error) = fs::create_dir(&path) {
            return Err(Unmade { path, error });
        }
        self.made.push(path);
        Ok(())
    }

    /// A new file: one that came to stand there meanwhile is kept.
    fn file(&mut self, path: PathBuf, text: &str) -> Result<(), Unmade> {
        let written = File::create_new(&path).and_then(|mut file| {
            self.made.push(path.clone());
            file.write_all(text.as_bytes())
        });
        written.map_err(|error| Unmade { path, error })
    }

    /// Leaves nothing behind; a folder that somebody else put something into stays.
    fn remove(self) {
        for path in self.made.into_iter().rev() {
            let _kept = if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) };
        }
    }
}

fn unmakeable(dir: &Path, Unmade { path, error }: &Unmade) -> CliError {
    let parent = dir.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let (shown, folder) = (path.display(), parent.display());
    match error.kind() {
        ErrorKind::NotFound if path == dir => {
            CliError::new(format_args!("`{shown}` cannot be made: there is no folder `{folder}`"))
                .help(format_args!("make it first: `mkdir -p {folder}`"))
        }
        ErrorKind::NotADirectory if path == dir => {
            CliError::new(format_args!("`{shown}` cannot be made: `{folder}` is not a folder"))
                .help("name a folder in one that is there")
        }
        ErrorKind::AlreadyExists => CliError::new(format_args!("`{shown}` is there already, and is kept"))
            .help("name a folder that is empty or not there yet"),
        ErrorKind::PermissionDenied => CliError::new(format_args!("`{shown}` cannot be made: {}", words(error)))
            .help("name a place that you may write to"),
        _ => CliError::new(format_args!("`{shown}` cannot be made: {}", words(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_finished_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".git", "events"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut planted = Planted::default();
        let unmade = planted.grow(folder.path(), Ground::Folder).err().unwrap();
        assert_eq!(unmade.path, folder.path().join("events"));
        assert_eq!(planted.made.len(), 3, "the table, and the map with its folder: {planted:?}");
        planted.remove();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".git", "events"]);
    }

    #[test]
    fn a_file_that_came_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("routes.toml");
        fs::write(&own, "mine").unwrap();
        let mut planted = Planted::default();
        let unmade = planted.grow(folder.path(), Ground::Folder).err().unwrap();
        planted.remove();
        assert_eq!((unmade.path, unmade.error.kind()), (own.clone(), ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(own).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
