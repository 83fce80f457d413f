//! Rows of a redirect map in another tool's syntax: a map takes exact paths and sends to literal targets.

use std::borrow::Cow;
use std::ops::Range;

use super::patterns::own_form;
use super::quoted;
use super::references::{Referred, references};
use super::scan::{ForeignPart, PatternPlace, parts};
use crate::diagnostic::{Findings, Span, codes};
use crate::route::Canonical;
use crate::route::pattern::MapRow;
use crate::text::percent::decode;

/// Warnings of one map; the rest is counted.
const MAX_WARNINGS: usize = 100;

/// The map's file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapText<'t> {
    pub(crate) file: usize,
    pub(crate) text: &'t str,
}

/// Warns of each row whose source or target is written as another tool would have it. O(bytes).
pub(crate) fn check(findings: &mut Findings, map: MapText<'_>, rows: &[MapRow], canonical: &Canonical) {
    let mut lines = Lines { text: map.text, line: 1, start: 0 };
    let mut hidden: Option<(Range<usize>, usize)> = None;
    let mut shown = 0;
    for row in rows {
        let Some((what, written)) = look(row) else { continue };
        if shown == MAX_WARNINGS {
            let at = hidden.take().unwrap_or_else(|| (lines.of(row.line), 0));
            hidden = Some((at.0, at.1 + 1));
            continue;
        }
        shown += 1;
        let line = lines.of(row.line);
        let at = place(map.text.get(line.clone()).unwrap_or_default(), &written);
        let range = at.map_or(line.clone(), |at| line.start + at.start..line.start + at.end);
        let (code, how, label) = match what {
            "source" => (&codes::FOREIGN_PATTERN, "matched", "a map holds exact paths"),
            _ => (&codes::FOREIGN_TARGET, "sent", "nothing fills it"),
        };
        let message = format!("the row's {what} has `{written}`, which is {how} as text");
        findings.report(code, Span { file: map.file, range }, message).label(label).help(help(what, row, canonical));
    }
    if let Some((range, count)) = hidden {
        let message = format!("{count} more rows of the map are written in another tool's syntax");
        findings.report(&codes::FOREIGN_PATTERN, Span { file: map.file, range }, message).label("starting here");
    }
}

/// Which part of a row is foreign, and its text.
fn look(row: &MapRow) -> Option<(&'static str, String)> {
    let from = unescaped(&row.from);
    let found = parts(&from, PatternPlace::Row);
    if let Some(ForeignPart { part, .. }) = found.iter().find(|found| found.meant.is_foreign()) {
        return Some(("source", from.get(part.clone())?.to_owned()));
    }
    let refers = |to: &Referred| match to {
        Referred::Number(_) | Referred::OfCondition(_) | Referred::Splat => true,
        Referred::Braced(_) | Referred::Variable(_) => true,
        // A source that is exact has nothing that they could mean.
        Referred::Star | Referred::Colon(_) | Referred::Dollar(_) => false,
    };
    let reference = references(&row.to).into_iter().find(|found| refers(&found.to))?;
    Some(("target", row.to.get(reference.part)?.to_owned()))
}

fn help(what: &str, row: &MapRow, canonical: &Canonical) -> String {
    if what == "target" {
        return "make it a route of its own: a `redirect` is filled from what its `path` captures".to_owned();
    }
    if !row.query().is_empty() {
        return "make it a route of its own, with a `path` and a condition on the `query`".to_owned();
    }
    if !row.query().is_empty() {
        return "make it a route of its own, with a `path` and a condition on the `query`".to_owned();
    }
    let from = unescaped(&row.from);
    let found = parts(&from, PatternPlace::Row);
    match own_form("path", (&from, &found), canonical) {
        Some(form) => format!("make it a route of its own, with `{} = {}`", form.key, quoted(&form.text)),
        None => "make it a route of its own, with `path` or `regex`".to_owned(),
    }
}

/// A source as it was written, as far as the syntax of other tools needs it: its brackets and backslashes.
fn unescaped(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut made = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        made += before;
        let byte = match after.as_bytes() {
            [high, low, ..] => decode(*high, *low).filter(|byte| b"[]<>\\^{|}".contains(byte)),
            _ => None,
        };
        match byte {
            Some(byte) => made.push(char::from(byte)),
            None => made.push('%'),
        }
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    Cow::Owned(made + rest)
}

/// Where a text stands in a line, whatever its case.
fn place(line: &str, written: &str) -> Option<Range<usize>> {
    let at = line.to_ascii_lowercase().find(&written.to_ascii_lowercase())?;
    Some(at..at + written.len())
}

/// The lines of a text, asked for in order. Together O(bytes).
struct Lines<'t> {
    text: &'t str,
    line: u32,
    start: usize,
}

impl Lines<'_> {
    /// The bytes of a line, from 1, without its end.
    fn of(&mut self, line: u32) -> Range<usize> {
        let rest = |start: usize| self.text.get(start..).unwrap_or_default();
        while self.line < line {
            let Some(end) = rest(self.start).find('\n') else { break };
            self.start += end + 1;
            self.line += 1;
        }
        let text = rest(self.start).lines().next().unwrap_or_default();
        self.start..self.start + text.len()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{MemoryFiles, load};

    #[test]
    fn of_many_rows_the_first_are_shown_and_the_others_are_counted_as_a_warning() {
        let csv: String =
            (0..150).map(|row| format!("/Old/{row}/*,/new/{row}\n/fine/{row},https://a.example/:x\n")).collect();
        let top = "schema = 1\ndefault = 'a'\n[canonical]\ncase = 'lower'\n[origins.a]\nside = 'new'\ntype = 'custom'\n\
                   domain = 'a.example.com'\n[[route]]\nid = 'map'\nredirect_map = 'map.csv'\n";
        let read = load("routes.toml", &MemoryFiles::new().with("routes.toml", top).with("map.csv", csv));
        let found = read.findings.finish();
        assert_eq!(found.len(), super::MAX_WARNINGS + 1);
        assert!(found.iter().all(|found| found.code == "R184"));
        let place = |at: usize| read.sources.line_column(1, found[at].labels[0].span.range.start);
        assert_eq!((place(0), place(99), place(100)), ((1, 8), (199, 9), (201, 1)));
        assert_eq!(found[100].message, "50 more rows of the map are written in another tool's syntax");
    }
}
