//! The handlers of the tables of `tests/events`, and what no answer and no line of a log may be.

use std::collections::BTreeMap;
use std::path::Path;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::{Handled, Handler};
use crossfade::route::{Table, Timestamp};
use serde_json::Value;

use crate::validator;

/// What must never be seen outside an answer.
pub(crate) const SECRET: &str = "correct-horse-battery-staple";

/// A table of `tests/events`.
fn table(name: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/events/{name}.toml"));
    let text = std::fs::read(&path).expect("a row names a table that is there");
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    loaded.table.unwrap_or_else(|| panic!("{name}: {:#?}", loaded.diagnostics))
}

pub(crate) fn handler(name: &str) -> Handler {
    Handler::new(table(name), BTreeMap::from([("ORIGIN_VERIFY".to_owned(), SECRET.to_owned())]))
}

/// A moment outside every window of the tables.
pub(crate) fn some_day() -> Timestamp {
    moment("2026-11-22T12:00:00Z")
}

pub(crate) fn moment(text: &str) -> Timestamp {
    let time: jiff::Timestamp = text.parse().expect("a row's clock is a date-time");
    Timestamp(time.as_nanosecond())
}

/// What is found wrong with an answer or its log lines, whatever the event.
pub(crate) fn faults(event: &[u8], handled: &Handled) -> Vec<String> {
    let mut faults = Vec::new();
    let parsed: Option<Value> = serde_json::from_slice(event).ok();
    match (&handled.answer, &parsed) {
        (Err(_), _) => {}
        (Ok(_), None) => {
            // An event that only a strict reader refuses (half a surrogate pair): the answer is at least what it was.
        }
        (Ok(answer), Some(_)) if handled.summary.is_none() => {
            let cf = &parsed.as_ref().expect("parsed")["Records"][0]["cf"];
            let answer: Option<Value> = serde_json::from_slice(answer).ok();
            if ![cf.get("request"), cf.get("response")].contains(&answer.as_ref()) {
                faults.push("an event that is not ours was changed".to_owned());
            }
        }
        (Ok(answer), Some(event)) => faults.extend(validator::faults(event, answer)),
    }
    for line in &handled.log {
        if !matches!(serde_json::from_str(line), Ok(Value::Object(_))) || line.contains('\n') {
            faults.push(format!("a log line is one JSON object: {line}"));
        }
        if line.contains(SECRET) {
            faults.push("a secret was logged".to_owned());
        }
    }
    if handled.answer.is_err() && handled.log.is_empty() {
        faults.push("a function error without a line".to_owned());
    }
    faults
}
