//! The files of a table, watched: read again when one of them changes, and only then.
//!
//! They are looked at twice a second. A crate that is told by the system (`notify`) would not make this smaller: which
//! files matter, whether they are still and whether their text is another has to be found out all the same; and it
//! hears nothing on network file systems and the mounts of containers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::files::DiskFiles;
use super::locate::Located;
use super::table::{Accept, OpenTable};
use super::{CliError, Global};
use crate::check::{self, Loaded};
use crate::config::{FileError, Files, FolderEntry};
use crate::route::{Table, Timestamp};

/// Files that are being written are left alone until they have been still for this long.
const STILL: Duration = Duration::from_millis(60);
/// Files that never are still are read all the same.
const PATIENCE: u32 = 30;

/// A table on a disk, and how its files were when it was last read.
#[derive(Debug)]
pub struct Watched {
    path: PathBuf,
    seen: Stamps,
    digest: Option<u64>,
}

/// Every file and folder that was looked at, as it was just before.
type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

/// What tells that a file was written: enough where clocks are coarser than writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Watched {
    /// A table to be watched, which need not be there yet. Nothing is read.
    #[must_use]
    pub fn at(path: &Path) -> Watched {
        Watched { path: path.to_owned(), seen: Stamps::new(), digest: None }
    }

    /// Reads the table, to be watched from now on.
    ///
    /// # Errors
    /// The files cannot be read, or the table has errors.
    pub fn open(located: &Located, global: &Global) -> Result<(Watched, Table), CliError> {
        let mut watched = Watched::at(&located.path);
        let (loaded, folder) = watched.load(None).map_err(|error| located.say_who_named_it(error))?;
        Ok((watched, OpenTable::of(loaded, folder, Accept::NoError, global)?.table))
    }

    /// Reads the table again. `None`: its files hold the very text that was read the last time.
    ///
    /// # Errors
    /// As [`open`](Watched::open).
    pub fn read(&mut self, global: &Global) -> Result<Option<Table>, CliError> {
        let Some((loaded, folder)) = self.load_changed(None)? else { return Ok(None) };
        OpenTable::of(loaded, folder, Accept::NoError, global).map(|open| Some(open.table))
    }

    /// Reads the table with all its findings, its files named as seen from the current folder. `None` as in
    /// [`read`](Watched::read).
    ///
    /// # Errors
    /// The files cannot be read.
    pub fn check(&mut self, now: Timestamp) -> Result<Option<Loaded>, CliError> {
        let Some((mut loaded, folder)) = self.load_changed(Some(now))? else { return Ok(None) };
        loaded.sources.prefix_names(&folder);
        Ok(Some(loaded))
    }

    fn load_changed(&mut self, now: Option<Timestamp>) -> Result<Option<(Loaded, String)>, CliError> {
        let last = self.digest.take();
        let loaded = self.load(now)?;
        Ok((self.digest != last).then_some(loaded))
    }

    /// Reads the files and notes how they are. The text is what goes before their names. What is over is told where the
    /// time is.
    fn load(&mut self, now: Option<Timestamp>) -> Result<(Loaded, String), CliError> {
        self.seen = Stamps::from([(self.path.clone(), Stamp::of(&self.path))]);
        let disk = DiskFiles::beside(&self.path)?;
        let files = Remembering { folder: disk.prefix(), disk, seen: RefCell::default(), hasher: RefCell::default() };
        let top = files.disk.top();
        let loaded = now.map_or_else(|| check::load(top, &files), |now| check::load_at(top, &files, now));
        self.seen.append(&mut files.seen.take());
        self.digest = Some(files.hasher.into_inner().finish());
        Ok((loaded, files.folder))
    }

    /// Whether a file or folder is no longer as it was. Returns only once they are still. O(files).
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let mut now = self.look();
        if now == self.seen {
            return false;
        }
        for _ in 0..PATIENCE {
            sleep(STILL);
            let then = std::mem::replace(&mut now, self.look());
            if now == then {
                break;
            }
        }
        now != self.seen
    }

    fn look(&self) -> Stamps {
        self.seen.keys().map(|path| (path.clone(), Stamp::of(path))).collect()
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let metadata = fs::metadata(path).ok()?;
        Some(Stamp { modified: metadata.modified().ok(), length: metadata.len(), inode: inode(&metadata) })
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

/// Files that remember what was asked of them.
struct Remembering {
    disk: DiskFiles,
    folder: String,
    seen: RefCell<Stamps>,
    hasher: RefCell<DefaultHasher>,
}

impl Remembering {
    fn note(&self, name: &str) {
        let path = PathBuf::from(format!("{}{name}", self.folder));
        let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
        // Taken before the content: what is written in between is seen as a change, never missed.
        let stamp = Stamp::of(&path);
        self.seen.borrow_mut().entry(path).or_insert(stamp);
    }
}

impl Files for Remembering {
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        self.note(name);
        let read = self.disk.read(name, limit);
        let content = read.as_deref().map_err(ToString::to_string);
        (name, content).hash(&mut *self.hasher.borrow_mut());
        read
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, FileError> {
        self.note(folder);
        self.disk.list(folder)
    }
}
