//! `package` writes one file, and only where nobody loses anything: at a name that is free, or over a zip.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

use crate::package::bootstrap;

const TOP: &str = r#"
schema = 1
default = "legacy"
include = ["routes/*.toml"]

[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
headers = { x-origin-verify = { secret = "VERIFY" } }

[[route]]
id = "map"
redirect_map = "maps/old.csv"
"#;
const INCLUDED: &str = "[[route]]\nid = \"a\"\npath = \"/a\"\nredirect = \"/b\"\n";

/// A folder with a table of three files, the values of its secrets, and a stand-in for the binary that is not fit:
/// what is refused here is refused before anything is made of it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["routes", "maps", "out"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    let files =
        [("routes.toml", TOP), ("routes/a.toml", INCLUDED), ("maps/old.csv", "/x,/y\n"), ("bootstrap", "#!/bin/sh\n")];
    for (name, text) in files {
        fs::write(root.join(name), text).unwrap();
    }
    fs::write(root.join("secrets.json"), "{\"VERIFY\": \"v\"}").unwrap();
    folder
}

fn package(root: &Path, binary: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossfade"));
    command.current_dir(root).args(["package", "--secrets", "secrets.json", "--bootstrap"]).arg(binary);
    command.args(args).env_remove("CROSSFADE_ROUTES").output().unwrap()
}

/// Everything below a folder that can be told without reading what blocks: names, kinds, inodes, sizes, texts.
fn state(root: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        let text = if kind.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        told.push(format!("{} {kind:?} {} {text:?}", path.display(), metadata.ino()));
        if kind.is_dir() {
            told.extend(state(&path));
        }
    }
    told.sort();
    told
}

/// A place that is refused: how it comes to be, what `--out` says, and words of the cause and of the cure.
struct Kept {
    out: &'static str,
    made: fn(&Path),
    cause: &'static str,
    cure: &'static str,
}

const KEPT: [Kept; 24] = [
    kept("routes.toml", |_| {}, "`routes.toml` is the table, and only a zip is replaced"),
    kept("./routes/../routes.toml", |_| {}, "is the table"),
    kept("routes/a.toml", |_| {}, "`routes/a.toml` is a file of the table"),
    kept("maps/old.csv", |_| {}, "`maps/old.csv` is a file of the table"),
    kept("bootstrap", |_| {}, "`bootstrap` is the binary"),
    kept("secrets.json", |_| {}, "`secrets.json` is the file with the secrets"),
    kept("hard", |root| fs::hard_link(root.join("routes.toml"), root.join("hard")).unwrap(), "`hard` is the table"),
    kept("notes.txt", |root| fs::write(root.join("notes.txt"), "mine").unwrap(), "a file that is not a zip"),
    kept("edge.zip", |root| fs::write(root.join("edge.zip"), "").unwrap(), "a file that is not a zip"),
    kept("edge.zip", |root| fs::write(root.join("edge.zip"), "PK").unwrap(), "a file that is not a zip"),
    // Half a zip is somebody's half a zip.
    kept("edge.zip", |root| fs::write(root.join("edge.zip"), "PK\x03\x04 and then?").unwrap(), "not a zip"),
    kept("program", |root| fs::write(root.join("program"), program_with_a_zip()).unwrap(), "not a zip"),
    kept("link", |root| symlink("routes.toml", root.join("link")).unwrap(), "a symbolic link"),
    kept("dead", |root| symlink("nothing", root.join("dead")).unwrap(), "a symbolic link"),
    kept("zip-link", link_to_a_zip, "a symbolic link"),
    kept("loop", |root| symlink("loop", root.join("loop")).unwrap(), "a symbolic link"),
    kept("pipe", pipe, "a named pipe"),
    kept("pipe-link", |root| symlink("pipe", root.join("pipe-link")).unwrap(), "a symbolic link"),
    kept("socket", |root| drop(UnixListener::bind(root.join("socket")).unwrap()), "a socket"),
    Kept { cure: "`out/edge.zip`", ..kept("out", |_| {}, "`out` is a folder") },
    Kept { cure: "`out/edge.zip`", ..kept("out/", |_| {}, "`out/` names a folder") },
    Kept { cure: "`mkdir -p new/deep`", ..kept("new/deep/edge.zip", |_| {}, "there is no folder `new/deep`") },
    Kept { cure: "a folder that is there", ..kept("routes.toml/edge.zip", |_| {}, "`routes.toml` is not a folder") },
    Kept { cure: "`new/edge.zip`", ..kept("new/", |_| {}, "`new/` names a folder") },
];

const fn kept(out: &'static str, made: fn(&Path), cause: &'static str) -> Kept {
    Kept { out, made, cause, cure: "name another file" }
}

fn link_to_a_zip(root: &Path) {
    fs::write(root.join("real.zip"), small_zip()).unwrap();
    symlink("real.zip", root.join("zip-link")).unwrap();
}

fn pipe(root: &Path) {
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
}

fn small_zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("old", zip::write::SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// As installers that unpack themselves are: a program to whoever runs it, a zip to whoever looks at the end.
fn program_with_a_zip() -> Vec<u8> {
    [&b"#!/bin/sh\nexec unzip $0\n"[..], &small_zip()].concat()
}

#[test]
fn nothing_but_a_zip_is_replaced() {
    for Kept { out, made, cause, cure } in KEPT {
        let folder = folder();
        made(folder.path());
        let before = state(folder.path());
        let output = package(folder.path(), Path::new("bootstrap"), &["--out", out]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{out}: {said}");
        for word in [cause, cure] {
            assert!(said.contains(word), "{out}: `{word}` is not in\n{said}");
        }
        assert_eq!(state(folder.path()), before, "{out}");
    }
}

#[test]
fn the_default_keeps_what_stands_in_its_place_too() {
    type Made = fn(&Path);
    let rows: [(Made, &str); 3] = [
        (|root| fs::write(root.join("dist"), "mine").unwrap(), "`dist/edge.zip` cannot be written"),
        (
            |root| {
                fs::create_dir(root.join("dist")).unwrap();
                fs::write(root.join("dist/edge.zip"), "mine").unwrap();
            },
            "`dist/edge.zip` is a file that is not a zip",
        ),
        (|root| symlink("nowhere", root.join("dist")).unwrap(), "`dist/edge.zip` cannot be written"),
    ];
    for (made, cause) in rows {
        let folder = folder();
        made(folder.path());
        let before = state(folder.path());
        let output = package(folder.path(), bootstrap(), &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(cause), "`{cause}` is not in\n{said}");
        assert_eq!(state(folder.path()), before, "{said}");
    }
}

#[test]
fn a_zip_is_replaced_whole_and_a_free_name_is_taken() {
    let folder = folder();
    let root = folder.path();
    fs::write(root.join("out/old.zip"), small_zip()).unwrap();
    fs::write(root.join("out/empty.zip"), [&b"PK\x05\x06"[..], &[0; 18]].concat()).unwrap();
    fs::hard_link(root.join("out/old.zip"), root.join("out/kept.zip")).unwrap();
    symlink("out", root.join("way")).unwrap();
    let mut written = Vec::new();
    for out in ["out/old.zip", "out/old.zip", "out/empty.zip", "out/new", "way/through.zip", "here.zip"] {
        let output = package(root, bootstrap(), &["--out", out]);
        assert_eq!(output.status.code(), Some(0), "{out}: {}", String::from_utf8_lossy(&output.stderr));
        let mode = fs::metadata(root.join(out)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{out} holds a secret");
        written.push(fs::read(root.join(out)).unwrap());
    }
    assert!(written.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(fs::read(root.join("out/kept.zip")).unwrap(), small_zip(), "another name of the old zip keeps it");
    assert!(!root.join("dist").exists(), "no folder was made");
    assert_eq!(fs::read_dir(root.join("out")).unwrap().count(), 5, "no temporary file is left");
    let output = package(root, bootstrap(), &["-q"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "a quiet one says nothing: {output:?}");
    assert_eq!(fs::read(root.join("dist/edge.zip")).unwrap(), written[0], "the default makes its own folder");
}

#[test]
#[expect(clippy::print_stdout, reason = "what was not tried is said")]
fn a_folder_that_may_not_be_written_to_keeps_its_zip() {
    let folder = folder();
    let out = folder.path().join("out");
    fs::write(out.join("old.zip"), small_zip()).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(out.join("probe"), "").is_ok() {
        println!("not tried: whoever runs this test may write to a folder of mode 0555, as root may");
    } else {
        for name in ["out/old.zip", "out/new.zip"] {
            let output = package(folder.path(), bootstrap(), &["--out", name]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("permission denied") && said.contains("a folder that you may write to"), "{said}");
        }
        assert_eq!(fs::read(out.join("old.zip")).unwrap(), small_zip());
    }
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).unwrap();
}
