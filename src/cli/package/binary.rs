//! The Rust binary that goes into the package: found, and fit for Lambda's Amazon Linux 2023 on x86_64.

use std::fs;
use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{EM_X86_64, ET_DYN, ET_EXEC, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};

use super::start::StartPath;
use crate::cli::CliError;
use crate::cli::error::words;
use crate::edge::image::BUILD_MARK;

/// The newest glibc symbols that Amazon Linux 2023 has.
const NEWEST_GLIBC: (u32, u32) = (2, 34);
/// The loader that Amazon Linux 2023 has.
const LOADER: &[u8] = b"/lib64/ld-linux-x86-64.so.2";
/// What makes the binary, in a checkout of the sources.
const BUILD: &str = "cargo build --release --no-default-features --features edge --bin bootstrap";
/// What installs the binary beside this program, there too.
const INSTALL: &str = "cargo install --locked --features edge --path .";
/// The name that Lambda starts.
const NAME: &str = "bootstrap";

/// A binary that is fit.
#[derive(Debug)]
pub(super) struct Bootstrap {
    /// Its content.
    pub(super) bytes: Vec<u8>,
    /// How it is started.
    pub(super) start: StartPath,
}

/// Why a binary is not fit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum UnfitBinary {
    #[error("it is not a 64-bit ELF file, which every Linux binary is")]
    NotElf,
    #[error("it is built for another processor than x86_64")]
    OtherProcessor,
    #[error("it is not a program that can be started")]
    NoProgram,
    #[error("it is started by `{0}`, which Amazon Linux 2023 does not have")]
    OtherLoader(String),
    #[error("it needs {0}, Amazon Linux 2023 has GLIBC_2.34")]
    NewGlibc(String),
    #[error("it was built from other sources than this `crossfade`")]
    OtherBuild,
}

/// The binary that was named, else the one beside this program, else the one that cargo left.
pub(super) fn find(named: Option<&Path>) -> Result<PathBuf, CliError> {
    let Some(named) = named else {
        let own = std::env::current_exe().ok();
        let places = likely_places(own.as_deref().and_then(Path::parent));
        return places.iter().find(|path| path.is_file()).cloned().ok_or_else(|| missing(&places));
    };
    Ok(named.to_owned())
}

/// Beside the program, whose folder this is, then where [`BUILD`] leaves it.
fn likely_places(own_folder: Option<&Path>) -> Vec<PathBuf> {
    // What cargo leaves in a folder `debug` is ten times the size of what belongs at the edge.
    let beside = own_folder.filter(|folder| !folder.ends_with("debug")).map(|folder| folder.join(NAME));
    beside.into_iter().chain([Path::new("target/release").join(NAME)]).collect()
}

fn missing(places: &[PathBuf]) -> CliError {
    let places: Vec<String> = places.iter().map(|path| format!("`{}`", path.display())).collect();
    CliError::new(format_args!("the binary for the edge is missing: there is no {}", places.join(" nor ")))
        .help(format_args!(
            "`{INSTALL}` in crossfade's sources installs it beside `crossfade`; `{BUILD}` builds it there"
        ))
        .help("name a binary that lies elsewhere with `--bootstrap FILE`")
}

impl Bootstrap {
    /// Reads a binary, if it is fit.
    pub(super) fn read(path: &Path, start: StartPath) -> Result<Bootstrap, CliError> {
        let shown = path.display();
        let bytes = fs::read(path).map_err(|error| {
            CliError::new(format_args!("`{shown}` cannot be read: {}", words(&error)))
                .help(format_args!("build it: `{BUILD}`"))
        })?;
        match check(&bytes) {
            Ok(()) => Ok(Bootstrap { bytes, start }),
            Err(why) => Err(CliError::new(format_args!("`{shown}` cannot run at the edge: {why}")).help(why.cure())),
        }
    }
}

impl UnfitBinary {
    fn cure(&self) -> String {
        match self {
            UnfitBinary::NewGlibc(_) => {
                "build it on a system with an older glibc, or with `cargo zigbuild --target x86_64-unknown-linux-gnu.2.34`"
                    .to_owned()
            }
            UnfitBinary::OtherBuild => {
                format!("install both programs from the same sources (`{INSTALL}`), or build it again: `{BUILD}`")
            }
            _ => format!("build it again, on x86_64 Linux: `{BUILD}`"),
        }
    }
}

fn check(bytes: &[u8]) -> Result<(), UnfitBinary> {
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(|_| UnfitBinary::NotElf)?;
    let endian = header.endian().map_err(|_| UnfitBinary::NotElf)?;
    if header.e_machine(endian) != EM_X86_64 {
        return Err(UnfitBinary::OtherProcessor);
    }
    if ![ET_EXEC, ET_DYN].contains(&header.e_type(endian)) {
        return Err(UnfitBinary::NoProgram);
    }
    let loader = loader(header, endian, bytes).map_err(|_| UnfitBinary::NotElf)?;
    if let Some(other) = loader.filter(|loader| *loader != LOADER) {
        return Err(UnfitBinary::OtherLoader(String::from_utf8_lossy(other).into_owned()));
    }
    if let Some(need) = too_new(header, endian, bytes).map_err(|_| UnfitBinary::NotElf)? {
        return Err(UnfitBinary::NewGlibc(need));
    }
    let marked = bytes.windows(BUILD_MARK.len()).any(|window| window == BUILD_MARK.as_bytes());
    if marked { Ok(()) } else { Err(UnfitBinary::OtherBuild) }
}

/// What a dynamic binary is started by; `None` for a static one.
fn loader<'b>(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &'b [u8],
) -> object::Result<Option<&'b [u8]>> {
    for segment in header.program_headers(endian, bytes)? {
        if let Some(loader) = segment.interpreter(endian, bytes)? {
            return Ok(Some(loader));
        }
    }
    Ok(None)
}

/// The newest of the version needs that are too new; a static binary has none.
fn too_new(header: &FileHeader64<Endianness>, endian: Endianness, bytes: &[u8]) -> object::Result<Option<String>> {
    let sections = header.sections(endian, bytes)?;
    let Some((mut needs, link)) = sections.gnu_verneed(endian, bytes)? else { return Ok(None) };
    let names = sections.strings(endian, bytes, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            newest = newest.max(Need::of(version.name(endian, names)?));
        }
    }
    Ok(newest.and_then(Need::too_new))
}

/// One version of glibc that a binary needs, the newest last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// `GLIBC_x.y`.
    Symbols(u32, u32),
    /// `GLIBC_ABI_…`, a feature of the loader: the first of them came with 2.36 (`GLIBC_ABI_DT_RELR`).
    Loader(String),
}

impl Need {
    fn of(name: &[u8]) -> Option<Need> {
        let name = std::str::from_utf8(name).ok()?;
        let version = name.strip_prefix("GLIBC_")?;
        if version.starts_with("ABI_") {
            return Some(Need::Loader(name.to_owned()));
        }
        let mut numbers = version.split('.').map(str::parse);
        Some(Need::Symbols(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    fn too_new(self) -> Option<String> {
        match self {
            Need::Symbols(major, minor) => ((major, minor) > NEWEST_GLIBC).then(|| format!("GLIBC_{major}.{minor}")),
            Need::Loader(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_beside_the_program_comes_first_but_for_a_debug_build() {
        let rows: [(Option<&str>, &[&str]); 4] = [
            (Some("/home/me/.cargo/bin"), &["/home/me/.cargo/bin/bootstrap", "target/release/bootstrap"]),
            (Some("/src/target/release"), &["/src/target/release/bootstrap", "target/release/bootstrap"]),
            (Some("/src/target/debug"), &["target/release/bootstrap"]),
            (None, &["target/release/bootstrap"]),
        ];
        for (folder, expected) in rows {
            let places = likely_places(folder.map(Path::new));
            assert_eq!(places, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{folder:?}");
        }
    }

    #[test]
    fn needs_that_are_newer_than_lambda_are_told() {
        let rows: [(&str, Option<&str>); 8] = [
            ("GLIBC_2.2.5", None),
            ("GLIBC_2.9", None),
            ("GLIBC_2.34", None),
            ("GLIBC_2.35", Some("GLIBC_2.35")),
            ("GLIBC_2.100", Some("GLIBC_2.100")),
            ("GLIBC_ABI_DT_RELR", Some("GLIBC_ABI_DT_RELR")),
            ("GCC_3.0", None),
            ("GLIBC_PRIVATE", None),
        ];
        for (name, expected) in rows {
            assert_eq!(Need::of(name.as_bytes()).and_then(Need::too_new).as_deref(), expected, "{name}");
        }
        assert!(Need::of(b"GLIBC_2.34") > Need::of(b"GLIBC_2.9"), "versions compare as numbers");
        assert!(Need::of(b"GLIBC_ABI_DT_RELR") > Need::of(b"GLIBC_2.34"), "and no number hides a feature");
    }

    #[test]
    fn what_is_no_binary_for_lambda_is_refused() {
        assert_eq!(check(b"#!/bin/sh\n"), Err(UnfitBinary::NotElf));
        assert_eq!(check(&[]), Err(UnfitBinary::NotElf));
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        // This test is itself an x86_64 Linux binary of this build; whether its glibc is old enough is not told here.
        assert!(matches!(check(&own), Ok(()) | Err(UnfitBinary::NewGlibc(_))));
        let with = |old: &[u8], new: &[u8]| {
            let mut other = own.clone();
            let at = own.windows(old.len()).position(|window| window == old).expect("this test has it");
            other[at..at + new.len()].copy_from_slice(new);
            check(&other)
        };
        let magic = own[..16].to_vec();
        let typed = |e_type: u8, machine: u8| with(&magic, &[&magic[..], &[e_type, 0, machine, 0]].concat());
        let rows = [
            ("aarch64", typed(3, 0xb7), UnfitBinary::OtherProcessor),
            ("an object file", typed(1, 0x3e), UnfitBinary::NoProgram),
            ("a core dump", typed(4, 0x3e), UnfitBinary::NoProgram),
            (
                "musl",
                with(LOADER, b"/lib/ld-musl-x86_64.so.1\0\0\0"),
                UnfitBinary::OtherLoader("/lib/ld-musl-x86_64.so.1".to_owned()),
            ),
            ("relr", with(b"\0GLIBC_2.2.5\0", b"\0GLIBC_ABI_X\0"), UnfitBinary::NewGlibc("GLIBC_ABI_X".to_owned())),
        ];
        for (name, checked, expected) in rows {
            assert_eq!(checked, Err(expected), "{name}");
        }
    }
}
