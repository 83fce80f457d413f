//! The command line through the real binary.
//!
//! `tests/cli/*.toml` hold the rows: what is typed, what goes in, and everything that comes out. Each runs in
//! `tests/cli/world`. What can't be a row (a closed pipe, a pipe that waits, rights) is below.

#[path = "support/golden.rs"]
mod golden;
#[path = "cli/version.rs"]
mod version;
#[cfg(unix)]
#[path = "cli/watch.rs"]
mod watch;

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
    /// Below the world.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    folder: String,
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
        let mut child = crossfade();
        child.current_dir(folder().join("world").join(&self.folder));
        let mut child = child.args(&self.args).envs(&self.env).spawn().unwrap();
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
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "ORIGIN_VERIFY", "CROSSFADE_ROUTES", "COLUMNS"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command ends with, however much of its answer is read.
const EXITS: [(Args<'_>, i32); 17] = [
    (&["check"], 0),
    (&["check", "--format=json"], 0),
    (&["check", "bad/errors.toml", "--all"], 1),
    (&["check", "bad/errors.toml", "--format=json"], 1),
    (&["check", "bad/warnings.toml"], 0),
    (&["check", "bad/warnings.toml", "--deny-warnings"], 1),
    (&["test"], 0),
    (&["test", "bad/tests.toml"], 1),
    (&["test", "bad/tests.toml", "--format=json"], 1),
    (&["explain", "/"], 0),
    (&["decide", "--urls"], 0),
    (&["invoke", "events/default.json"], 0),
    (&["manifest", "--schema"], 0),
    (&["rule"], 0),
    (&["completions", "bash"], 0),
    (&["man"], 0),
    (&["--help"], 0),
];

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    for (args, exit) in EXITS {
        // A reader that is gone before the first byte, and one that leaves after a line, as `head -1` does.
        for (round, lines) in [0, 1].into_iter().cycle().take(20).enumerate() {
            let (reader, writer) = std::io::pipe().unwrap();
            let mut child = crossfade().args(args).stdout(writer).spawn().unwrap();
            let mut reader = BufReader::with_capacity(64, reader);
            let mut line = String::new();
            // A command that reads no stdin may be gone already.
            if lines > 0 {
                let _gone = child.stdin.take().map(|mut stdin| stdin.write_all(b"/a\n"));
                reader.read_line(&mut line).unwrap();
            }
            drop(reader);
            let _gone = child.stdin.take().map(|mut stdin| stdin.write_all("/a\n".repeat(1000).as_bytes()));
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), &*stderr), (Some(exit), ""), "{args:?}, round {round}");
        }
    }
}

#[test]
fn wrong_usage_and_a_table_that_is_not_used_are_so_without_a_reader_too() {
    let rows: [Args<'_>; 4] =
        [&["check", "--bad"], &["chekc"], &["check", "nothing.toml"], &["decide", "--routes", "bad/one.toml"]];
    for args in rows {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (_, told) = std::io::pipe().unwrap();
        let status = crossfade().args(args).stdout(writer).stderr(told).status().unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}");
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
fn every_command_has_examples_and_exit_codes_that_fit_a_terminal() {
    let all = crossfade::cli::arguments();
    let commands: Vec<_> = all.get_subcommands().collect();
    assert!(commands.len() > 9);
    for command in commands {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(help.contains("Examples:\n  ") && help.contains("\n\nExit codes: 0 "), "{name}:\n{help}");
        assert!(help.contains(&format!("crossfade {name}")), "{name}:\n{help}");
        // Longer lines are broken where it hurts.
        let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{name}: {long:#?}");
    }
}

#[test]
fn every_code_is_listed_with_its_title() {
    let output = crossfade().arg("rule").output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let json = crossfade().args(["rule", "--format", "json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let mut lines = stdout.lines();
    for (at, code) in crossfade::diagnostic::codes::CATALOGUE.iter().enumerate() {
        let words: Vec<&str> = lines.next().unwrap().splitn(3, "  ").map(str::trim).collect();
        assert_eq!(words, [code.code, code.severity.word(), code.title]);
        assert_eq!((&json["rules"][at]["code"], &json["rules"][at]["title"]), (&code.code.into(), &code.title.into()));
    }
    assert_eq!(lines.collect::<Vec<_>>(), ["", "`crossfade rule R001` tells what a code means"]);
}

#[test]
fn the_version_names_the_target_and_the_commit_where_it_is_known() {
    let output = crossfade().arg("--version").output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let (first, rest) = stdout.split_once('\n').unwrap();
    let commit = first.strip_prefix(concat!("crossfade ", env!("CARGO_PKG_VERSION"))).unwrap();
    // Builds that are not optimised know no commit.
    assert!(commit.is_empty() || commit.starts_with(" (") && commit.ends_with(')'), "{first}");
    assert!(rest.starts_with(&format!("target: {}-", std::env::consts::ARCH)) && rest.ends_with('\n'), "{rest}");
}

#[test]
fn the_completions_are_scripts_of_their_shells() {
    for (shell, word) in
        [("bash", "R110"), ("zsh", "R110"), ("fish", "deny-warnings"), ("PowerShell", "--deny-warnings")]
    {
        let output = crossfade().args(["completions", shell]).output().unwrap();
        assert!(output.status.success());
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains(word), "{shell}");
        // A shell that is not on this machine cannot judge; PowerShell has no way to only parse.
        if shell == "PowerShell" {
            continue;
        }
        let Ok(mut child) = Command::new(shell).args(["-n", "/dev/stdin"]).stdin(Stdio::piped()).spawn() else {
            continue;
        };
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{shell}");
    }
}

#[test]
fn every_command_has_a_manual_page_that_is_rendered_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let output = crossfade().args(["man", "--out"]).arg(&pages).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let all = crossfade::cli::arguments();
    for name in all.get_subcommands().map(clap::Command::get_name).chain([""]) {
        let page = if name.is_empty() { "crossfade.1".to_owned() } else { format!("crossfade-{name}.1") };
        let roff = fs::read(pages.join(&page)).unwrap();
        let args = ["man", name];
        let printed = crossfade().args(&args[..if name.is_empty() { 1 } else { 2 }]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&printed.stdout), String::from_utf8_lossy(&roff), "{page}");
        let title = page.replace(".1", "").replace('-', "\\-");
        assert!(String::from_utf8_lossy(&roff).contains(&format!("\n.SH NAME\n{title} \\- ")), "{page}");
        let Ok(child) = Command::new("man").args(["--warnings", "-E", "UTF-8", "-l"]).arg(pages.join(&page)).output()
        else {
            continue;
        };
        let (text, complaints) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
        assert!(child.status.success() && complaints.is_empty(), "{page}: {complaints}");
        assert!(name.is_empty() || text.contains(&format!("crossfade {name}")), "{page}: {text}");
    }
}

#[test]
fn a_table_that_is_nowhere_is_told_with_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let here = fs::canonicalize(folder.path()).unwrap();
    for command in ["check", "test", "serve", "decide", "package", "manifest"] {
        let output = crossfade().arg(command).current_dir(&here).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let error = format!("error: there is no `routes.toml` in `{}`, nor in a folder above it\n", here.display());
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(stderr.starts_with(&error) && stderr.contains("CROSSFADE_ROUTES"), "{command}: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn a_table_that_cannot_be_read_is_not_passed_over_for_one_further_up() {
    let (world, folder) = (folder().join("world"), tempfile::tempdir().unwrap());
    let below = folder.path().join("below/deeper");
    fs::create_dir_all(&below).unwrap();
    fs::copy(world.join("timed.toml"), folder.path().join("routes.toml")).unwrap();
    std::os::unix::fs::symlink("nothing", folder.path().join("below/routes.toml")).unwrap();
    let output = crossfade().arg("check").current_dir(&below).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.starts_with("error: there is no `../routes.toml`\n"), "{stderr}");
}

#[test]
fn a_stdin_that_cannot_be_read_is_told() {
    let folder = File::open(folder()).unwrap();
    let output = crossfade().arg("decide").stdin(folder).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.as_str()), (Some(2), "error: stdin cannot be read: is a directory\n"));
}
