//! Moments, and how people and lines write them: RFC 3339, with an offset.

#[cfg(feature = "cli")]
use std::fmt;

use serde::{Deserialize, Serialize};

/// A second.
const NANOS: i128 = 1_000_000_000;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i128);

impl Timestamp {
    /// From whole seconds.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(i128::from(seconds).saturating_mul(NANOS))
    }

    /// The whole seconds since 1970 until it, a begun one counted; 0 where it is before.
    #[must_use]
    pub fn second_rounded_up(self) -> u64 {
        u64::try_from(self.0.saturating_add(NANOS - 1).div_euclid(NANOS).max(0)).unwrap_or(u64::MAX)
    }

    /// The beginning of the second that it lies in.
    #[must_use]
    pub fn floor_to_second(self) -> Timestamp {
        Timestamp(self.0.saturating_sub(self.0.rem_euclid(NANOS)))
    }

    /// Whole seconds from `self` until `later`, rounded down; 0 if it is not later.
    #[must_use]
    pub fn seconds_until(self, later: Timestamp) -> u64 {
        let nanos = later.0.saturating_sub(self.0).max(0);
        u64::try_from(nanos / NANOS).unwrap_or(u64::MAX)
    }

    /// Reads a date-time with an offset.
    ///
    /// # Errors
    /// The text is none in the form of RFC 3339.
    #[cfg(feature = "cli")]
    pub fn parse(text: &str) -> Result<Timestamp, NotATime> {
        let refused = |why: String| NotATime { text: text.to_owned(), why };
        let time: jiff::Timestamp = text.parse().map_err(|error: jiff::Error| refused(error.to_string()))?;
        if is_rfc_3339(text) {
            Ok(Timestamp(time.as_nanosecond()))
        } else {
            Err(refused("not in the form of RFC 3339".to_owned()))
        }
    }
}

/// As lines write it, in UTC; a moment that no calendar holds is told in nanoseconds.
#[cfg(feature = "cli")]
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "{} ns after 1970", self.0),
        }
    }
}

/// A text that is not a moment.
#[cfg(feature = "cli")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: write it as in RFC 3339, `2026-11-22T10:00:00Z` ({why})")]
pub struct NotATime {
    /// As it was written.
    pub text: String,
    /// The parser's words.
    pub why: String,
}

/// The form alone; jiff reads more (`20260101T10Z`, `+25:00`), of which a slip could make another time.
#[cfg(feature = "cli")]
fn is_rfc_3339(text: &str) -> bool {
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                b'+' => matches!(byte, b'+' | b'-'),
                _ => byte == wanted,
            })
    };
    let Some((date_time, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|char: char| char.is_ascii_digit()),
        None => rest,
    };
    let hours_fit = zone.get(1..3).and_then(|hours| hours.parse::<u8>().ok()).is_some_and(|hours| hours < 24);
    fits(date_time, "0000-00-00T00:00:00")
        && rest.strip_prefix('.').is_none_or(|fraction| fraction.len() > zone.len())
        && (matches!(zone, "Z" | "z") || (fits(zone, "+00:00") && hours_fit))
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_as_they_say() {
        let rows = [
            (0, 0, 0),
            (1, 1, 0),
            (NANOS, 1, NANOS),
            (NANOS + 1, 2, NANOS),
            (-1, 0, -NANOS),
            (-3 * NANOS, 0, -3 * NANOS),
            (i128::MAX, u64::MAX, i128::MAX - i128::MAX % NANOS),
        ];
        for (at, up, floor) in rows {
            assert_eq!(Timestamp(at).second_rounded_up(), up, "{at}");
            assert_eq!(Timestamp(at).floor_to_second(), Timestamp(floor), "{at}");
        }
    }

    #[test]
    fn a_time_is_in_the_form_of_rfc_3339() {
        let rows = [
            ("2026-11-22T10:00:00Z", true),
            ("2026-11-22t10:00:00.123456789z", true),
            ("2026-11-22 10:00:00+05:30", true),
            ("2026-11-22T10:00:00-03:00", true),
            ("2026-11-22T10Z", false),
            ("2026-11-22T10:00Z", false),
            ("20261122T100000Z", false),
            ("2026-11-22T10:00:00+0000", false),
            ("2026-11-22T10:00:00+25:00", false),
            ("2026-11-22T10:00:00.Z", false),
            ("2026-11-22T10:00:00,5Z", false),
            ("2026-11-22T10:00:00Z[America/Sao_Paulo]", false),
            ("2026-02-30T10:00:00Z", false),
            ("ç026-11-22T10:00:00Z", false),
        ];
        for (text, is_time) in rows {
            assert_eq!(Timestamp::parse(text).is_ok(), is_time, "{text}");
        }
    }
}
