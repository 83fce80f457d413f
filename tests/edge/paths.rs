//! The host file judges paths and queries by rules of its own, in JavaScript, for where there is no binary: each row must
//! come out as it says, and as the handler of a table that was refused has it.

use crossfade::edge::Handler;
use crossfade::edge::start::now;
use serde_json::{Value, json};

use crate::answers::{assert_same, of_the_default};
use crate::package::{Unpacked, zip_of};
use crate::sandbox::{DEADLINE, NODES, Outcome, Sandbox};
use crate::validator;

/// What each table begins with: what is odd about it.
const TABLES: [(&str, &str); 4] = [("list", LIST), ("bucket", BUCKET), ("own", OWN), ("several", SEVERAL)];

/// The key is a list.
const LIST: &str = r#"
default = "legacy"
[[behavior]]
configured_origin = "site"
"#;

/// The default is the bucket, whose keys have no parameters.
const BUCKET: &str = r#"
default = "site"
[canonical]
path_parameters = "strip"
[[behavior]]
configured_origin = "site"
"#;

/// Slashes count, and other texts are refused.
const OWN: &str = r#"
default = "legacy"
[canonical]
merge_slashes = false
refuse = ["..;", "%2F", "%5c", "%00", "/Secret", "é"]
[[behavior]]
configured_origin = "site"
"#;

/// One behavior that keeps nothing, and one whose pattern has both wildcards.
const SEVERAL: &str = r#"
default = "legacy"
[[behavior]]
path_pattern = "/live/*"
configured_origin = "site"
caching = "off"
[[behavior]]
path_pattern = "*/a?/*.js"
configured_origin = "site"
[[behavior]]
configured_origin = "site"
"#;

const REST: &str = r#"
[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy-alb.example.com"
varies.query = ["id", "page"]
[origins.site]
side = "new"
type = "s3"
domain = "site-bucket.s3.sa-east-1.amazonaws.com"
region = "sa-east-1"
[[route]]
id = "files"
path = "/files/x"
origin = "site"
"#;

/// The package of a table without its binary, and the handler that it is held against.
fn alone(name: &str) -> (Unpacked, Handler) {
    let (_, begin) = TABLES.into_iter().find(|(known, _)| *known == name).unwrap();
    let package = Unpacked::new(zip_of(&format!("schema = 1\n{begin}\n{REST}")));
    package.remove("bootstrap");
    let reference = of_the_default(&package);
    (package, reference)
}

fn at_bucket() -> Value {
    json!({ "s3": { "domainName": "site-bucket.s3.sa-east-1.amazonaws.com", "path": "" } })
}

fn at_server() -> Value {
    json!({ "custom": { "domainName": "legacy-alb.example.com", "path": "" } })
}

fn event((method, uri, query): (&str, &str, &str), origin: &Value) -> Value {
    json!({ "Records": [{ "cf": {
        "config": { "eventType": "origin-request", "requestId": "r" },
        "request": { "method": method, "uri": uri, "querystring": query, "headers": {}, "origin": origin },
    } }] })
}

/// The answer, which is the handler's and one that CloudFront takes.
fn answer(sandbox: &mut Sandbox, reference: &Handler, event: &Value) -> Value {
    let (name, bytes) = (event.to_string(), event.to_string().into_bytes());
    let outcome = sandbox.invoke(&bytes, DEADLINE);
    assert_same(&name, &reference.handle(&bytes, now()).answer, &outcome);
    let Outcome::Answer(answer) = outcome else { panic!("{name}: {outcome:?}") };
    assert_eq!(validator::faults(event, &answer), [""; 0], "{name}");
    serde_json::from_slice(&answer).unwrap()
}

/// `path?query` of a request, a status with its `location`, or a status with its body.
fn told(answer: &Value) -> String {
    let text = |at: &str| answer.pointer(at).and_then(Value::as_str).unwrap_or_default();
    match text("/status") {
        "" => format!("{}?{}", text("/uri"), text("/querystring")),
        "308" => format!("308 {}", text("/headers/location/0/value")),
        status => format!("{status} {}", text("/body")),
    }
}

const REFUSED: &str = "400 bad request\n";

#[test]
fn node_alone_sends_the_paths_and_queries_that_the_handler_sends() {
    let long = "a".repeat(8_186);
    let (long_path, longer) = (format!("/é/../é/{long}"), format!("id={long}&page={long}"));
    let rows = [
        // Of what may be kept no more than the key holds.
        ("list", ("GET", "/a", "x=1&id=2&&page&ID=3&id=%20"), "/a?id=2&page&id=%20"),
        ("list", ("HEAD", "/a", "x=1"), "/a?"),
        ("list", ("POST", "/a", "x=1&id=2&"), "/a?x=1&id=2&"),
        ("list", ("OPTIONS", "/a", "x=1"), "/a?x=1"),
        ("list", ("GET", "/a", "id=a b"), "/a?"),
        ("list", ("GET", "/a", &longer), "/a?"),
        ("bucket", ("GET", "/a", "id=1"), "/a?"),
        ("bucket", ("POST", "/a", "id=1"), "/a?"),
        ("several", ("GET", "/live/x", "x=1&id=2"), "/live/x?x=1&id=2"),
        ("several", ("GET", "/alive/x", "x=1&id=2"), "/alive/x?id=2"),
        // `refuse`, as it came and in the other forms.
        ("list", ("GET", "/a/..;/b", ""), REFUSED),
        ("list", ("POST", "/a/..%2Fb", ""), REFUSED),
        ("list", ("GET", "/a/%2e%2E;x/b", ""), REFUSED),
        ("list", ("GET", "/a\\b", ""), REFUSED),
        ("list", ("GET", "/a\0b", ""), REFUSED),
        ("list", ("GET", "/a;b%2fc", ""), "/a;b%2fc?"),
        ("bucket", ("GET", "/a/..;/b", ""), REFUSED),
        ("own", ("GET", "/%73ECRET", ""), REFUSED),
        ("own", ("GET", "/a/../x/../secrets", ""), REFUSED),
        ("own", ("GET", "/a%2fb", ""), REFUSED),
        ("own", ("GET", "/é", ""), REFUSED),
        ("own", ("GET", "/É", ""), "/É?"),
        ("several", ("GET", "/live/..;/x", ""), REFUSED),
        // Dot segments in every spelling; what has none keeps its bytes.
        ("list", ("GET", "/a/../b", "x=1&id=2"), "/b?id=2"),
        ("list", ("GET", "/a/%2e%2E/b", ""), "/b?"),
        ("list", ("POST", "/a/./b/.%2e", "x=1"), "/a/?x=1"),
        ("list", ("GET", "/%2E", ""), "/?"),
        ("list", ("GET", "/../../%61é b", ""), "/a%C3%A9%20b?"),
        ("list", ("GET", "/a//../b", ""), "/b?"),
        ("own", ("GET", "/a//../b", ""), "/a/b?"),
        ("own", ("GET", "/..//b", ""), "//b?"),
        ("list", ("GET", "../a", ""), "/a?"),
        ("list", ("GET", "a/../../b", ""), "/b?"),
        ("list", ("GET", "/a//%61é%2f.well/...", ""), "/a//%61é%2f.well/...?"),
        ("list", ("GET", "", ""), "?"),
        ("list", ("GET", "*", ""), "*?"),
        ("list", ("GET", &long_path, ""), REFUSED),
        ("bucket", ("GET", "/a;b/c//%61", ""), "/a/c/a?"),
        // A path that may be in two behaviors.
        ("several", ("GET", "/live/../x", "x=1"), "308 /x?x=1"),
        ("several", ("GET", "//live/x", ""), "308 /live/x"),
        ("several", ("POST", "/%6cive/é", "a=\"é|%\""), "308 /live/%C3%A9?a=%22%C3%A9%7C%%22"),
        ("several", ("GET", "/x/ab/../y.js", ""), "308 /x/y.js"),
        ("several", ("GET", "/x/../y", "id=1"), "/y?id=1"),
        ("several", ("GET", "/live/../x", "x=\t&id=1"), REFUSED),
    ];
    for (table, _) in TABLES {
        let (package, reference) = alone(table);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for (_, request, expected) in rows.iter().filter(|row| row.0 == table) {
                let answer = answer(&mut sandbox, &reference, &event(*request, &at_bucket()));
                assert_eq!(told(&answer), *expected, "{table}: {request:?}");
            }
            assert_eq!(sandbox.path(), "default");
        }
    }
}

#[test]
fn node_alone_answers_where_a_path_would_have_to_stay_as_it_came() {
    let rows = [
        (("GET", "/a/../b", ""), REFUSED),
        (("GET", "/a;b", ""), REFUSED),
        (("GET", "/%61", "id=1"), REFUSED),
        (("GET", "/a", "id=1"), "/a?"),
        (("POST", "/a", "id=1"), "/a?id=1"),
    ];
    let (package, reference) = alone("bucket");
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for (request, expected) in rows {
            let answer = answer(&mut sandbox, &reference, &event(request, &at_server()));
            assert_eq!(told(&answer), expected, "{request:?}");
        }
    }
}

#[test]
fn node_alone_reads_every_short_path_as_the_handler_does() {
    let signs = ["", "/", "//", "/.", "/..", "%2e", "%2F", "%", "a", "A", ";", "é", "\\", "/live", "/x.js"];
    let pairs = signs.iter().flat_map(|first| signs.map(|second| format!("{first}{second}")));
    let paths: Vec<String> = pairs.flat_map(|pair| signs.map(|third| format!("{pair}{third}"))).collect();
    for (table, _) in TABLES {
        let (package, reference) = alone(table);
        let mut sandbox = Sandbox::new(NODES[1], package.root());
        for path in &paths {
            answer(&mut sandbox, &reference, &event(("GET", path, "id=1&x=2"), &at_bucket()));
        }
    }
}

#[test]
fn node_alone_sends_a_request_on_whatever_its_data_lacks() {
    for lacks in ["refuse", "canonical", "behaviors"] {
        let (package, _) = alone("several");
        let mut host = package.host();
        host["default"].as_object_mut().unwrap().remove(lacks).unwrap();
        package.write("host.json", host.to_string());
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            let request = ("GET", "/a/../b", "x=1");
            let answer: Value =
                serde_json::from_slice(&sandbox.answer(event(request, &at_bucket()).to_string().as_bytes())).unwrap();
            assert_eq!(told(&answer), "/a/../b?x=1", "{lacks}");
            assert_eq!(answer["origin"]["custom"]["domainName"], "legacy-alb.example.com", "{lacks}");
            assert_eq!(sandbox.lines("host").len(), 2, "{lacks}: {}", sandbox.log());
        }
    }
}
