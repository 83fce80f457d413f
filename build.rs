//! Gives every build a fingerprint of the sources that decide, and of the versions of what they use: a compiled table
//! and a `bootstrap` fit together only if both were made from the same ones.

use std::fs;
use std::path::{Path, PathBuf};

/// What the meaning and the layout of a compiled table depend on.
const SOURCES: [&str; 6] = ["src/bin", "src/edge", "src/event", "src/platform", "src/route", "src/text"];
/// The index of a compiled table is laid out and hashed by dependencies. Absent where this is itself a dependency.
const LOCK: &str = "Cargo.lock";

fn main() {
    let mut files = Vec::new();
    for folder in SOURCES {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
    }
    // A path that is not there would make every build run this again.
    if Path::new(LOCK).is_file() {
        println!("cargo::rerun-if-changed={LOCK}");
        files.push(PathBuf::from(LOCK));
    }
    files.sort();
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(env!("CARGO_PKG_VERSION").as_bytes());
    for file in files {
        hash.write(file.to_string_lossy().as_bytes());
        hash.write(&fs::read(&file).expect("a file that was just listed can be read"));
    }
    println!("cargo::rustc-env=CROSSFADE_BUILD={:016x}", hash.0);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// FNV-1a, 64 bits: the same on every machine.
struct Fnv(u64);

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
