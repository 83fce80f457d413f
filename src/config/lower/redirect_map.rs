//! `redirect_map`: a CSV file of exact paths and where each goes.

use std::collections::HashMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::diagnostic::{Diagnostic, Label, Span};
use crate::route::Canonical;
use crate::route::pattern::MapRow;

use crate::config::lower::actions::REDIRECTS;
use crate::config::lower::targets::{check_literal, to_ascii};
use crate::config::read::context::Context;
use crate::config::read::document::decode;
use crate::config::read::files::MAX_MAP;
use crate::config::read::include::{report_bad_name, resolve};
use crate::config::read::value::Text;
use crate::diagnostic::codes::{self, Code};

/// Findings shown of one map; the rest is counted.
const MAX_FINDINGS: usize = 100;
/// Longest source, bytes: a request's URL has no more.
const MAX_SOURCE: usize = 8_192;

/// Reads the map that a route names; `None` where a finding stands in its way.
pub(crate) fn lower(context: &mut Context<'_>, canonical: &Canonical, name: &Text<'_>) -> Option<Vec<MapRow>> {
    let from = context.sources.files().get(context.file).map_or("", |file| file.name.as_str());
    let resolved = match resolve(from, name.text) {
        Ok(resolved) => resolved,
        Err(why) => {
            report_bad_name(context, name, why);
            return None;
        }
    };
    let bytes = match context.read(&resolved, MAX_MAP) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("the redirect map `{resolved}` cannot be read: {error}");
            context
                .report(&codes::UNREADABLE, name.span.clone(), message)
                .help("maps are found beside the file that names them");
            return None;
        }
    };
    let (mut text, broken) = decode(bytes);
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    let file = context.sources.files().len();
    if let Some(at) = broken {
        context.sources.add(&resolved, text);
        let whose = std::mem::replace(&mut context.file, file);
        context.report(&codes::NOT_UTF8, at, format!("`{resolved}` is not UTF-8")).help("save it as UTF-8");
        context.file = whose;
        return None;
    }
    let Map { rows, findings, met, .. } = Map::read(&text, file, canonical);
    context.map_rows += met;
    let fine = findings.is_empty();
    context.sources.add(&resolved, text);
    context.extend(findings);
    if rows.is_empty() && fine {
        context
            .report(&codes::EMPTY_MAP, name.span.clone(), format!("the redirect map `{resolved}` has no row"))
            .help("a row is `from,to` or `from,to,status`");
    }
    fine.then_some(rows)
}

/// The rows of a map and what is wrong with them.
struct Map<'t> {
    file: usize,
    text: &'t str,
    rows: Vec<MapRow>,
    /// Rows met, malformed ones too.
    met: usize,
    /// Where each source was first.
    sources: HashMap<String, Range<usize>>,
    findings: Vec<Diagnostic>,
    /// How many findings are not shown, and where the first of them is.
    hidden: usize,
    hidden_from: Range<usize>,
}

/// A row that was read: its place and its cells.
struct Row<'r> {
    span: Range<usize>,
    line: u32,
    cells: Vec<&'r str>,
}

impl<'t> Map<'t> {
    /// Reads all rows. O(bytes).
    fn read(text: &'t str, file: usize, canonical: &Canonical) -> Map<'t> {
        let mut map = Map {
            file,
            text,
            rows: Vec::new(),
            met: 0,
            sources: HashMap::new(),
            findings: Vec::new(),
            hidden: 0,
            hidden_from: 0..0,
        };
        map.read_rows(canonical);
        if map.hidden > 0 {
            let message = format!("and {} more findings in this map", map.hidden);
            let label = Label { span: Span { file, range: map.hidden_from.clone() }, text: "from here on".to_owned() };
            map.findings.push(finding(&codes::MORE_ROWS, message, label));
        }
        map
    }

    fn read_rows(&mut self, canonical: &Canonical) {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All);
        let mut reader = builder.comment(Some(b'#')).from_reader(self.text.as_bytes());
        let mut record = StringRecord::new();
        let mut places = Places::new(self.text);
        let mut is_first = true;
        loop {
            let before = byte(reader.position());
            let more = reader.read_record(&mut record);
            if !more.expect("rows of any length, of UTF-8 in memory, can be read") {
                return;
            }
            let (span, line) = places.row(before, byte(reader.position()));
            let cells: Vec<&str> = record.iter().collect();
            let is_header = is_first && is_header(&cells);
            is_first = false;
            if !is_header && !cells.iter().all(|cell| cell.is_empty()) {
                self.met += 1;
                self.row(canonical, &Row { span, line, cells });
            }
        }
    }

    fn row(&mut self, canonical: &Canonical, row: &Row<'_>) {
        let (from, to, status) = match row.cells.as_slice() {
            [from, to] => (*from, *to, ""),
            [from, to, status] => (*from, *to, *status),
            cells => {
                let message = format!("a row has {} column{}", cells.len(), if cells.len() == 1 { "" } else { "s" });
                let help = "a row is `from,to` or `from,to,status`; a cell that holds a comma is put in double quotes";
                return self.report(&codes::ROW_COLUMNS, row.span.clone(), message, &[help]);
            }
        };
        let source = self.source(canonical, row, from);
        let target = self.target(row, to);
        let status = self.status(row, status);
        if let (Some(from), Some(()), Some(status)) = (source, target, status) {
            self.rows.push(MapRow { from, to: to_ascii(to), status, line: row.line });
        }
    }

    fn source(&mut self, canonical: &Canonical, row: &Row<'_>, from: &str) -> Option<String> {
        let at = self.cell(row, from);
        if let Some((message, help)) = source_fault(from) {
            self.report(&codes::ROW_SOURCE, at, message, &[&help]);
            return None;
        }
        let normal = canonical.normalize(from).as_str().to_owned();
        if let Some(first) = self.sources.get(&normal).cloned() {
            self.duplicate(at, &normal, first);
            return None;
        }
        self.sources.insert(normal.clone(), at);
        Some(normal)
    }

    fn duplicate(&mut self, at: Range<usize>, normal: &str, first: Range<usize>) {
        if self.is_full(&at) {
            return;
        }
        let label = Label { span: Span { file: self.file, range: at }, text: String::new() };
        let mut diagnostic = finding(&codes::ROW_DUPLICATE, format!("two rows have the source `{normal}`"), label);
        diagnostic
            .labels
            .push(Label { span: Span { file: self.file, range: first }, text: "the first one".to_owned() });
        diagnostic.help.push("keep one; sources are compared in normal form".to_owned());
        self.findings.push(diagnostic);
    }

    fn target(&mut self, row: &Row<'_>, to: &str) -> Option<()> {
        let Err(fault) = check_literal(to) else { return Some(()) };
        let help: Vec<&str> = fault.help.iter().map(String::as_str).collect();
        let mut at = self.cell(row, to);
        if at.len() == to.len() && !to.is_empty() {
            at = at.start + fault.part.start..at.start + fault.part.end;
        }
        self.report(&codes::ROW_TARGET, at, fault.message.clone(), &help);
        None
    }

    /// The row's own status; outer `None` where it was reported.
    fn status(&mut self, row: &Row<'_>, status: &str) -> Option<Option<u16>> {
        if status.is_empty() {
            return Some(None);
        }
        let known = status.parse::<u16>().ok().filter(|status| REDIRECTS.contains(status));
        if known.is_none() {
            let message = format!("`{status}` is not the status of a redirect");
            let help = "use 301, 302, 303, 307 or 308, or leave the cell empty for the route's `status`";
            self.report(&codes::ROW_STATUS, self.cell(row, status), message, &[help]);
        }
        known.map(Some)
    }

    /// Where a cell is: the row where quotes hide it.
    fn cell(&self, row: &Row<'_>, cell: &str) -> Range<usize> {
        let written = self.text.get(row.span.clone()).unwrap_or_default();
        let start = match row.cells.last() {
            // The last cell could also be found inside an earlier one.
            Some(last) if *last == cell && row.cells.len() > 1 => written.rfind(cell),
            _ => written.find(cell),
        };
        match start {
            Some(at) if !cell.is_empty() => row.span.start + at..row.span.start + at + cell.len(),
            _ => row.span.clone(),
        }
    }

    fn report(&mut self, code: &'static Code, span: Range<usize>, message: String, help: &[&str]) {
        if self.is_full(&span) {
            return;
        }
        let mut diagnostic =
            finding(code, message, Label { span: Span { file: self.file, range: span }, text: String::new() });
        diagnostic.help.extend(help.iter().map(|help| (*help).to_owned()));
        self.findings.push(diagnostic);
    }

    /// Whether no more is shown; then it is counted.
    fn is_full(&mut self, span: &Range<usize>) -> bool {
        let full = self.findings.len() >= MAX_FINDINGS;
        if full {
            if self.hidden == 0 {
                self.hidden_from = span.clone();
            }
            self.hidden += 1;
        }
        full
    }
}

fn finding(code: &Code, message: String, label: Label) -> Diagnostic {
    Diagnostic {
        code: code.code,
        severity: code.severity,
        message,
        labels: vec![label],
        witness: None,
        help: Vec::new(),
    }
}

fn is_header(cells: &[&str]) -> bool {
    let names = ["from", "to", "status"];
    (2..=3).contains(&cells.len()) && cells.iter().zip(names).all(|(cell, name)| cell.eq_ignore_ascii_case(name))
}

fn source_fault(from: &str) -> Option<(String, String)> {
    let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    if from.is_empty() {
        return Some(("a row has no source".to_owned(), "write the path that is redirected".to_owned()));
    }
    if from.len() > MAX_SOURCE {
        return Some((
            format!("a source of {} bytes is longer than any request's path", from.len()),
            "check the row's quotes".to_owned(),
        ));
    }
    if let Some((_, rest)) = from.split_once("://") {
        let after = path(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
        let help = format!("write the path, `{after}`; the host is the route's `host`");
        return Some(("a source is a path, without scheme and host".to_owned(), help));
    }
    if from.contains(['?', '#']) {
        let help = format!("write `{}`; for one query write a route with `path` and `query`", path(from));
        return Some(("a source ends before `?` and `#`".to_owned(), help));
    }
    if !from.starts_with('/') {
        return Some(("a source begins with `/`".to_owned(), format!("write `/{from}`")));
    }
    if from.chars().any(char::is_control) {
        return Some((
            "a source holds a line end or another control character".to_owned(),
            "check the row's quotes".to_owned(),
        ));
    }
    None
}

fn byte(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// Turns the reader's positions, which include the comments and blank lines before a row, into rows and lines.
struct Places<'t> {
    text: &'t str,
    /// Up to where lines are counted, and how many there were.
    counted: usize,
    line: u32,
}

impl<'t> Places<'t> {
    fn new(text: &'t str) -> Places<'t> {
        Places { text, counted: 0, line: 1 }
    }

    /// The bytes and the line of the row that ends at `end`. Together O(bytes).
    fn row(&mut self, start: usize, end: usize) -> (Range<usize>, u32) {
        let end = end.min(self.text.len());
        let mut start = start.min(end);
        let rest = |start: usize| self.text.get(start..end).unwrap_or_default();
        while rest(start).starts_with(['#', '\n', '\r']) {
            start += rest(start).find('\n').map_or(rest(start).len(), |at| at + 1);
        }
        let breaks =
            self.text.as_bytes().get(self.counted..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n');
        self.line = self.line.saturating_add(u32::try_from(breaks.count()).unwrap_or(u32::MAX));
        self.counted = self.counted.max(start);
        let row = rest(start).trim_end();
        (start..start + row.len(), self.line)
    }
}
