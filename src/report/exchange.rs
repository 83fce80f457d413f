//! Requests that `serve` answered: a line each, for people and for programs.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::layout::{BAD, FAINT, GOOD, KEY, PLAIN, STRONG, WARN, shown, styled};
use crate::route::{Definition, Origin, Side};
use crate::serve::{Exchange, Mapping};

/// Ids longer than this push what follows to the right.
const WIDEST_ID: usize = 28;
/// A path is cut after this many characters.
const LONGEST_PATH: usize = 120;
const REDIRECT: Style = AnsiColor::Cyan.on_default().bold();

/// The widths of the columns of a table's request lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    origin: usize,
    route: usize,
}

impl Columns {
    /// Wide enough for the ids of a table.
    #[must_use]
    pub fn of(definition: &Definition) -> Columns {
        let widest =
            |ids: &mut dyn Iterator<Item = &String>| ids.map(|id| id.width()).max().unwrap_or(1).min(WIDEST_ID);
        Columns {
            origin: widest(&mut definition.origins.iter().map(|origin| &origin.id)),
            route: widest(&mut definition.routes.iter().map(|route| &route.id)),
        }
    }
}

/// `200 GET     cms     promo-page   1.2 ms  /promo/x`, styled, with its line break. The query is never part of it.
#[must_use]
pub fn line(exchange: &Exchange, columns: Columns) -> String {
    let mut out = String::new();
    styled(&mut out, status_style(exchange.status), &exchange.status.to_string());
    let cells = [
        (STRONG, shown(&exchange.method).into_owned(), 7),
        (KEY, exchange.origin.as_deref().unwrap_or("-").to_owned(), columns.origin),
        (PLAIN, exchange.route.as_deref().unwrap_or("-").to_owned(), columns.route),
    ];
    for (style, text, width) in cells {
        out.push(' ');
        styled(&mut out, style, &text);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    }
    let took = time(exchange.took);
    out.extend(std::iter::repeat_n(' ', 10_usize.saturating_sub(took.width())));
    styled(&mut out, FAINT, &took);
    out.push_str("  ");
    out.push_str(&cut(&shown(&exchange.path)));
    if let Some(trouble) = &exchange.trouble {
        out.push_str("  ");
        styled(&mut out, WARN, &cut(&shown(trouble)));
    }
    out.push('\n');
    out
}

fn status_style(status: u16) -> Style {
    match status {
        0..=299 => GOOD,
        300..=399 => REDIRECT,
        400..=499 => WARN,
        _ => BAD,
    }
}

/// Three digits are as many as the eye takes in.
fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        s if s < 0.0995 => format!("{:.1} ms", s * 1e3),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 99.95 => format!("{s:.1} s"),
        s => format!("{s:.0} s"),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_PATH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// One exchange as JSON. Public: schema 1.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    status: u16,
    method: &'a str,
    host: Option<&'a str>,
    path: &'a str,
    origin: Option<&'a str>,
    route: Option<&'a str>,
    bytes: u64,
    milliseconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
}

/// The same as one line of JSON, with its line break.
///
/// # Errors
/// None that an exchange could cause.
pub fn json(exchange: &Exchange) -> serde_json::Result<String> {
    let micros = u32::try_from(exchange.took.as_micros()).unwrap_or(u32::MAX);
    let line = Line {
        schema: 1,
        status: exchange.status,
        method: &exchange.method,
        host: exchange.host.as_deref(),
        path: &exchange.path,
        origin: exchange.origin.as_deref(),
        route: exchange.route.as_deref(),
        bytes: exchange.bytes,
        milliseconds: f64::from(micros) / 1e3,
        trouble: exchange.trouble.as_deref(),
    };
    serde_json::to_string(&line).map(|line| line + "\n")
}

/// What `serve` says first: where it listens, by which table, and what plays each origin.
#[must_use]
pub fn banner(url: &str, table: &str, definition: &Definition, mapping: &Mapping) -> String {
    let mut out = String::new();
    styled(&mut out, STRONG, "crossfade serve");
    out.push_str("  ");
    styled(&mut out, KEY, url);
    let routes = super::layout::count(definition.routes.len(), "route");
    let _ = writeln!(out, "\n  {} · {routes}", shown(table));
    let width = definition.origins.iter().map(|origin| origin.id.width()).max().unwrap_or(0);
    for (at, origin) in definition.origins.iter().enumerate() {
        out.push_str("  ");
        styled(&mut out, STRONG, &origin.id);
        out.extend(std::iter::repeat_n(' ', width.saturating_sub(origin.id.width()) + 2));
        let player = mapping.get(&origin.id).map(ToString::to_string);
        let _ = write!(out, "{:6}  ", side(origin));
        match player {
            Some(target) => out.push_str(&shown(&target)),
            None => styled(&mut out, FAINT, "stand-in page"),
        }
        let marks = [(at == definition.default, "default"), (at == definition.configured, "configured")];
        for (_, mark) in marks.iter().filter(|(is, _)| *is) {
            out.push_str("  ");
            styled(&mut out, FAINT, mark);
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

fn side(origin: &Origin) -> &'static str {
    match origin.side {
        Side::Legacy => "legacy",
        Side::New => "new",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange() -> Exchange {
        Exchange {
            status: 200,
            method: "GET".to_owned(),
            host: Some("www.example.com".to_owned()),
            path: "/promo/\u{9b}x".to_owned(),
            origin: Some("cms".to_owned()),
            route: None,
            bytes: 5,
            took: Duration::from_micros(1_234),
            trouble: None,
        }
    }

    #[test]
    fn a_request_is_a_line_that_lines_up() {
        let columns = Columns { origin: 6, route: 5 };
        let failed = Exchange {
            status: 502,
            method: "PURGE".to_owned(),
            origin: Some("legacy".to_owned()),
            route: Some("a-very-long-id".to_owned()),
            took: Duration::from_millis(12_345),
            trouble: Some("no connection".to_owned()),
            path: "/".repeat(LONGEST_PATH + 1),
            ..exchange()
        };
        let rows = [
            (exchange(), "200 GET     cms    -        1.2 ms  /promo/\\u{9b}x\n".to_owned()),
            (failed, format!("502 PURGE   legacy a-very-long-id    12.3 s  {}…  no connection\n", "/".repeat(120))),
        ];
        for (exchange, expected) in rows {
            assert_eq!(anstream::adapter::strip_str(&line(&exchange, columns)).to_string(), expected);
        }
    }

    #[test]
    fn a_request_is_one_json_object() {
        let expected = concat!(
            r#"{"schema":1,"status":200,"method":"GET","host":"www.example.com","path":"/promo/"#,
            "\u{9b}",
            r#"x","origin":"cms","route":null,"bytes":5,"milliseconds":1.234}"#,
            "\n"
        );
        assert_eq!(json(&exchange()).unwrap(), expected);
    }

    #[test]
    fn times_have_three_digits() {
        let rows = [(0, "0.0 ms"), (49, "0.0 ms"), (1_250, "1.2 ms"), (99_600, "100 ms"), (1_000_000, "1.0 s")];
        for (micros, expected) in rows {
            assert_eq!(time(Duration::from_micros(micros)), expected);
        }
    }
}
