//! A zip whose bytes depend on its files alone: sorted names, one date, given modes.

use std::fmt;
use std::io::{Cursor, Write};

use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::report::packed::PackedFile;

/// One file.
pub(super) struct ZipEntry {
    /// `/`-separated.
    pub(super) name: String,
    /// Its rights.
    pub(super) rights: Rights,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// The rights of a file. Lambda runs as another user than the one that unpacks, so all may read ("Lambda requires global
/// read permissions on code files", Lambda Developer Guide): a file mode could not keep a secret here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// 0644.
    File,
    /// 0755.
    Executable,
}

impl ZipEntry {
    /// A file.
    pub(super) fn new(name: impl Into<String>, rights: Rights, bytes: impl Into<Vec<u8>>) -> ZipEntry {
        ZipEntry { name: name.into(), rights, bytes: bytes.into() }
    }
}

/// Without the content, which may be the secrets.
impl fmt::Debug for ZipEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ZipEntry { name, rights, bytes } = self;
        write!(f, "ZipEntry({name:?}, {rights:?}, {} bytes)", bytes.len())
    }
}

/// Packs files in the order given, dated 1980-01-01.
pub(super) fn zip(entries: &[ZipEntry]) -> ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let mode = match entry.rights {
            Rights::File => 0o644,
            Rights::Executable => 0o755,
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

/// What each file of a zip takes, alone and in it.
pub(super) fn packed_files(zip: &[u8]) -> ZipResult<Vec<PackedFile>> {
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let count = archive.len();
    let packed = |at| {
        let file = archive.by_index_raw(at)?;
        Ok(PackedFile { name: file.name()?.into_owned(), bytes: file.size(), packed: file.compressed_size() })
    };
    (0..count).map(packed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_shows_no_content() {
        let shown = format!("{:?}", ZipEntry::new("secrets.json", Rights::File, "abc"));
        assert_eq!(shown, r#"ZipEntry("secrets.json", File, 3 bytes)"#);
    }

    #[test]
    fn the_same_files_make_the_same_bytes_and_keep_their_rights() {
        let entries =
            || vec![ZipEntry::new("a", Rights::Executable, "x".repeat(999)), ZipEntry::new("b/c", Rights::File, "y")];
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
