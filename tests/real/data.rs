//! The files.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Where the files are, if they are anywhere.
fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/data"));
    let folder = std::env::var_os("CROSSFADE_DATA").map(PathBuf::from).or_else(beside)?;
    folder.is_dir().then_some(folder)
}

/// A file as text, unpacked; `None`, with a word on it, where there are no files.
///
/// # Panics
/// The folder is there and the file is not.
pub(crate) fn text(name: &str) -> Option<String> {
    let Some(folder) = folder() else {
        println!("skipped: no real data here, set CROSSFADE_DATA to test with `{name}`");
        return None;
    };
    let bytes = std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    if !name.ends_with(".gz") {
        return Some(String::from_utf8(bytes).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    let mut text = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut text)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    Some(text)
}
