//! Memory and processor time are bounded: a week of ordinary traffic, or paths made to hurt, over tables of thousands
//! of globs and regexes. In the real binary, with a limit set on the process: what wants more dies.

use std::process::Command;

use crossfade::edge::image;
use crossfade::route::condition::ValueTest;
use crossfade::route::pattern::{Glob, PathPattern};
use crossfade::route::target::{Hole, Part, Target};
use crossfade::route::{Action, Condition, Fact, LazyRegex, Table};

use crate::bootstrap::Bootstrap;
use crate::depth::size;
use crate::workload::definition;

/// What a function of 128 MB has, in KiB.
const FUNCTION: u64 = 128 * 1024;
/// Most processor time of one request, nanoseconds.
const MOST_TIME: u64 = 50_000_000;
/// Bytes of the longest path.
const LONGEST: usize = 8_000;

/// A pattern, and a path that it takes.
type Row = (PathPattern, String);

fn regex(text: String, path: String) -> Row {
    (PathPattern::Regex(LazyRegex::for_paths(&text).unwrap()), path)
}

fn glob(text: String, path: String) -> Row {
    (PathPattern::Glob(Glob::for_paths(&text).unwrap()), path)
}

/// Regexes with a segment of their own.
fn regexes(count: usize) -> Vec<Row> {
    let row = |at| {
        let text = format!(r"^/secao-{at}/(?<ano>\d{{4}})/(?<slug>[a-z0-9-]+)\.html$");
        regex(text, format!("/secao-{at}/2024/uma-pagina-{at}.html"))
    };
    (0..count).map(row).collect()
}

/// Globs with a segment of their own: at its place from the start, from the end, and anywhere.
fn globs(count: usize) -> Vec<Row> {
    let row = |at| match at % 4 {
        0 => glob(format!("/pasta-{at}/**/*.css"), format!("/pasta-{at}/a/b/c.css")),
        1 => glob(format!("/*/pasta-{at}/*.{{js,html}}"), format!("/x/pasta-{at}/app.js")),
        2 => glob(format!("/**/pasta-{at}.php"), format!("/a/b/pasta-{at}.php")),
        _ => glob(format!("/**/pasta-{at}/**/x.png"), format!("/a/pasta-{at}/b/x.png")),
    };
    (0..count).map(row).collect()
}

/// Regexes that no segment and no run of three characters leads to: each is tried for every path.
fn without_text(count: usize) -> Vec<Row> {
    let row = |at: usize| {
        let (few, more) = (at / 4 % 8 + 1, at + 1);
        match at % 4 {
            0 => regex(
                format!(r"^/(\w+)/(\w{{{few}}})/(\w{{{more}}})$"),
                format!("/a/{}/{}", "b".repeat(few), "c".repeat(more)),
            ),
            1 => {
                regex(format!(r"^/[a-z]{{{few},}}/\d{{{more}}}$"), format!("/{}/{}", "a".repeat(few), "1".repeat(more)))
            }
            2 => regex(
                format!(r"(?i)[a-f]{{{more}}}[0-9]{{{few}}}$"),
                format!("/{}{}", "B".repeat(more), "7".repeat(few)),
            ),
            _ => regex(format!(r"^(?:/[^/]+){{{few}}}/\d{{{more}}}$"), "/x".repeat(few) + "/" + &"1".repeat(more)),
        }
    };
    (0..count).map(row).collect()
}

/// Regexes whose texts may stand anywhere.
fn floating(count: usize) -> Vec<Row> {
    let row = |at: usize| regex(format!(r"/secao-{at}/(?<id>\d+)"), format!("/x/secao-{at}/12"));
    (0..count).map(row).collect()
}

/// As many exact paths.
fn exact(count: usize) -> Vec<Row> {
    let path = |at| format!("/secao-{at}/pagina-{at}/x.html");
    (0..count).map(|at| (PathPattern::Exact(path(at)), path(at))).collect()
}

/// Texts, one after the other and again from the first, up to the longest path; the first one in turns.
fn long(texts: impl Iterator<Item = String> + Clone, skip: usize) -> String {
    let mut path = String::new();
    for text in texts.clone().skip(skip).chain(texts) {
        if path.len() + text.len() > LONGEST {
            break;
        }
        path += &text;
    }
    path
}

/// Paths that are made to hurt.
fn hostile(turns: usize) -> Vec<String> {
    let mut paths: Vec<String> = ["/", "a", "%41", "%C3%A7", "a/", "/a", "//a", "/..", "0", "-x", "a1"]
        .map(|text| format!("/{}", text.repeat(LONGEST / text.len())))
        .to_vec();
    let ends = ["", "/x.png", ".html", "/x.css", "/12", "/12/", "/pasta-2.php"];
    for turn in 0..turns {
        let (skip, end) = (turn * 131, ends[turn % ends.len()]);
        let sections = |form: fn(usize) -> String| long((0..3_000).map(form), skip) + end;
        paths.push(sections(|at| format!("/secao-{at}")));
        paths.push(sections(|at| format!("/pasta-{at}")));
        paths.push(sections(|at| format!("/pasta-{}", at * 4 + 3)));
        paths.push(sections(|at| format!("/secao-{at}/x")));
        paths.push(sections(|at| format!("/pasta-{at}.php")));
        paths.push(format!("/secao-{skip}/2024/{}{end}", "a-".repeat(LONGEST / 2 - 20)));
        paths.push(format!("/secao-{skip}/2024/{}{end}", "a".repeat(LONGEST - 40)));
        paths.push(format!("/pasta-{skip}/{}{end}", "x.css/".repeat(LONGEST / 6 - 10)));
        paths.push(format!("/x/pasta-{skip}/{}{end}", "y".repeat(LONGEST - 40)));
        paths.push(sections(|at| format!("/{:x}", at * 7919 % 65_521)));
        paths.push(sections(|at| format!("/%{:02X}{at}", 0x80 + at % 100)));
    }
    paths
}

/// A table of these patterns as the edge reads it. A regex with a group rewrites by it.
fn image_of(patterns: Vec<PathPattern>) -> Vec<u8> {
    let mut definition = definition(patterns);
    for route in &mut definition.routes {
        let has_group = route.path.capture_names().iter().any(|(_, number)| *number == 1);
        if let (PathPattern::Regex(_), true, Action::Origin(action)) = (&route.path, has_group, &mut route.action) {
            action.rewrite = Some(Target { parts: vec![Part::Literal("/novo/".into()), Part::Hole(Hole::Capture(1))] });
        }
    }
    image::encode(&Table::compile(definition).unwrap(), &[7; 32]).unwrap()
}

/// Uses every pattern, then sends what is hostile, then the first paths again: answers are the same, and each is within
/// the time. The most memory that the process had, KiB.
///
/// A busy machine can double the processor time of a request, by caches that others emptied: so one that was too slow is
/// a failure where another process, from its start on, is too slow as well.
fn soak(rows: Vec<Row>, turns: usize) -> u64 {
    let (patterns, paths): (Vec<PathPattern>, Vec<String>) = rows.into_iter().unzip();
    let image = image_of(patterns);
    let again = |_slow| soak_once(&image, &paths, turns);
    soak_once(&image, &paths, turns).or_else(again).unwrap_or_else(|slow| panic!("twice too slow, now {slow}"))
}

/// The same of one process; a request that was too slow is the error.
fn soak_once(image: &[u8], paths: &[String], turns: usize) -> Result<u64, String> {
    let mut bootstrap = Bootstrap::start(image, FUNCTION);
    // What it does to start is not part of it.
    bootstrap.answer("/");
    let send = |bootstrap: &mut Bootstrap, path: &str| {
        let before = bootstrap.processor_time();
        let answer = bootstrap.answer(path);
        let took = bootstrap.processor_time() - before;
        let slow = || format!("{} ms: {} bytes, {:.80}…", took / 1_000_000, path.len(), path);
        if took < MOST_TIME { Ok(answer) } else { Err(slow()) }
    };
    let sample: Vec<&String> = paths.iter().step_by(paths.len() / 50 + 1).collect();
    let first: Vec<String> = sample.iter().map(|path| send(&mut bootstrap, path)).collect::<Result<_, _>>()?;
    for path in paths.iter().filter(|path| !path.ends_with("/x.html")) {
        let answer = send(&mut bootstrap, path)?;
        assert!(answer.contains("cms.example.com"), "no route took {path}");
    }
    for path in hostile(turns) {
        send(&mut bootstrap, &path)?;
        send(&mut bootstrap, &path)?;
    }
    let last: Vec<String> = sample.iter().map(|path| send(&mut bootstrap, path)).collect::<Result<_, _>>()?;
    assert_eq!(first, last, "an answer depends on what was asked before");
    Ok(bootstrap.peak())
}

#[test]
fn a_week_of_traffic_and_hostile_paths_stay_within_a_small_function() {
    let peak = soak([regexes(3_000), globs(3_000), exact(100_000)].concat(), size(4, 60));
    assert!(peak < FUNCTION, "{peak} KiB");
}

#[test]
fn patterns_alone_take_less_than_half_of_it() {
    let rows: [(&str, Vec<Row>); 3] = [
        ("at their place", regexes(3_000)),
        ("tried for every path", without_text(400)),
        ("whose text may stand anywhere", floating(3_000)),
    ];
    for (what, rows) in rows {
        let peak = soak(rows, size(4, 60));
        assert!(peak < FUNCTION / 2, "regexes {what}: {peak} KiB");
    }
}

#[test]
fn a_pattern_runs_only_where_all_else_holds() {
    let patterns = [floating(1_000), without_text(200)].concat().into_iter().map(|(pattern, _)| pattern).collect();
    let mut definition = definition(patterns);
    for route in &mut definition.routes {
        route.conditions.push(Condition { fact: Fact::Method, test: ValueTest::AnyOf(vec!["POST".into()]) });
    }
    let image = image::encode(&Table::compile(definition).unwrap(), &[7; 32]).unwrap();
    let mut bootstrap = Bootstrap::start(&image, FUNCTION);
    bootstrap.answer(&format!("/{}", "x".repeat(LONGEST)));
    let before = bootstrap.peak();
    for path in hostile(2) {
        bootstrap.answer(&path);
    }
    let after = bootstrap.peak();
    assert!(after < before + 1_024, "{before} KiB, then {after}: patterns of POST were compiled for GET");
}

#[test]
fn check_keeps_nothing_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "schema = 1\ndefault = \"a\"\n[origins.a]\nside = \"legacy\"\ntype = \"custom\"\n".to_owned();
    table += "domain = \"a.example.com\"\n";
    for at in 0..500 {
        table += &format!("[[route]]\nid = \"r-{at}\"\nregex = '^/{at}/(\\w+)/(\\w+)/(\\w+)$'\norigin = \"a\"\n");
    }
    std::fs::write(folder.path().join("routes.toml"), table).unwrap();
    let limited = format!("ulimit -d {} && exec \"$0\" check", FUNCTION / 2);
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_crossfade")]).current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
