//! Days of the calendar, as a table writes them: `2026-11-30`.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::Offset;

use super::Timestamp;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Reads `2026-11-30`; `None` for any other form, and for a day that no calendar has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Day> {
        let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
        let is_form = text.len() == 10 && text.bytes().zip(*b"0000-00-00").all(fits);
        text.parse().ok().filter(|_| is_form).map(Day)
    }

    /// The day that another form of it means, where that is clear: `30/11/2026`, `2026/1/5`, `2026-11-30T10:00`.
    #[must_use]
    pub fn guess(text: &str) -> Option<Day> {
        let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
        let parts: Vec<i16> = date.split(['-', '/', '.']).map(str::parse).collect::<Result<_, _>>().ok()?;
        let [first, month, last] = parts[..] else { return None };
        // `5/6/2026` is two days, as the writer comes from here or from there.
        let (year, day) = if first > 31 { (first, last) } else { (last, Some(first).filter(|day| *day > 12)?) };
        let narrow = |number: i16| i8::try_from(number).ok();
        Date::new(year, narrow(month)?, narrow(day)?).ok().filter(|_| year > 1000).map(Day)
    }

    /// The day of a moment, in UTC; `None` for one that no calendar holds.
    #[must_use]
    pub fn of(time: Timestamp) -> Option<Day> {
        let time = jiff::Timestamp::from_nanosecond(time.0).ok()?;
        Some(Day(Offset::UTC.to_datetime(time).date()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_form_and_is_in_the_calendar() {
        let rows = [
            ("2026-11-30", true),
            ("2028-02-29", true),
            ("2026-02-29", false),
            ("2026-13-01", false),
            ("2026-11-3", false),
            ("20261130", false),
            ("+002026-11-30", false),
            ("2026-11-30 ", false),
            ("2026-11-30T00:00:00Z", false),
            ("soon", false),
            ("", false),
        ];
        for (text, is_day) in rows {
            assert_eq!(Day::parse(text).map(|day| day.to_string()).as_deref(), is_day.then_some(text), "{text}");
        }
    }

    #[test]
    fn another_form_means_a_day_where_that_is_clear() {
        let rows = [
            ("30/11/2026", Some("2026-11-30")),
            ("30.11.2026", Some("2026-11-30")),
            ("2026/1/5", Some("2026-01-05")),
            ("2026-11-30T10:00:00Z", Some("2026-11-30")),
            ("5/6/2026", None),
            ("11/30/2026", None),
            ("30/11/26", None),
            ("2026-11", None),
            ("next week", None),
        ];
        for (text, expected) in rows {
            assert_eq!(Day::guess(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_is_in_a_day_of_utc() {
        let rows = [(0, Some("1970-01-01")), (-1, Some("1969-12-31")), (i64::MAX, None)];
        for (seconds, expected) in rows {
            let day = Day::of(Timestamp::from_seconds(seconds));
            assert_eq!(day.map(|day| day.to_string()).as_deref(), expected, "{seconds}");
        }
    }
}
