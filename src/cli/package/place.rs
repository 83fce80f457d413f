//! Where the zip goes: a path that is not there, or a zip that is replaced. Never anything else: what a slip of the
//! keyboard names may be the only copy of it.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zip::ZipArchive;

use crate::cli::CliError;
use crate::cli::error::words;

/// The folder and the name of a zip that nobody named another place for.
const DEFAULT: (&str, &str) = ("dist", "edge.zip");

/// A place that was judged: the zip may be written there.
#[derive(Debug)]
pub(super) struct ZipPlace {
    path: PathBuf,
    folder: PathBuf,
    found: Standing,
    by: PlaceOf,
}

/// A file that a command reads, and what it is to people: "the table", "the binary".
#[derive(Clone, Debug)]
pub(super) struct ReadFile {
    pub(super) path: PathBuf,
    pub(super) is: &'static str,
}

/// Who may read the zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// 0600.
    Owner,
    /// 0644.
    All,
}

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Nothing,
    Zip,
}

/// Whose word the place is: what a user names is taken as it is, the default makes its own folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlaceOf {
    User,
    Default,
}

impl ZipPlace {
    /// Judges the place that a user named, or the default.
    ///
    /// # Errors
    /// Something else than a zip stands there, it is one of the inputs, or its folder is not there.
    pub(super) fn judge(named: Option<&Path>, inputs: &[ReadFile]) -> Result<ZipPlace, CliError> {
        let (path, by) = match named {
            Some(path) => (path.to_owned(), PlaceOf::User),
            None => (Path::new(DEFAULT.0).join(DEFAULT.1), PlaceOf::Default),
        };
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(CliError::new(format_args!("`{}` names a folder, not a file", path.display()))
                .help(format_args!("name the zip in it: `{}`", path.join(DEFAULT.1).display())));
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if by == PlaceOf::User {
            is_folder(&path, &folder)?;
        }
        let found = match fs::symlink_metadata(&path) {
            Ok(metadata) => replaceable(&path, &metadata, inputs)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Standing::Nothing,
            Err(error) => return Err(unwritable(&path, &error)),
        };
        Ok(ZipPlace { path, folder, found, by })
    }

    /// As it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the zip beside its name and then moves it there, so that nobody ever sees half of it.
    ///
    /// # Errors
    /// The folder cannot be made or written to, or something came to stand there meanwhile.
    pub(super) fn write(self, zip: &[u8], readers: Readers) -> Result<(), CliError> {
        let failed = |error: io::Error| unwritable(&self.path, &error);
        if self.by == PlaceOf::Default {
            fs::create_dir_all(&self.folder).map_err(failed)?;
        }
        let mut file = NamedTempFile::new_in(&self.folder).map_err(failed)?;
        io::Write::write_all(&mut file, zip).map_err(failed)?;
        allow(file.as_file(), readers).map_err(failed)?;
        let moved = match self.found {
            Standing::Nothing => file.persist_noclobber(&self.path),
            Standing::Zip => file.persist(&self.path),
        };
        moved.map(|_| ()).map_err(|error| failed(error.error))
    }
}

/// A temporary file is its owner's only.
#[cfg(unix)]
fn allow(file: &File, readers: Readers) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match readers {
        Readers::Owner => Ok(()),
        Readers::All => file.set_permissions(fs::Permissions::from_mode(0o644)),
    }
}

#[cfg(not(unix))]
fn allow(_: &File, _: Readers) -> io::Result<()> {
    Ok(())
}

fn is_folder(path: &Path, folder: &Path) -> Result<(), CliError> {
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(CliError::new(format_args!("`{}` cannot be written: there is no folder `{shown}`", path.display()))
                .help(format_args!("make it first: `mkdir -p {shown}`")))
        }
        Err(error) if error.kind() != ErrorKind::NotADirectory => Err(unwritable(path, &error)),
        Ok(_) | Err(_) => {
            Err(CliError::new(format_args!("`{}` cannot be written: `{shown}` is not a folder", path.display()))
                .help("name a file in a folder that is there"))
        }
    }
}

/// Only a zip is replaced.
fn replaceable(path: &Path, metadata: &Metadata, inputs: &[ReadFile]) -> Result<Standing, CliError> {
    if let Some(input) = inputs.iter().find(|input| is_same(metadata, &input.path)) {
        return Err(kept(path, input.is));
    }
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Err(kept(path, "a symbolic link"));
    }
    if kind.is_dir() {
        return Err(CliError::new(format_args!("`{}` is a folder, and the zip is a file", path.display()))
            .help(format_args!("name the zip in it: `{}`", path.join(DEFAULT.1).display())));
    }
    if !kind.is_file() {
        return Err(kept(path, special(kind)));
    }
    match is_zip(path) {
        Ok(true) => Ok(Standing::Zip),
        Ok(false) => Err(kept(path, "a file that is not a zip")),
        Err(error) => Err(CliError::new(format_args!(
            "`{}` is kept, because it cannot be read to see whether it is a zip: {}",
            path.display(),
            words(&error)
        ))
        .help("name another file, or remove this one first")),
    }
}

fn kept(path: &Path, what: &str) -> CliError {
    CliError::new(format_args!("`{}` is {what}, and only a zip is replaced", path.display()))
        .help("name another file with `--out`, or remove this one first if nobody needs it")
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "no regular file"
}

/// Whether two names mean one file, whatever the names are: links, another case, a mount.
#[cfg(unix)]
fn is_same(metadata: &Metadata, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(other).is_ok_and(|other| (other.dev(), other.ino()) == (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Path) -> bool {
    // What is read is text or a binary, so it is kept for not being a zip.
    false
}

/// By its content: a zip begins as one, and has the list of its files at its end.
fn is_zip(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut first = [0; 4];
    if let Err(error) = file.read_exact(&mut first) {
        return if error.kind() == ErrorKind::UnexpectedEof { Ok(false) } else { Err(error) };
    }
    file.rewind()?;
    let begins = [*b"PK\x03\x04", *b"PK\x05\x06"].contains(&first);
    Ok(begins && ZipArchive::new(file).is_ok())
}

fn unwritable(path: &Path, error: &io::Error) -> CliError {
    let failed = CliError::new(format_args!("`{}` cannot be written: {}", path.display(), words(error)));
    match error.kind() {
        ErrorKind::PermissionDenied => failed.help("name a file in a folder that you may write to"),
        ErrorKind::AlreadyExists => failed.help("something came to stand there meanwhile: try again"),
        _ => failed,
    }
}
