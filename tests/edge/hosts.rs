//! The host file judges hosts by rules of its own, in JavaScript: each row must come out as [`is_host_value`] and
//! [`bare_host`] have it, and as the handler has it.

use std::collections::BTreeSet;

use crossfade::edge::start::now;
use crossfade::route::Definition;
use crossfade::text::host::{bare_host, is_host_value};
use serde_json::Value;

use crate::answers::{assert_same, definition, handler};
use crate::package::{Unpacked, table, zip_of};
use crate::sandbox::{DEADLINE, NODES, Outcome, Sandbox};

#[test]
fn node_alone_takes_the_hosts_that_the_handler_takes() {
    let package = Unpacked::new(zip_of(table("bucket")));
    package.remove("bootstrap");
    let Definition { origins, default, behaviors, .. } = definition(table("bucket"));
    let (own, domains) = (origins[default].domain.clone(), origins.iter().map(|origin| origin.domain.clone()));
    let domains: Vec<String> = domains.collect();
    let reference = handler(Definition { origins, default, behaviors, ..Definition::default() });
    let mut sandbox = Sandbox::new(NODES[1], package.root());
    for (host, header) in hosts().iter().flat_map(|host| [(host, "x-crossfade-host"), (host, "host")]) {
        let event = event_with(header, host);
        let outcome = sandbox.invoke(event.as_bytes(), DEADLINE);
        let is_origins = header == "host" && domains.contains(&bare_host(host).to_ascii_lowercase());
        let expected = if is_host_value(host) && !is_origins { host } else { &own };
        let Outcome::Answer(answer) = &outcome else { panic!("{host:?}: {outcome:?}") };
        let answer: Value = serde_json::from_slice(answer).unwrap();
        assert_eq!(answer["headers"]["host"][0]["value"], **expected, "{header}: {host:?}");
        assert_same(host, &reference.handle(event.as_bytes(), now()).answer, &outcome);
    }
}

/// Hosts as viewers send them, odd ones, and every text of up to three of the characters that mean something.
fn hosts() -> BTreeSet<String> {
    let given = [
        "www.example.com",
        "WWW.example.com.:443",
        "legacy-alb.example.com",
        "Legacy-ALB.example.com:80",
        "legacy-alb.example.com.",
        "legacy-alb.example.com.:",
        "legacy-alb.example.com..",
        "legacy-alb.example.com:80:80",
        "legacy-alb.example.com:x",
        "a_b-c",
        "[::1]:80",
        "[2001:db8::1]",
        "a b",
        "a/b",
        "a@b",
        "*.example.com",
        "a%2e",
        "a,b",
        "a\n",
        "a\r\n",
        "a:80\n",
        "a\t",
        "a\0",
        "a\u{2028}",
        "é",
        "\u{212a}",
        "ſ",
        "a:８０",
        "a。b",
        &"a".repeat(259),
        &"a".repeat(260),
        &"é".repeat(130),
    ];
    let signs = ["", "a", "1", ".", ":", "[", "]"];
    let pairs = signs.iter().flat_map(|first| signs.map(|second| format!("{first}{second}")));
    let short = pairs.flat_map(|pair| signs.map(|third| format!("{pair}{third}")));
    short.chain(given.map(str::to_owned)).collect()
}

fn event_with(header: &str, value: &str) -> String {
    let event = serde_json::json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-request", "requestId": "r" },
        "request": {
            "method": "GET", "uri": "/", "querystring": "", "headers": { header: [{ "key": header, "value": value }] },
            "origin": { "s3": { "domainName": "site-bucket.s3.sa-east-1.amazonaws.com", "path": "" } },
        },
    } }] });
    event.to_string()
}
