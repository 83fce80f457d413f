//! `from` and `until`: TOML date-times with an offset → moments.

use toml::de::DeValue;
use toml::value::{Datetime, Offset};

use crate::route::{Timestamp, Window};

use crate::config::read::others;
use crate::config::read::value::{Setting, TomlTable};
use crate::diagnostic::{Findings, codes};

/// Lowers `from` and `until` of a route, and tells where the first of them is; `None` where it is always live.
pub(crate) fn lower<'a>(findings: &mut Findings, section: &TomlTable<'a>) -> Option<(Window, Setting<'a>)> {
    let (from, until) = (section.get("from"), section.get("until"));
    let window = Window {
        from: from.and_then(|entry| moment(findings, entry)),
        until: until.and_then(|entry| moment(findings, entry)),
    };
    if let (Some(start), Some(end), Some(from), Some(until)) = (window.from, window.until, from, until)
        && start >= end
    {
        let message = format!("{} is never live: `until` is not after `from`", section.name);
        findings
            .report(&codes::EMPTY_WINDOW, until.span(), message)
            .also(from.span(), "live from here on")
            .help("swap them, or correct one");
    }
    let at = from.or(until)?;
    (!window.is_always()).then_some((window, at))
}

fn moment(findings: &mut Findings, entry: Setting<'_>) -> Option<Timestamp> {
    let written = match entry.value() {
        DeValue::Datetime(written) => written,
        DeValue::String(text) => {
            let message = format!("`{}` must be a date-time, not a text", entry.key());
            let report = findings.report(&codes::WRONG_TYPE, entry.span(), message).label("this is a text");
            report.help(moment_meant(entry, text));
            return None;
        }
        _ => return entry.wrong_type(findings, "a date-time with an offset"),
    };
    let Some(offset) = written.offset else {
        let complete = complete(written);
        findings
            .report(&codes::NO_OFFSET, entry.span(), format!("`{}` has no offset from UTC", entry.key()))
            .help(format!("write `{} = {complete}` (or `Z` for UTC)", entry.key()));
        return None;
    };
    let timestamp = timestamp(written, offset);
    if timestamp.is_none() {
        findings.report(&codes::OUT_OF_RANGE, entry.span(), format!("`{written}` is not in the calendar"));
    }
    timestamp
}

/// What to write in the place of a text.
fn moment_meant(entry: Setting<'_>, text: &str) -> String {
    if let Some(cure) = others::moment(entry.key(), entry.value()) {
        return cure;
    }
    let key = entry.key();
    match text.trim().parse::<Datetime>() {
        Ok(written) if written.offset.is_some() => format!("write it without quotes: `{key} = {}`", text.trim()),
        Ok(written) => {
            let complete = complete(&written);
            format!("write it without quotes and with its offset from UTC: `{key} = {complete}` (or `Z` for UTC)")
        }
        Err(_) => format!("write `{key} = 2026-12-01T00:00:00-03:00`"),
    }
}

/// A local date-time with what it lacks, for the reader to correct.
fn complete(written: &Datetime) -> Datetime {
    let midnight = toml::value::Time { hour: 0, minute: 0, second: Some(0), nanosecond: None };
    let time = written.time.unwrap_or(midnight);
    Datetime {
        date: written.date.or(Some(toml::value::Date { year: 2026, month: 12, day: 1 })),
        time: Some(toml::value::Time { second: Some(time.second.unwrap_or(0)), ..time }),
        offset: Some(Offset::Custom { minutes: -180 }),
    }
}

fn timestamp(written: &Datetime, offset: Offset) -> Option<Timestamp> {
    let (date, time) = (written.date?, written.time?);
    let date = jiff::civil::Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    );
    let time = jiff::civil::Time::new(
        i8::try_from(time.hour).ok()?,
        i8::try_from(time.minute).ok()?,
        i8::try_from(time.second.unwrap_or_default()).ok()?,
        i32::try_from(time.nanosecond.unwrap_or_default()).ok()?,
    );
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i32::from(minutes),
    };
    let offset = jiff::tz::Offset::from_seconds(minutes * 60).ok()?;
    let moment = offset.to_timestamp(date.ok()?.to_datetime(time.ok()?)).ok()?;
    Some(Timestamp(moment.as_nanosecond()))
}
