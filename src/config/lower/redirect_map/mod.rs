//! `redirect_map`: a CSV file of exact paths and where each goes.
//!
//! [`columns`] says which cell is what, [`sources`] what a `from` stands for, [`answers`] where its row leads, [`cells`]
//! where a cell is written.

mod answers;
mod cells;
mod columns;
mod sources;

use std::collections::HashMap;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};

use self::cells::{CsvRow, Places, unclosed_quote};
use self::columns::{FirstRow, MapColumns};
use self::sources::{RowSource, Uncovered};
use crate::config::lower::conditions::{NamedFact, plain_name};
use crate::config::lower::distinct::Distinct;
use crate::config::lower::fault::Fault;
use crate::config::lower::targets::to_ascii;
use crate::config::read::document::{decode, report_not_utf8};
use crate::config::read::files::MAX_MAP;
use crate::config::read::include::{report_bad_name, resolve};
use crate::config::read::reader::Reader;
use crate::config::read::value::{TextValue, TomlTable};
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Findings, Report, Span};
use crate::route::Canonical;
use crate::route::pattern::{MapRow, RedirectMap};

/// Findings shown of one map; the rest is counted.
const MAX_FINDINGS: usize = 100;

/// What a route says of its map.
pub(crate) struct WrittenMap<'w> {
    /// The name of the file.
    pub(crate) file: TextValue<'w>,
    /// `map_query`.
    names: Vec<String>,
}

impl<'w> WrittenMap<'w> {
    /// Of a route; `None` where its `map_query` was reported.
    pub(crate) fn of(findings: &mut Findings, section: &TomlTable<'w>, file: TextValue<'w>) -> Option<Self> {
        let mut names = Distinct::new();
        let mut is_fine = true;
        for text in section.get("map_query").map(|entry| entry.some_texts(findings)).unwrap_or_default() {
            match plain_name(findings, NamedFact::Query, text.text, text.span.clone()) {
                Some(name) => names.push(findings, name, &text),
                None => is_fine = false,
            }
        }
        let is_said = section.get("map_query").is_some();
        (is_fine && is_said != names.values.is_empty()).then_some(WrittenMap { file, names: names.values })
    }
}

/// What was read of a map.
pub(crate) struct MapRead {
    /// Rows met, malformed ones too.
    pub(crate) met: usize,
    /// All rows; `None` where something is wrong with one.
    pub(crate) map: Option<RedirectMap>,
}

/// Reads the map that a route names; `None` where it cannot be read.
pub(crate) fn lower(
    reader: &mut Reader<'_>,
    findings: &mut Findings,
    canonical: &Canonical,
    written: WrittenMap<'_>,
) -> Option<MapRead> {
    let WrittenMap { file: name, names } = written;
    let from = reader.sources.files().get(name.span.file).map_or("", |file| file.name.as_str());
    let resolved = resolve(from, name.text).map_err(|why| report_bad_name(findings, &name, why)).ok()?;
    let text = text(reader, findings, &resolved, &name.span)?;
    let file = reader.sources.files().len();
    let read = Map::new(&text, canonical, names, MapFindings::new(file, findings)).read();
    reader.sources.add(&resolved, text);
    if read.map.as_ref().is_some_and(|map| map.rows.is_empty()) {
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
    if let Some(broken) = broken {
        let file = reader.sources.add(name, text);
        report_not_utf8(findings, name, file, broken);
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
    canonical: &'t Canonical,
    findings: MapFindings<'t>,
    map: RedirectMap,
    columns: MapColumns,
    /// Rows met, malformed ones too.
    met: usize,
    /// Where each key was first.
    keys: HashMap<String, Range<usize>>,
    /// Parameters that rows ask for and the route does not name.
    uncovered: Uncovered,
}

impl<'t> Map<'t> {
    fn new(text: &'t str, canonical: &'t Canonical, names: Vec<String>, findings: MapFindings<'t>) -> Map<'t> {
        let (map, keys) = (RedirectMap { rows: Vec::new(), names }, HashMap::new());
        let (columns, uncovered) = (MapColumns::default(), Uncovered::default());
        Map { text, canonical, findings, map, columns, met: 0, keys, uncovered }
    }

    /// Reads all rows. O(bytes).
    fn read(mut self) -> MapRead {
        self.read_rows();
        if let Some((range, fault)) = std::mem::take(&mut self.uncovered).fault(&self.map.names) {
            fault.report(|code, _, message| self.findings.report(code, range, message));
        }
        let is_fine = self.findings.finish();
        MapRead { met: self.met, map: is_fine.then_some(self.map) }
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
            let row = places.row(before, byte(reader.position()), record.iter().collect());
            if row.cells.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            if let Some(quote) = unclosed_quote(row.written) {
                self.report_quote(row.span.start + quote);
            } else if !std::mem::take(&mut is_first) || self.is_a_row(&row) {
                self.met += 1;
                self.row(&row);
            } else if self.columns == MapColumns::UNKNOWN {
                return;
            }
        }
    }

    /// Whether the first row is one like any other; else it says what the columns are, or is reported.
    fn is_a_row(&mut self, row: &CsvRow<'_>) -> bool {
        let (columns, fault) = match FirstRow::of(&row.cells) {
            FirstRow::Row => return true,
            FirstRow::Header(columns) => (columns, None),
            FirstRow::Faulty(columns, fault) => (columns, Some(fault)),
        };
        self.columns = columns;
        if let Some(fault) = fault {
            fault.report(|code, _, message| self.findings.report(code, row.span.clone(), message));
        }
        false
    }

    fn report_quote(&mut self, at: usize) {
        let message = "the quote that opens this cell is not closed";
        self.findings
            .report(&codes::QUOTE_NOT_CLOSED, at..at + 1, message.to_owned())
            .label("all that follows is read as one cell")
            .help("close it where the cell ends; a quote that is part of a text is doubled: `\"\"`");
    }

    fn row(&mut self, row: &CsvRow<'_>) {
        let [from, to, status] = match self.columns.cells_of(&row.cells) {
            Ok(columns) => columns,
            Err(fault) => {
                fault.report(|code, _, message| self.findings.report(code, row.span.clone(), message));
                return;
            }
        };
        let source = self.source(row, from);
        let status = self.checked(row, status, answers::status(row.text(status)));
        let target = row.text(to);
        let known = status.map(|status| answers::check_target(target, status));
        let leads = known.and_then(|known| self.checked(row, to, known));
        if let (Some(from), Some(()), Some(status)) = (source, leads, status) {
            self.map.rows.push(MapRow { from, to: to_ascii(target), status, line: row.line });
        }
    }

    fn source(&mut self, row: &CsvRow<'_>, column: usize) -> Option<String> {
        let read = RowSource::read(row.text(column), self.canonical, &self.map.names);
        let RowSource { from, key, uncovered } = self.checked(row, column, read)?;
        let at = row.place(column);
        if !uncovered.is_empty() {
            let cell = row.text(column);
            let query = cell.find('?').unwrap_or_default()..cell.len();
            self.uncovered.add(uncovered, row.part(column, query));
            return None;
        }
        if let Some(first) = self.keys.get(&key) {
            let first = self.findings.span(first.clone());
            self.findings
                .report(&codes::ROW_DUPLICATE, at, format!("two rows have the source `{from}`"))
                .also(first, "the first one")
                .help("keep one; sources are compared in normal form");
            return None;
        }
        self.keys.insert(key, at);
        Some(from)
    }

    /// What became of a cell; `None` where it has a fault, which is reported.
    fn checked<T>(&mut self, row: &CsvRow<'_>, column: usize, made: Result<T, Fault>) -> Option<T> {
        let fault = match made {
            Ok(made) => return Some(made),
            Err(fault) => fault,
        };
        fault.report(|code, part, message| self.findings.report(code, row.part(column, part), message));
        None
    }
}

/// The findings of one map.
struct MapFindings<'f> {
    file: usize,
    findings: &'f mut Findings,
    /// How many were made.
    found: usize,
    /// Where the first one is that is not shown.
    hidden_from: Option<Range<usize>>,
}

impl<'f> MapFindings<'f> {
    fn new(file: usize, findings: &'f mut Findings) -> MapFindings<'f> {
        MapFindings { file, findings, found: 0, hidden_from: None }
    }

    /// Reports one; one too many is counted.
    fn report(&mut self, code: &'static Code, range: Range<usize>, message: String) -> Report<'_> {
        self.found += 1;
        if self.found > MAX_FINDINGS {
            self.hidden_from.get_or_insert(range);
            return Report::unlisted();
        }
        let span = self.span(range);
        self.findings.report(code, span, message)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span { file: self.file, range }
    }

    /// Tells how many are not shown; gives back whether there is none.
    fn finish(self) -> bool {
        if let Some(range) = self.hidden_from {
            let message = format!("and {} more findings in this map", self.found - MAX_FINDINGS);
            self.findings.report(&codes::MORE_ROWS, Span { file: self.file, range }, message).label("starting here");
        }
        self.found == 0
    }
}

fn byte(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}
