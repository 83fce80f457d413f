//! What a table holds must fit into its function, whatever it is that takes the room: `check` says so before a deploy does.

use crossfade::check::{Loaded, load};
use crossfade::config::MemoryFiles;

use crate::depth::size;

const TOP: &str = r#"
schema = 1
default = "legacy"
include = ["part-*.toml"]

[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
"#;

/// Something that takes as many bytes of text as are asked for, in a few large pieces.
struct Load {
    name: &'static str,
    file: fn(usize, usize) -> String,
}

/// Bytes of a file: two of them are too much for 128 MB, one is not.
const FILE: usize = 30_000_000;

const LOADS: [Load; 4] = [
    Load {
        name: "bodies of answers",
        file: |file, bytes| routes(file, bytes, |text| format!("respond = {{ body = \"{text}\" }}")),
    },
    Load {
        name: "values of headers",
        file: |file, bytes| routes(file, bytes, |text| format!("header = {{ x-a = \"{text}\" }}\norigin = \"legacy\"")),
    },
    Load {
        name: "values of a list",
        file: |file, bytes| {
            routes(file, bytes, |text| format!("cookie = {{ a = [\"{text}\", \"b\"] }}\norigin = \"legacy\""))
        },
    },
    Load {
        name: "names of parameters",
        file: |file, bytes| routes(file, bytes, |text| format!("query = {{ \"{text}\" = true }}\norigin = \"legacy\"")),
    },
];

/// Routes of 900,000 bytes each.
fn routes(file: usize, bytes: usize, act: impl Fn(&str) -> String) -> String {
    let text = "a".repeat(900_000);
    let route = |at| format!("[[route]]\nid = \"r-{file}-{at}\"\npath = \"/{file}/{at}\"\n{}\n", act(&text));
    (0..bytes / 900_000).map(route).collect()
}

fn loaded(top: &str, files: &[String]) -> Loaded {
    let parts = files.iter().enumerate().map(|(at, text)| (format!("part-{at}.toml"), text.clone().into_bytes()));
    let top = ("routes.toml".to_owned(), top.to_owned().into_bytes());
    load("routes.toml", &MemoryFiles::from_iter(std::iter::once(top).chain(parts)))
}

fn codes(loaded: &Loaded) -> Vec<&str> {
    loaded.diagnostics.iter().map(|found| found.code).collect()
}

#[test]
fn what_does_not_fit_is_an_error_whatever_it_is_and_the_cure_is_right() {
    for Load { name, file } in LOADS.into_iter().take(size(1, LOADS.len())) {
        let files = [file(0, FILE), file(1, FILE)];
        let few = loaded(TOP, &files[..1]);
        assert!(few.table.is_some(), "{name}: one file fits: {:?}", codes(&few));
        let many = loaded(TOP, &files);
        assert_eq!(codes(&many), ["R183"], "{name}");
        assert!(many.table.is_none(), "{name}: a table with an error is not used");
        let need = many.memory.unwrap();
        assert!(need.peak > 2 * 2 * FILE as u64, "{name}: it is there twice at the start");
        let help = &many.diagnostics[0].help[0];
        let setting = help.split_once("memory_mb = ").unwrap().1.trim_end_matches('`');
        let cured =
            loaded(&TOP.replace("\n[origins", &format!("\n[function]\nmemory_mb = {setting}\n[origins")), &files);
        assert!(cured.table.is_some(), "{name}: {help}: {:?}", codes(&cured));
    }
}

#[test]
fn the_memory_of_a_function_is_a_whole_number_that_aws_takes() {
    let rows = [
        ("128", None),
        ("129", None),
        ("10240", None),
        ("10_240", None),
        ("0", Some("R008")),
        ("127", Some("R008")),
        ("10241", Some("R008")),
        ("-128", Some("R008")),
        ("65664", Some("R008")),
        ("9223372036854775807", Some("R008")),
        ("128.0", Some("R006")),
        ("\"128\"", Some("R006")),
        ("true", Some("R006")),
        ("[128]", Some("R006")),
    ];
    for (value, code) in rows {
        let top = TOP.replace("\n[origins", &format!("\n[function]\nmemory_mb = {value}\n[origins"));
        let loaded = loaded(&top.replace("include = [\"part-*.toml\"]\n", ""), &[]);
        assert_eq!(codes(&loaded), Vec::from_iter(code), "{value}");
    }
}
