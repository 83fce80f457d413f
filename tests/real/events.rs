//! Events that AWS and others have published, through the handler and through the package.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::answers::{self, Event};
use crate::data::json_files;
use crate::handling::{faults, handler, some_day};

/// The events of one folder.
fn kind(file: &Path) -> &str {
    file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("a folder")
}

pub(crate) fn every_sample_event_is_answered_as_cloudfront_takes_it() {
    let files = json_files("events");
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
            let kind = kind(file);
            // CloudFront Functions have another form of event, without records; one sample has no response.
            let wanted = if kind.ends_with("response") { "response" } else { "request" };
            let answerable = parsed.pointer("/Records/0/cf").and_then(|cf| cf.get(wanted)).is_some();
            assert_eq!(handled.answer.is_ok(), answerable, "{table} {name}");
            assert_eq!(handled.summary.is_some(), kind == "origin-request", "{table} {name}");
        }
    }
}

/// The published events of every kind that Lambda is given.
fn published(_table: &str) -> Vec<Event> {
    let kinds = ["origin-request", "origin-response", "viewer-request", "viewer-response", "unspecified-request"];
    let files = |kind: &str| {
        let files = json_files(&format!("events/{kind}"));
        assert!(!files.is_empty(), "no published events of {kind}");
        files
    };
    let event =
        |path: PathBuf| Event { name: path.display().to_string(), bytes: std::fs::read(&path).expect("an event") };
    kinds.into_iter().flat_map(files).map(event).collect()
}

pub(crate) fn rust_in_the_place_of_node_answers_published_events_byte_for_byte() {
    answers::in_the_place_of_node(published);
}

pub(crate) fn rust_beside_node_answers_published_events() {
    answers::beside_node(published);
}

pub(crate) fn node_alone_aims_published_requests_at_the_default() {
    answers::node_alone(published);
}
