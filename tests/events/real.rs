//! Events that other projects keep as samples.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{faults, handler, some_day};

/// The folder of shared data; `None` where it is absent.
fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|parent| parent.join("shared/data"));
    let data = std::env::var_os("CROSSFADE_DATA").map(PathBuf::from).or_else(beside)?;
    let events = data.join("events");
    events.is_dir().then_some(events)
}

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            json_files(&entry, files);
        } else if entry.extension().is_some_and(|extension| extension == "json") {
            files.push(entry);
        }
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn every_sample_event_is_answered_as_cloudfront_takes_it() {
    let Some(folder) = folder() else {
        println!("skipped: no shared/data/events beside the repository; set CROSSFADE_DATA to have it");
        return;
    };
    let mut files = Vec::new();
    json_files(&folder, &mut files);
    files.sort();
    assert!(files.len() >= 50, "{} events", files.len());
    for table in ["bucket", "custom", "site"] {
        let handler = handler(table);
        for file in &files {
            let event = std::fs::read(file).expect("an event");
            let name = file.display();
            let parsed: Value = serde_json::from_slice(&event).expect("JSON");
            let handled = handler.handle(&event, some_day());
            let wrong = faults(&event, &handled);
            assert!(wrong.is_empty(), "{table} {name}: {wrong:?}");
            let kind = file.parent().and_then(Path::file_name).expect("a folder").to_string_lossy().into_owned();
            // CloudFront Functions have another form of event, without records; one sample has no response.
            let wanted = if kind.ends_with("response") { "response" } else { "request" };
            let answerable = parsed.pointer("/Records/0/cf").and_then(|cf| cf.get(wanted)).is_some();
            assert_eq!(handled.answer.is_ok(), answerable, "{table} {name}");
            assert_eq!(handled.summary.is_some(), kind == "origin-request", "{table} {name}");
        }
    }
}
