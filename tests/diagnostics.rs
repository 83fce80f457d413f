//! Bad tables and what is said of them: each `tests/diagnostics/NAME.toml` has its whole list of findings beside it in
//! `NAME.txt`, one `code place message` and its help each.
//!
//! The pages in `docs/diagnostics/` are held to the catalogue: every code has one, its bad example gives that code and
//! its fixed example gives none.

#[path = "support/golden.rs"]
mod golden;
#[path = "support/helps.rs"]
mod helps;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crossfade::check::{Loaded, load_at};
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::codes::{self, CATALOGUE};
use crossfade::diagnostic::{Diagnostic, Severity};
use crossfade::route::Timestamp;
use snapbox::Data;

use helps::Followed;

const TOP: &str = "routes.toml";

/// When the tables are checked: 2026-11-01. What is over by then is in 2001, what is not in 2999.
const NOW: Timestamp = Timestamp(1_793_491_200_000_000_000);

#[test]
fn every_bad_table_has_its_list_of_findings() {
    for (name, files) in bad_tables() {
        let loaded = load_at(TOP, &files, NOW);
        let errors = loaded.diagnostics.iter().any(|found| found.severity == Severity::Error);
        let examples = loaded.diagnostics.iter().all(|found| {
            found.severity == Severity::Warning || crossfade::check::examples::is_failed_example(found.code)
        });
        assert_eq!(loaded.table.is_some(), !errors || examples, "{name}");
        let expected = folder("tests/diagnostics").join(format!("{name}.txt"));
        golden::assert().eq(listed(&loaded), Data::read_from(&expected, None).raw());
    }
}

#[test]
fn every_code_is_in_a_list() {
    let mut listed = BTreeSet::new();
    for entry in fs::read_dir(folder("tests/diagnostics")).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|end| end == "txt") {
            let text = fs::read_to_string(path).expect("it can be read");
            listed.extend(text.lines().filter_map(|line| line.get(..4)).map(str::to_owned));
        }
    }
    let missing: Vec<&str> = CATALOGUE.iter().map(|code| code.code).filter(|code| !listed.contains(*code)).collect();
    assert!(missing.is_empty(), "no bad table has {missing:?}");
}

#[test]
fn every_code_has_its_page() {
    let index = fs::read_to_string(folder("docs/diagnostics").join("README.md")).expect("the index is there");
    for code in CATALOGUE {
        let page = Page::read(&folder(&codes::page(code.code)));
        let severity = if code.severity == Severity::Error { "error" } else { "warning" };
        let head = format!("# {}: {}\n\n{} · {}.\n", code.code, code.title, severity, code.explanation);
        assert!(page.text.starts_with(&head), "{} should begin:\n{head}", codes::page(code.code));
        let row = format!("| [{0}]({0}.md) | {1} | {2} |", code.code, severity, code.title);
        assert!(index.contains(&row), "docs/diagnostics/README.md has no row:\n{row}");
    }
    for entry in fs::read_dir(folder("docs/diagnostics")).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name().into_string().expect("it is UTF-8");
        let known = name == "README.md" || CATALOGUE.iter().any(|code| name == format!("{}.md", code.code));
        assert!(known, "docs/diagnostics/{name} is the page of no code");
    }
}

#[test]
fn a_bad_example_has_its_code_and_a_fixed_one_has_none() {
    let found = |files: &MemoryFiles| -> BTreeSet<&str> {
        load_at(TOP, files, NOW).diagnostics.iter().map(|found| found.code).collect()
    };
    let mut wrong = String::new();
    for code in CATALOGUE {
        let page = Page::read(&folder(&codes::page(code.code)));
        let (bad, fixed) = (found(&page.bad), found(&page.fixed));
        let counts_others = [codes::MORE_ERRORS, codes::MORE_WARNINGS, codes::MORE_ROWS].contains(code);
        if !bad.contains(code.code) || (bad.len() > 1 && !counts_others) {
            writeln!(wrong, "{}: the bad example has {bad:?}", codes::page(code.code)).unwrap();
        }
        if !fixed.is_empty() {
            writeln!(wrong, "{}: the fixed example has {fixed:?}", codes::page(code.code)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Helps that show code which no reader would put in place just so: what they begin with, and why.
const NOT_FOLLOWED: &[(&str, &str)] = &[
    ("write `cache_control = \"no-store\"`, which", "one finding is of several routes, and not all of them are marked"),
    ("or, for the website's index pages", "with the last error gone, another origin is found wanting"),
    ("give these paths a `[[behavior]]`", "a behavior is added in the distribution first"),
    ("decide by something else, or give these paths", "a behavior is added in the distribution first"),
    ("give what needs no session a `[[behavior]]`", "a behavior is added in the distribution first"),
    ("write `[[behavior]]` in its place", "it takes the place of a whole section"),
    ("keep the included files in a folder", "the folder has to be made first"),
    ("write `id = \"old-news\"`", "the other findings of the route name it by its id"),
    ("captures keep the case that they came in", "it is written in a route above this one"),
    ("make it a route of its own", "it is written in the table, not in the map"),
    ("write `map_query", "it is written in the route, not in the map"),
    ("write the path, `", "it takes another line of the route too"),
    ("write `/a?id=%C3%A7`", "the one finding of all queries of the map counts it too then"),
    ("put the text in quotes", "the key and the text are examples"),
    ("write `key = value`", "the key and the value are examples"),
    ("write `{name}` for one segment", "the name is an example: the target has its own"),
    ("to redirect to the slash keep it", "it is a route of its own"),
];

#[test]
fn a_help_that_shows_code_cures_its_finding_and_leads_into_no_other() {
    let (mut cured, mut wrong, mut excused) = (0, String::new(), BTreeSet::new());
    let pages = CATALOGUE.iter().map(|code| (code.code.to_owned(), Page::read(&folder(&codes::page(code.code))).bad));
    for (name, files) in bad_tables().into_iter().chain(pages) {
        let loaded = load_at(TOP, &files, NOW);
        let mut followed: BTreeMap<_, usize> = BTreeMap::new();
        for found in &loaded.diagnostics {
            for help in &found.help {
                let like = followed.entry((found.code, &found.message)).or_default();
                *like += 1;
                if *like > 3 {
                    continue;
                }
                let outcome = helps::follow(&files, &loaded, found, help);
                if let Some((words, _)) = NOT_FOLLOWED.iter().find(|(words, _)| help.starts_with(words)) {
                    excused.extend((outcome != Followed::Cured).then_some(*words));
                    continue;
                }
                match outcome {
                    Followed::Cured => cured += 1,
                    Followed::NoCode => {}
                    Followed::Failed(left) => {
                        writeln!(wrong, "{name}: {} {}\n  help: {help}\n  then: {left}", found.code, found.message)
                            .unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let stale: Vec<&str> =
        NOT_FOLLOWED.iter().map(|(words, _)| *words).filter(|words| !excused.contains(words)).collect();
    assert!(stale.is_empty(), "these need no excuse: {stale:?}");
    assert!(cured > 130, "only {cured} helps were followed");
}

#[test]
fn a_help_that_leads_nowhere_is_found() {
    let (name, files) = bad_tables().remove_entry("targets").expect("there is such a table");
    let loaded = load_at(TOP, &files, NOW);
    let found = loaded.diagnostics.iter().find(|found| found.code == "R110").expect("it has one");
    let rows = [
        ("write `/b/{slug}`", "Cured"),
        ("write `//b/{slug}`", "Failed"),
        ("write `/b/{x}`", "Failed"),
        ("write `redirect = \"/b\"`", "Cured"),
        ("write `redirct = \"/b\"`", "Failed"),
        ("begin it with one `/`", "NoCode"),
        ("write `https://…`", "NoCode"),
    ];
    for (help, expected) in rows {
        let followed = format!("{:?}", helps::follow(&files, &loaded, found, help));
        assert!(followed.starts_with(expected), "{name}: {help}: {followed}");
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every `NAME.toml` with the files of the folder `NAME` beside it.
fn bad_tables() -> BTreeMap<String, MemoryFiles> {
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(folder("tests/diagnostics")).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".toml")) else { continue };
        let top = fs::read_to_string(&path).expect("it can be read");
        let top = (TOP.to_owned(), expanded(&top).into_bytes());
        let beside = files_below(&path.with_extension(""), "");
        tables.insert(name.to_owned(), MemoryFiles::from_iter(std::iter::once(top).chain(beside)));
    }
    tables
}

fn files_below(folder: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("it can be read").path();
        let name = format!("{prefix}{}", path.file_name().and_then(|name| name.to_str()).expect("it is UTF-8"));
        if path.is_dir() {
            files.extend(files_below(&path, &format!("{name}/")));
        } else {
            let bytes = fs::read(&path).expect("it can be read");
            files.push((
                name,
                String::from_utf8(bytes).map_or_else(|bytes| bytes.into_bytes(), |text| expanded(&text).into()),
            ));
        }
    }
    files
}

/// The findings of a table, one `code place message` each, further places and help indented below. Of a long run
/// of findings that say the same, the first is listed and the others are counted.
fn listed(loaded: &Loaded) -> String {
    let place = |file: usize, byte: usize| {
        let (line, column) = loaded.sources.line_column(file, byte);
        let name = &loaded.sources.files()[file].name;
        if name == TOP { format!("{line}:{column}") } else { format!("{name}:{line}:{column}") }
    };
    let mut out = String::new();
    let same = |a: &Diagnostic, b: &Diagnostic| (a.code, &a.message) == (b.code, &b.message);
    for (found, more) in loaded.diagnostics.chunk_by(same).flat_map(counted) {
        let (first, others) = found.labels.split_first().expect("every finding has a place");
        let severity = if found.severity == Severity::Error { "" } else { "warning: " };
        writeln!(out, "{} {} {severity}{}", found.code, place(first.span.file, first.span.range.start), found.message)
            .unwrap();
        if !first.text.is_empty() {
            writeln!(out, "     at: {}", first.text).unwrap();
        }
        for label in others {
            writeln!(out, "     {}: {}", place(label.span.file, label.span.range.start), label.text).unwrap();
        }
        if let Some(witness) = &found.witness {
            writeln!(out, "     witness: {witness}").unwrap();
        }
        for help in &found.help {
            writeln!(out, "     help: {help}").unwrap();
        }
        if more > 0 {
            writeln!(out, "     and {more} more like it").unwrap();
        }
    }
    out
}

/// Each of a short run; of a long one the first and how many follow.
fn counted(run: &[Diagnostic]) -> Vec<(&Diagnostic, usize)> {
    if run.len() > 5 { vec![(&run[0], run.len() - 1)] } else { run.iter().map(|found| (found, 0)).collect() }
}

/// A page of the documentation with its two examples.
struct Page {
    text: String,
    bad: MemoryFiles,
    fixed: MemoryFiles,
}

impl Page {
    fn read(path: &Path) -> Page {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let part = |heading: &str| {
            let from = text.find(heading).unwrap_or_else(|| panic!("{} has no `{heading}`", path.display()));
            let rest = &text[from + heading.len()..];
            rest[..rest.find("\n## ").unwrap_or(rest.len())].to_owned()
        };
        let (bad, fixed) = (example(&part("\n## Bad\n")), example(&part("\n## Fixed\n")));
        Page { text, bad, fixed }
    }
}

/// The files of an example: its blocks, each named by what follows the language; the first is the table.
fn example(part: &str) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    for block in part.split("```").skip(1).step_by(2) {
        let (info, content) = block.split_once('\n').expect("a block has lines");
        let words: Vec<&str> = info.split(' ').skip(1).collect();
        let name = words.iter().find(|word| word.contains('.')).copied().unwrap_or(TOP);
        let content = expanded(content);
        let content = if name == TOP && !words.contains(&"whole") { completed(&content) } else { content };
        let bytes = if words.contains(&"latin1") { latin1(&content) } else { content.into_bytes() };
        files = files.with(name, bytes);
    }
    files
}

/// What an example of a table leaves out.
fn completed(text: &str) -> String {
    let has = |start: &str| text.lines().any(|line| line.starts_with(start));
    let mut whole = String::new();
    if !has("schema") {
        whole.push_str("schema = 1\n");
    }
    if !has("default") {
        whole.push_str("default = \"legacy\"\n");
    }
    whole.push_str(text);
    if !has("[canonical") {
        // Without it each route of an example that answers 404 or 410 would be warned of.
        whole.push_str("\n[canonical]\npath_parameters = \"strip\"\n");
    }
    if !has("[origins") {
        whole.push_str(
            "\n[origins]\nlegacy = { side = \"legacy\", type = \"custom\", domain = \"legacy.example.com\" }\n",
        );
        whole.push_str("cms = { side = \"new\", type = \"custom\", domain = \"cms.example.com\" }\n");
        whole.push_str("site = { side = \"new\", type = \"s3\", domain = \"site.s3.sa-east-1.amazonaws.com\" }\n");
    }
    whole
}

/// `«3 × ab»` is `ababab`, and `«2 × a№«2 × b»,»` is `a1bb,a2bb,`.
fn expanded(text: &str) -> String {
    let mut out = text.to_owned();
    while let Some((before, after)) = out.split_once('»') {
        let (before, repeat) = before.rsplit_once('«').expect("» has its «");
        let (count, what) = repeat.split_once(" × ").expect("a count and a text");
        let count: usize = count.replace(',', "").parse().expect("a count");
        let text = if what.contains('№') {
            (1..=count).map(|number| what.replace('№', &number.to_string())).collect()
        } else {
            what.repeat(count)
        };
        out = format!("{before}{text}{after}");
    }
    out
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).expect("a character of Latin-1")).collect()
}
