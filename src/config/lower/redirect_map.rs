//! `redirect_map`: a CSV file of exact paths and where each goes.

use std::collections::HashMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::config::lower::actions::REDIRECTS;
use crate::config::lower::fault::Fault;
use crate::config::lower::foreign::{self, rows::MapText};
use crate::config::lower::targets::{check_literal, to_ascii};
use crate::config::read::document::{decode, report_not_utf8};
use crate::config::read::files::MAX_MAP;
use crate::config::read::include::{report_bad_name, resolve};
use crate::config::read::reader::Reader;
use crate::config::read::value::TextValue;
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Report, Span};
use crate::platform::limits::MAX_URL;
use crate::route::Canonical;
use crate::route::pattern::MapRow;

/// Findings shown of one map; the rest is counted.
const MAX_FINDINGS: usize = 100;

/// What was read of a map.
pub(crate) struct MapRead {
    /// Rows met, malformed ones too.
    pub(crate) met: usize,
    /// All rows; `None` where something is wrong with one.
    pub(crate) rows: Option<Vec<MapRow>>,
}

/// Reads the map that a route names; `None` where it cannot be read.
pub(crate) fn lower(
    reader: &mut Reader<'_>,
    findings: &mut Findings,
    canonical: &Canonical,
    name: &TextValue<'_>,
) -> Option<MapRead> {
    let from = reader.sources.files().get(name.span.file).map_or("", |file| file.name.as_str());
    let resolved = resolve(from, name.text).map_err(|why| report_bad_name(findings, name, why)).ok()?;
    let text = text(reader, findings, &resolved, &name.span)?;
    let file = reader.sources.files().len();
    let read = Map::new(&text, file, canonical, findings).read();
    foreign::rows::check(findings, MapText { file, text: &text }, read.rows.as_deref().unwrap_or_default(), canonical);
    reader.sources.add(&resolved, text);
    if read.rows.as_ref().is_some_and(Vec::is_empty) {
        findings
            .report(&codes::EMPTY_MAP, name.span.clone(), format!("the redirect map `{resolved}` has no rows"))
            .help("a row is `from,to` or `from,to,status`");
    }
    Some(read)
}

/// The text of a map, without a byte order mark; `None` where it cannot be read.
fn text(reader: &mut Reader<'_>, findings: &mut Findings, name: &str, named_at: &Span) -> Option<String> {
    let bytes = match reader.read(name, MAX_MAP) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings
                .report(&codes::UNREADABLE, named_at.clone(), format!("cannot read the redirect map `{name}`: {error}"))
                .help("paths are relative to the file that names the map");
            return None;
        }
    };
    let (mut text, broken) = decode(bytes);
    if let Some(range) = broken {
        let file = reader.sources.add(name, text);
        report_not_utf8(findings, name, Span { file, range });
        return None;
    }
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Some(text)
}

/// A map that is being read.
struct Map<'t> {
    text: &'t str,
    file: usize,
    canonical: &'t Canonical,
    findings: &'t mut Findings,
    rows: Vec<MapRow>,
    /// Rows met, malformed ones too.
    met: usize,
    /// Where each source was first.
    sources: HashMap<String, Range<usize>>,
    /// How many findings were made.
    found: usize,
    /// Where the first finding is that is not shown.
    hidden_from: Option<Range<usize>>,
}

/// A row that was read: its place and its cells.
struct CsvRow<'r> {
    span: Range<usize>,
    line: u32,
    cells: Vec<&'r str>,
}

impl<'t> Map<'t> {
    fn new(text: &'t str, file: usize, canonical: &'t Canonical, findings: &'t mut Findings) -> Map<'t> {
        let (rows, sources) = (Vec::new(), HashMap::new());
        Map { text, file, canonical, findings, rows, met: 0, sources, found: 0, hidden_from: None }
    }

    /// Reads all rows. O(bytes).
    fn read(mut self) -> MapRead {
        self.read_rows();
        if let Some(range) = self.hidden_from {
            let message = format!("and {} more findings in this map", self.found - MAX_FINDINGS);
            self.findings.report(&codes::MORE_ROWS, Span { file: self.file, range }, message).label("starting here");
        }
        MapRead { met: self.met, rows: (self.found == 0).then_some(self.rows) }
    }

    fn read_rows(&mut self) {
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
                self.row(&CsvRow { span, line, cells });
            }
        }
    }

    fn row(&mut self, row: &CsvRow<'_>) {
        let (from, to, status) = match row.cells.as_slice() {
            [from, to] => (*from, *to, ""),
            [from, to, status] => (*from, *to, *status),
            cells => {
                let message = format!("the row has {} column{}", cells.len(), if cells.len() == 1 { "" } else { "s" });
                let help = "a row is `from,to` or `from,to,status`; a cell that holds a comma is put in double quotes";
                self.report(&codes::ROW_COLUMNS, row.span.clone(), message).help(help);
                return;
            }
        };
        let source = self.source(row, from);
        let target = self.target(row, to);
        let status = self.status(row, status);
        if let (Some(from), Some(()), Some(status)) = (source, target, status) {
            self.rows.push(MapRow { from, to: to_ascii(to), status, line: row.line });
        }
    }

    fn source(&mut self, row: &CsvRow<'_>, from: &str) -> Option<String> {
        if let Some(fault) = source_fault(from) {
            fault.report(|code, part, message| self.report(code, self.part(row, from, part), message));
            return None;
        }
        let at = self.cell(row, from);
        let normal = self.canonical.normalize(from).as_str().to_owned();
        if let Some(first) = self.sources.get(&normal) {
            let first = Span { file: self.file, range: first.clone() };
            self.report(&codes::ROW_DUPLICATE, at, format!("two rows have the source `{normal}`"))
                .also(first, "the first one")
                .help("keep one; sources are compared in normal form");
            return None;
        }
        self.sources.insert(normal.clone(), at);
        Some(normal)
    }

    fn target(&mut self, row: &CsvRow<'_>, to: &str) -> Option<()> {
        let Err(fault) = check_literal(to) else { return Some(()) };
        fault.report(|_, part, message| self.report(&codes::ROW_TARGET, self.part(row, to, part), message));
        None
    }

    /// Where a part of a cell is: the whole of it where quotes hide it.
    fn part(&self, row: &CsvRow<'_>, cell: &str, part: Range<usize>) -> Range<usize> {
        let at = self.cell(row, cell);
        let is_literal = at.len() == cell.len() && part.end <= cell.len() && !cell.is_empty();
        if is_literal { at.start + part.start..at.start + part.end } else { at }
    }

    /// The row's own status; outer `None` where it was reported.
    fn status(&mut self, row: &CsvRow<'_>, status: &str) -> Option<Option<u16>> {
        if status.is_empty() {
            return Some(None);
        }
        let known = status.parse::<u16>().ok().filter(|status| REDIRECTS.contains(status));
        if known.is_none() {
            let message = format!("`{status}` is not the status of a redirect");
            let help = "use 301, 302, 303, 307 or 308, or leave the cell empty for the route's `status`";
            self.report(&codes::ROW_STATUS, self.cell(row, status), message).help(help);
        }
        known.map(Some)
    }

    /// Where a cell is: the row where quotes hide it.
    fn cell(&self, row: &CsvRow<'_>, cell: &str) -> Range<usize> {
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

    /// Reports a finding; one too many is counted.
    fn report(&mut self, code: &'static Code, range: Range<usize>, message: String) -> Report<'_> {
        self.found += 1;
        if self.found > MAX_FINDINGS {
            self.hidden_from.get_or_insert(range);
            return Report::unlisted();
        }
        self.findings.report(code, Span { file: self.file, range }, message)
    }
}

fn is_header(cells: &[&str]) -> bool {
    let names = ["from", "to", "status"];
    (2..=3).contains(&cells.len()) && cells.iter().zip(names).all(|(cell, name)| cell.eq_ignore_ascii_case(name))
}

fn source_fault(from: &str) -> Option<Fault> {
    let whole = |message: &str| Fault::whole(&codes::ROW_SOURCE, message);
    let from_here = |at: usize, message: &str| Fault::new(&codes::ROW_SOURCE, at..from.len(), message);
    let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let fault = if from.is_empty() {
        whole("the row has no source").help("write the path that is redirected")
    } else if from.len() > MAX_URL {
        let message = format!("the source has {} bytes, more than any request's path", from.len());
        whole(&message).help("check the row's quotes")
    } else if let Some((_, rest)) = from.split_once("://") {
        let after = path(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
        let help = format!("write the path, `{after}`; the host is the route's `host`");
        whole("the source has a scheme and a host").help(help)
    } else if let Some(at) = from.find(['?', '#']) {
        let help = format!("write `{}`; for one query write a route with `path` and `query`", path(from));
        from_here(at, "the source has `?` or `#`, which no path has").help(help)
    } else if !from.starts_with('/') {
        whole("the source does not begin with `/`").help(format!("write `/{from}`"))
    } else {
        let at = from.find(char::is_control)?;
        from_here(at, "the source has a line end or another control character").help("check the row's quotes")
    };
    Some(fault)
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
