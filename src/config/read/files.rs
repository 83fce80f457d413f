//! Where the files of a table come from: a trait, so that this module never touches a disk.

use std::collections::BTreeMap;

/// Longest TOML file that is read, bytes.
pub const MAX_TOML: u64 = 32 * 1024 * 1024;
/// Longest redirect map that is read, bytes.
pub const MAX_MAP: u64 = 128 * 1024 * 1024;

/// The files beside a table. Names are `/`-separated, relative to the top file's folder and never outside it.
pub trait Files {
    /// The whole content of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// The file is not there, is too large, or cannot be read.
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileError>;

    /// What is directly in a folder (`""` is the top file's own), in any order. Names only, without the folder's.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, FileError>;
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderEntry {
    /// A file of this name.
    File(String),
    /// A folder of this name.
    Folder(String),
}

/// Why a file cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing of that name.
    #[error("there is no such file")]
    NotFound,
    /// It would not fit.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// Its name or a link leads out of the top file's folder.
    #[error("it is outside the folder of the top file")]
    Outside,
    /// What the system said.
    #[error("{0}")]
    Other(String),
}

/// Files held in memory, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFiles(BTreeMap<String, Vec<u8>>);

impl MemoryFiles {
    /// No file.
    #[must_use]
    pub fn new() -> MemoryFiles {
        MemoryFiles::default()
    }

    /// The same with one more file.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, content: impl Into<Vec<u8>>) -> MemoryFiles {
        self.0.insert(name.into(), content.into());
        self
    }
}

impl<N: Into<String>, C: Into<Vec<u8>>> FromIterator<(N, C)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (N, C)>>(files: I) -> MemoryFiles {
        MemoryFiles(files.into_iter().map(|(name, content)| (name.into(), content.into())).collect())
    }
}

impl Files for MemoryFiles {
    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let content = self.0.get(name).ok_or(FileError::NotFound)?;
        let fits = u64::try_from(content.len()).is_ok_and(|len| len <= limit);
        if fits { Ok(content.clone()) } else { Err(FileError::TooLarge { limit }) }
    }

    fn list(&self, folder: &str) -> Result<Vec<FolderEntry>, FileError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.0.keys().filter_map(|name| name.strip_prefix(&prefix));
        let mut entries: Vec<FolderEntry> = below
            .map(|rest| match rest.split_once('/') {
                Some((child, _)) => FolderEntry::Folder(child.to_owned()),
                None => FolderEntry::File(rest.to_owned()),
            })
            .collect();
        entries.sort();
        entries.dedup();
        if entries.is_empty() { Err(FileError::NotFound) } else { Ok(entries) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lists_its_files_and_folders_once() {
        let files = MemoryFiles::from_iter([("a.toml", ""), ("r/b.toml", ""), ("r/s/c.toml", ""), ("r/s/d.toml", "")]);
        let rows = [
            ("", Ok(vec![FolderEntry::File("a.toml".into()), FolderEntry::Folder("r".into())])),
            ("r", Ok(vec![FolderEntry::File("b.toml".into()), FolderEntry::Folder("s".into())])),
            ("x", Err(FileError::NotFound)),
        ];
        for (folder, expected) in rows {
            assert_eq!(files.list(folder), expected, "{folder}");
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused() {
        let files = MemoryFiles::new().with("a", "1234");
        assert_eq!(files.read("a", 4), Ok(b"1234".to_vec()));
        assert_eq!(files.read("a", 3), Err(FileError::TooLarge { limit: 3 }));
    }
}
