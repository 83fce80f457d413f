//! A second opinion on which cache behavior a path falls in (design rule 17), and on what may become of an event there.
//!
//! Shares no line with `src/route`: segments on a stack where that cuts in place, a table of what fits where that goes back
//! to the last star.

#![allow(dead_code, reason = "each test binary uses its part")]

use crossfade::route::canonical::PathParameters;
use crossfade::route::{Definition, Origin, OriginKind};
use serde_json::Value;

/// The forms of a path by which CloudFront or the routes may match: as it came, dots resolved, slashes merged before that,
/// the last two without parameters where the table strips these, and the clean one.
pub(crate) fn spellings(raw: &str, strips: bool) -> [String; 6] {
    let escaped = escaped(raw);
    let rooted = if escaped.starts_with('/') { escaped } else { format!("/{escaped}") };
    let bare = if strips { without_parameters(&rooted) } else { rooted.clone() };
    let both = |path: &str| [without_dots(path), without_dots(&merged(path))];
    let ([resolved, merged_first], [bare_resolved, bare_merged]) = (both(&rooted), both(&bare));
    let clean = merged(&bare_resolved);
    [raw.to_owned(), resolved, merged_first, bare_resolved, bare_merged, clean]
}

fn without_parameters(path: &str) -> String {
    path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect::<Vec<_>>().join("/")
}

/// Position of the behavior of each of the [`spellings`], the clean one last; the default one comes after all patterns.
pub(crate) fn places(patterns: &[&str], raw: &str, strips: bool) -> [usize; 6] {
    let place = |path: String| patterns.iter().position(|pattern| takes(pattern, &path)).unwrap_or(patterns.len());
    spellings(raw, strips).map(place)
}

/// Whether a table's parameters of paths are no part of them.
pub(crate) fn strips(definition: &Definition) -> bool {
    definition.canonical.path_parameters == PathParameters::Strip
}

/// Whether a path pattern takes a path; the first slash of either is nothing.
pub(crate) fn takes(pattern: &str, path: &str) -> bool {
    let [pattern, path] = [pattern, path].map(|text| text.strip_prefix('/').unwrap_or(text).as_bytes());
    // Whether what has been read of the pattern fits the first so many bytes of the path.
    let mut fits = vec![false; path.len() + 1];
    fits[0] = true;
    for &wanted in pattern {
        let before = fits.clone();
        fits[0] = wanted == b'*' && before[0];
        for at in 0..path.len() {
            fits[at + 1] = match wanted {
                b'*' => before[at + 1] || fits[at],
                b'?' => before[at],
                byte => before[at] && path[at] == byte,
            };
        }
    }
    fits[path.len()]
}

fn escaped(raw: &str) -> String {
    let mut out = String::new();
    let mut bytes = raw.bytes().collect::<std::collections::VecDeque<u8>>();
    while let Some(byte) = bytes.pop_front() {
        let digits: Option<String> =
            (byte == b'%').then(|| bytes.iter().take(2).map(|byte| char::from(*byte)).collect());
        let code = digits.filter(|text| text.len() == 2 && text.chars().all(|char| char.is_ascii_hexdigit()));
        let code = code.and_then(|text| u8::from_str_radix(&text, 16).ok());
        if code.is_some() {
            bytes.drain(..2);
        }
        let byte = code.unwrap_or(byte);
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || (code.is_none() && b"!$&'()*+,;=:@/".contains(&byte)) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// Of a path that begins with a slash.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.split('/').skip(1) {
        ends_open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    if ends_open {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

fn merged(path: &str) -> String {
    let mut out = String::new();
    for char in path.chars() {
        if !(char == '/' && out.ends_with('/')) {
            out.push(char);
        }
    }
    out
}

/// A cache behavior as a distribution has it: an origin is told by kind, domain and path, `custom cms.example.com/base`.
#[derive(Clone, Debug)]
pub(crate) struct Distributed {
    /// `None`: the default one, which is the last.
    pub(crate) pattern: Option<String>,
    pub(crate) configured: String,
    pub(crate) failover: Option<String>,
    pub(crate) is_routed: bool,
    /// Whether the table strips parameters of paths.
    pub(crate) strips: bool,
}

/// The behaviors that a table tells of.
pub(crate) fn distributed(definition: &Definition) -> Vec<Distributed> {
    let place = |at: usize| match &definition.origins[at] {
        Origin { domain, kind: OriginKind::Custom(custom), .. } => format!("custom {domain}{}", custom.path),
        Origin { domain, kind: OriginKind::S3(s3), .. } => format!("s3 {domain}{}", s3.path),
    };
    let patterns = definition.behaviors.by_pattern.iter().map(|(pattern, _)| Some(pattern.to_string()));
    let described = definition.behaviors.all().zip(patterns.chain([None])).map(|(behavior, pattern)| Distributed {
        pattern,
        configured: place(behavior.configured),
        failover: behavior.failover.map(place),
        is_routed: behavior.is_routed,
        strips: strips(definition),
    });
    described.collect()
}

/// What no answer to an origin-request event may be, whatever the routes say.
pub(crate) fn misplaced(behaviors: &[Distributed], event: &Value, answer: &[u8]) -> Vec<String> {
    let request = &event["Records"][0]["cf"]["request"];
    let (Some(uri), Ok(answer)) = (request["uri"].as_str(), serde_json::from_slice::<Value>(answer)) else {
        return Vec::new();
    };
    let patterns: Vec<&str> = behaviors.iter().filter_map(|behavior| behavior.pattern.as_deref()).collect();
    let strips = behaviors.iter().any(|behavior| behavior.strips);
    let places = places(&patterns, uri, strips);
    if places.iter().any(|place| *place != places[5]) {
        let [.., clean] = spellings(uri, strips);
        return unclear((uri, &clean), request["querystring"].as_str().unwrap_or_default(), &answer);
    }
    let behavior = &behaviors[places[0]];
    let aimed = place(&request["origin"]);
    let is_at = |place: Option<&String>| aimed.is_some() && aimed.as_ref() == place;
    let mut faults = Vec::new();
    if !behavior.is_routed {
        // As it came, but for dot segments: the function should not run there, and no origin is sent one all the same.
        let has_dots = uri.to_ascii_lowercase().replace("%2e", ".").contains("/.");
        if answer.get("status").is_some() || (answer["uri"] != request["uri"] && !has_dots) {
            faults.push(format!("`{uri}` is not routed, and was changed"));
        }
    } else if is_at(behavior.failover.as_ref()) && !is_at(Some(&behavior.configured)) {
        let is_redirect = answer["status"].as_str().is_some_and(|status| status.starts_with('3'));
        if is_redirect || (answer.get("status").is_none() && place(&answer["origin"]) != aimed) {
            faults.push(format!("`{uri}` is on its way to the failover, and was led elsewhere"));
        }
    }
    faults
}

/// Nobody knows the behavior: the request comes again in its clean form, is refused, or has a query that no redirect can
/// have.
fn unclear((uri, clean): (&str, &str), query: &str, answer: &Value) -> Vec<String> {
    if query.chars().any(char::is_control) || answer["status"] == "400" {
        return Vec::new();
    }
    let location = answer["headers"]["location"][0]["value"].as_str().unwrap_or_default();
    let is_own = location.split(['?', '#']).next() == Some(clean);
    let leads_away = location.starts_with("//") || location.starts_with("/\\") || !location.starts_with('/');
    let no_store = answer["headers"]["cache-control"][0]["value"] == "no-store";
    let fine = answer["status"] == "308" && is_own && !leads_away && no_store;
    if fine { Vec::new() } else { vec![format!("`{uri}` may be in two behaviors, and became {answer}")] }
}

/// What is aimed at, as [`Distributed`] has it.
pub(crate) fn place(origin: &Value) -> Option<String> {
    ["custom", "s3"].iter().find_map(|kind| {
        let block = origin.get(*kind).filter(|block| block.is_object())?;
        let text = |name: &str| block[name].as_str().unwrap_or_default();
        Some(format!("{kind} {}{}", text("domainName").to_ascii_lowercase(), text("path")))
    })
}
