//! A zip whose bytes depend on its files alone: sorted names, one date, given modes.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// One file.
pub(super) struct Entry {
    /// `/`-separated.
    pub(super) name: String,
    /// Its rights.
    pub(super) mode: Mode,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// The rights of a file. Lambda runs as another user than the one that unpacks, so all may read ("Lambda requires global
/// read permissions on code files", Lambda Developer Guide): a file mode could not keep a secret here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// 0644.
    File,
    /// 0755.
    Executable,
}

impl Entry {
    /// A file.
    pub(super) fn new(name: impl Into<String>, mode: Mode, bytes: impl Into<Vec<u8>>) -> Entry {
        Entry { name: name.into(), mode, bytes: bytes.into() }
    }
}

/// Without the content, which may be the secrets.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { name, mode, bytes } = self;
        write!(f, "Entry({name:?}, {mode:?}, {} bytes)", bytes.len())
    }
}

/// Packs files in the order given, dated 1980-01-01.
pub(super) fn zip(entries: &[Entry]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let mode = match entry.mode {
            Mode::File => 0o644,
            Mode::Executable => 0o755,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(mode);
        writer.start_file(&entry.name, options)?;
        writer.write_all(&entry.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// What each file of a zip takes in it.
pub(super) fn packed_sizes(zip: &[u8]) -> ZipResult<BTreeMap<String, u64>> {
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let mut sizes = BTreeMap::new();
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at)?;
        sizes.insert(file.name()?.into_owned(), file.compressed_size());
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_shows_no_content() {
        let shown = format!("{:?}", Entry::new("secrets.json", Mode::File, "abc"));
        assert_eq!(shown, r#"Entry("secrets.json", File, 3 bytes)"#);
    }

    #[test]
    fn the_same_files_make_the_same_bytes_and_keep_their_rights() {
        let entries = || vec![Entry::new("a", Mode::Executable, "x".repeat(999)), Entry::new("b/c", Mode::File, "y")];
        let first = zip(&entries()).unwrap();
        assert_eq!(first, zip(&entries()).unwrap());
        let mut archive = ZipArchive::new(Cursor::new(&first)).unwrap();
        let told = |archive: &mut ZipArchive<_>, at| {
            let file = archive.by_index(at).unwrap();
            (
                file.name().unwrap().into_owned(),
                file.unix_mode().unwrap() & 0o7777,
                file.last_modified().unwrap().year(),
            )
        };
        assert_eq!(told(&mut archive, 0), ("a".to_owned(), 0o755, 1980));
        assert_eq!(told(&mut archive, 1), ("b/c".to_owned(), 0o644, 1980));
    }
}
