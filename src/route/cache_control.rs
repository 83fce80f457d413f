//! `cache-control` of answers made at the edge: what they say where a table says nothing, and how their ages are cut.

use std::borrow::Cow;

/// What a generated answer says of its caching where the table says nothing.
pub const DEFAULT_CACHE_CONTROL: &str = "public, max-age=300";

/// What it says where its answer is not for everyone.
pub const NO_STORE: &str = "no-store";

/// No answer may be kept beyond the moment at which another could be decided.
pub(super) fn cut_max_age(cache_control: &str, remaining: Option<u64>) -> Cow<'_, str> {
    let Some(remaining) = remaining else { return Cow::Borrowed(cache_control) };
    let too_long = |directive: &str| age_of(directive).is_some_and(|(_, seconds)| seconds > remaining);
    if !cache_control.split(',').any(too_long) {
        return Cow::Borrowed(cache_control);
    }
    let cut = |directive: &str| match age_of(directive) {
        Some((name, seconds)) if seconds > remaining => format!("{name}={remaining}"),
        _ => directive.trim().to_owned(),
    };
    Cow::Owned(cache_control.split(',').map(cut).collect::<Vec<_>>().join(", "))
}

/// The name and seconds of a directive that lets an answer be used for a time.
fn age_of(directive: &str) -> Option<(&str, u64)> {
    let (name, value) = directive.trim().split_once('=')?;
    let ages = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];
    let is_age = ages.iter().any(|age| name.trim().eq_ignore_ascii_case(age));
    let digits = value.trim().trim_matches('"');
    let seconds = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().unwrap_or(u64::MAX)
    } else {
        return None;
    };
    is_age.then_some((name.trim(), seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_cut_and_the_rest_of_cache_control_stays() {
        let rows = [
            ("public, max-age=300", None, "public, max-age=300"),
            ("public, max-age=300", Some(300), "public, max-age=300"),
            ("public,  Max-Age=300 , s-maxage=9", Some(10), "public, Max-Age=10, s-maxage=9"),
            ("max-age=99999999999999999999999", Some(1), "max-age=1"),
            ("no-store", Some(1), "no-store"),
        ];
        for (text, remaining, expected) in rows {
            assert_eq!(cut_max_age(text, remaining), expected, "{text}");
        }
    }
}
