//! The files of a table, as they are read: within a budget, each remembered for the findings that point into it.

use crate::config::read::files::{FileError, Files, FolderEntry};
use crate::diagnostic::Sources;

/// Bytes of all files of a table together.
const MAX_TOTAL: u64 = 256 * 1024 * 1024;

/// What reads files.
pub(crate) struct Reader<'f> {
    files: &'f dyn Files,
    /// Bytes that may still be read.
    left: u64,
    /// Every file read, by number.
    pub(crate) sources: Sources,
}

impl<'f> Reader<'f> {
    /// Nothing read yet.
    pub(crate) fn new(files: &'f dyn Files) -> Reader<'f> {
        Reader { files, left: MAX_TOTAL, sources: Sources::default() }
    }

    /// The content of a file of at most `limit` bytes, which fits with all files read before it.
    pub(crate) fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let bytes = self.files.read(name, limit.min(self.left))?;
        self.left = self.left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(bytes)
    }

    /// What is directly in a folder.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, FileError> {
        self.files.list(folder)
    }
}
