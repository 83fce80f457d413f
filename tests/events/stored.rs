//! The stored rows.

use serde_json::{Value, json};

use crate::golden::blessing;
use crate::handling::{faults, handler, moment, some_day};
use crate::rows::{Base, OUTCOME, Object, Row, Rows};

#[test]
fn every_event_has_its_stored_answer_and_log() {
    let base = Base::read();
    let mut wrong = Vec::new();
    for mut file in Rows::all() {
        for row in &mut file.rows {
            let found = outcome(&row.event(&base), row, &mut wrong);
            if blessing() {
                *row = row.blessed(&base, &found);
            }
            let stored = row.outcome(&base);
            for key in OUTCOME.iter().filter(|key| stored.get(**key) != found.get(**key)) {
                let [stored, found] = [&stored, &found].map(|outcome| outcome.get(*key).unwrap_or(&Value::Null));
                wrong.push(format!("{}: {}: {key}\n  stored {stored}\n  found  {found}", file.path.display(), row.why));
            }
        }
        if blessing() {
            file.write();
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What became of a row's event, with the keys that a row has for it.
fn outcome(event: &str, row: &Row, wrong: &mut Vec<String>) -> Object {
    let clock = row.clock.as_deref().map_or_else(some_day, moment);
    let handled = handler(&row.table).handle(event.as_bytes(), clock);
    let mut found = Object::new();
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
    wrong.extend(faults(event.as_bytes(), &handled).into_iter().map(|fault| format!("{}: {fault}", row.why)));
    found
}

#[test]
fn what_is_not_changed_comes_back_as_the_very_text() {
    let text = r#" { "uri" : "\/assets\/\u0061" ,"headers": { "x" : [ { "value" : "\u00e9" } ],
        "host":[{"value":"site-bucket.s3.sa-east-1.amazonaws.com"}] }, "n": 1.0e+2,
        "method":"GET", "querystring":"" ,"origin" : { "s3" : {"domainName":"site-bucket.s3.sa-east-1.amazonaws.com"} } } "#;
    let event = |request: &str| {
        format!(r#"{{"Records":[{{"cf":{{"config":{{"eventType":"origin-request"}},"request":{request}}}}}]}}"#)
    };
    let answer = |event: &str| {
        String::from_utf8(handler("bucket").handle(event.as_bytes(), some_day()).answer.expect("an answer"))
            .expect("text")
    };
    assert_eq!(answer(&event(text)), text.trim());
    let changed = answer(&event(&text.replace("assets", "promo").replace(r"\/\u0061", r"\/a")));
    let expected = r#"{"uri":"/promo/a/index.html","headers":{ "x" : [ { "value" : "\u00e9" } ],
        "host":[{"value":"site-bucket.s3.sa-east-1.amazonaws.com"}] },"n":1.0e+2,"method":"GET","querystring":"","origin":{ "s3" : {"domainName":"site-bucket.s3.sa-east-1.amazonaws.com"} }}"#;
    assert_eq!(changed, expected);
}

#[test]
fn notices_and_disagreements_are_told_once_and_surprises_always() {
    let handler = handler("bucket");
    let rows = [
        (r#"{"uri":"/x","origin":{"custom":{"domainName":"other"}}}"#, 1),
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
        let once = |lines: &[String]| [kinds(lines, "notice"), kinds(lines, "disagreement")];
        let expected = if surprises == 0 { notices } else { 0 };
        assert_eq!((once(&first), once(&second)), ([expected; 2], [0; 2]), "{first:?} {second:?}");
        assert_eq!((kinds(&first, "surprise"), kinds(&second, "surprise")), (surprises, surprises));
    }
}
