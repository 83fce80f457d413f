//! Any event, on every path: the same answer, and one that CloudFront takes.

use std::collections::BTreeMap;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::start::{StartMode, TABLE, now, start};
use crossfade::edge::{FunctionError, Handler};
use crossfade::route::{Definition, Table};
use serde_json::Value;

use crate::package::{SECRET, SECRETS, Unpacked, table, zip_of};
use crate::sandbox::{DEADLINE, NODES, Outcome, Runtime, Sandbox};
use crate::validator;

/// One event and where it is from.
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The events that a table is asked.
type Events = fn(&str) -> Vec<Event>;

pub(crate) fn definition(text: &str) -> Definition {
    let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
    loaded.table.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics)).definition().clone()
}

/// The handler that the binary has inside, here.
pub(crate) fn handler(definition: Definition) -> Handler {
    Handler::new(Table::compile(definition).unwrap(), secrets())
}

fn secrets() -> BTreeMap<String, String> {
    SECRETS.iter().map(|name| ((*name).to_owned(), SECRET.to_owned())).collect()
}

/// What a path must answer, as far as pipes and Node may write the same JSON in another way.
pub(crate) fn assert_same(name: &str, expected: &Result<Vec<u8>, FunctionError>, outcome: &Outcome) {
    match (expected, outcome) {
        (Ok(expected), Outcome::Answer(answer)) => {
            let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
            assert_eq!(parse(answer), parse(expected), "{name}");
        }
        (Err(expected), Outcome::Error(error)) => {
            let told = (error["errorType"].as_str(), error["errorMessage"].as_str());
            assert_eq!(told, (Some(expected.kind), Some(&*expected.message)), "{name}");
        }
        _ => panic!("{name}: {expected:?} is not {outcome:?}"),
    }
}

fn assert_valid(event: &Event, outcome: &Outcome) {
    let parsed: Value = serde_json::from_slice(&event.bytes).unwrap();
    if parsed.pointer("/Records/0/cf/config/eventType") != Some(&Value::from("origin-request")) {
        return;
    }
    if let Outcome::Answer(answer) = outcome {
        let faults = validator::faults(&parsed, answer);
        assert!(faults.is_empty(), "{}: {faults:?}", event.name);
    }
}

/// Puts every event through a sandbox and holds each answer against a handler's.
fn assert_all(sandbox: &mut Sandbox, events: Vec<Event>, reference: &Handler, exact: Exact) {
    for event in events {
        // Pipes and Node pass on what JSON means, not how it is written.
        let bytes = match exact {
            Exact::Bytes => event.bytes.clone(),
            Exact::Meaning => serde_json::from_slice::<Value>(&event.bytes).unwrap().to_string().into_bytes(),
        };
        let expected = reference.handle(&bytes, now()).answer;
        let outcome = sandbox.invoke(&event.bytes, DEADLINE);
        if let (Exact::Bytes, Ok(expected), Outcome::Answer(answer)) = (exact, &expected, &outcome) {
            assert_eq!(String::from_utf8_lossy(answer), String::from_utf8_lossy(expected), "{}", event.name);
        }
        assert_same(&event.name, &expected, &outcome);
        assert_valid(&event, &outcome);
    }
    assert_eq!(sandbox.api.violations(), [""; 0]);
    assert_eq!(sandbox.starts, 1);
    assert!(!sandbox.log().contains(SECRET), "{}", sandbox.log());
}

#[derive(Clone, Copy)]
enum Exact {
    Bytes,
    Meaning,
}

pub(crate) fn in_the_place_of_node(events: Events) {
    for name in ["site", "custom", "bucket"] {
        let package = Unpacked::new(zip_of(table(name)));
        let reference = handler(definition(table(name)));
        for runtime in [NODES[0], NODES[1], Runtime::Alone] {
            let mut sandbox = Sandbox::new(runtime, package.root());
            assert_all(&mut sandbox, events(name), &reference, Exact::Bytes);
            assert_eq!(sandbox.path(), if runtime == Runtime::Alone { "alone" } else { "exec" });
            assert_eq!(sandbox.lines("start").len(), 1, "the path is told once");
            assert_eq!(sandbox.lines("host").len(), 0);
        }
    }
}

pub(crate) fn beside_node(events: Events) {
    for name in ["site", "custom", "bucket"] {
        let package = Unpacked::new(zip_of(table(name)));
        package.write("no-execve.cjs", "process.execve = undefined;");
        let reference = handler(definition(table(name)));
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root()).with_node_args(&["--require", "./no-execve.cjs"]);
            assert_all(&mut sandbox, events(name), &reference, Exact::Meaning);
            assert_eq!(sandbox.path(), "child");
            assert_eq!(sandbox.lines("start").len(), 1, "the path is told once");
            assert_eq!(sandbox.lines("host").len(), 1, "and so is the reason");
        }
    }
}

/// The handler of a package whose table was refused: of its `default.json`.
pub(crate) fn of_the_default(package: &Unpacked) -> Handler {
    package.remove(TABLE);
    start(package.root(), StartMode::Alone).unwrap().handler
}

pub(crate) fn node_alone(events: Events) {
    for name in ["site", "custom", "bucket"] {
        let package = Unpacked::new(zip_of(table(name)));
        package.remove("bootstrap");
        let reference = of_the_default(&package);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for event in events(name) {
                let outcome = sandbox.invoke(&event.bytes, DEADLINE);
                assert_valid(&event, &outcome);
                let bytes = serde_json::from_slice::<Value>(&event.bytes).unwrap().to_string();
                let expected = reference.handle(bytes.as_bytes(), now());
                let handled = expected.summary.as_ref().map(|summary| format!("{:?}", summary.action));
                // The host knows the default alone: an origin group's second origin is not kept.
                if handled.as_deref() != Some("Failover") {
                    assert_same(&event.name, &expected.answer.map_err(|_| no_request()), &with_our_name(outcome));
                }
            }
            assert_eq!(sandbox.api.violations(), [""; 0]);
            assert_eq!((sandbox.path().as_str(), sandbox.lines("host").len()), ("default", 1));
            assert!(!sandbox.log().contains(SECRET), "{}", sandbox.log());
        }
    }
}

/// The host has one reason for all events that cannot be answered.
fn no_request() -> FunctionError {
    FunctionError { kind: "Crossfade.UnusableEvent", message: "unusable".to_owned() }
}

fn with_our_name(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Error(mut error) => {
            error["errorMessage"] = "unusable".into();
            Outcome::Error(error)
        }
        other => other,
    }
}
