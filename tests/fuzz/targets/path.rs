//! The normal form of any path: stable under itself, made of path bytes only, never longer than three times the raw.

#![no_main]

use crossfade::route::Canonical;
use crossfade::route::canonical::{LetterCase, Slashes, TrailingSlash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&switches, raw)) = data.split_first() else { return };
    let raw = String::from_utf8_lossy(raw);
    let canonical = Canonical {
        case: if switches & 1 == 0 { LetterCase::Keep } else { LetterCase::Lower },
        trailing_slash: if switches & 2 == 0 { TrailingSlash::Keep } else { TrailingSlash::Strip },
        slashes: if switches & 4 == 0 { Slashes::Merge } else { Slashes::Keep },
        refuse: Vec::new(),
    };
    let once = canonical.normalize(&raw);
    let once = once.as_str();
    assert_eq!(canonical.normalize(once).as_str(), once, "a normal form has itself for its normal form");
    assert!(once.len() <= raw.len() * 3 + 1);
    assert!(!once.is_empty());
    assert!(once.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}?#[]".contains(&byte)), "{once}");
    for (at, _) in once.match_indices('%') {
        let escape = once.get(at + 1..at + 3).expect("a whole escape");
        assert!(escape.bytes().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit)), "{once}");
    }
    if raw.starts_with('/') {
        let dots = once.split('/').any(|segment| segment == "." || segment == "..");
        assert!(once.starts_with('/') && !dots, "{once}");
    }
    assert!(switches & 4 != 0 || !once.contains("//"), "{once}");
    assert!(switches & 2 == 0 || once == "/" || !once.ends_with('/'), "{once}");
});
