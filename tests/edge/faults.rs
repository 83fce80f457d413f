//! What a fault costs: the site stays on its default, at most one start fails, and the log says why.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crossfade::route::Action;
use serde_json::Value;

use crate::package::{SECRET, Unpacked, zip, zip_by_child};
use crate::protocol::event;
use crate::sandbox::{DEADLINE, NODES, Outcome, Sandbox};

/// Where an answer aims, or the status of an answer made at the edge.
pub(crate) fn aim(answer: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let text = |path: &str| answer.pointer(path).and_then(Value::as_str).map(str::to_owned);
    text("/status").or_else(|| text("/origin/custom/domainName")).unwrap_or_default()
}

/// An address that the table redirects: only a working table answers it itself.
pub(crate) const REDIRECTED: &str = "/campanha/natal";
pub(crate) const BY_TABLE: &str = "301";
pub(crate) const BY_DEFAULT: &str = "legacy-alb.example.com";

/// A broken package: what is done to it, the path of the start that stays, failed starts, answer, and words of the log.
struct Broken {
    name: &'static str,
    harm: fn(&Unpacked),
    path: &'static str,
    failed_starts: usize,
    answer: &'static str,
    log: &'static str,
}

const BROKEN: [Broken; 17] = [
    Broken {
        name: "binary missing",
        harm: |package| package.remove("bootstrap"),
        path: "default",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "ENOENT",
    },
    Broken {
        name: "binary empty",
        harm: |package| package.write("bootstrap", ""),
        path: "default",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "bootstrap has 0 bytes",
    },
    Broken {
        name: "binary cut off",
        harm: |package| {
            let bytes = package.read("bootstrap");
            package.write("bootstrap", &bytes[..bytes.len() / 2]);
        },
        path: "default",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "bytes, not",
    },
    Broken {
        name: "binary not executable",
        harm: |package| package.chmod("bootstrap", 0o644),
        path: "child",
        failed_starts: 0,
        answer: BY_TABLE,
        log: "EACCES",
    },
    Broken {
        name: "binary that ends at once",
        harm: |package| script(package, "exit 3"),
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "a start before this one never answered",
    },
    Broken {
        name: "binary that crashes at start",
        harm: |package| script(package, "kill -SEGV $$"),
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "SIGSEGV",
    },
    Broken {
        name: "binary for nothing known",
        harm: |package| {
            let size = package.read("bootstrap").len();
            package.write("bootstrap", vec![b'?'; size]);
        },
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "a start before this one never answered",
    },
    Broken {
        name: "binary that talks nonsense",
        harm: |package| script(package, "[ \"$1\" = --stdio ] && while read -r line; do echo nonsense; done; exit 1"),
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "3 times in a row",
    },
    Broken {
        name: "table missing",
        harm: |package| package.remove("table.bin"),
        path: "exec",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "`table.bin`: it cannot be read",
    },
    Broken {
        name: "table empty",
        harm: |package| package.write("table.bin", ""),
        path: "exec",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "not a compiled table",
    },
    Broken {
        name: "table cut off",
        harm: |package| {
            let bytes = package.read("table.bin");
            package.write("table.bin", &bytes[..bytes.len() - 7]);
        },
        path: "exec",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "cut off or too long",
    },
    Broken {
        name: "table damaged",
        harm: |package| {
            let mut bytes = package.read("table.bin");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            package.write("table.bin", bytes);
        },
        path: "exec",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "checksum",
    },
    Broken {
        name: "table of another build",
        harm: |package| {
            let mut bytes = package.read("table.bin");
            bytes[12] ^= 0x10;
            package.write("table.bin", bytes);
        },
        path: "exec",
        failed_starts: 0,
        answer: BY_DEFAULT,
        log: "stale",
    },
    Broken {
        name: "table and default missing",
        harm: |package| {
            package.remove("table.bin");
            package.remove("default.json");
        },
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "`default.json` cannot be read",
    },
    Broken {
        name: "secrets missing",
        harm: |package| package.remove("secrets.json"),
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "no value for the secret",
    },
    Broken {
        name: "secrets damaged",
        harm: |package| package.write("secrets.json", format!("{{\"ORIGIN_VERIFY\": {SECRET}")),
        path: "default",
        failed_starts: 1,
        answer: BY_DEFAULT,
        log: "`secrets.json` cannot be understood",
    },
    Broken {
        name: "host file missing",
        harm: |package| package.remove("host.json"),
        path: "exec",
        failed_starts: 0,
        answer: BY_TABLE,
        log: "the default path would not know where to aim",
    },
];

/// Puts a script in the place of the binary, as long as the binary is said to be.
pub(crate) fn script(package: &Unpacked, body: &str) {
    let mut host = package.host();
    let text = format!("#!/bin/sh\n{body}\n");
    host["bytes"] = text.len().into();
    package.write("host.json", host.to_string());
    package.write("bootstrap", text);
}

#[test]
fn what_is_broken_costs_at_most_one_start_and_the_site_stays_up() {
    for Broken { name, harm, path, failed_starts, answer, log } in BROKEN {
        let package = Unpacked::new(zip());
        harm(&package);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            let outcomes: Vec<_> = (0..6).map(|_| sandbox.invoke(&event(REDIRECTED), DEADLINE)).collect();
            let (failed, answered) = outcomes.split_at(failed_starts);
            let told = sandbox.log();
            assert!(failed.iter().all(|outcome| *outcome == Outcome::Crashed), "{name}: {outcomes:?}\n{told}");
            for outcome in answered {
                match outcome {
                    Outcome::Answer(body) => assert_eq!(aim(body), answer, "{name}\n{told}"),
                    other => panic!("{name} on {runtime:?}: {other:?}\n{told}"),
                }
            }
            assert_eq!(sandbox.path(), path, "{name}\n{told}");
            assert_eq!(sandbox.starts, failed_starts + 1, "{name}");
            assert!(told.contains(log), "{name}: `{log}` is not in\n{told}");
            assert!(!told.contains(SECRET), "{name}: {told}");
            assert_eq!(sandbox.api.violations(), [""; 0], "{name}");
        }
    }
}

#[test]
fn a_start_that_failed_for_another_package_is_no_reason_against_this_one() {
    let package = Unpacked::new(zip());
    let mut sandbox = Sandbox::new(NODES[0], package.root());
    fs::write(sandbox.tmp.path().join("crossfade-0123456789abcdef.starting"), "").unwrap();
    sandbox.answer(&event("/"));
    assert_eq!(sandbox.path(), "exec");
}

#[test]
fn a_hand_over_that_is_refused_at_the_poll_costs_one_start() {
    let package = Unpacked::new(zip());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        assert!(sandbox.start(), "{}", sandbox.log());
        // As a supervisor would that does not take the replaced process.
        signal("-KILL", sandbox.pid());
        wait_until(|| !sandbox.is_running());
        sandbox.kill();
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE);
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("child", 2), "{}", sandbox.log());
    }
}

#[test]
fn a_crash_on_an_event_costs_that_event_and_a_start() {
    let package = Unpacked::new(zip());
    for runtime in NODES {
        for (answered_before, path) in [(true, "exec"), (false, "child")] {
            let mut sandbox = Sandbox::new(runtime, package.root());
            assert!(sandbox.start(), "{}", sandbox.log());
            if answered_before {
                sandbox.answer(&event("/"));
            }
            // Stopped at its poll, it is given the event and never answers.
            sandbox.api.polled(Duration::from_secs(10));
            let pid = sandbox.pid();
            signal("-STOP", pid);
            let killer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                signal("-KILL", pid);
            });
            assert_eq!(sandbox.invoke(&event(REDIRECTED), DEADLINE), Outcome::Crashed);
            killer.join().unwrap();
            assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
            assert_eq!((sandbox.path().as_str(), sandbox.starts), (path, 2), "{}", sandbox.log());
        }
    }
}

#[test]
fn a_hang_before_the_first_poll_costs_one_start() {
    let package = Unpacked::new(zip());
    fs::copy(package.root().join("bootstrap"), package.root().join("real")).unwrap();
    script(&package, "[ \"$1\" = --stdio ] && exec \"${0%/*}/real\" --stdio; sleep 600");
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root()).with_init(Duration::from_secs(1));
        assert_eq!(sandbox.invoke(&event(REDIRECTED), DEADLINE), Outcome::Crashed);
        let mut sandbox = sandbox.with_init(Duration::from_secs(30));
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("child", 2), "{}", sandbox.log());
    }
}

#[test]
fn a_panic_of_the_shipped_binary_costs_its_own_event() {
    let package = Unpacked::new(zip());
    package.write("table.bin", with_a_route_to_nowhere(&package.read("table.bin")));
    for (path, mode) in [("exec", 0o755), ("child", 0o644)] {
        package.chmod("bootstrap", mode);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for _ in 0..4 {
                assert_eq!(aim(&sandbox.answer(&event("/busca"))), BY_DEFAULT, "{}", sandbox.log());
                assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
            }
            let log = sandbox.log();
            assert_eq!((sandbox.path().as_str(), sandbox.starts), (path, 1), "{log}");
            assert!(
                log.contains("a panic at src/route/table.rs:") && log.lines().all(|line| line.starts_with('{')),
                "{log}"
            );
        }
    }
}

/// An image that this build reads and no `package` writes: its checksum is right, and the route of `/busca` names an
/// origin that is not there. No table that compiles holds such a number.
fn with_a_route_to_nowhere(image: &[u8]) -> Vec<u8> {
    let (header, payload) = image.split_at(64);
    let table = crossfade::edge::image::decode(image).unwrap().table;
    let stored = postcard::to_allocvec(table.definition()).unwrap();
    let rest = payload.strip_prefix(stored.as_slice()).expect("a table begins with its definition");
    let mut definition = table.definition().clone();
    let route = definition.routes.iter_mut().find(|route| route.id == "search").unwrap();
    let Action::Origin(action) = &mut route.action else { panic!("it sends on") };
    action.origin = 99;
    let payload = [&postcard::to_allocvec(&definition).unwrap(), rest].concat();
    let (length, checksum) = ((payload.len() as u64).to_le_bytes(), crc32fast::hash(&payload).to_le_bytes());
    [&header[..52], &length, &checksum, &payload].concat()
}

#[test]
fn where_tmp_does_not_outlive_a_crash_only_a_zip_that_never_hands_over_helps() {
    // The marker dies with `/tmp`, so each start hands over again, to a binary that cannot run there.
    let body = "[ \"$1\" = --stdio ] && exec \"${0%/*}/real\" --stdio; kill -SEGV $$";
    for zip in [zip(), zip_by_child()] {
        let package = Unpacked::new(zip);
        fs::copy(package.root().join("bootstrap"), package.root().join("real")).unwrap();
        script(&package, body);
        for runtime in NODES {
            // A new sandbox is a new `/tmp`.
            let outcomes = [(); 3].map(|()| Sandbox::new(runtime, package.root()).invoke(&event(REDIRECTED), DEADLINE));
            if package.host()["start"] == "exec" {
                assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Crashed), "{outcomes:?}");
            } else {
                let answered = |outcome: &Outcome| matches!(outcome, Outcome::Answer(body) if aim(body) == BY_TABLE);
                assert!(outcomes.iter().all(answered), "{outcomes:?}");
            }
        }
    }
}

#[test]
fn a_crash_between_events_costs_nothing_but_a_start() {
    let package = Unpacked::new(zip());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        sandbox.answer(&event("/"));
        signal("-ABRT", sandbox.pid());
        wait_until(|| !sandbox.is_running());
        sandbox.kill();
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE);
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("exec", 2));
    }
}

#[test]
fn a_hang_costs_the_event_that_it_met() {
    let package = Unpacked::new(zip());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        sandbox.answer(&event("/"));
        signal("-STOP", sandbox.pid());
        assert_eq!(sandbox.invoke(&event("/"), Duration::from_millis(300)), Outcome::TimedOut);
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE);
        assert_eq!(sandbox.path(), "exec");
    }
}

pub(crate) fn signal(which: &str, pid: u32) {
    assert!(Command::new("kill").args([which, &pid.to_string()]).status().unwrap().success());
}

pub(crate) fn child_of(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    children.split_whitespace().next().unwrap_or_else(|| panic!("{pid} has no child")).parse().unwrap()
}

pub(crate) fn wait_until(mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
}
