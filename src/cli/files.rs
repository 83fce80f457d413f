//! The files of a table on a disk: beside the top file, never outside its folder, never larger than asked for.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::CliError;
use super::error::words;
use crate::config::{FileError, Files, FolderEntry};

/// The folder that a top file stands in.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    folder: PathBuf,
    /// The same with every link resolved: what may be read lies below it.
    real: PathBuf,
    /// The top file's own name, which may be a link to anywhere: it was named by the user.
    top: String,
}

impl DiskFiles {
    /// The files beside a top file.
    ///
    /// # Errors
    /// There is no such file, it is a folder, or it cannot be opened: with words that say what to do.
    pub fn beside(top: &Path) -> Result<DiskFiles, CliError> {
        let metadata = fs::metadata(top).map_err(|error| unreadable(top, &error))?;
        if metadata.is_dir() {
            return Err(is_folder(top));
        }
        let Some(name) = top.file_name() else { return Err(is_folder(top)) };
        let Some(name) = name.to_str() else {
            return Err(CliError::new(format_args!("the name of `{}` is not UTF-8", top.display()))
                .help("rename the file: its name is part of every message"));
        };
        // A pipe is opened only once.
        if metadata.is_file() {
            File::open(top).map_err(|error| unreadable(top, &error))?;
        }
        let folder = match top.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let real = fs::canonicalize(&folder).map_err(|error| unreadable(&folder, &error))?;
        Ok(DiskFiles { folder, real, top: name.to_owned() })
    }

    /// The name of the top file in its folder.
    #[must_use]
    pub fn top(&self) -> &str {
        &self.top
    }

    /// What is put before a name so that it is found from the current folder: empty, or `folder/`.
    #[must_use]
    pub fn prefix(&self) -> String {
        let folder = self.folder.display().to_string();
        match folder.as_str() {
            "." | "" => String::new(),
            folder if folder.ends_with('/') => folder.to_owned(),
            folder => format!("{folder}/"),
        }
    }

    /// The real place of a name; its links lead nowhere else.
    fn place(&self, name: &str) -> Result<PathBuf, FileError> {
        if name == self.top {
            return Ok(self.folder.join(name));
        }
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(name).components().all(inside) {
            return Err(FileError::Outside);
        }
        let place = fs::canonicalize(self.folder.join(name)).map_err(|error| why(&error))?;
        if place.starts_with(&self.real) { Ok(place) } else { Err(FileError::Outside) }
    }

    /// Whether a link leads back to the folder that it is in, or above.
    fn is_loop(&self, folder: &Path, entry: &Path) -> bool {
        fs::canonicalize(entry).is_ok_and(|real| folder.starts_with(real))
    }
}

impl Files for DiskFiles {
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let place = self.place(name)?;
        let metadata = fs::metadata(&place).map_err(|error| why(&error))?;
        if metadata.is_dir() {
            return Err(FileError::Other("it is a folder".to_owned()));
        }
        if !metadata.is_file() && name != self.top {
            return Err(FileError::Other("it is not a regular file".to_owned()));
        }
        let mut content = Vec::new();
        let file = File::open(&place).map_err(|error| why(&error))?;
        // One byte more than allowed is enough to know.
        file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|error| why(&error))?;
        let fits = u64::try_from(content.len()).is_ok_and(|len| len <= limit);
        if fits { Ok(content) } else { Err(FileError::TooLarge { limit }) }
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, FileError> {
        let place = if folder.is_empty() { self.real.clone() } else { self.place(folder)? };
        let mut entries = Vec::new();
        for entry in fs::read_dir(&place).map_err(|error| why(&error))? {
            let entry = entry.map_err(|error| why(&error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    if !self.is_loop(&place, &path) {
                        entries.push(FolderEntry::Folder(name));
                    }
                }
                // A link to nothing is listed as a file, so that reading it fails aloud.
                Ok(_) | Err(_) => entries.push(FolderEntry::File(name)),
            }
        }
        Ok(entries)
    }
}

fn why(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        _ => FileError::Other(words(error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            let error = CliError::new(format_args!("there is no `{shown}`"));
            error.help("check the name; a relative one begins at the current folder")
        }
        io::ErrorKind::PermissionDenied => CliError::new(format_args!("`{shown}` may not be read: {}", words(error)))
            .help("give yourself the right to read it"),
        _ => CliError::new(format_args!("`{shown}` cannot be read: {}", words(error))),
    }
}

fn is_folder(path: &Path) -> CliError {
    let error = CliError::new(format_args!("`{}` is a folder, not a table", path.display()));
    let inside = path.join("routes.toml");
    if inside.is_file() {
        return error.help(format_args!("name the file in it: `{}`", inside.display()));
    }
    error.help("name the file that holds the table")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_read_not_even_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.csv"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("maps/deep")).unwrap();
        for name in ["routes.toml", "maps/a.csv"] {
            fs::write(root.join(name), "12345").unwrap();
        }
        symlink(outside.path().join("secret.csv"), root.join("maps/link.csv")).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink(root.join("maps/a.csv"), root.join("inside.csv")).unwrap();
        symlink(root, root.join("maps/deep/loop")).unwrap();
        symlink(root.join("nothing"), root.join("maps/dead.csv")).unwrap();
        let files = DiskFiles::beside(&root.join("routes.toml")).unwrap();
        let five = Ok(b"12345".to_vec());
        let rows = [
            ("routes.toml", 5, five.clone()),
            ("maps/a.csv", 5, five.clone()),
            ("./maps/a.csv", 5, five.clone()),
            ("inside.csv", 5, five),
            ("maps/a.csv", 4, Err(FileError::TooLarge { limit: 4 })),
            ("maps/b.csv", 5, Err(FileError::NotFound)),
            ("maps/dead.csv", 5, Err(FileError::NotFound)),
            ("maps/link.csv", 5, Err(FileError::Outside)),
            ("out/secret.csv", 5, Err(FileError::Outside)),
            ("maps/../../x", 5, Err(FileError::Outside)),
            ("/etc/passwd", 5, Err(FileError::Outside)),
            ("maps", 5, Err(FileError::Other("it is a folder".into()))),
        ];
        for (name, limit, expected) in rows {
            assert_eq!(files.read(name, limit), expected, "{name}");
        }
        let mut maps = files.list("maps").unwrap();
        maps.sort();
        let file = |name: &str| FolderEntry::File(name.into());
        assert_eq!(maps, [file("a.csv"), file("dead.csv"), file("link.csv"), FolderEntry::Folder("deep".into())]);
        assert_eq!(files.list("maps/deep"), Ok(vec![]), "a loop is not entered");
        assert_eq!(files.list("out"), Err(FileError::Outside));
    }

    #[test]
    fn the_top_file_may_be_a_link_to_anywhere() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("real.toml"), "x").unwrap();
        let top = folder.path().join("routes.toml");
        symlink(outside.path().join("real.toml"), &top).unwrap();
        let files = DiskFiles::beside(&top).unwrap();
        assert_eq!(files.read(files.top(), 9), Ok(b"x".to_vec()));
    }
}
