//! The memory that `check` and `package` tell of, against what the binary really takes.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crossfade::check::load;
use crossfade::check::memory::{Beside, MemoryNeed};
use crossfade::config::MemoryFiles;

use crate::depth::deep;
use crate::faults::child_of;
use crate::package::{TABLE, Unpacked, package_with, zip_by_child};
use crate::protocol::event;
use crate::sandbox::{NODES, Sandbox};

/// How far an estimate may be from what is measured.
const FACTOR: f64 = 1.3;

/// A file larger than this is not read.
const ROUTES_OF_A_FILE: usize = 100_000;

/// The files of a table, the top one first.
type TableFiles = Vec<(String, String)>;
/// As many of a kind.
type MakeFiles = fn(usize) -> TableFiles;

const TOP: &str = r#"
schema = 1
default = "legacy"
include = ["routes/*.toml"]

[function]
memory_mb = 10240

[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
"#;

fn path(at: usize) -> String {
    format!("/secao-{}/pagina-{at}/x.html", at % 97)
}

fn exact_routes(count: usize) -> TableFiles {
    let mut files = vec![("routes.toml".to_owned(), TOP.to_owned())];
    for from in (0..count).step_by(ROUTES_OF_A_FILE) {
        let mut text = String::new();
        for at in from..count.min(from + ROUTES_OF_A_FILE) {
            let path = path(at);
            write!(text, "[[route]]\nid = \"r-{at}\"\npath = \"{path}\"\nredirect = \"/novo/{at}\"\n").unwrap();
        }
        files.push((format!("routes/{from}.toml"), text));
    }
    files
}

fn map_rows(count: usize) -> TableFiles {
    let rows: String = (0..count).map(|at| format!("{},/novo/{at}\n", path(at))).collect();
    let route = "[[route]]\nid = \"map\"\nredirect_map = \"../rows.csv\"\n".to_owned();
    let files = [("routes.toml", TOP.to_owned()), ("routes/map.toml", route), ("rows.csv", rows)];
    files.map(|(name, text)| (name.to_owned(), text)).to_vec()
}

#[test]
fn the_estimate_is_near_what_the_binary_takes() {
    let kinds: [(&str, MakeFiles); 2] = [("exact routes", exact_routes), ("map rows", map_rows)];
    let counts: &[usize] = if deep() { &[1_000, 100_000, 1_000_000] } else { &[1_000, 100_000] };
    for (kind, files) in kinds {
        for &count in counts {
            let files = files(count);
            let estimated = estimate(&files).peak;
            let measured = peak_of(&files, count);
            let ratio = estimated as f64 / measured as f64;
            assert!(
                (1.0 / FACTOR..=FACTOR).contains(&ratio),
                "{count} {kind}: {estimated} bytes estimated, {measured} measured: {ratio:.2}"
            );
        }
    }
}

#[test]
fn the_estimate_holds_with_node_beside_the_binary() {
    let package = Unpacked::new(zip_by_child());
    let estimated = estimate(&[("routes.toml".to_owned(), TABLE.to_owned())]).with(Beside::Node).peak;
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for at in 0..300 {
            sandbox.answer(&event(&format!("/promo/{at}")));
        }
        let measured = sandbox.memory("VmHWM") * 1024 + high_water(child_of(sandbox.pid()));
        let ratio = estimated as f64 / measured as f64;
        assert!((1.0 / FACTOR..=FACTOR).contains(&ratio), "{runtime:?}: {estimated} estimated, {measured} measured");
    }
}

#[test]
fn what_fits_alone_may_be_too_much_beside_node() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rows.csv"), "/a,/b\n/c,/d\n/e,/f\n").unwrap();
    let page = |at| format!("[[route]]\nid = \"p-{at}\"\npath = \"/p/{at}\"\nrespond = {{ body = \"«» \" }}\n");
    let pages: String = (0..30).map(page).collect();
    let routes = pages.replace("«»", &"a".repeat(900_000)) + "[[route]]\nid = \"map\"\nredirect_map = \"rows.csv\"\n";
    let table = |memory: &str| {
        TOP.replace("include = [\"routes/*.toml\"]\n", "").replace("memory_mb = 10240", memory) + &routes
    };
    let (output, zip) = package_with(&table(""), folder.path(), &["--start", "child"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), zip), (Some(2), None), "{said}");
    assert!(said.contains("and is given 128") && said.contains("write `[function]` with `memory_mb = 192`"), "{said}");
    for (memory, start) in [("", "exec"), ("memory_mb = 192", "child")] {
        let (output, _) = package_with(&table(memory), folder.path(), &["--start", start]);
        assert!(output.status.success(), "{start}: {}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&told["map_rows"], &told["routes"], &told["start"]), (&3.into(), &31.into(), &start.into()));
        assert_eq!(told["memory"]["given_mb"], if memory.is_empty() { 128 } else { 192 });
    }
}

fn estimate(files: &[(String, String)]) -> MemoryNeed {
    let files = files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes()));
    load("routes.toml", &MemoryFiles::from_iter(files)).memory.expect("the table is right")
}

/// What `bootstrap --stdio` has had resident at most, bytes, after some events.
fn peak_of(files: &TableFiles, count: usize) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let (output, zip) = package_with(&files[0].1, folder.path(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let package = Unpacked::new(&zip.unwrap());
    answer_some(&package.root().join("bootstrap"), count)
}

fn answer_some(binary: &Path, count: usize) -> u64 {
    let mut command = Command::new(binary);
    let pipes = command.arg("--stdio").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = pipes.spawn().unwrap();
    let (mut input, mut output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
    for at in 0..100 {
        let event = String::from_utf8(event(&path(at * 7_919 % count))).unwrap();
        writeln!(input, "{{\"id\":{at},\"event\":{event}}}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("/novo/"), "{line}");
    }
    let peak = high_water(process.id());
    drop(input);
    process.wait().unwrap();
    peak
}

/// Bytes.
fn high_water(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
