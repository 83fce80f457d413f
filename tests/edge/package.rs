//! The package under test: built once, written by `crossfade package`, unpacked where a test may break it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

/// Where Node and the runtime client are; installed on first use.
pub(crate) fn rig() -> &'static Path {
    static RIG: OnceLock<PathBuf> = OnceLock::new();
    RIG.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edge/rig");
        let status = Command::new("sh").arg(folder.join("install.sh")).status().unwrap();
        assert!(status.success(), "tests/edge/rig/install.sh says above what is missing");
        folder.join("node_modules")
    })
}

/// The release binary of these sources.
pub(crate) fn bootstrap() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let args = ["build", "--release", "--no-default-features", "--features", "edge", "--bin", "bootstrap"];
        let messages = ["--message-format", "json-render-diagnostics", "--quiet"];
        let built = Command::new(env!("CARGO")).current_dir(root).args(args).args(messages).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let text = String::from_utf8(built.stdout).unwrap();
        let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let binary = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
        binary.expect("cargo tells where the binary is")
    })
}

/// The table that most tests use: every kind of action, a bucket and custom origins, secrets.
pub(crate) const TABLE: &str = table("bucket");
/// The value of its secrets.
pub(crate) const SECRET: &str = "s3cr3t-value-that-no-log-may-hold";
/// Their names.
pub(crate) const SECRETS: [&str; 2] = ["ORIGIN_VERIFY", "NOT_GIVEN"];

/// The tables of the event tests, by name.
pub(crate) const fn table(name: &str) -> &'static str {
    match name.as_bytes() {
        b"bucket" => include_str!("../events/bucket.toml"),
        b"custom" => include_str!("../events/custom.toml"),
        b"site" => include_str!("../events/site.toml"),
        _ => panic!("no such table"),
    }
}

/// Runs `crossfade package` on a table's text; what it printed and the zip's bytes.
pub(crate) fn package(table: &str, folder: &Path) -> (Output, Option<Vec<u8>>) {
    package_with(table, folder, &[])
}

/// The same with further arguments.
pub(crate) fn package_with(table: &str, folder: &Path, args: &[&str]) -> (Output, Option<Vec<u8>>) {
    fs::write(folder.join("routes.toml"), table).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_crossfade"))
        .current_dir(folder)
        .env_remove("CROSSFADE_ROUTES")
        .args(["package", "--format", "json", "--bootstrap"])
        .arg(bootstrap())
        .args(args)
        .envs(SECRETS.map(|name| (name, SECRET)))
        .output()
        .unwrap();
    (output, fs::read(folder.join("dist/edge.zip")).ok())
}

/// The zip of [`TABLE`].
pub(crate) fn zip() -> &'static [u8] {
    zip_of(TABLE)
}

/// The zip of [`TABLE`] that never hands its process over.
pub(crate) fn zip_by_child() -> &'static [u8] {
    static ZIP: OnceLock<Vec<u8>> = OnceLock::new();
    ZIP.get_or_init(|| new_zip_with(TABLE, &["--start", "child"]))
}

/// The zip of a table that must be right, made once.
pub(crate) fn zip_of(table: &str) -> &'static [u8] {
    static ZIPS: Mutex<BTreeMap<String, &[u8]>> = Mutex::new(BTreeMap::new());
    ZIPS.lock().unwrap().entry(table.to_owned()).or_insert_with(|| new_zip_of(table).leak())
}

/// The zip of a table that must be right, made now.
pub(crate) fn new_zip_of(table: &str) -> Vec<u8> {
    new_zip_with(table, &[])
}

fn new_zip_with(table: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (output, zip) = package_with(table, folder.path(), args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    zip.unwrap()
}

/// A task root of a test's own.
pub(crate) struct Unpacked(tempfile::TempDir);

impl Unpacked {
    pub(crate) fn new(zip: &[u8]) -> Unpacked {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        for at in 0..archive.len() {
            let mut file = archive.by_index(at).unwrap();
            let path = folder.path().join(file.enclosed_name().unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            fs::write(&path, bytes).unwrap();
            let mode = file.unix_mode().unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o7777)).unwrap();
        }
        Unpacked(folder)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.root().join(name)).unwrap()
    }

    /// What the host reads.
    pub(crate) fn host(&self) -> serde_json::Value {
        serde_json::from_slice(&self.read("host.json")).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.root().join(name), bytes).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.root().join(name)).unwrap();
    }

    pub(crate) fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.root().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}
