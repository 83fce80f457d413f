//! Paths that people, scanners and test suites have really asked for, through the normal form.

use crossfade::route::Url;
use crossfade::route::canonical::{Canonical, LetterCase, PathParameters, Slashes, TrailingSlash};
use serde_json::Value;

use crate::data;
use crate::tally::Tally;

pub(crate) fn the_normal_form_of_a_normal_form_is_itself() {
    let paths = all_paths();
    assert_eq!(paths.len(), 2961, "paths in the lists");
    for canonical in every_option() {
        for raw in &paths {
            let normal = canonical.normalize(raw).as_str().to_owned();
            assert_eq!(canonical.normalize(&normal).as_str(), normal, "{canonical:?} {raw:?}");
            assert_shape(&canonical, raw, &normal);
        }
    }
}

pub(crate) fn nginx_agrees_but_for_what_it_refuses_or_decodes() {
    let text = data::text("urls/nginx-uri-normalisation.json");
    // What nginx answers, and our normal form where that is another.
    let known = [
        ("/foo/bar%", "400 Bad", "/foo/bar%25"),
        ("/foo/bar%1", "400 Bad", "/foo/bar%251"),
        ("/ /", "400 Bad", "/%20/"),
        ("/\u{2}", "400 Bad", "/%02"),
        ("/%02", "x /\\x02 x", "/%02"),
    ];
    let vectors: Vec<Value> = serde_json::from_str(&text).expect("the vectors are JSON");
    assert_eq!(vectors.len(), 21);
    for vector in vectors {
        let field = |name: &str| vector[name].as_str().expect("a vector's fields are texts");
        let slashes = if field("config").contains("off") { Slashes::Keep } else { Slashes::Merge };
        let canonical = Canonical { slashes, ..Canonical::default() };
        let target = field("request_target");
        let ours = canonical.normalize(Url::split(target).path).as_str().to_owned();
        if let Some((_, theirs, expected)) = known.iter().find(|(known, ..)| *known == target) {
            assert_eq!((field("expect_regex"), ours.as_str()), (*theirs, *expected), "{target}");
        } else {
            assert!(field("expect_regex").starts_with(&format!("x {ours} x")), "{target}: {ours}");
        }
    }
}

pub(crate) fn browsers_agree_but_for_backslashes_and_what_they_strip() {
    let text = data::text("urls/wpt-urltestdata.json");
    let canonical = Canonical { slashes: Slashes::Keep, ..Canonical::default() };
    let mut tally = Tally::default();
    for case in wpt_cases(&text) {
        let (Some(input), Some(pathname)) = (case["input"].as_str(), case["pathname"].as_str()) else { continue };
        if !["http://", "https://"].iter().any(|scheme| input.starts_with(scheme)) {
            tally.left_out("not an absolute web address");
            continue;
        }
        tally.converted();
        let ours = canonical.normalize(Url::split(input).path).as_str().to_owned();
        let theirs = canonical.normalize(pathname).as_str().to_owned();
        let excuse = if input.contains('\\') {
            Some("a backslash is a slash to a browser")
        } else if input.contains(['\t', '\n', '\r']) || input.trim_matches(|c: char| c <= ' ') != input {
            Some("a browser strips tabs, line ends and outer spaces")
        } else {
            None
        };
        tally.check(input, &theirs, &ours, excuse);
    }
    tally.is("rows 596 = converted 149 + 447 not an absolute web address; checked 149 = agreed 145 \
         + 2 a backslash is a slash to a browser + 2 a browser strips tabs, line ends and outer spaces");
}

fn wpt_cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("the cases are JSON")
}

/// Every raw path of the lists; naughty strings and traversals are put behind a slash.
fn all_paths() -> Vec<String> {
    let path = |url: &str| Url::split(url).path.to_owned();
    let mut paths: Vec<String> = data::text("urls/ubuntu.com.requested-paths.txt").lines().map(path).collect();
    paths.extend(data::text("urls/fuzzdb-traversals-8-deep-exotic-encoding.txt").lines().map(str::to_owned));
    paths.extend(data::text("urls/big-list-of-naughty-strings.txt").lines().map(|line| format!("/{line}")));
    let wpt = data::text("urls/wpt-urltestdata.json");
    paths.extend(wpt_cases(&wpt).iter().filter_map(|case| case["input"].as_str()).map(path));
    paths
}

fn every_option() -> impl Iterator<Item = Canonical> {
    let cases = [LetterCase::Keep, LetterCase::Lower];
    let ends = [TrailingSlash::Keep, TrailingSlash::Strip];
    let runs = [Slashes::Merge, Slashes::Keep];
    let parameters = [PathParameters::Keep, PathParameters::Strip];
    cases.into_iter().flat_map(move |case| {
        ends.into_iter().flat_map(move |trailing_slash| {
            runs.into_iter().flat_map(move |slashes| {
                let canonical = Canonical { case, trailing_slash, slashes, ..Canonical::default() };
                parameters.map(|path_parameters| Canonical { path_parameters, ..canonical.clone() })
            })
        })
    })
}

/// What must be true of any normal form, whatever it was made from.
fn assert_shape(canonical: &Canonical, raw: &str, normal: &str) {
    let what = || format!("{canonical:?} {raw:?} → {normal:?}");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    assert!(normal.bytes().all(allowed), "a byte that no path may hold: {}", what());
    assert!(!normal.is_empty(), "{}", what());
    if raw.starts_with('/') {
        assert!(normal.starts_with('/'), "{}", what());
        assert!(!normal.split('/').any(|segment| [".", ".."].contains(&segment)), "a dot segment: {}", what());
    }
    if canonical.path_parameters == PathParameters::Strip {
        assert!(!normal.contains(';'), "{}", what());
    }
    if canonical.slashes == Slashes::Merge {
        assert!(!normal.contains("//"), "{}", what());
    }
    if canonical.trailing_slash == TrailingSlash::Strip && normal != "/" {
        assert!(!normal.ends_with('/'), "{}", what());
    }
}
