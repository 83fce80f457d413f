//! What a viewer can send must not change what is cached for everyone else.

use std::sync::LazyLock;

use crossfade::edge::{Handler, Summary};
use serde_json::{Value, json};

use crate::handling::{faults, handler, some_day};

static HANDLER: LazyLock<Handler> = LazyLock::new(|| handler("bucket"));

/// Paths of every kind of route of the table, with the query that their routes read.
const TARGETS: [(&str, &str); 14] = [
    ("/assets/a.css", ""),
    ("/promo/natal", "x=1"),
    ("/campanha/natal", "x=1"),
    ("/minha-conta/x", ""),
    ("/busca", "q=1&page=2"),
    ("/limpo/x", ""),
    ("/trancado", ""),
    ("/pais", ""),
    ("/novo", ""),
    ("/liquidacao", ""),
    ("/modo", ""),
    ("/loja/x", ""),
    ("/edge-health", ""),
    ("/", "a=b"),
];

fn field(name: &str, value: &str) -> Value {
    json!([{ "key": name, "value": value }])
}

/// An event that takes its route: everything that the table reads is there.
fn event(uri: &str, query: &str) -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-request", "requestId": "r" },
        "request": {
            "clientIp": "203.0.113.178", "method": "GET", "uri": uri, "querystring": query,
            "headers": {
                "host": field("Host", "site-bucket.s3.sa-east-1.amazonaws.com"),
                "x-crossfade-host": field("X-Crossfade-Host", "www.example.com"),
                "x-crossfade-cohort": field("X-Crossfade-Cohort", "early"),
                "cloudfront-viewer-country": field("CloudFront-Viewer-Country", "BR"),
                "cookie": field("Cookie", "beta=1"),
                "x-mode": field("X-Mode", "a"),
            },
            "origin": { "s3": { "domainName": "site-bucket.s3.sa-east-1.amazonaws.com", "path": "",
                                "authMethod": "none", "customHeaders": {} } },
        } } }] })
}

fn request(event: &mut Value) -> &mut Value {
    &mut event["Records"][0]["cf"]["request"]
}

/// What was decided: the summary, and of the answer all that is not the viewer's.
fn decided(event: &Value) -> (Option<Summary>, Value) {
    let bytes = event.to_string().into_bytes();
    let handled = HANDLER.handle(&bytes, some_day());
    let wrong = faults(&bytes, &handled);
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut answer: Value = serde_json::from_slice(&handled.answer.expect("an answer")).expect("JSON");
    // A bucket keeps whatever `host` came.
    let host = if answer["origin"].get("custom").is_some() { answer["headers"]["host"].clone() } else { Value::Null };
    for member in ["headers", "body", "clientIp", "future"] {
        if answer.get("status").is_none() {
            answer.as_object_mut().expect("a request").remove(member);
        }
    }
    answer["sent host"] = host;
    (handled.summary, answer)
}

/// A change of an event's request.
type Change = Box<dyn Fn(&mut Value)>;

/// Changes of parts that the table does not read; each with its name.
fn changes() -> Vec<(&'static str, Change)> {
    let header = |name: &'static str, value: Value| -> Change {
        Box::new(move |request| request["headers"][name] = value.clone())
    };
    let long = "x".repeat(100_000);
    vec![
        ("an unread header", header("x-unread", field("X-Unread", "1"))),
        ("a long unread header", header("x-unread", field("X-Unread", &long))),
        ("an empty name", header("", field("", ""))),
        ("a header that is no array", header("x-unread", json!("text"))),
        ("a header that is null", header("x-unread", Value::Null)),
        ("a header with odd fields", header("x-unread", json!([1, null, {}, { "value": [] }]))),
        ("control characters in a header", header("x-unread", field("X-Unread", "a\r\nb\u{0}"))),
        ("a disallowed header", header("x-real-ip", field("X-Real-IP", "1.2.3.4"))),
        ("an `x-amz-cf-` header", header("x-amz-cf-id", field("X-Amz-Cf-Id", "1"))),
        ("a read-only header, twice", header("via", json!([{ "value": "1" }, { "value": "2" }]))),
        ("transfer-encoding", header("transfer-encoding", field("Transfer-Encoding", "chunked"))),
        ("an origin's own header", header("x-origin-verify", field("X-Origin-Verify", "forged"))),
        ("in upper case", header("X-ORIGIN-VERIFY", field("X-ORIGIN-VERIFY", "forged"))),
        ("a header that a route sets", header("x-from", field("X-From", "forged"))),
        ("that a route adds, malformed", header("x-tag", json!({ "value": "forged" }))),
        ("that a route removes", header("X-Debug", field("X-Debug", "1"))),
        (
            "an epoch that is no number",
            header("x-crossfade-epoch", field("X-Crossfade-Epoch", "9".repeat(99).as_str())),
        ),
        ("another header of the gate's", header("x-crossfade-more", field("X-Crossfade-More", "1"))),
        ("an unread `host`", header("host", field("Host", "evil.example"))),
        ("a forwarded host", header("x-forwarded-host", field("X-Forwarded-Host", "evil.example"))),
        ("other cookies", header("cookie", field("Cookie", &format!("a={long}; beta=1; beta=2; ; =; \u{1}")))),
        ("more cookie fields", header("cookie", json!([{ "value": "a=1" }, { "value": "beta=1" }, { "value": 1 }]))),
        ("a later value of a header that is read", header("x-mode", json!([{ "value": "a" }, { "value": "z" }]))),
        ("a body that is no object", Box::new(|request| request["body"] = json!([1]))),
        ("another client", Box::new(|request| request["clientIp"] = json!({}))),
        ("a member that nobody knows", Box::new(|request| request["future"] = json!({ "deep": [[[[1]]]] }))),
    ]
}

/// The same, so large that a few targets must be enough.
fn large_changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "ten thousand headers",
            Box::new(|request| {
                (0..10_000).for_each(|n| request["headers"][format!("x-{n}")] = field("X", "1"));
            }),
        ),
        (
            "ten thousand values",
            Box::new(|request| {
                request["headers"]["x-from"] = (0..10_000).map(|n| json!({ "value": n.to_string() })).collect();
            }),
        ),
        (
            "a megabyte of body",
            Box::new(|request| {
                let data = "QUJD".repeat(350_000);
                request["body"] =
                    json!({ "inputTruncated": true, "action": "read-only", "encoding": "base64", "data": data });
            }),
        ),
    ]
}

#[test]
fn nothing_that_the_table_does_not_read_changes_a_decision() {
    for (uri, query) in TARGETS {
        let plain = event(uri, query);
        let expected = decided(&plain);
        for (name, change) in changes() {
            let mut event = plain.clone();
            change(request(&mut event));
            assert_eq!(decided(&event), expected, "{uri}: {name}");
        }
        if query.is_empty() {
            continue;
        }
        for (name, change) in large_changes() {
            let mut event = plain.clone();
            change(request(&mut event));
            assert_eq!(decided(&event), expected, "{uri}: {name}");
        }
        let mut event = plain.clone();
        changes().iter().rev().for_each(|(_, change)| change(request(&mut event)));
        assert_eq!(decided(&event), expected, "{uri}: all at once");
    }
}

#[test]
fn a_query_parameter_outside_a_list_changes_nothing() {
    let long = "x".repeat(9_000);
    for more in ["utm=1", "&&", "a b", "%zz#", "\u{1}", long.as_str()] {
        let with = |query: String| decided(&event("/busca", &query));
        assert_eq!(with(format!("q=1&{more}&page=2")), with("q=1&page=2".to_owned()), "{more}");
        // Also where what is kept is itself a surprise.
        assert_eq!(with(format!("q=a b&{more}")).0, with("q=a b".to_owned()).0, "{more}");
    }
}

#[test]
fn a_request_goes_out_with_each_written_header_once() {
    let hostile = [
        json!([{ "value": "forged" }]),
        json!([{ "key": "other", "value": "forged" }, { "value": "forged" }]),
        json!([]),
        json!("forged"),
        json!({ "0": { "value": "forged" } }),
    ];
    // Path, header, values that must be left of it.
    let rows: [(&str, &str, &[&str]); 6] = [
        ("/q", "x-origin-verify", &[]),
        ("/q", "x-tenant", &[]),
        ("/q", "host", &["www.example.com"]),
        ("/minha-conta", "host", &["cms.example.com"]),
        ("/minha-conta", "x-from", &["edge"]),
        ("/minha-conta", "x-debug", &[]),
    ];
    for (uri, name, expected) in rows {
        for forged in &hostile {
            for (upper, lower) in [(true, false), (false, true), (true, true)] {
                let mut event = event(uri, "");
                let headers = &mut request(&mut event)["headers"];
                if upper {
                    headers[name.to_ascii_uppercase()] = forged.clone();
                }
                if lower {
                    headers[name] = forged.clone();
                }
                let bytes = event.to_string().into_bytes();
                let answer = HANDLER.handle(&bytes, some_day()).answer.expect("an answer");
                let answer: Value = serde_json::from_slice(&answer).expect("JSON");
                let headers = answer["headers"].as_object().expect("headers");
                let named = headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
                let left: Vec<&Value> = named.flat_map(|(_, fields)| fields.as_array()).flatten().collect();
                let left: Vec<_> = left.iter().map(|field| field["value"].as_str().unwrap_or_default()).collect();
                assert_eq!(left, expected, "{uri} {name} {forged}");
            }
        }
    }
}
