//! The normal form of any path: stable under itself, made of path bytes only, never longer than three times the raw.

#![no_main]

use crossfade::route::{Canonical, Origin, Side, Uri};
use crossfade::route::canonical::{DEFAULT_REFUSE, LetterCase, PathParameters, Slashes, TrailingSlash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&switches, raw)) = data.split_first() else { return };
    let raw = String::from_utf8_lossy(raw);
    let canonical = Canonical {
        case: if switches & 1 == 0 { LetterCase::Keep } else { LetterCase::Lower },
        trailing_slash: if switches & 2 == 0 { TrailingSlash::Keep } else { TrailingSlash::Strip },
        slashes: if switches & 4 == 0 { Slashes::Merge } else { Slashes::Keep },
        path_parameters: if switches & 8 == 0 { PathParameters::Keep } else { PathParameters::Strip },
        ..Canonical::default()
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
    let sent = Uri::passed_on(&canonical, &Origin::custom("legacy", Side::Legacy, "legacy.example.com"), &raw);
    let told = canonical.normalize(sent.as_str());
    assert!(!raw.starts_with('/') || told.as_str() == once, "{} is sent on, {once} was decided", sent.as_str());
    if matches!(sent, Uri::AsItCame(_)) {
        let plain = raw.to_ascii_lowercase().replace("%2e", ".");
        assert!(!plain.split('/').any(|segment| segment == "." || segment == ".."), "{raw} is sent on");
    }
    if !canonical.refuses(&raw) {
        let low = sent.as_str().to_ascii_lowercase();
        assert!(DEFAULT_REFUSE.iter().all(|text| !low.contains(text)), "{low} is sent on");
    }
    if raw.starts_with('/') {
        let dots = once.split('/').any(|segment| segment == "." || segment == "..");
        assert!(once.starts_with('/') && !dots, "{once}");
    }
    assert!(switches & 8 == 0 || !once.contains(';'), "{once}");
    assert!(switches & 4 != 0 || !once.contains("//"), "{once}");
    assert!(switches & 2 == 0 || once == "/" || !once.ends_with('/'), "{once}");
});
