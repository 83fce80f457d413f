//! A configured custom origin: the table's word counts, and what it does not say stays as the distribution has it.

use std::collections::BTreeMap;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::Handler;
use crossfade::route::Timestamp;
use serde_json::{Value, json};

use crate::validator;

/// A table that says this of its only origin.
fn handler(says: &str) -> Handler {
    let text = format!(
        "schema = 1\ndefault = \"cms\"\n[origins.cms]\nside = \"new\"\ntype = \"custom\"\ndomain = \"cms.example.com\"\n{says}\n\
         [origins.other]\nside = \"new\"\ntype = \"custom\"\ndomain = \"other.example.com\"\n\
         [[route]]\nid = \"other\"\nprefix = \"/other\"\norigin = \"other\"\n"
    );
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    let found = format!("{:?}", loaded.diagnostics);
    Handler::new(loaded.table.expect(&found), BTreeMap::from([("S".to_owned(), "of-the-table".to_owned())]))
}

/// What a distribution has that was set up by hand.
fn distributions() -> Value {
    json!({ "custom": {
        "customHeaders": { "x-cdk-verify": [{ "key": "X-Cdk-Verify", "value": "of-the-distribution" }] },
        "domainName": "cms.example.com",
        "ipAddressType": "dualstack",
        "keepaliveTimeout": 60,
        "path": "/live",
        "port": 8443,
        "protocol": "http",
        "readTimeout": 60,
        "responseCompletionTimeout": 90,
        "sslProtocols": ["TLSv1.1", "TLSv1.2"],
    }, "originShield": { "enabled": true } })
}

/// The origin and the headers of the answer to a request that aims at this origin.
fn sent(handler: &Handler, uri: &str, origin: &Value) -> (Value, Value) {
    let headers = json!({ "host": [{ "value": "cms.example.com" }], "x-cdk-verify": [{ "value": "forged" }], "x-own": [{ "value": "forged" }] });
    let event = json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request" }, "request": {
        "method": "GET", "uri": uri, "querystring": "", "headers": headers, "origin": origin,
    } } }] });
    let answer = handler.handle(event.to_string().as_bytes(), Timestamp(0)).answer.expect("an answer");
    assert_eq!(validator::faults(&event, &answer), Vec::<String>::new(), "{event}");
    let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
    (answer["origin"].take(), answer["headers"].take())
}

#[test]
fn what_the_table_does_not_say_stays_as_the_distribution_has_it() {
    let (origin, headers) = sent(&handler(""), "/x", &distributions());
    assert_eq!(origin, distributions());
    // A name in both would be a 502 that any viewer could force.
    assert_eq!(headers.get("x-cdk-verify"), None);
}

#[test]
fn what_it_says_counts_and_nothing_else_changes() {
    let rows = [
        ("read_timeout = 30", "readTimeout", json!(30)),
        ("read_timeout = 20", "readTimeout", json!(20)),
        ("keepalive_timeout = 5", "keepaliveTimeout", json!(5)),
        ("response_completion_timeout = 120", "responseCompletionTimeout", json!(120)),
        ("path = \"/prod\"", "path", json!("/prod")),
        ("port = 443", "port", json!(443)),
        ("ssl_protocols = [\"TLSv1.2\"]", "sslProtocols", json!(["TLSv1.2"])),
    ];
    for (says, member, value) in rows {
        let mut expected = distributions();
        expected["custom"][member] = value;
        assert_eq!(sent(&handler(says), "/x", &distributions()).0, expected, "{says}");
    }
    // A protocol says its port.
    let mut expected = distributions();
    (expected["custom"]["protocol"], expected["custom"]["port"]) = (json!("https"), json!(443));
    assert_eq!(sent(&handler("protocol = \"https\""), "/x", &distributions()).0, expected);
}

#[test]
fn headers_of_both_are_added_and_of_one_name_the_tables() {
    let (origin, headers) =
        sent(&handler("headers = { x-own = \"1\", X-CDK-Verify = { secret = \"S\" } }"), "/x", &distributions());
    let expected = json!({
        "x-own": [{ "key": "X-Own", "value": "1" }],
        "x-cdk-verify": [{ "key": "X-Cdk-Verify", "value": "of-the-table" }],
    });
    assert_eq!(origin["custom"]["customHeaders"], expected);
    assert_eq!((headers.get("x-own"), headers.get("x-cdk-verify")), (None, None));
    let (origin, _) = sent(&handler("headers = { x-own = \"1\" }"), "/x", &distributions());
    let names: Vec<&String> = origin["custom"]["customHeaders"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["x-cdk-verify", "x-own"]);
}

#[test]
fn another_origin_gets_nothing_of_it() {
    let (origin, headers) = sent(&handler(""), "/other/x", &distributions());
    let alone = sent(&handler(""), "/other/x", &json!({ "custom": { "domainName": "cms.example.com" } })).0;
    assert_eq!(origin, alone);
    assert!(!origin.to_string().contains("of-the-distribution") && origin.get("originShield").is_none(), "{origin}");
    assert_eq!(headers["host"][0]["value"], "other.example.com");
}

#[test]
fn what_cloudfront_would_not_take_back_is_not_kept() {
    let odd = [
        ("readTimeout", json!(0)),
        ("readTimeout", json!("60")),
        ("readTimeout", json!(121)),
        ("keepaliveTimeout", json!(300)),
        ("path", json!("no-slash")),
        ("path", json!("/x/")),
        ("port", json!(22)),
        ("port", Value::Null),
        ("protocol", json!("ftp")),
        ("responseCompletionTimeout", json!(10)),
        ("responseCompletionTimeout", Value::Null),
        ("sslProtocols", json!([])),
        ("sslProtocols", json!(["TLSv9"])),
        (
            "customHeaders",
            json!({ "host": [{ "value": "x" }], "X-Odd": [], "x-line": [{ "value": "a\nb" }], "x-key": [{ "key": "x-other", "value": "1" }] }),
        ),
        (
            "customHeaders",
            json!((0..40).map(|at| (format!("x-{at}"), json!([{ "value": "1" }]))).collect::<BTreeMap<_, _>>()),
        ),
        ("customHeaders", json!("none")),
    ];
    for (member, value) in odd {
        let mut origin = distributions();
        origin["custom"][member] = value.clone();
        // The validator judges what is written.
        sent(&handler("headers = { x-own = \"1\" }"), "/x", &origin);
        for says in [
            "read_timeout = 100",
            "response_completion_timeout = 30",
            "response_completion_timeout = 40\nread_timeout = 40",
        ] {
            sent(&handler(says), "/x", &origin);
        }
    }
}
