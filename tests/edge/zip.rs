//! What is in the zip, and what `crossfade package` refuses to put there.

use std::fs;
use std::io::{Cursor, Read};
use std::process::{Command, Output};

use serde_json::Value;

use crate::package::{SECRET, SECRETS, TABLE, bootstrap, new_zip_of, package, zip};

/// Largest binary that is still small: bytes. docs/edge.md says what it is now.
const MAX_BINARY: usize = 3_500_000;
/// Most crates behind it, our own included.
const MAX_CRATES: usize = 90;

fn entries(zip: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let count = archive.len();
    let entry = |at| {
        let mut file = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(file.last_modified().map(|date| date.year()), Some(1980));
        (file.name().unwrap().into_owned(), file.unix_mode().unwrap() & 0o7777, bytes)
    };
    (0..count).map(entry).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    assert_eq!(new_zip_of(TABLE), new_zip_of(TABLE));
    assert_ne!(new_zip_of(&format!("{TABLE}\n# another text")), zip());
}

#[test]
fn it_holds_the_host_the_binary_the_table_and_its_text() {
    let told: Vec<_> = entries(zip()).into_iter().map(|(name, mode, _)| (name, mode)).collect();
    let file = |name: &str| (name.to_owned(), 0o644);
    let expected = [
        ("bootstrap".to_owned(), 0o755),
        file("default.json"),
        file("host.json"),
        file("index.mjs"),
        file("manifest.json"),
        file("secrets.json"),
        file("source/routes.toml"),
        file("table.bin"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_binary_beside_the_program_is_taken_where_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("routes.toml"), TABLE).unwrap();
    let program = folder.path().join("crossfade");
    fs::copy(env!("CARGO_BIN_EXE_crossfade"), &program).unwrap();
    fs::copy(bootstrap(), folder.path().join("bootstrap")).unwrap();
    let secrets = SECRETS.map(|name| (name, SECRET));
    let output = Command::new(&program).current_dir(folder.path()).arg("package").envs(secrets).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read(folder.path().join("dist/edge.zip")).unwrap(), zip());
}

#[test]
fn secrets_are_where_they_are_used_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (output, zip) = package(TABLE, folder.path());
    assert!(!text(&output.stdout).contains(SECRET) && !text(&output.stderr).contains(SECRET));
    for (name, _, bytes) in entries(&zip.unwrap()) {
        let holds = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert_eq!(holds, ["host.json", "secrets.json"].contains(&&*name), "{name}");
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(folder.path().join("dist/edge.zip")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "a zip with secrets is its owner's only");
}

#[test]
fn the_manifest_inside_is_the_one_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (output, zip) = package(TABLE, folder.path());
    let printed = Command::new(env!("CARGO_BIN_EXE_crossfade")).current_dir(&folder).arg("manifest").output().unwrap();
    let inside = entries(&zip.unwrap()).into_iter().find(|(name, ..)| name == "manifest.json").unwrap().2;
    assert_eq!(text(&printed.stdout), text(&inside));
    let (manifest, told): (Value, Value) =
        (serde_json::from_slice(&inside).unwrap(), serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(told["table_hash"], manifest["table_hash"]);
    assert_eq!((&manifest["schema"], &manifest["behaviors"][0]["configured_origin"]), (&1.into(), &"site".into()));
    assert_eq!(manifest["languages"], serde_json::json!({ "offered": ["pt-BR", "es"], "cookie": null }));
}

/// Runs `package` where it must fail; what it said.
fn refused(output: &Output, zip: Option<Vec<u8>>) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!((text(&output.stdout), zip), (String::new(), None));
    text(&output.stderr)
}

#[test]
fn a_table_with_an_error_is_no_package_and_leaves_an_old_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let broken = TABLE.replacen("origin = \"site\"", "origin = \"nowhere\"", 1);
    let (output, zip) = package(&broken, folder.path());
    assert!(refused(&output, zip).contains("nowhere"));
    fs::create_dir_all(folder.path().join("dist")).unwrap();
    fs::write(folder.path().join("dist/edge.zip"), "the old one").unwrap();
    let (_, zip) = package(&broken, folder.path());
    assert_eq!(zip.as_deref(), Some(&b"the old one"[..]));
}

#[test]
fn what_is_missing_or_unfit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("routes.toml"), TABLE).unwrap();
    fs::write(root.join("script"), "#!/bin/sh\n").unwrap();
    fs::write(root.join("secrets.json"), "{\"ORIGIN_VERIFY\": \"x\", \"NOT_GIVEN\": \"\"}").unwrap();
    let ours = bootstrap().display().to_string();
    let rows: [(&[&str], &[&str]); 6] = [
        (&["--bootstrap", &ours], &["the secret `NOT_GIVEN`", "environment variable"]),
        (&["--bootstrap", &ours, "--secrets", "secrets.json"], &["the secret `NOT_GIVEN`", "add `NOT_GIVEN` to"]),
        (&["--bootstrap", &ours, "--secrets", "routes.toml"], &["`routes.toml` is not a JSON object"]),
        (&["--bootstrap", "script"], &["not a 64-bit ELF file", "cargo build"]),
        (&["--bootstrap", "/bin/sh"], &["/bin/sh", "cannot run at the edge"]),
        (&["--bootstrap", "nothing"], &["`nothing` cannot be read", "cargo build"]),
    ];
    for (at, (args, words)) in rows.into_iter().enumerate() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossfade"));
        command.current_dir(root).arg("package").args(args).env_remove("ORIGIN_VERIFY").env_remove("CROSSFADE_ROUTES");
        if at >= 3 {
            command.env("ORIGIN_VERIFY", "x").env("NOT_GIVEN", "y");
        }
        let said = refused(&command.output().unwrap(), fs::read(root.join("dist/edge.zip")).ok());
        for word in words {
            assert!(said.contains(word), "{args:?}: `{word}` is not in {said}");
        }
    }
}

#[test]
fn the_binary_stays_small() {
    let bytes = fs::metadata(bootstrap()).unwrap().len();
    assert!(bytes <= MAX_BINARY as u64, "{bytes} bytes");
    let tree = ["tree", "--no-default-features", "--features", "edge", "--edges", "normal", "--prefix", "none"];
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(tree)
        .args(["--format", "{p}"])
        .output();
    let crates: std::collections::BTreeSet<String> = text(&output.unwrap().stdout)
        .lines()
        .filter_map(|line| line.split(" (").next())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    assert!(!crates.is_empty() && crates.len() <= MAX_CRATES, "{} crates: {crates:?}", crates.len());
}
