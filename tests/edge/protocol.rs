//! The Runtime API as the binary and the host use it.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::wait_until;
use crate::package::{SECRET, Unpacked, zip};
use crate::runtime_api::Traces;
use crate::sandbox::{DEADLINE, NODES, Outcome, Runtime, Sandbox};

/// An origin-request event of the documented shape.
pub(crate) fn event(uri: &str) -> Vec<u8> {
    let header = |name: &str, value: &str| json!([{ "key": name, "value": value }]);
    let custom = json!({
        "customHeaders": {}, "domainName": "somewhere.example.com", "keepaliveTimeout": 5, "path": "", "port": 443,
        "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"],
    });
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net", "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-request", "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "request": {
            "clientIp": "203.0.113.178", "method": "GET", "querystring": "", "uri": uri,
            "headers": { "host": header("Host", "somewhere.example.com"), "x-crossfade-host": header("x", "www.example.com") },
            "origin": { "custom": custom },
        },
    } }] })
    .to_string()
    .into_bytes()
}

#[test]
fn the_host_hands_over_its_process_and_its_environment_before_the_first_poll() {
    let package = Unpacked::new(zip());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        assert!(sandbox.start(), "{}", sandbox.log());
        let process = |name: &str| format!("/proc/{}/{name}", sandbox.pid());
        assert_eq!(fs::read_link(process("exe")).unwrap(), package.root().join("bootstrap"));
        let environment = fs::read_to_string(process("environ")).unwrap();
        for name in ["AWS_LAMBDA_RUNTIME_API=", "AWS_LAMBDA_FUNCTION_NAME=us-east-1.crossfade", "AWS_REGION=us-east-1"]
        {
            assert!(environment.split('\0').any(|pair| pair.starts_with(name)), "{name} in {environment}");
        }
        assert_eq!(fs::read_dir(format!("/proc/{}/task", sandbox.pid())).unwrap().count(), 1, "one thread");
        let left: Vec<_> = fs::read_dir(sandbox.tmp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            left.iter().any(|name| name.to_string_lossy().ends_with(".starting")),
            "nothing was answered yet: {left:?}"
        );
        sandbox.answer(&event("/"));
        let left: Vec<_> = fs::read_dir(sandbox.tmp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["log"], "the marker goes with the first answer");
        assert_eq!(sandbox.api.init_errors(), Vec::<Value>::new());
    }
}

#[test]
fn the_start_is_one_line_of_json() {
    let package = Unpacked::new(zip());
    let manifest: Value = serde_json::from_slice(&package.read("manifest.json")).unwrap();
    for runtime in [NODES[0], NODES[1], Runtime::Alone] {
        let mut sandbox = Sandbox::new(runtime, package.root());
        sandbox.answer(&event("/"));
        let lines = sandbox.lines("start");
        assert_eq!(lines.len(), 1, "{}", sandbox.log());
        let line = &lines[0];
        assert_eq!(line["table"], manifest["table_hash"]);
        assert_eq!(line["routes"], manifest["counts"]["routes"]);
        assert_eq!(line["level"], "info");
        assert!(line["init_ms"].as_f64().is_some(), "{line}");
        let other: Vec<_> = sandbox.log().lines().filter(|line| !line.starts_with('{')).map(str::to_owned).collect();
        assert_eq!(other, [""; 0], "every line is one JSON object");
    }
}

#[test]
fn an_event_without_a_request_is_a_function_error_on_every_path() {
    for (change, path) in [("", "exec"), ("chmod", "child"), ("remove", "default")] {
        let package = Unpacked::new(zip());
        match change {
            "chmod" => package.chmod("bootstrap", 0o644),
            "remove" => package.remove("bootstrap"),
            _ => {}
        }
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for body in ["{}", "[]", "null", r#"{"Records":[]}"#, r#"{"Records":[{"cf":{"config":{}}}]}"#] {
                match sandbox.invoke(body.as_bytes(), DEADLINE) {
                    Outcome::Error(error) => assert_eq!(error["errorType"], "Crossfade.UnusableEvent", "{path} {body}"),
                    other => panic!("{path} {body}: {other:?}"),
                }
            }
            sandbox.answer(&event("/"));
            assert_eq!(sandbox.path(), path);
            assert_eq!((sandbox.api.violations(), sandbox.starts), (vec![], 1));
        }
    }
}

#[test]
fn an_event_of_a_megabyte_comes_back() {
    let mut value: Value = serde_json::from_slice(&event("/nowhere")).unwrap();
    let data = "QUJD".repeat(250_000);
    value["Records"][0]["cf"]["request"]["body"] =
        json!({ "inputTruncated": true, "action": "read-only", "encoding": "base64", "data": data });
    let large = value.to_string();
    for (mode, path) in [(0o755, "exec"), (0o644, "child")] {
        let package = Unpacked::new(zip());
        package.chmod("bootstrap", mode);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            let answer: Value = serde_json::from_slice(&sandbox.answer(large.as_bytes())).unwrap();
            assert_eq!(answer["body"]["data"], data);
            assert_eq!(answer["origin"]["custom"]["domainName"], "legacy-alb.example.com");
            assert_eq!((sandbox.path().as_str(), sandbox.api.violations()), (path, vec![]));
        }
    }
}

/// What the runtime client itself keeps of every invocation with a new trace id, bytes: it sets `_X_AMZN_TRACE_ID`, and
/// glibc before 2.41 never forgets a value that was set. docs/edge.md says what that comes to.
const KEPT_BY_GLIBC: u64 = 200;

#[test]
fn ten_thousand_invocations_leave_the_memory_flat() {
    let package = Unpacked::new(zip());
    for runtime in [NODES[0], NODES[1], Runtime::Alone] {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for (traces, kept) in [(Traces::One, 0), (Traces::Each, KEPT_BY_GLIBC)] {
            sandbox.api.trace(traces);
            let warm = invoke_many(&mut sandbox, 1_000);
            let after = invoke_many(&mut sandbox, 10_000);
            let allowed = 128 + 10_000 * kept / 1024;
            assert!(after <= warm + allowed, "{runtime:?}: {warm} KiB, then {after}, {kept} allowed for each");
        }
        assert_eq!((sandbox.api.violations(), sandbox.starts), (vec![], 1));
        assert!(!sandbox.log().contains(SECRET));
    }
}

/// Resident KiB after so many events.
fn invoke_many(sandbox: &mut Sandbox, count: usize) -> u64 {
    let uris = ["/", "/promo/natal", "/campanha/x", "/loja/1", "/busca", "/dobro/abc", "/assets/a.css"];
    for uri in uris.iter().cycle().take(count) {
        sandbox.answer(&event(uri));
    }
    sandbox.memory("VmRSS")
}

#[test]
fn a_runtime_api_that_hangs_up_ends_the_process_with_words() {
    let package = Unpacked::new(zip());
    let mut sandbox = Sandbox::new(NODES[0], package.root());
    sandbox.answer(&event("/"));
    sandbox.api.hang_up();
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while sandbox.is_running() {
        assert!(std::time::Instant::now() < until, "the process lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
    let log = sandbox.log();
    assert!(log.lines().last().is_some_and(|line| line.contains("\"level\":\"error\"")), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_poll_that_is_refused_ends_the_process_with_a_line_of_json_and_the_next_one_works() {
    let package = Unpacked::new(zip());
    for status in [403, 410, 500] {
        for runtime in [NODES[0], Runtime::Alone] {
            let mut sandbox = Sandbox::new(runtime, package.root());
            sandbox.answer(&event("/"));
            sandbox.api.answer_next_with(Some(status));
            wait_until(|| !sandbox.is_running());
            let log = sandbox.log();
            let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap_or_else(|_| panic!("{log}"));
            assert_eq!(last["level"], "error", "{log}");
            assert!(log.lines().all(|line| line.starts_with('{')), "every line is JSON\n{log}");
            assert!(!log.contains(".cargo"), "{log}");
            sandbox.kill();
            sandbox.api.answer_next_with(None);
            sandbox.answer(&event("/"));
            let path = if runtime == Runtime::Alone { "alone" } else { "exec" };
            assert_eq!((sandbox.path().as_str(), sandbox.starts), (path, 2), "{}", sandbox.log());
        }
    }
}

#[test]
fn a_start_that_cannot_be_is_told_to_the_runtime_api() {
    let package = Unpacked::new(zip());
    for name in ["table.bin", "default.json"] {
        package.write(name, "");
    }
    for runtime in [NODES[0], NODES[1], Runtime::Alone] {
        let mut sandbox = Sandbox::new(runtime, package.root());
        assert_eq!(sandbox.invoke(&event("/"), DEADLINE), Outcome::Crashed);
        let told = sandbox.api.init_errors();
        assert_eq!(told.len(), 1, "{}", sandbox.log());
        assert_eq!(told[0]["errorType"], "Crossfade.Start");
        assert!(told[0]["errorMessage"].as_str().unwrap().contains("`default.json` cannot be understood"), "{told:?}");
        assert_eq!(sandbox.api.violations(), [""; 0]);
    }
}
