//! The Rust binary that goes into the package: found, and fit for Lambda's Amazon Linux 2023 on x86_64.

use std::fs;
use std::path::{Path, PathBuf};

use object::Endianness;
use object::elf::{EM_X86_64, FileHeader64};
use object::read::elf::FileHeader;

use crate::cli::CliError;
use crate::cli::files::words;
use crate::edge::image::BUILD_MARK;

/// The newest glibc symbols that Amazon Linux 2023 has.
const NEWEST_GLIBC: (u32, u32) = (2, 34);
/// What makes the binary.
const BUILD: &str = "cargo build --release --no-default-features --features edge --bin bootstrap";

/// A binary that is fit.
#[derive(Debug)]
pub(super) struct Bootstrap {
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// Why a binary is not fit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Unfit {
    #[error("it is no 64-bit ELF file, so no Linux binary")]
    NotElf,
    #[error("it is built for another processor than x86_64")]
    OtherProcessor,
    #[error("it needs {0}, Amazon Linux 2023 has GLIBC_2.34")]
    NewGlibc(String),
    #[error("it was built from other sources than this `crossfade`")]
    OtherBuild,
}

impl Bootstrap {
    /// The binary that was named, else the one beside this program, else the one that cargo left.
    pub(super) fn find(named: Option<&Path>) -> Result<Bootstrap, CliError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => likely_places().into_iter().find(|path| path.is_file()).ok_or_else(|| {
                CliError::new("there is no `bootstrap` beside this program, nor `target/release/bootstrap`")
                    .help(format_args!("build it: `{BUILD}`, or name it with `--bootstrap FILE`"))
            })?,
        };
        let shown = path.display();
        let bytes = fs::read(&path).map_err(|error| {
            CliError::new(format_args!("`{shown}` cannot be read: {}", words(&error)))
                .help(format_args!("build it: `{BUILD}`"))
        })?;
        match check(&bytes) {
            Ok(()) => Ok(Bootstrap { bytes }),
            Err(why) => Err(CliError::new(format_args!("`{shown}` cannot run at the edge: {why}")).help(why.cure())),
        }
    }
}

impl Unfit {
    fn cure(&self) -> String {
        match self {
            Unfit::NewGlibc(_) => {
                "build it on a system with an older glibc, or with `cargo zigbuild --target x86_64-unknown-linux-gnu.2.34`"
                    .to_owned()
            }
            _ => format!("build it again, on x86_64 Linux: `{BUILD}`"),
        }
    }
}

fn likely_places() -> Vec<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(|folder| folder.join("bootstrap"));
    let release = PathBuf::from("target/release/bootstrap");
    // A debug build lies beside a debug build: ten times the size of what belongs at the edge.
    if cfg!(debug_assertions) { vec![release] } else { beside.into_iter().chain([release]).collect() }
}

fn check(bytes: &[u8]) -> Result<(), Unfit> {
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(|_| Unfit::NotElf)?;
    let endian = header.endian().map_err(|_| Unfit::NotElf)?;
    if header.e_machine(endian) != EM_X86_64 {
        return Err(Unfit::OtherProcessor);
    }
    let newest = needed_glibc(header, endian, bytes).map_err(|_| Unfit::NotElf)?;
    if let Some((major, minor)) = newest.filter(|newest| *newest > NEWEST_GLIBC) {
        return Err(Unfit::NewGlibc(format!("GLIBC_{major}.{minor}")));
    }
    let marked = bytes.windows(BUILD_MARK.len()).any(|window| window == BUILD_MARK.as_bytes());
    if marked { Ok(()) } else { Err(Unfit::OtherBuild) }
}

/// The newest `GLIBC_x.y` of the version needs; `None` for a static binary.
fn needed_glibc(
    header: &FileHeader64<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> object::Result<Option<(u32, u32)>> {
    let sections = header.sections(endian, bytes)?;
    let Some((mut needs, link)) = sections.gnu_verneed(endian, bytes)? else { return Ok(None) };
    let names = sections.strings(endian, bytes, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            newest = newest.max(glibc(version.name(endian, names)?));
        }
    }
    Ok(newest)
}

fn glibc(name: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut numbers = text.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_glibc_compare_as_numbers() {
        let rows: [(&str, Option<(u32, u32)>); 5] = [
            ("GLIBC_2.2.5", Some((2, 2))),
            ("GLIBC_2.34", Some((2, 34))),
            ("GLIBC_2.9", Some((2, 9))),
            ("GCC_3.0", None),
            ("GLIBC_PRIVATE", None),
        ];
        for (name, expected) in rows {
            assert_eq!(glibc(name.as_bytes()), expected, "{name}");
        }
        assert!(glibc(b"GLIBC_2.34") > glibc(b"GLIBC_2.9"));
    }

    #[test]
    fn what_is_no_binary_for_lambda_is_refused() {
        assert_eq!(check(b"#!/bin/sh\n"), Err(Unfit::NotElf));
        assert_eq!(check(&[]), Err(Unfit::NotElf));
        let mut own = fs::read(std::env::current_exe().unwrap()).unwrap();
        // This test is itself an x86_64 Linux binary of this build; whether its glibc is old enough is not told here.
        assert!(!matches!(check(&own), Err(Unfit::NotElf | Unfit::OtherProcessor | Unfit::OtherBuild)));
        own[18] = 0xb7; // aarch64
        assert_eq!(check(&own), Err(Unfit::OtherProcessor));
    }
}
