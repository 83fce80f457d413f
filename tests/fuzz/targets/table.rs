//! Any text as a table: findings that point into it, or a table that decides. Parts between lines of `=====` are the top
//! file, an included file and a redirect map.

#![no_main]

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::Severity;
use crossfade::requests::DecisionLine;
use crossfade::route::{Request, decide};
use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 6] = ["/", "/a", "/a/b?x=1", "/loja/x", "https://www.example.com/a.html", "//a/../%2f"];

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split_inclusive(|&byte| byte == b'\n').fold(vec![Vec::new()], |mut parts, line| {
        if line.starts_with(b"=====") {
            parts.push(Vec::new());
        } else if let Some(last) = parts.last_mut() {
            last.extend_from_slice(line);
        }
        parts
    });
    let mut files = MemoryFiles::new();
    for name in ["map.csv", "routes/a.toml", "routes.toml"].into_iter().rev() {
        if parts.is_empty() {
            break;
        }
        files = files.with(name, parts.remove(0));
    }
    let loaded = load("routes.toml", &files);
    for diagnostic in &loaded.diagnostics {
        assert!(!diagnostic.message.is_empty() && !diagnostic.message.ends_with('.'), "{diagnostic:?}");
        for label in &diagnostic.labels {
            let text = &loaded.sources.files()[label.span.file].text;
            assert!(text.get(label.span.range.clone()).is_some(), "{diagnostic:?} points outside its text");
        }
    }
    let errors = loaded.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let Some(table) = loaded.table else {
        assert!(errors, "a table that is none has an error");
        return;
    };
    assert_eq!(loaded.counts.routes_read, loaded.counts.routes_compiled);
    assert_eq!(loaded.counts.routes_compiled, table.routes().len());
    for path in PATHS {
        let request = Request::get(path);
        let line = serde_json::to_string(&DecisionLine(&decide(&table, &request))).expect("a decision has a line");
        assert!(line.starts_with("{\"route\":"));
    }
});
