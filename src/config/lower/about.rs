//! `owner`, `ticket`, `added`, `expires` and `note`: what a route says for people and for the lints.

use toml::de::DeValue;

use crate::config::read::value::{Setting, TomlTable};
use crate::diagnostic::{Findings, codes};
use crate::route::About;
use crate::text::Day;

/// Lowers them.
pub(crate) fn lower(findings: &mut Findings, section: &TomlTable<'_>) -> About {
    let mut text = |key: &str| section.get(key)?.text(findings).map(|text| text.text.to_owned());
    let (owner, ticket, note) = (text("owner"), text("ticket"), text("note"));
    let mut day = |key: &str| section.get(key).and_then(|entry| Some((day(findings, entry)?, entry)));
    let (added, expires) = (day("added"), day("expires"));
    if let (Some((first, added)), Some((last, expires))) = (added, expires)
        && last < first
    {
        let message = format!("{} expires before it is added", section.name);
        findings
            .report(&codes::EXPIRES_BEFORE_ADDED, expires.span(), message)
            .also(added.span(), "added here")
            .help("correct one of the two");
    }
    let written = |day: Option<(Day, Setting<'_>)>| day.map(|(day, _)| day.to_string());
    About { owner, ticket, added: written(added), expires: written(expires), note }
}

/// A day, as a date of TOML or as text; `None` where it was reported.
fn day(findings: &mut Findings, entry: Setting<'_>) -> Option<Day> {
    let (text, is_date) = match entry.value() {
        DeValue::Datetime(written) => (written.to_string(), written.time.is_none() && written.offset.is_none()),
        DeValue::String(text) => (text.to_string(), is_date(text)),
        _ => return entry.wrong_type(findings, "a date such as `2026-11-30`"),
    };
    if let Some(day) = Day::parse(&text) {
        return Some(day);
    }
    let key = entry.key();
    if is_date {
        let report = findings.report(&codes::OUT_OF_RANGE, entry.span(), format!("`{text}` is not in the calendar"));
        report.help(format!("write a day of the calendar: `{key} = 2026-11-30`"));
        return None;
    }
    let cure = Day::guess(&text).map_or_else(|| "2026-11-30".to_owned(), |day| day.to_string());
    findings
        .report(&codes::WRONG_TYPE, entry.span(), format!("`{key}` must be a date, not `{text}`"))
        .help(format!("write year, month and day: `{key} = {cure}`"));
    None
}

/// Whether a text has the form of a date, whatever its numbers are.
fn is_date(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [4, 2, 2] && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}
