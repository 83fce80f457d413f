//! Tells the sources what they cannot know of themselves.
//!
//! - `CROSSFADE_BUILD`: a fingerprint of the sources that decide, and of the versions of what they use: a compiled table
//!   and a `bootstrap` fit together only if both were made from the same ones.
//! - `CROSSFADE_COMMIT` and `CROSSFADE_TARGET`, for the command line alone: what `crossfade --version` says. The commit
//!   is known to an optimised build in a checkout of this repository. Nothing else is told of it: a build that tests
//!   would be made again after every commit, and `bootstrap` must be the same bytes whatever the commit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the meaning and the layout of a compiled table depend on.
const SOURCES: [&str; 6] = ["src/bin", "src/edge", "src/event", "src/platform", "src/route", "src/text"];
/// The index of a compiled table is laid out and hashed by dependencies. Absent where this is itself a dependency.
const LOCK: &str = "Cargo.lock";
/// What the command line is made of: a change here that is not in the commit is told.
const COMMITTED: [&str; 5] = ["src", "docs/diagnostics", "Cargo.toml", LOCK, "build.rs"];

fn main() {
    println!("cargo::rustc-env=CROSSFADE_BUILD={:016x}", fingerprint());
    let has = |variable: &str| std::env::var_os(variable).is_some();
    if has("CARGO_FEATURE_CLI") {
        let optimised = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
        // Cargo runs this in the folder of the package.
        let commit = if optimised { commit(Path::new(".")) } else { None };
        if let Some(Commit { watched, .. }) = &commit {
            watched.iter().for_each(|path| println!("cargo::rerun-if-changed={}", path.display()));
        }
        println!(
            "cargo::rustc-env=CROSSFADE_COMMIT={}",
            commit.map(|commit| format!(" ({})", commit.words)).unwrap_or_default()
        );
        println!("cargo::rustc-env=CROSSFADE_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    }
}

fn fingerprint() -> u64 {
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
    hash.0
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

/// The commit that a checkout is at.
pub(crate) struct Commit {
    /// `abc1234 2026-11-26`, with a `+` behind the hash where the sources have changes that are not in it.
    pub(crate) words: String,
    /// What changes when the commit does, or the sources.
    pub(crate) watched: Vec<PathBuf>,
}

/// `None` where the folder is not the top of a checkout (a tarball, a copy inside another repository), or there is no git.
pub(crate) fn commit(folder: &Path) -> Option<Commit> {
    let git = |args: &[&str]| {
        // Those of a hook that starts a build speak of another checkout.
        let bare = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"];
        let mut command = Command::new("git");
        for variable in bare {
            command.env_remove(variable);
        }
        let output = command.args(["--no-optional-locks", "-C"]).arg(folder).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    };
    let top = fs::canonicalize(git(&["rev-parse", "--show-toplevel"])?).ok()?;
    if top != fs::canonicalize(folder).ok()? {
        return None;
    }
    let hash = git(&["rev-parse", "--short=7", "HEAD"])?;
    let date = git(&["show", "--no-patch", "--no-show-signature", "--format=%cs", "HEAD"])?;
    let changes = git(&[&["status", "--porcelain", "--"][..], &COMMITTED].concat())?;
    let place = |name: &str| git(&["rev-parse", "--git-path", name]).map(|path| folder.join(path));
    // The log of HEAD grows with every commit, checkout and reset.
    let watched = ["HEAD", "logs/HEAD"].into_iter().filter_map(place);
    let watched = watched.chain(COMMITTED.map(|name| folder.join(name))).filter(|path| path.exists()).collect();
    let mark = if changes.is_empty() { "" } else { "+" };
    Some(Commit { words: format!("{hash}{mark} {date}"), watched })
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
