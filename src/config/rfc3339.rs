//! Times as people and lines write them: RFC 3339, with an offset.

use super::facts::LineError;
use crate::route::Timestamp;

/// Parses a time as a line says it.
///
/// # Errors
/// The text is no date-time with an offset.
pub fn parse_time(text: &str) -> Result<Timestamp, LineError> {
    let parsed: Result<jiff::Timestamp, jiff::Error> = text.parse();
    let refused = |why: String| LineError::Time { text: text.to_owned(), why };
    let time = parsed.map_err(|error| refused(error.to_string()))?;
    if !is_rfc_3339(text) {
        return Err(refused("not in the form of RFC 3339".to_owned()));
    }
    Ok(Timestamp(time.as_nanosecond()))
}

/// The form alone; jiff reads more (`20260101T10Z`, `+25:00`), of which a slip could make another time.
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

/// A time as a line says it, in UTC.
#[must_use]
pub fn time_text(time: Timestamp) -> String {
    match jiff::Timestamp::from_nanosecond(time.0) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{} ns after 1970", time.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(parse_time(text).is_ok(), is_time, "{text}");
        }
    }
}
