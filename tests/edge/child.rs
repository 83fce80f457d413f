//! The binary beside Node: what it does wrong costs the request that it does it to, and never the site.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::depth::size;
use crate::faults::{BY_DEFAULT, BY_TABLE, REDIRECTED, aim, child_of, script, signal, wait_until};
use crate::package::{SECRET, Unpacked, zip, zip_by_child};
use crate::protocol::event;
use crate::sandbox::{DEADLINE, NODES, Outcome, Sandbox};

/// Half a second less is what the child has.
const SHORT: Duration = Duration::from_millis(700);

/// A package by `child` with a script in the place of the binary, which lies beside it as `real`.
fn fake(body: &str) -> Unpacked {
    let package = Unpacked::new(zip_by_child());
    fs::copy(package.root().join("bootstrap"), package.root().join("real")).unwrap();
    script(&package, body);
    package
}

/// Reads events and answers with their own number as the status, as `act` has it.
fn numbered(act: &str) -> String {
    format!(r#"while read -r line; do id=${{line#*'"id":'}}; id=${{id%%,*}}; {act}; done"#)
}

const ANSWER: &str = r#"echo "{\"id\":$id,\"answer\":{\"status\":\"$id\"}}""#;

fn answered(outcome: &Outcome, sandbox: &Sandbox) -> String {
    match outcome {
        Outcome::Answer(body) => aim(body),
        other => panic!("{other:?}\n{}", sandbox.log()),
    }
}

#[test]
fn a_zip_by_child_never_hands_its_process_over() {
    let package = Unpacked::new(zip_by_child());
    assert_eq!(package.host()["start"], "child");
    assert_ne!(package.host()["package"], Unpacked::new(zip()).host()["package"]);
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for round in 1..=3 {
            assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE);
            let exe = |pid: u32| fs::read_link(format!("/proc/{pid}/exe")).unwrap();
            assert!(exe(sandbox.pid()).ends_with("node"), "Node stays");
            assert_eq!(exe(child_of(sandbox.pid())), package.root().join("bootstrap"));
            let left: Vec<_> =
                fs::read_dir(sandbox.tmp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["log"], "no marker");
            assert_eq!((sandbox.path().as_str(), sandbox.starts), ("child", round));
            let said = sandbox.lines("host");
            let last = said.last().unwrap();
            assert_eq!((&last["level"], &last["mode"]), (&"info".into(), &"child".into()), "it was asked for");
            sandbox.kill();
        }
        assert_eq!(sandbox.api.violations(), [""; 0]);
    }
}

#[test]
fn slow_answers_cost_their_own_requests_and_are_given_to_no_other() {
    // Up to the fifth, an answer comes with the next request: late for its own, and the first that one hears of.
    let hold = r#"[ -n "$late" ] && { new=$id; id=$late; "#;
    let late = format!("{hold}{ANSWER}; id=$new; }}; late=; if [ $id -le 5 ]; then late=$id; else {ANSWER}; fi");
    let package = fake(&numbered(&late));
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        assert!(sandbox.start());
        let child = child_of(sandbox.pid());
        for at in 1..=5 {
            let outcome = sandbox.invoke(&event("/"), Duration::from_millis(1_200));
            assert_eq!(answered(&outcome, &sandbox), BY_DEFAULT, "{at}\n{}", sandbox.log());
        }
        for at in 6..=9 {
            let outcome = sandbox.invoke(&event("/"), DEADLINE);
            assert_eq!(answered(&outcome, &sandbox), at.to_string(), "{}", sandbox.log());
        }
        assert_eq!(child_of(sandbox.pid()), child, "it was never ended");
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("", 1), "{}", sandbox.log());
        assert_eq!(sandbox.api.violations(), [""; 0]);
    }
}

#[test]
fn a_child_that_crashes_is_started_again_and_its_event_goes_to_the_default() {
    let package = Unpacked::new(zip_by_child());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE);
        for round in 0..8 {
            let child = child_of(sandbox.pid());
            // On an event that it holds, or between two.
            if round % 2 == 0 {
                signal("-STOP", child);
                let killer = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(100));
                    signal("-KILL", child);
                });
                let outcome = sandbox.invoke(&event(REDIRECTED), DEADLINE);
                killer.join().unwrap();
                assert_eq!(answered(&outcome, &sandbox), BY_DEFAULT);
            } else {
                signal("-KILL", child);
                wait_until(|| sandbox.log().matches("started again for the next request").count() == round / 2 + 1);
            }
            assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
        }
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("child", 1));
    }
}

#[test]
fn a_child_that_hangs_costs_two_requests() {
    let package = Unpacked::new(zip_by_child());
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for _ in 0..4 {
            assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
            signal("-STOP", child_of(sandbox.pid()));
            for _ in 0..2 {
                let began = Instant::now();
                let outcome = sandbox.invoke(&event(REDIRECTED), Duration::from_secs(1));
                assert_eq!(answered(&outcome, &sandbox), BY_DEFAULT);
                assert!(began.elapsed() < Duration::from_secs(1));
            }
        }
        assert_eq!(aim(&sandbox.answer(&event(REDIRECTED))), BY_TABLE, "{}", sandbox.log());
        assert_eq!((sandbox.path().as_str(), sandbox.starts), ("child", 1));
    }
}

/// What a child may do with its pipes and its words; each costs its requests and nothing else.
const ODD: [(&str, &str); 14] = [
    ("takes no events", "exec 0<&-; sleep 60"),
    ("closes its output", "exec 1>&-; sleep 60"),
    ("closes both", "exec 0<&- 1>&-; sleep 60"),
    ("closes its output on an event", "read -r line; exec 1>&-; sleep 60"),
    ("stops reading", "sleep 60"),
    ("ends in the middle of a line", "read -r line; printf '{\"id\":1,\"answer\":{\"sta'; exit 0"),
    ("answers nothing", r#"while read -r line; do echo '{"id":1}'; done"#),
    ("answers null", r#"while read -r line; do echo '{"id":1,"answer":null}'; done"#),
    ("answers a text", r#"while read -r line; do echo '{"id":1,"answer":"x"}'; done"#),
    ("answers a list", r#"while read -r line; do echo '{"id":1,"answer":[]}'; done"#),
    ("answers what was not asked yet", r#"while read -r line; do echo '{"id":99,"answer":{"status":"200"}}'; done"#),
    ("answers what is never asked", r#"echo '{"id":0,"answer":{"status":"200"}}'; sleep 60"#),
    ("writes no text", "while read -r line; do printf '\\377\\000\\n'; done"),
    ("writes without an end", "exec cat /dev/zero"),
];

#[test]
fn whatever_a_child_does_to_its_pipes_requests_go_to_the_default() {
    let small = event(REDIRECTED);
    let mut large: Value = serde_json::from_slice(&small).unwrap();
    large["Records"][0]["cf"]["request"]["body"] = serde_json::json!({ "data": "QUJD".repeat(100_000) });
    let large = large.to_string().into_bytes();
    for (name, body) in ODD {
        let package = fake(body);
        for runtime in NODES {
            let mut sandbox = Sandbox::new(runtime, package.root());
            for at in 0..7 {
                let event = if at % 2 == 0 { &small } else { &large };
                let outcome = sandbox.invoke(event, SHORT);
                assert_eq!(answered(&outcome, &sandbox), BY_DEFAULT, "{name}, {at}\n{}", sandbox.log());
            }
            let log = sandbox.log();
            assert_eq!(sandbox.starts, 1, "{name}: Node lives on\n{log}");
            assert_eq!(sandbox.api.violations(), [""; 0], "{name}");
            assert!(!log.contains(SECRET) && !log.contains("Uncaught"), "{name}: {log}");
            assert!(log.lines().all(|line| line.starts_with('{')), "{name}: every line is JSON\n{log}");
            assert!(sandbox.memory("VmRSS") < 200 * 1024, "{name}");
        }
    }
}

#[test]
fn a_last_answer_before_the_end_counts() {
    let package = fake(&numbered(&format!("{ANSWER}; exit 7")));
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        for at in 1..=6 {
            let outcome = sandbox.invoke(&event("/"), DEADLINE);
            assert_eq!(answered(&outcome, &sandbox), at.to_string(), "{}", sandbox.log());
            wait_until(|| sandbox.log().matches("ended with 7").count() == at);
        }
    }
}

/// A clock that is ahead by what a file says, milliseconds: a rest takes no time in a test.
const CLOCK: &str = "import { readFileSync } from 'node:fs'; const real = Date.now; \
    Date.now = () => { try { return real() + Number(readFileSync(`${process.env.TMPDIR}/ahead`, 'utf8')); } \
    catch { return real(); } };";

#[test]
fn a_child_that_dies_again_and_again_rests_and_is_tried_again() {
    let package = fake(
        "echo start >> \"$TMPDIR/starts\"; [ -e \"$TMPDIR/heal\" ] && exec \"${0%/*}/real\" --stdio; kill -SEGV $$",
    );
    for runtime in NODES {
        let clock = format!("data:text/javascript,{}", CLOCK.replace('%', "%25"));
        let mut sandbox = Sandbox::new(runtime, package.root()).with_node_args(&["--import", &clock]);
        let tmp = sandbox.tmp.path().to_owned();
        let starts = || fs::read_to_string(tmp.join("starts")).unwrap().lines().count();
        // Whoever is ahead sees deadlines come near, too.
        let ask = |sandbox: &mut Sandbox, ahead: u64| {
            fs::write(tmp.join("ahead"), (ahead * 1_000).to_string()).unwrap();
            let outcome = sandbox.invoke(&event(REDIRECTED), DEADLINE + Duration::from_secs(ahead));
            answered(&outcome, sandbox)
        };
        for _ in 0..10 {
            assert_eq!(ask(&mut sandbox, 0), BY_DEFAULT);
        }
        assert_eq!((starts(), sandbox.path().as_str()), (3, "default"), "{}", sandbox.log());
        assert!(sandbox.log().contains("SIGSEGV; 3 times in a row without an answer"), "{}", sandbox.log());
        // 30 s later once more, and then not for a minute.
        for (ahead, so_far) in [(29, 3), (31, 4), (31, 4), (90, 4), (93, 5), (93, 5), (200, 5)] {
            assert_eq!(ask(&mut sandbox, ahead), BY_DEFAULT, "{}", sandbox.log());
            assert_eq!(starts(), so_far, "after {ahead} s\n{}", sandbox.log());
        }
        fs::write(tmp.join("heal"), "").unwrap();
        assert_eq!(ask(&mut sandbox, 200), BY_DEFAULT, "it still rests");
        assert_eq!(ask(&mut sandbox, 220), BY_TABLE, "{}", sandbox.log());
        assert!(sandbox.log().contains("answers again"), "{}", sandbox.log());
        assert_eq!((starts(), sandbox.path().as_str(), sandbox.starts), (6, "child", 1));
        // A clock that is set back ends a rest rather than make it last.
        assert_eq!(ask(&mut sandbox, 0), BY_TABLE);
    }
}

#[test]
fn a_thousand_invocations_beside_node_leave_the_memory_flat() {
    let package = Unpacked::new(zip_by_child());
    let count = size(1_000, 10_000);
    for runtime in NODES {
        let mut sandbox = Sandbox::new(runtime, package.root());
        let peak = |sandbox: &mut Sandbox| {
            for at in 0..count {
                let (uri, aims) = if at % 2 == 0 { (REDIRECTED, BY_TABLE) } else { ("/nowhere", BY_DEFAULT) };
                assert_eq!(aim(&sandbox.answer(&event(uri))), aims);
            }
            let status = fs::read_to_string(format!("/proc/{}/status", child_of(sandbox.pid()))).unwrap();
            let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
        };
        let warm = peak(&mut sandbox);
        let after = peak(&mut sandbox);
        assert!(after <= warm + 128, "{runtime:?}: {warm} KiB, then {after}");
        // Node's own heap comes and goes, and is far below what a leak of an event each would be.
        assert!(sandbox.memory("VmHWM") < 110 * 1024, "{} KiB", sandbox.memory("VmHWM"));
        assert_eq!((sandbox.api.violations(), sandbox.starts), (vec![], 1));
    }
}
