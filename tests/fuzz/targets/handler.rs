//! Any bytes as an event: a function error, or an answer that CloudFront takes and that nothing outside the cache key
//! changes. A panic is a finding even though the
//! handler catches it: the fuzzer's hook ends the process first.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crossfade::check::load;
use crossfade::config::MemoryFiles;
use crossfade::edge::Handler;
use crossfade::route::Timestamp;
use libfuzzer_sys::fuzz_target;

#[path = "../../support/placement.rs"]
mod placement;
#[path = "../../support/unkeyed.rs"]
mod unkeyed;
#[path = "../../support/validator.rs"]
mod validator;

/// Some day in 2026, Unix seconds.
const CLOCK: i64 = 1_795_737_600;

/// One behavior with a bucket, one with an origin group, several, and keys of single names.
static HANDLERS: LazyLock<[Handler; 4]> = LazyLock::new(|| {
    let tables = [
        include_str!("../../events/bucket.toml"),
        include_str!("../../events/custom.toml"),
        include_str!("../../events/several.toml"),
        include_str!("../../events/keyed.toml"),
    ];
    tables.map(handler)
});

fn handler(text: &str) -> Handler {
    let table = load("routes.toml", &MemoryFiles::new().with("routes.toml", text)).table.expect("a table");
    Handler::new(table, BTreeMap::from([("ORIGIN_VERIFY".to_owned(), "secret".to_owned())]))
}

fuzz_target!(|event: &[u8]| {
    let parsed = serde_json::from_slice(event);
    for handler in &*HANDLERS {
        let handled = handler.handle(event, Timestamp::from_seconds(CLOCK));
        let Ok(answer) = handled.answer else { continue };
        if let (Some(summary), Ok(event)) = (handled.summary, &parsed) {
            let mut faults = validator::faults(event, &answer);
            if summary.surprise.is_none() {
                faults.extend(placement::misplaced(&placement::distributed(handler.table().definition()), event, &answer));
            }
            faults.extend(unkeyed::leaks(handler, event, Timestamp::from_seconds(CLOCK)));
            assert!(faults.is_empty(), "{faults:?}: {}", String::from_utf8_lossy(&answer));
        }
    }
});
