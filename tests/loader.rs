//! The loader against whatever a file may hold: it never panics, and its cost is linear in what it reads.

use std::fmt::Write as _;

use crossfade::check::{Loaded, load};
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::Severity;
use crossfade::route::{Request, decide};
use proptest::prelude::*;

/// Rows of the large map; an unoptimized build takes fewer, to be done in seconds.
const ROWS: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };

const TOP: &str = "routes.toml";

const HEAD: &str = r#"
schema  = 1
default = "legacy"
[origins]
legacy = { side = "legacy", type = "custom", domain = "legacy.example.com" }
cms = { side = "new", type = "custom", domain = "cms.example.com" }
"#;

/// A table with every key of the language.
const WHOLE: &str = include_str!("loader/whole.toml");
const MAP: &str = "from,to,status,ticket\n# spring\n/pascoa,/promo/pascoa,301\n\
    /natal?id=1,https://www.example.com/promo?x=1#y\n/old,,410,\"W,1\"\n";
const INCLUDED: &str = "[[route]]\nid = \"included\"\npath = \"/included\"\norigin = \"cms\"\n";

fn whole(top: &[u8], included: &[u8], map: &[u8]) -> Loaded {
    let files = [("routes.toml", top), ("routes/a.toml", included), ("redirects/campaigns.csv", map)];
    load(TOP, &files.into_iter().collect::<MemoryFiles>())
}

fn errors(loaded: &Loaded) -> Vec<String> {
    let errors = loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| format!("{} {}", found.code, found.message)).collect()
}

#[test]
fn the_whole_language_loads() {
    let loaded = whole(WHOLE.as_bytes(), INCLUDED.as_bytes(), MAP.as_bytes());
    assert_eq!(errors(&loaded), Vec::<String>::new());
    assert!(loaded.table.is_some());
}

#[test]
fn a_hundred_thousand_routes_load() {
    let mut text = HEAD.to_owned();
    for at in 0..100_000 {
        let (kind, path) = match at % 4 {
            0 => ("path", format!("/a/{at}")),
            1 => ("path", format!("/b/{at}/{{slug}}")),
            2 => ("prefix", format!("/c/{at}")),
            _ => ("path", format!("/d/{at}/{{*rest}}")),
        };
        writeln!(text, "[[route]]\nid = \"route-{at}\"\n{kind} = \"{path}\"\norigin = \"cms\"").unwrap();
    }
    let loaded = load(TOP, &MemoryFiles::new().with(TOP, text));
    assert_eq!(errors(&loaded), Vec::<String>::new());
    let (table, counts) = (loaded.table.expect("it has no error"), loaded.counts);
    assert_eq!((counts.routes_read, counts.routes_compiled), (100_000, 100_000));
    let last = table.routes().last().expect("there is one");
    assert_eq!((last.id.as_str(), last.place.line), ("route-99999", 400_003));
    assert_eq!(decide(&table, &Request::get("/d/99999/x")).route_id(), Some("route-99999"));
}

#[test]
fn twenty_thousand_wrong_routes_are_ten_thousand_findings_and_a_count() {
    let wrong = "[[route]]\nid = \"twice\"\npath = \"/a\"\norigin = \"csm\"\nprefx = \"/a\"\n";
    let loaded = load(TOP, &MemoryFiles::new().with(TOP, HEAD.to_owned() + &wrong.repeat(20_000)));
    assert!(loaded.table.is_none());
    assert_eq!(loaded.diagnostics.len(), 10_001);
    let more = loaded.diagnostics.iter().find(|found| found.code == "R013").expect("there is one");
    // An unknown key and an unknown origin each, and all ids but the first.
    assert_eq!(more.message, "and 49999 more, starting here");
}

#[test]
fn a_large_map_loads() {
    let mut map = String::from("from,to\n");
    for at in 0..ROWS {
        writeln!(map, "/from/{at},/to/{at}").unwrap();
    }
    let top = HEAD.to_owned() + "[[route]]\nid = \"map\"\nredirect_map = \"map.csv\"\nmethod = [\"GET\", \"HEAD\"]\n";
    let loaded = load(TOP, &MemoryFiles::new().with(TOP, top).with("map.csv", map));
    assert_eq!(errors(&loaded), Vec::<String>::new());
    assert_eq!(loaded.counts.map_rows, ROWS);
    let table = loaded.table.expect("it has no error");
    assert_eq!(table.routes()[0].path.rows().last().map(|row| row.line), u32::try_from(ROWS + 1).ok());
}

#[test]
fn a_broken_map_of_a_million_rows_is_a_hundred_findings_and_a_count() {
    let top = HEAD.to_owned() + "[[route]]\nid = \"map\"\nredirect_map = \"map.csv\"\n";
    let loaded = load(TOP, &MemoryFiles::new().with(TOP, top).with("map.csv", "/from\n".repeat(1_000_000)));
    assert_eq!(loaded.diagnostics.len(), 101);
    assert_eq!(loaded.diagnostics[100].message, "and 999900 more findings in this map");
}

#[test]
fn hostile_texts_are_a_clear_error() {
    let deep = |open: &str, close: &str| format!("a = {}{}", open.repeat(100_000), close.repeat(100_000));
    let rows = [
        ("a key of a hundred thousand dots", format!("a{} = 1", ".a".repeat(100_000))),
        ("a header of a hundred thousand dots", format!("[a{}]", ".a".repeat(100_000))),
        ("a deep list", deep("[", "]")),
        ("a deep table", deep("{a=", "}")),
        ("an open text", "a = \"".repeat(10_000)),
        ("a million syntax errors", "= =\n".repeat(1_000_000)),
        ("a long word", "x".repeat(1_000_000)),
        ("nul bytes", "\0".repeat(10_000)),
        ("a long regex", format!("{HEAD}[[route]]\nid = \"a\"\nregex = '{}'\ngone = true", "a".repeat(1_000_000))),
        ("a deep regex", format!("{HEAD}[[route]]\nid = \"a\"\nregex = '{}'\ngone = true", "(".repeat(4_000))),
        ("a large regex", format!("{HEAD}[[route]]\nid = \"a\"\nregex = '(\\w{{900}}){{900}}'\ngone = true")),
        ("a deep glob", format!("{HEAD}[[route]]\nid = \"a\"\nglob = '/{}'\ngone = true", "{a,".repeat(1_000))),
        ("many captures", format!("{HEAD}[[route]]\nid = \"a\"\npath = '/{}'\ngone = true", "{a}/~%7E".repeat(1_000))),
        ("an include of itself", format!("include = [\"{TOP}\"]\n{HEAD}")),
    ];
    for (what, text) in rows {
        let loaded = load(TOP, &MemoryFiles::new().with(TOP, text));
        assert!(loaded.table.is_none() && !errors(&loaded).is_empty(), "{what}");
        assert!(loaded.diagnostics.iter().all(|found| found.message.len() < 2_000), "{what}");
    }
    for (what, part) in [("question marks", "?"), ("stars", "*"), ("classes", "[!a]"), ("alternatives", "{a,b}")] {
        let glob = part.repeat(4_000 / part.len());
        let text = format!("{HEAD}[[route]]\nid = \"a\"\nglob = '/{glob}'\ngone = true");
        let _ = (what, load(TOP, &MemoryFiles::new().with(TOP, text)));
    }
}

/// A table with some of its bytes changed, taken away or doubled.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3u8);
    prop::collection::vec(change, 0..6).prop_map(move |changes| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

/// Words of the language in any order.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "[[route]]\n",
        "[origins.a]\n",
        "id",
        "path",
        "glob",
        "regex",
        "redirect",
        "origin",
        " = ",
        "\"/a/{b}\"",
        "'/**/{a,b}'",
        "'^/(\\d+)'",
        "\"/{rest}\"",
        "true",
        "[",
        "]",
        "{ ",
        " }",
        ",",
        "\n",
        "1",
        "2026-01-01T00:00:00Z",
        "query",
        "examples",
        "default",
        "schema = 1\n",
        "\"legacy\"",
        "[[test]]\n",
        "expect",
        "request",
        "#",
        "\"",
        "'",
        ".",
        "é",
        "\u{0}",
    ]);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_table_never_panics(top in mutated(WHOLE), included in mutated(INCLUDED), map in mutated(MAP)) {
        let loaded = whole(&top, &included, &map);
        sound(&loaded)?;
    }

    #[test]
    fn any_words_never_panic(text in words()) {
        sound(&load(TOP, &MemoryFiles::new().with(TOP, text)))?;
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        sound(&load(TOP, &MemoryFiles::new().with(TOP, bytes)))?;
    }

    #[test]
    fn any_map_never_panics(map in "([/a-c,\"#\r\n {}%.é?&=;\t]|//|\\.\\.|https://|301|410|id|from|to|\\?id=){0,80}") {
        sound(&whole(WHOLE.as_bytes(), INCLUDED.as_bytes(), map.as_bytes()))?;
    }
}

/// Findings are in order and in their files; a table is there only where no route was left out.
fn sound(loaded: &Loaded) -> Result<(), TestCaseError> {
    let places: Vec<_> =
        loaded.diagnostics.iter().map(|found| (found.labels[0].span.file, found.labels[0].span.range.start)).collect();
    prop_assert!(places.is_sorted());
    for label in loaded.diagnostics.iter().flat_map(|found| &found.labels) {
        prop_assert!(loaded.sources.files()[label.span.file].text.get(label.span.range.clone()).is_some(), "{label:?}");
    }
    match &loaded.table {
        Some(table) => prop_assert_eq!(table.routes().len(), loaded.counts.routes_read),
        None => prop_assert!(!errors(loaded).is_empty()),
    }
    Ok(())
}
