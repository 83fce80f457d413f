//! Requests that `serve` answered: a line each, for people and for programs.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::numbers::count;
use super::sheet::{BAD, FAINT, GOOD, Grid, KEY, PLAIN, STRONG, Sheet, WARN, cell, number};
use super::{Present, text};
use crate::route::Definition;
use crate::serve::{Exchange, Mapping, ServedBehavior};

/// Ids longer than this push what follows to the right.
const WIDEST_ID: usize = 28;
/// A method is cut after this many characters: the longest that is registered has 17.
const LONGEST_METHOD: usize = 20;
/// A path is cut after this many characters.
const LONGEST_PATH: usize = 120;
/// So are words on what went wrong, which may hold a path.
const LONGEST_TROUBLE: usize = 200;
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

/// One exchange among many.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The exchange.
    pub exchange: &'a Exchange,
    /// What its line has to fit.
    pub columns: Columns,
}

#[derive(Serialize)]
struct ExchangeJson<'a> {
    status: u16,
    method: &'a str,
    host: Option<&'a str>,
    path: &'a str,
    origin: Option<&'a str>,
    route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    behavior: Option<&'a ServedBehavior>,
    bytes: u64,
    milliseconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
}

impl Present for Served<'_> {
    /// `200  GET      cms     promo-page   1.2 ms  /promo/x`. The query is never part of it.
    fn text(&self, sheet: &mut Sheet) {
        let Served { exchange, columns } = self;
        let status = if exchange.status == 0 { "-".to_owned() } else { exchange.status.to_string() };
        let mut grid = Grid::of_widths(vec![3, 7, columns.origin, columns.route, 7]);
        let cells = [
            cell(status_style(exchange.status), status),
            cell(STRONG, cut(or_dash(&exchange.method), LONGEST_METHOD)),
            cell(KEY, exchange.origin.as_deref().unwrap_or("-")),
            cell(PLAIN, exchange.route.as_deref().unwrap_or("-")),
            number(FAINT, time(exchange.took)),
            cell(PLAIN, cut(or_dash(&exchange.path), LONGEST_PATH)),
        ];
        let behavior = exchange.behavior.as_ref().map(|behavior| cell(FAINT, behavior_words(behavior)));
        let trouble = exchange.trouble.as_deref().map(|trouble| cell(WARN, cut(trouble, LONGEST_TROUBLE)));
        grid.row(cells.into_iter().chain(behavior).chain(trouble));
        sheet.grid(0, grid);
    }

    fn json(&self) -> impl Serialize {
        let exchange = self.exchange;
        let micros = u32::try_from(exchange.took.as_micros()).unwrap_or(u32::MAX);
        ExchangeJson {
            status: exchange.status,
            method: &exchange.method,
            host: exchange.host.as_deref(),
            path: &exchange.path,
            origin: exchange.origin.as_deref(),
            route: exchange.route.as_deref(),
            behavior: exchange.behavior.as_ref(),
            bytes: exchange.bytes,
            milliseconds: f64::from(micros) / 1e3,
            trouble: exchange.trouble.as_deref(),
        }
    }
}

fn behavior_words(behavior: &ServedBehavior) -> String {
    let pattern = behavior.path_pattern.as_deref().unwrap_or("default");
    let note = if behavior.not_routed { ": the router does not run here" } else { "" };
    format!("behavior {pattern}{note}")
}

fn status_style(status: u16) -> Style {
    match status {
        1..=299 => GOOD,
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

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What `serve` says of a table that was read again.
#[must_use]
pub fn reloaded(routes: usize) -> String {
    let mut sheet = Sheet::new(usize::MAX);
    sheet.line([cell(GOOD, "reloaded"), cell(PLAIN, format!(": {}", count(routes, "route")))]);
    text::write(&sheet)
}

/// What `serve` says when it is told to end and requests are under way.
#[must_use]
pub fn ending(open: usize, limit: Duration) -> String {
    let (open, limit) = (count(open, "open request"), limit.as_secs());
    format!("waiting for {open}, {limit} s at most; Ctrl-C again ends now\n")
}

/// A line that warns.
#[must_use]
pub fn warning(what: &str) -> String {
    let mut sheet = Sheet::new(usize::MAX);
    sheet.line([cell(WARN, "warning"), cell(PLAIN, format!(": {what}"))]);
    text::write(&sheet)
}

/// What `serve` says first: where it listens, by which table, and what plays each origin.
#[must_use]
pub fn banner(url: &str, table: &str, definition: &Definition, mapping: &Mapping) -> String {
    let mut sheet = Sheet::new(usize::MAX);
    sheet.line([cell(STRONG, "crossfade serve"), cell(PLAIN, "  "), cell(KEY, url)]);
    sheet.line([cell(PLAIN, format!("  {table} · {}", count(definition.routes.len(), "route")))]);
    let mut grid = Grid::new();
    let is_configured = |at| definition.behaviors.all().any(|behavior| behavior.configured == at);
    for (at, origin) in definition.origins.iter().enumerate() {
        let player = match mapping.get(&origin.id) {
            Some(target) => cell(PLAIN, target.to_string()),
            None => cell(FAINT, "stand-in page"),
        };
        let marks = [(at == definition.default, "default"), (is_configured(at), "configured")];
        let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| cell(FAINT, mark));
        grid.row([cell(STRONG, &origin.id), cell(PLAIN, origin.side.name()), player].into_iter().chain(marks));
    }
    sheet.grid(2, grid);
    sheet.line([]);
    text::write(&sheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;

    fn line(exchange: &Exchange, format: Format) -> String {
        format.line(&Served { exchange, columns: Columns { origin: 6, route: 5 } }).unwrap()
    }

    fn exchange() -> Exchange {
        Exchange {
            status: 200,
            method: "GET".to_owned(),
            host: Some("www.example.com".to_owned()),
            path: "/promo/\u{9b}x".to_owned(),
            origin: Some("cms".to_owned()),
            route: None,
            behavior: None,
            bytes: 5,
            took: Duration::from_micros(1_234),
            trouble: None,
        }
    }

    #[test]
    fn a_request_is_a_line_that_lines_up() {
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
        let behavior = |path_pattern: Option<&str>, not_routed| {
            let path_pattern = path_pattern.map(str::to_owned);
            Some(ServedBehavior { path_pattern, configured_origin: "cms".to_owned(), not_routed })
        };
        let long = Exchange { status: 405, method: "M".repeat(9_000), path: "/x".to_owned(), ..exchange() };
        let unread = Exchange { trouble: Some("127.0.0.1:9 left".to_owned()), ..Exchange::default() };
        let placed = Exchange { path: "/x".to_owned(), behavior: behavior(None, false), ..exchange() };
        let passed = Exchange { behavior: behavior(Some("/api/*"), true), ..placed.clone() };
        let rows = [
            (placed, "200  GET      cms     -       1.2 ms  /x  behavior default\n".to_owned()),
            (
                passed,
                "200  GET      cms     -       1.2 ms  /x  behavior /api/*: the router does not run here\n".to_owned(),
            ),
            (exchange(), "200  GET      cms     -       1.2 ms  /promo/\\u{9b}x\n".to_owned()),
            (long, "405  MMMMMMMMMMMMMMMMMMMM…  cms     -       1.2 ms  /x\n".to_owned()),
            (unread, "-    -        -       -       0.0 ms  -  127.0.0.1:9 left\n".to_owned()),
            (failed, format!("502  PURGE    legacy  a-very-long-id   12.3 s  {}…  no connection\n", "/".repeat(120))),
        ];
        for (exchange, expected) in rows {
            assert_eq!(anstream::adapter::strip_str(&line(&exchange, Format::Text)).to_string(), expected);
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
        assert_eq!(line(&exchange(), Format::Json), expected);
    }

    #[test]
    fn what_is_waited_for_is_counted() {
        let rows = [(1, "waiting for 1 open request, 10 s"), (2, "waiting for 2 open requests, 10 s")];
        for (open, begin) in rows {
            assert!(ending(open, Duration::from_secs(10)).starts_with(begin));
        }
    }

    #[test]
    fn times_have_three_digits() {
        let rows = [(0, "0.0 ms"), (49, "0.0 ms"), (1_250, "1.2 ms"), (99_600, "100 ms"), (1_000_000, "1.0 s")];
        for (micros, expected) in rows {
            assert_eq!(time(Duration::from_micros(micros)), expected);
        }
    }
}
