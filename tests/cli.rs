//! The command line through the real binary.
//!
//! `tests/cli/*.toml` hold the rows: what is typed, what goes in, and everything that comes out. Each runs in
//! `tests/cli/world`. What can't be a row (a closed pipe, a pipe that waits, rights) is below.

#[path = "support/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::{Deserialize, Serialize};
use snapbox::Data;
use snapbox::data::DataFormat;

type Args<'a> = &'a [&'a str];

/// The rows of a file.
#[derive(Deserialize, Serialize)]
struct Rows {
    case: Vec<Row>,
}

/// One run of the binary.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The sentence that it proves.
    name: String,
    args: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stdin: Option<String>,
    exit: i32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stderr: String,
}

#[test]
fn every_row_answers_as_it_is_written_down() {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(files.len() > 3, "{files:?}");
    let assert = golden::assert();
    for file in files {
        let rows: Rows = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let actual = Rows { case: rows.case.into_iter().map(Row::run).collect() };
        let text = toml::to_string_pretty(&actual).unwrap();
        assert.eq(text, Data::read_from(&file, Some(DataFormat::Text)).raw());
    }
}

impl Row {
    /// The same row with what comes out now.
    fn run(self) -> Row {
        let mut child = crossfade().args(&self.args).envs(&self.env).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.stdin.clone().unwrap_or_default();
        let feeder = std::thread::spawn(move || {
            // A command that reads no stdin may be gone already.
            let _gone = stdin.write_all(input.as_bytes());
        });
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Row { exit: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr), ..self }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

/// The binary in the world of the rows, cut off from the terminal and the environment of whoever runs the tests.
fn crossfade() -> Command {
    let mut command = Command::new(snapbox::cmd::cargo_bin!("crossfade"));
    command.current_dir(folder().join("world"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "ORIGIN_VERIFY"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for args in
        [&["decide", "--urls"][..], &["check"], &["explain", "/"], &["test"], &["--help"], &["check", "--format=json"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = crossfade().args(args).stdout(writer).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let _gone = stdin.write_all("/a\n".repeat(1000).as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let told = "error: the answer cannot be written: no space left on device\n";
    for (arg, words) in [("check", told), ("decide", told), ("--help", "")] {
        let mut child = crossfade().arg(arg).stdout(full.try_clone().unwrap()).spawn().unwrap();
        let _gone = child.stdin.take().unwrap().write_all(b"{}\n");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arg}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), words, "{arg}");
    }
}

#[test]
fn decide_answers_a_line_before_the_next_one_comes() {
    let mut child = crossfade().args(["decide", "--urls"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(b"/edge-health\n").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.starts_with(r#"{"schema":1,"route":"health""#), "{answer}");
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

#[test]
fn decide_takes_bytes_that_are_no_text_and_lines_without_end() {
    let long = [b"/".as_slice(), &vec![b'a'; 3_000_000], b"\n/edge-health\n"].concat();
    let rows: [(Args<'_>, &[u8], i32, Args<'_>); 3] = [
        (&["decide", "--urls"], b"/promo/p\xe1scoa\n", 0, &[r#""uri":"/promo/p%E1scoa/index.html""#]),
        (
            &["decide"],
            b"{\"url\": \"/\xff\"}\n",
            1,
            &[r#"{"schema":1,"error":"the line is not UTF-8 from byte 11 on","line":1}"#],
        ),
        (
            &["decide", "--urls"],
            &long,
            1,
            &[r#"{"schema":1,"error":"the line is longer than 1048576 bytes","line":1}"#, r#""route":"health""#],
        ),
    ];
    for (args, input, exit, answers) in rows {
        let mut child = crossfade().args(args).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{stdout}");
        assert_eq!(stdout.lines().count(), answers.len());
        for (line, answer) in stdout.lines().zip(answers) {
            assert!(line.contains(answer), "{line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_told_with_its_name() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let round = folder.path().join("round.toml");
    symlink(&round, &round).unwrap();
    let closed = folder.path().join("closed.toml");
    fs::write(&closed, "").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let mut rows = vec![(round, "too many levels of symbolic links")];
    // Root may read everything.
    if File::open(&closed).is_err() {
        rows.push((closed, "permission denied"));
    }
    for (path, why) in rows {
        let output = crossfade().arg("check").arg(&path).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with(&format!("error: `{}`", path.display())) && stderr.contains(why), "{stderr}");
    }
}

#[test]
fn without_a_time_the_clock_is_read_once_and_printed_where_the_table_asks_for_it() {
    let rows = [("timed.toml", 1), ("routes.toml", 0)];
    for (table, notes) in rows {
        let mut child = crossfade().args(["decide", "--urls", "--routes", table]).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"/natal\n/natal\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.matches("note: lines without a time are decided at 20").count(), notes, "{stderr}");
        assert_eq!(stderr.lines().count(), notes, "{stderr}");
        let story = crossfade().args(["explain", "/natal", "--routes", table]).output().unwrap();
        let story = String::from_utf8(story.stdout).unwrap();
        assert_eq!(story.matches("(now: no `--at` was given)").count(), notes, "{story}");
    }
}

#[test]
fn two_thousand_findings_are_counted_the_first_are_shown_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("routes.toml");
    let routes = |at: usize| format!("[[route]]\nid = \"r{at}\"\nprefx = \"/r{at}\"\ngone = true\n");
    let head = "schema = 1\ndefault = \"a\"\n[origins.a]\nside = \"new\"\ntype = \"custom\"\ndomain = \"a.example\"\n";
    fs::write(&table, format!("{head}{}", (0..2_000).map(routes).collect::<String>())).unwrap();
    let run = |args: &[&str]| {
        let output = crossfade().arg("check").arg(&table).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let rows: [(Args<'_>, usize); 3] = [(&[], 50), (&["--all"], 2_000), (&["--format", "json"], 2_000)];
    for (args, shown) in rows {
        let text = run(args);
        assert_eq!(text.matches("did you mean `prefix`").count(), shown, "{args:?}");
        assert_eq!(text.contains("1,950 more findings not shown"), shown == 50, "{args:?}");
    }
}

#[test]
fn a_stdin_that_cannot_be_read_is_told() {
    let folder = File::open(folder()).unwrap();
    let output = crossfade().arg("decide").stdin(folder).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.as_str()), (Some(2), "error: stdin cannot be read: is a directory\n"));
}
