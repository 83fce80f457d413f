//! The stored rows.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::{faults, handler, moment, some_day};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/rows");
    let entries = fs::read_dir(folder).expect("tests/events/rows is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

#[test]
fn every_event_has_its_stored_answer_and_log() {
    let bless = std::env::var_os("CROSSFADE_BLESS").is_some();
    let mut wrong = Vec::new();
    for file in files() {
        let mut row: Map<String, Value> = serde_json::from_slice(&fs::read(&file).expect("a row")).expect("a row");
        let found = outcome(&row);
        let keys = ["answer", "error", "log", "faults"];
        if bless {
            keys.iter().for_each(|key| drop(row.remove(*key)));
            row.extend(found.clone());
            let text = serde_json::to_string_pretty(&row).expect("a row") + "\n";
            fs::write(&file, text).expect("a row can be written");
        }
        for key in keys.iter().filter(|key| row.get(**key) != found.get(**key)) {
            let none = Value::Null;
            let (stored, found) = (row.get(*key).unwrap_or(&none), found.get(*key).unwrap_or(&none));
            wrong.push(format!("{}: {key}\n  stored {stored}\n  found  {found}", file.display()));
        }
        if let Some(faults) = found.get("faults") {
            wrong.push(format!("{}: {faults}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What became of a row's event, with the keys that a row has for it.
fn outcome(row: &Map<String, Value>) -> Map<String, Value> {
    let table = row["table"].as_str().expect("a table");
    let clock = row.get("clock").map_or_else(some_day, |clock| moment(clock.as_str().expect("a text")));
    let event = match row.get("text") {
        Some(text) => text.as_str().expect("a text").to_owned(),
        None => row["event"].to_string(),
    };
    let handled = handler(table).handle(event.as_bytes(), clock);
    let mut found = Map::new();
    match &handled.answer {
        // A reader of strict texts can't take half a surrogate pair: such an answer is stored as text.
        Ok(answer) => match serde_json::from_slice::<Value>(answer) {
            Ok(answer) => found.insert("answer".into(), answer),
            Err(_) => found.insert("answer".into(), String::from_utf8_lossy(answer).into()),
        },
        Err(error) => found.insert("error".into(), json!({ "kind": error.kind, "message": error.message })),
    };
    let lines = handled.log.iter().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    found.insert("log".into(), lines.collect());
    let faults = faults(event.as_bytes(), &handled);
    if !faults.is_empty() {
        found.insert("faults".into(), faults.into());
    }
    found
}

#[test]
fn what_is_not_changed_comes_back_as_the_very_text() {
    let text = r#" { "uri" : "\/assets\/\u0061" ,"headers": { "x" : [ { "value" : "\u00e9" } ] }, "n": 1.0e+2,
        "method":"GET", "querystring":"a" ,"origin" : { "s3" : {"domainName":"site-bucket.s3.sa-east-1.amazonaws.com"} } } "#;
    let event = |request: &str| {
        format!(r#"{{"Records":[{{"cf":{{"config":{{"eventType":"origin-request"}},"request":{request}}}}}]}}"#)
    };
    let answer = |event: &str| {
        String::from_utf8(handler("bucket").handle(event.as_bytes(), some_day()).answer.expect("an answer"))
            .expect("text")
    };
    assert_eq!(answer(&event(text)), text.trim());
    let changed = answer(&event(&text.replace("assets", "promo").replace(r"\/\u0061", r"\/a")));
    let expected = r#"{"uri":"/promo/a/index.html","headers":{ "x" : [ { "value" : "\u00e9" } ] },"n":1.0e+2,"method":"GET","querystring":"a","origin":{ "s3" : {"domainName":"site-bucket.s3.sa-east-1.amazonaws.com"} }}"#;
    assert_eq!(changed, expected);
}

#[test]
fn notices_are_given_once_and_surprises_always() {
    let handler = handler("bucket");
    let rows = [
        (r#"{"uri":"/x","origin":{"custom":{"domainName":"other"}}}"#, 2),
        (r#"{"uri":"/trancado","origin":{"s3":{"domainName":"site-bucket.s3.sa-east-1.amazonaws.com"}}}"#, 1),
    ];
    for (request, notices) in rows {
        let event = format!(r#"{{"Records":[{{"cf":{{"request":{request}}}}}]}}"#);
        let lines = || handler.handle(event.as_bytes(), some_day()).log;
        let kinds = |lines: &[String], kind: &str| {
            lines.iter().filter(|line| line.contains(&format!(r#""kind":"{kind}""#))).count()
        };
        let (first, second) = (lines(), lines());
        let surprises = usize::from(request.contains("trancado"));
        let expected = if surprises == 0 { notices } else { 0 };
        assert_eq!((kinds(&first, "notice"), kinds(&second, "notice")), (expected, 0), "{first:?} {second:?}");
        assert_eq!((kinds(&first, "surprise"), kinds(&second, "surprise")), (surprises, surprises));
    }
}
