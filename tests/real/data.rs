//! The files.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Where the files are: what `CROSSFADE_DATA` names, there or not; else what stands beside the checkout, if it does.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/data"));
    let named = std::env::var_os("CROSSFADE_DATA").map(PathBuf::from);
    named.or_else(|| beside().filter(|folder| folder.is_dir()))
}

/// The JSON files of a folder and of those in it.
///
/// # Panics
/// There is no such folder.
pub(crate) fn json_files(name: &str) -> Vec<PathBuf> {
    let mut folders = vec![folder().expect("a test that needs the files runs where they are").join(name)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A file as text, unpacked.
///
/// # Panics
/// There is no such file.
pub(crate) fn text(name: &str) -> String {
    let folder = folder().expect("a test that needs the files runs where they are");
    let bytes = std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    if !name.ends_with(".gz") {
        return String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    text
}
