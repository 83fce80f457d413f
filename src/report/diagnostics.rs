//! Diagnostics as text in the manner of rustc, and as JSON.
//!
//! The text is rendered by `annotate-snippets`, which is given only the lines around a label: a table may have
//! hundreds of thousands of them.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Label, Severity, SourceFile, Sources, codes};

/// How many diagnostics are shown as text where the rest is only counted.
pub const SHOWN: usize = 50;
/// How many places of a finding are shown as text where the rest is only counted.
const SHOWN_LABELS: usize = 3;
/// Labels that are at most this many lines apart share one piece of source.
const NEAR_LINES: usize = 6;
/// A label that spans more lines than this shows only its first ones.
const MOST_LINES: usize = 12;
/// Bytes of a line that are shown from the start of a label on.
const MOST_BYTES: usize = 300;
/// However narrow the terminal is, a line of source has this much room.
const LEAST_ROOM: usize = 20;
/// A label further right than this has no source shown, only its place.
const FARTHEST_BYTE: usize = 64 * 1024;

/// How many diagnostics the text shows; what is left out is counted, never dropped in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// At most [`SHOWN`], errors before warnings.
    First,
    /// Every one.
    All,
}

/// How many there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The table is not used.
    pub errors: usize,
    /// The table is used, but may not do what is meant.
    pub warnings: usize,
}

impl Tally {
    /// Counts diagnostics.
    #[must_use]
    pub fn of(diagnostics: &[Diagnostic]) -> Tally {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Tally { errors, warnings: diagnostics.len() - errors }
    }
}

/// The name of a table's top file.
#[must_use]
pub fn top_name(sources: &Sources) -> &str {
    sources.files().first().map_or("", |file| file.name.as_str())
}

/// Styled text, a blank line after each diagnostic; empty where there are none. O(n) in diagnostics, not in sources.
#[must_use]
pub fn text(diagnostics: &[Diagnostic], sources: &Sources, show: Show, width: usize) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    let chosen = chosen(diagnostics, show);
    for diagnostic in &chosen {
        let room = width.saturating_sub(beside_source(diagnostic, sources)).max(LEAST_ROOM);
        out.push_str(&renderer.clone().term_width(room).render(&[group(diagnostic, sources, show)]));
        out.push_str("\n\n");
    }
    let hidden = diagnostics.len() - chosen.len();
    if hidden > 0 {
        let more = format!("{} not shown", super::numbers::count(hidden, "more finding"));
        let note = Level::NOTE.primary_title(more).element(Level::HELP.message("see them all with `check --all`"));
        out.push_str(&renderer.render(&[note]));
        out.push_str("\n\n");
    }
    out
}

/// Columns that a line of source is not given: its number, ` | `, and the dots where it is cut on the right. The renderer
/// counts the line alone.
fn beside_source(diagnostic: &Diagnostic, sources: &Sources) -> usize {
    let files = sources.files();
    let last = |label: &Label| files.get(label.span.file).map_or(0, |file| shown_lines(file, label).end);
    let number = diagnostic.labels.iter().map(last).max().unwrap_or_default();
    number.to_string().len() + " | ...".len()
}

/// Where to read on, with the first error as the example: `crossfade rule R030`. Said once a report.
#[must_use]
pub fn read_on(diagnostics: &[Diagnostic]) -> Option<String> {
    let first = diagnostics.iter().min_by_key(|diagnostic| diagnostic.severity)?;
    Some(format!("`{}` tells what a code means", codes::command(first.code)))
}

/// The ones to show, in order of position; where not all are, errors win over warnings.
fn chosen(diagnostics: &[Diagnostic], show: Show) -> Vec<&Diagnostic> {
    if show == Show::All || diagnostics.len() <= SHOWN {
        return diagnostics.iter().collect();
    }
    let mut warnings = SHOWN.saturating_sub(Tally::of(diagnostics).errors);
    let mut fits = |diagnostic: &&Diagnostic| match diagnostic.severity {
        Severity::Error => true,
        Severity::Warning => {
            let fits = warnings > 0;
            warnings = warnings.saturating_sub(1);
            fits
        }
    };
    diagnostics.iter().filter(|diagnostic| fits(diagnostic)).take(SHOWN).collect()
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, show: Show) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let shown = if show == Show::All { usize::MAX } else { SHOWN_LABELS };
    let labels = diagnostic.labels.get(..shown).unwrap_or(&diagnostic.labels);
    let mut group = Group::with_title(title).elements(pieces(labels, sources));
    if let Some(hidden @ 1..) = diagnostic.labels.len().checked_sub(labels.len()) {
        let more = format!("{} not shown: `check --all` marks all", super::numbers::count(hidden, "more place"));
        group = group.element(Level::NOTE.message(more));
    }
    if let Some(witness) = &diagnostic.witness {
        group = group.element(Level::NOTE.with_name("witness").message(witness.as_str()));
    }
    group.elements(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str())))
}

/// The pieces of source to show: one per run of labels that are near each other.
fn pieces<'a>(labels: &'a [Label], sources: &'a Sources) -> Vec<Element<'a>> {
    let mut pieces = Vec::new();
    let mut rest = labels;
    while let Some(first) = rest.first() {
        let Some(file) = sources.files().get(first.span.file) else { break };
        let mut shown = shown_lines(file, first);
        let mut count = 1;
        for label in &rest[1..] {
            let next = shown_lines(file, label);
            let far = next.start > shown.end + NEAR_LINES || shown.start > next.end + NEAR_LINES;
            if label.span.file != first.span.file || far || is_far_right(file, label) {
                break;
            }
            shown = shown.start.min(next.start)..shown.end.max(next.end);
            count += 1;
        }
        let (run, further) = rest.split_at(count);
        pieces.push(piece(file, run, shown, labels.len() == rest.len()));
        rest = further;
    }
    pieces
}

/// The lines (from 1, end excluded) that a label shows.
fn shown_lines(file: &SourceFile, label: &Label) -> Range<usize> {
    let first = file.line_of(label.span.range.start);
    let last = file.line_of(label.span.range.end.saturating_sub(1).max(label.span.range.start));
    first..last.min(first + MOST_LINES - 1) + 1
}

fn is_far_right(file: &SourceFile, label: &Label) -> bool {
    let line = file.bytes_of(file.line_of(label.span.range.start));
    label.span.range.start.saturating_sub(line.start) > FARTHEST_BYTE
}

/// A piece of source with its labels; `is_first` tells whether the first of them is the place of the finding.
fn piece<'a>(file: &'a SourceFile, run: &'a [Label], shown: Range<usize>, is_first: bool) -> Element<'a> {
    let first = &run[0];
    if is_far_right(file, first) {
        let line = file.line_of(first.span.range.start);
        let before = &file.text[file.bytes_of(line).start..file.text.floor_char_boundary(first.span.range.start)];
        let place = annotate_snippets::Origin::path(file.name.as_str());
        return place.line(line).char_column(before.chars().count() + 1).into();
    }
    let start = file.bytes_of(shown.start).start;
    let end = file.bytes_of(shown.end - 1).end;
    let farthest = run.iter().map(|label| label.span.range.start).max().unwrap_or(start).saturating_add(MOST_BYTES);
    let window = start..file.text.floor_char_boundary(end.min(farthest)).max(start);
    let snippet = Snippet::source(&file.text[window.clone()]).path(file.name.as_str()).line_start(shown.start);
    let annotations =
        run.iter().enumerate().map(|(at, label)| annotation(file, label, &window, kind(is_first && at == 0)));
    snippet.annotations(annotations).into()
}

fn kind(is_place: bool) -> AnnotationKind {
    if is_place { AnnotationKind::Primary } else { AnnotationKind::Context }
}

fn annotation<'a>(file: &SourceFile, label: &'a Label, window: &Range<usize>, kind: AnnotationKind) -> Annotation<'a> {
    let inside = |byte: usize| file.text.floor_char_boundary(byte).clamp(window.start, window.end) - window.start;
    let span = inside(label.span.range.start)..inside(label.span.range.end.max(label.span.range.start));
    let text = (!label.text.is_empty()).then_some(label.text.as_str());
    kind.span(span).label(text)
}

/// One diagnostic of the JSON report. `file`, `line`, `column`, `end` are those of the first label.
#[derive(Debug, Serialize)]
pub struct DiagnosticJson<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<PlaceJson<'a>>,
    labels: Vec<LabelJson<'a>>,
    witness: Option<&'a str>,
    help: &'a [String],
    docs: String,
    explain: String,
}

#[derive(Debug, Serialize)]
struct PlaceJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end: Position,
}

/// Line and column, in characters, both from 1.
#[derive(Debug, Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize)]
struct LabelJson<'a> {
    #[serde(flatten)]
    place: PlaceJson<'a>,
    text: &'a str,
}

/// Every diagnostic as the JSON reports carry it, in the order given.
#[must_use]
pub fn entries<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Vec<DiagnosticJson<'a>> {
    diagnostics.iter().map(|diagnostic| entry(diagnostic, sources)).collect()
}

fn entry<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> DiagnosticJson<'a> {
    let labels = diagnostic.labels.iter().map(|label| LabelJson { place: place(label, sources), text: &label.text });
    DiagnosticJson {
        code: diagnostic.code,
        severity: diagnostic.severity.word(),
        message: &diagnostic.message,
        place: diagnostic.labels.first().map(|label| place(label, sources)),
        labels: labels.collect(),
        witness: diagnostic.witness.as_deref(),
        help: &diagnostic.help,
        docs: codes::page(diagnostic.code),
        explain: codes::command(diagnostic.code),
    }
}

fn place<'a>(label: &Label, sources: &'a Sources) -> PlaceJson<'a> {
    let (line, column) = sources.line_column(label.span.file, label.span.range.start);
    let (end_line, end_column) = sources.line_column(label.span.file, label.span.range.end);
    let file = sources.files().get(label.span.file).map_or("", |file| file.name.as_str());
    PlaceJson { file, line, column, end: Position { line: end_line, column: end_column } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn diagnostic(severity: Severity, labels: Vec<Label>) -> Diagnostic {
        let help = vec!["move it".to_owned()];
        Diagnostic { code: "R012", severity, message: "a message".into(), labels, witness: None, help }
    }

    fn plain(styled: &str) -> String {
        anstream::adapter::strip_str(styled).to_string()
    }

    #[test]
    fn the_place_comes_first_with_its_line_number_and_the_others_explain_it() {
        let mut sources = Sources::default();
        let text = format!("[[route]]\nprefix = \"/shop\"\n{}prefix = \"/shop/offers\"\n", "\n".repeat(30_000));
        let at = text.rfind("\"/shop/").unwrap();
        let file = sources.add("routes.toml", text);
        let label = |range: Range<usize>, text: &str| Label { span: Span { file, range }, text: text.into() };
        let mut found =
            diagnostic(Severity::Error, vec![label(at..at + 14, "all taken"), label(19..26, "which comes first")]);
        found.witness = Some("GET /shop/offers/x is decided by `shop`".into());
        let expected = "\
error[R012]: a message
     --> routes.toml:30003:10
      |
30003 | prefix = \"/shop/offers\"
      |          ^^^^^^^^^^^^^^ all taken
      |
     ::: routes.toml:2:10
      |
    2 | prefix = \"/shop\"
      |          ------- which comes first
      |
      = witness: GET /shop/offers/x is decided by `shop`
      = help: move it

";
        assert_eq!(plain(&self::text(&[found], &sources, Show::First, 100)), expected);
    }

    #[test]
    fn errors_are_shown_before_warnings_and_the_rest_is_counted() {
        let sources = Sources::default();
        let mut many = vec![diagnostic(Severity::Warning, vec![]); 10_000];
        many.push(diagnostic(Severity::Error, vec![]));
        let shown = plain(&text(&many, &sources, Show::First, 100));
        assert_eq!(shown.matches("warning[").count(), SHOWN - 1);
        assert_eq!(shown.matches("error[").count(), 1);
        assert!(shown.contains("9,951 more findings not shown"), "{shown}");
        assert_eq!(plain(&text(&many, &sources, Show::All, 100)).matches("[R012]").count(), 10_001);
    }

    #[test]
    fn a_finding_of_many_places_marks_the_first_and_counts_the_rest() {
        let mut sources = Sources::default();
        let file = sources.add("routes.toml", "a\nb\nc\nd\ne\n");
        let label = |at: usize| Label { span: Span { file, range: 2 * at..2 * at + 1 }, text: format!("place {at}") };
        let found = [diagnostic(Severity::Warning, (0..5).map(label).collect())];
        let marked = |show| plain(&text(&found, &sources, show, 100)).matches(" place ").count();
        assert_eq!((marked(Show::First), marked(Show::All)), (SHOWN_LABELS, 5));
        let few = plain(&text(&found, &sources, Show::First, 100));
        assert!(few.contains("= note: 2 more places not shown"), "{few}");
        assert!(!plain(&text(&found, &sources, Show::All, 100)).contains("not shown"));
    }

    #[test]
    fn a_label_anywhere_is_rendered_without_a_panic_and_in_little_text() {
        let mut sources = Sources::default();
        sources.add("a", format!("x = '{}'\né", "é".repeat(500_000)));
        sources.add("b", "");
        let ends = [0, 5, 6, 7, 100_000, 1_000_005, 1_000_008, 1_000_009, 9_000_000];
        for file in [0, 1, 2] {
            for (start, end) in ends.iter().flat_map(|start| ends.iter().map(move |end| (*start, *end))) {
                let label = Label { span: Span { file, range: Range { start, end } }, text: "here".into() };
                let found = diagnostic(Severity::Error, vec![label.clone(), label]);
                let shown = text(std::slice::from_ref(&found), &sources, Show::First, 80);
                assert!(shown.len() < 4000, "{start}..{end} of {file}: {} bytes", shown.len());
                assert_eq!(entries(&[found], &sources).len(), 1);
            }
        }
    }
}
