//! Random bytes and mutated events: always a function error or an answer that CloudFront takes, never a panic.

use std::sync::LazyLock;

use crossfade::edge::Handler;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::handling::{faults, handler, some_day};
use crate::placement::{distributed, misplaced};

static HANDLERS: LazyLock<[Handler; 6]> =
    LazyLock::new(|| ["bucket", "custom", "site", "several", "keyed", "holes"].map(handler));

fn check(event: &[u8]) -> Result<(), TestCaseError> {
    for handler in &*HANDLERS {
        let handled = handler.handle(event, some_day());
        let wrong = faults(event, &handled);
        prop_assert!(wrong.is_empty(), "{:?} of {}", wrong, String::from_utf8_lossy(event));
        if let Ok(event) = serde_json::from_slice(event) {
            let leaks = crate::unkeyed::leaks(handler, &event, some_day());
            prop_assert!(leaks.is_empty(), "{:?}", leaks);
        }
        let panicked = handled.log.iter().any(|line| line.contains("panic"));
        prop_assert!(!panicked, "{:?} of {}", handled.log, String::from_utf8_lossy(event));
        let calm = handled.summary.is_some_and(|summary| summary.surprise.is_none());
        if let (true, Ok(answer), Ok(event)) = (calm, &handled.answer, serde_json::from_slice(event)) {
            let misplaced = misplaced(&distributed(handler.table().definition()), &event, answer);
            prop_assert!(misplaced.is_empty(), "{:?}", misplaced);
        }
    }
    Ok(())
}

/// Any JSON, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts with a taste for what the handler reads.
fn any_text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "/",
        "/promo/x",
        "/campanha/x",
        "/minha-conta",
        "/busca",
        "/dobro/x",
        "/loja",
        "/assets/../a",
        "//assets/a",
        "/%61ssets/a",
        "/conta/entrar",
        "/conta/..;/x",
        "/api/x",
        "/x.pdf",
        "//evil",
        "*",
        "value",
        "key",
        "host",
        "Host",
        "x-crossfade-host",
        "x-crossfade-epoch",
        "cookie",
        "beta=1",
        "x-origin-verify",
        "x-tenant",
        "via",
        "x-from",
        "www.example.com",
        "cms.example.com",
        "legacy-alb.example.com",
        "standby.example.com",
        "site-bucket.s3.sa-east-1.amazonaws.com",
        "customHeaders",
        "domainName",
        "custom",
        "s3",
        "q=1&x=2",
        "a b",
        "\u{1}",
    ]);
    prop_oneof![known.prop_map(str::to_owned), any::<String>()]
}

/// Fields of a header.
fn fields() -> impl Strategy<Value = Value> {
    let values = prop::collection::vec(any_text(), 0..3);
    values.prop_map(|values| values.into_iter().map(|value| json!({ "value": value })).collect())
}

fn headers() -> impl Strategy<Value = Value> {
    let members = prop::collection::vec((any_text(), prop_oneof![4 => fields(), 1 => any_json()]), 0..8);
    members.prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn origin() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["custom", "s3"]);
    let block = (any_text(), prop_oneof![headers(), any_json()], any_json());
    (kind, block).prop_map(|(kind, (domain, headers, other))| {
        json!({ kind: { "domainName": domain, "customHeaders": headers, "port": 443, "path": "", "other": other } })
    })
}

fn event() -> impl Strategy<Value = Value> {
    let types = vec!["origin-request", "origin-request", "origin-request", "viewer-request", "origin-response", "x"];
    let request = (any_text(), any_text(), headers(), origin(), any_json());
    (prop::sample::select(types), request).prop_map(|(kind, (uri, query, headers, origin, other))| {
        json!({ "Records": [{ "cf": { "config": { "eventType": kind, "requestId": "r" }, "request": {
            "method": "GET", "uri": uri, "querystring": query, "headers": headers, "origin": origin, "other": other,
        } } }] })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_of_every_form_are_answered(event in event()) {
        check(event.to_string().as_bytes())?;
    }

    #[test]
    fn any_bytes_are_an_error_or_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn any_json_is_an_error_or_answered(json in any_json()) {
        check(json.to_string().as_bytes())?;
        check(json!({ "Records": [{ "cf": json }] }).to_string().as_bytes())?;
        check(json!({ "Records": [{ "cf": { "request": json } }] }).to_string().as_bytes())?;
    }

    #[test]
    fn broken_events_are_an_error_or_answered(event in event(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = event.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(&bytes)?;
        bytes.truncate(at);
        check(&bytes)?;
    }

    #[test]
    fn where_nothing_changes_the_request_comes_back_byte_for_byte(
        mut headers in headers(), other in any_json(), rest in "([a-z%/~]|[a-z~]\\.){0,16}",
    ) {
        // What a bucket needs and what it is not sent: see `attacks/buckets.rs`.
        let bucket = "site-bucket.s3.sa-east-1.amazonaws.com";
        if let Some(headers) = headers.as_object_mut() {
            headers.retain(|name, _| !["host", "cookie", "authorization"].contains(&name.to_lowercase().as_str()));
            headers.insert("host".to_owned(), json!([{ "value": bucket }]));
        }
        let request = json!({
            "method": "GET", "uri": format!("/assets/{rest}"), "querystring": "", "headers": headers, "other": other,
            "origin": { "s3": { "domainName": bucket, "path": "" } },
        });
        let event = json!({ "Records": [{ "cf": { "config": { "eventType": "origin-request" }, "request": request } }] });
        let handled = HANDLERS[2].handle(event.to_string().as_bytes(), some_day());
        prop_assert_eq!(String::from_utf8(handled.answer.unwrap()).unwrap(), request.to_string());
    }
}
