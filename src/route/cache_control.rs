//! `cache-control` and `expires` of answers made at the edge: what they say where a table says nothing, and how they are
//! cut, so that no answer is kept beyond the moment at which another could be decided.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use httpdate::{fmt_http_date, parse_http_date};

use crate::text::Timestamp;

/// What a generated answer says of its caching where the table says nothing.
pub const DEFAULT_CACHE_CONTROL: &str = "public, max-age=300";

/// What it says where its answer is not for everyone.
pub const NO_STORE: &str = "no-store";

/// How long CloudFront keeps an answer that does not say, unless the distribution is told another default.
const DEFAULT_TTL: u64 = 86_400;
/// Directives that limit an age, and those that let nothing be kept by a cache of many viewers.
const AGES: [&str; 4] = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];
const KEEP_NOTHING: [&str; 3] = ["no-store", "no-cache", "private"];

/// The end of what was decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextInstant {
    /// The first instant of the table after the moment that was decided at; none: the decision stays.
    pub(super) at: Option<Timestamp>,
    /// Seconds until it by the clock of whoever decides: 0 where it is past. Unknown without it or without a clock.
    pub(super) remaining: Option<u64>,
}

/// Headers of an answer that says how long it may be kept.
pub(super) struct Dated<'t> {
    pub(super) cache_control: Cow<'t, str>,
    pub(super) headers: Cow<'t, [(String, String)]>,
}

impl NextInstant {
    /// The headers of an answer, cut.
    pub(super) fn cut<'t>(self, cache_control: &'t str, headers: &'t [(String, String)]) -> Dated<'t> {
        let expires = |(name, _): &(String, String)| name.eq_ignore_ascii_case("expires");
        // An age wins over `expires`, so none is added to it.
        let cache_control = match headers.iter().any(expires) {
            true => cut_ages(cache_control, self.remaining),
            false => cut_max_age(cache_control, self.remaining),
        };
        let too_late = |header: &(String, String)| expires(header) && self.earlier_than(&header.1).is_some();
        if !headers.iter().any(too_late) {
            return Dated { cache_control, headers: Cow::Borrowed(headers) };
        }
        let cut = |header: &(String, String)| match self.earlier_than(&header.1).filter(|_| expires(header)) {
            Some(date) => (header.0.clone(), date),
            None => header.clone(),
        };
        Dated { cache_control, headers: headers.iter().map(cut).collect() }
    }

    /// Its date, where that is before a date; what is no date is over for every cache (RFC 9111 section 5.3).
    fn earlier_than(self, date: &str) -> Option<String> {
        let seconds = u64::try_from(self.at?.floor_to_second().0 / 1_000_000_000).ok()?;
        let instant = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        (instant < parse_http_date(date.trim()).ok()?).then(|| fmt_http_date(instant))
    }
}

/// A `cache-control` that lets nothing be kept for longer than the seconds that remain. Where it leaves the age to the
/// cache, it gets one.
pub(super) fn cut_max_age(cache_control: &str, remaining: Option<u64>) -> Cow<'_, str> {
    let says_how_long = |directive: &str| {
        let directive = directive.trim();
        let name = directive.split('=').next().unwrap_or_default().trim_end();
        // Only of some headers: `private="set-cookie"`.
        KEEP_NOTHING.iter().any(|word| directive.eq_ignore_ascii_case(word))
            || AGES[..2].iter().any(|age| name.eq_ignore_ascii_case(age))
    };
    let cut = cut_ages(cache_control, remaining);
    let Some(remaining) = remaining.filter(|_| !cut.split(',').any(says_how_long)) else { return cut };
    let joint = if cut.trim().is_empty() { "" } else { ", " };
    Cow::Owned(format!("{cut}{joint}max-age={}", remaining.min(DEFAULT_TTL)))
}

fn cut_ages(cache_control: &str, remaining: Option<u64>) -> Cow<'_, str> {
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
    let is_age = AGES.iter().any(|age| name.trim().eq_ignore_ascii_case(age));
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
            (
                "max-age=300, stale-while-revalidate=60, stale-if-error=9",
                Some(0),
                "max-age=0, stale-while-revalidate=0, stale-if-error=0",
            ),
            ("no-store", Some(1), "no-store"),
        ];
        for (text, remaining, expected) in rows {
            assert_eq!(cut_max_age(text, remaining), expected, "{text}");
        }
    }

    #[test]
    fn what_leaves_the_age_to_the_cache_gets_one() {
        let rows = [
            ("public", None, "public"),
            ("public", Some(10), "public, max-age=10"),
            ("public", Some(u64::MAX), "public, max-age=86400"),
            ("", Some(10), "max-age=10"),
            ("must-revalidate, immutable", Some(10), "must-revalidate, immutable, max-age=10"),
            ("stale-if-error=20", Some(10), "stale-if-error=10, max-age=10"),
            ("private=\"set-cookie\"", Some(10), "private=\"set-cookie\", max-age=10"),
            ("s-maxage=5", Some(10), "s-maxage=5"),
            ("Max-Age = 5", Some(10), "Max-Age = 5"),
            ("public, No-Cache", Some(10), "public, No-Cache"),
            ("private", Some(10), "private"),
            ("no-store", Some(10), "no-store"),
        ];
        for (text, remaining, expected) in rows {
            assert_eq!(cut_max_age(text, remaining), expected, "{text}");
        }
    }

    #[test]
    fn expires_ends_with_the_instant_too() {
        let next = NextInstant { at: Some(Timestamp(784_111_777_900_000_000)), remaining: Some(60) };
        let rows = [
            ("Sun, 06 Nov 1994 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "public"),
            ("Sunday, 06-Nov-94 08:49:38 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "public"),
            ("Sun Nov  6 08:49:38 1994", "Sun, 06 Nov 1994 08:49:37 GMT", "public"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", "public"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "public"),
            ("0", "0", "public"),
            ("-1", "-1", "public"),
            ("tomorrow", "tomorrow", "public"),
        ];
        for (expires, expected, cache_control) in rows {
            let set = vec![("x-a".to_owned(), "1".to_owned()), ("Expires".to_owned(), expires.to_owned())];
            let dated = next.cut("public", &set);
            assert_eq!(dated.headers[1].1, expected, "{expires}");
            assert_eq!(dated.headers[0].1, "1");
            assert_eq!(dated.cache_control, cache_control, "{expires}");
            let never = NextInstant { at: None, remaining: None }.cut("public", &set);
            assert_eq!((never.headers[1].1.as_str(), &*never.cache_control), (expires, "public"));
        }
        assert_eq!(next.cut("public", &[]).cache_control, "public, max-age=60");
    }
}
