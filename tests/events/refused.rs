//! The validator itself: it passes good answers, and names what is wrong with each bad one.

use serde_json::{Value, json};

use crate::validator;

/// The event, whose request is also a good answer.
fn event() -> Value {
    json!({"Records": [{"cf": {"request": {
        "clientIp": "203.0.113.178",
        "method": "GET",
        "uri": "/a",
        "querystring": "",
        "headers": {
            "host": [{"key": "Host", "value": "old.example.com"}],
            "via": [{"key": "Via", "value": "2.0 2afae.cloudfront.net (CloudFront)"}],
            "x-asked": [{"key": "X-Asked", "value": "1"}],
        },
        "origin": {"custom": {
            "customHeaders": {},
            "domainName": "old.example.com",
            "keepaliveTimeout": 5,
            "path": "",
            "port": 443,
            "protocol": "https",
            "readTimeout": 30,
            "sslProtocols": ["TLSv1.2"],
        }},
    }}}]})
}

fn sent_on() -> Value {
    event()["Records"][0]["cf"]["request"].clone()
}

fn redirect() -> Value {
    json!({
        "status": "301",
        "statusDescription": "Moved Permanently",
        "headers": {"cache-control": [{"value": "max-age=60"}], "location": [{"value": "/b"}]},
        "body": "moved",
    })
}

/// The answer with another value at a JSON pointer; without it, where that is `null`.
fn with(mut answer: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with `/`");
    let members = answer.pointer_mut(parent).and_then(Value::as_object_mut).expect("a row names an object");
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value),
    };
    answer
}

/// Each fault once: what both the event and the answer have is looked at twice.
fn faults(answer: &Value) -> Vec<String> {
    let mut faults = validator::faults(&event(), answer.to_string().as_bytes());
    faults.dedup();
    faults
}

#[test]
fn good_answers_pass_the_validator() {
    assert_eq!(faults(&sent_on()), [""; 0]);
    assert_eq!(faults(&redirect()), [""; 0]);
    assert_eq!(faults(&with(sent_on(), "/headers/x-new", json!([{"value": "1"}]))), [""; 0]);
    assert_eq!(faults(&with(sent_on(), "/origin/custom/domainName", json!("new.example.com"))), [""; 0]);
}

#[test]
fn the_validator_names_what_is_wrong_with_a_request() {
    let rows = [
        ("/method", json!("POST"), "`method` is not ours to change"),
        ("/uri", json!("a"), "uri `a` begins with `/`"),
        ("/uri", json!("/a b"), "uri `/a b` is encoded"),
        ("/uri", json!("/".repeat(8192)), "uri and query are long"),
        ("/querystring", json!("?x"), "querystring `?x`"),
        ("/headers/via", Value::Null, "`via` is read-only"),
        ("/headers/connection", json!([{"value": "close"}]), "`connection` can't be written"),
        ("/headers/X-New", json!([{"value": "1"}]), "`X-New` is no lower-case name"),
        ("/headers/x-new", json!("1"), "each header entry must be an array: `x-new`"),
        ("/headers/x-new", json!([{"value": 1}]), r#"a value of `x-new` is no field value: {"value":1}"#),
        ("/headers/x-new", json!([{"value": "1\n2"}]), r#"a value of `x-new` is no field value: {"value":"1\n2"}"#),
        ("/headers/x-new", json!([{"key": "X-Old", "value": "1"}]), "key of `x-new`"),
        ("/headers/host", json!([{"value": "a.example"}, {"value": "b.example"}]), "2 values of `host`"),
        ("/origin", json!({"s3": {}}), "a bucket can't be written, only kept"),
        ("/origin/s3", json!({}), "an origin is exactly one of custom and s3"),
        ("/origin/beside", json!(1), "`beside` is not ours to write beside an origin"),
        ("/origin/custom/domainName", json!("192.0.2.1"), "domainName `192.0.2.1`"),
        ("/origin/custom/path", json!("/x/"), "path `/x/`"),
        ("/origin/custom/port", json!(1000), "port 1000"),
        ("/origin/custom/protocol", json!("ftp"), "protocol"),
        ("/origin/custom/readTimeout", json!(121), "readTimeout 121"),
        ("/origin/custom/keepaliveTimeout", json!(0), "keepaliveTimeout 0"),
        ("/origin/custom/responseCompletionTimeout", json!(29), "responseCompletionTimeout 29"),
        ("/origin/custom/sslProtocols", json!([]), "sslProtocols []"),
        ("/origin/custom/customHeaders", Value::Null, "customHeaders"),
        ("/origin/custom/customHeaders/x-amz-date", json!([{"value": "1"}]), "customHeaders can't have `x-amz-date`"),
        ("/origin/custom/customHeaders/x-long", json!([{"value": "1".repeat(1784)}]), "`x-long` is long"),
        ("/origin/custom/customHeaders/x-asked", json!([{"value": "1"}]), "`x-asked` is in both kinds of headers"),
    ];
    for (pointer, value, fault) in rows {
        assert_eq!(faults(&with(sent_on(), pointer, value)), [fault], "{pointer}");
    }
}

#[test]
fn the_validator_names_what_no_bucket_is_sent() {
    let domain = "b.s3.sa-east-1.amazonaws.com";
    let to_bucket = |request: Value| with(request, "/origin", json!({ "s3": { "domainName": domain } }));
    let mut event = event();
    event["Records"][0]["cf"]["request"] = to_bucket(sent_on());
    let good = with(to_bucket(sent_on()), "/headers/host", json!([{"key": "Host", "value": domain}]));
    let faults = |answer: &Value| validator::faults(&event, answer.to_string().as_bytes());
    assert_eq!(faults(&good), [""; 0]);
    let rows = [
        (
            "/headers/host",
            json!([{"value": "www.example.com"}]),
            format!("the bucket `{domain}` is asked as [Some(\"www.example.com\")]"),
        ),
        ("/headers/authorization", json!([{"value": "Bearer x"}]), "a bucket is sent `authorization`".to_owned()),
        ("/headers/cookie", json!([{"value": "a=1"}]), "a bucket is sent `cookie`".to_owned()),
    ];
    for (pointer, value, fault) in rows {
        assert_eq!(faults(&with(good.clone(), pointer, value)), [fault], "{pointer}");
    }
}

#[test]
fn the_validator_names_what_is_wrong_with_a_response() {
    let rows = [
        ("/status", json!("99"), r#"status is "99""#),
        ("/status", json!(301), "status is 301"),
        ("/status", json!("204"), "204 has no body"),
        ("/statusDescription", json!(1), "statusDescription is no text"),
        ("/headers/location", Value::Null, "a redirect has a location"),
        ("/headers/cache-control", Value::Null, "a response says how long it is cached"),
        ("/headers/x-edge-id", json!([{"value": "1"}]), "a response can't have `x-edge-id`"),
        ("/headers/content-length", json!([{"value": "5"}]), "a response can't have `content-length`"),
        ("/headers/location", json!([]), "each header entry must be an array: `location`"),
        ("/body", json!(1), "the body is no text"),
        ("/bodyEncoding", json!("gzip"), "bodyEncoding"),
        ("/cookies", json!({}), "`cookies` is no member of a response"),
    ];
    for (pointer, value, fault) in rows {
        assert_eq!(faults(&with(redirect(), pointer, value)), [fault], "{pointer}");
    }
    let large = faults(&with(redirect(), "/body", json!("x".repeat(1_048_576))));
    assert!(matches!(&large[..], [fault] if fault.starts_with("headers and body are 10486")), "{large:?}");
}

#[test]
fn the_validator_names_what_is_no_answer_at_all() {
    let rows = [
        ("", "the answer is no JSON: "),
        (r#"{"uri": "/a"} {}"#, "the answer is no JSON: "),
        ("[]", "the answer is no object: []"),
        ("null", "the answer is no object: null"),
    ];
    for (answer, fault) in rows {
        let faults = validator::faults(&event(), answer.as_bytes());
        assert!(matches!(&faults[..], [only] if only.starts_with(fault)), "{answer}: {faults:?}");
    }
}
