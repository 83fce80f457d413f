//! Diagnostics as text in the manner of rustc, and as JSON.
//!
//! The text is rendered by `annotate-snippets`, which is given only the lines around a label: a table may have
//! hundreds of thousands of them.

use std::cell::OnceCell;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::lines::{Lines, Position};
use crate::diagnostic::{Diagnostic, Label, Severity, Sources};

/// How many diagnostics are shown as text where the rest is only counted.
pub const SHOWN: usize = 50;
/// Labels that are at most this many lines apart share one piece of source.
const NEAR_LINES: usize = 6;
/// A label that spans more lines than this shows only its first ones.
const MOST_LINES: usize = 12;
/// Bytes of a line that are shown from the start of a label on.
const MOST_BYTES: usize = 300;
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
    /// The table is no table.
    pub errors: usize,
    /// It decides, perhaps not as meant.
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

/// Styled text, a blank line after each diagnostic; empty where there are none. O(n) in diagnostics and source bytes.
#[must_use]
pub fn text(diagnostics: &[Diagnostic], sources: &Sources, show: Show, width: usize) -> String {
    let files = Files::new(sources);
    let renderer = Renderer::styled().term_width(width);
    let mut out = String::new();
    let chosen = chosen(diagnostics, show);
    for diagnostic in &chosen {
        out.push_str(&renderer.render(&[group(diagnostic, &files)]));
        out.push_str("\n\n");
    }
    let hidden = diagnostics.len() - chosen.len();
    if hidden > 0 {
        let more = format!("{hidden} more are not shown");
        let note = Level::NOTE.primary_title(more).element(Level::HELP.message("see them all with `--all`"));
        out.push_str(&renderer.render(&[note]));
        out.push_str("\n\n");
    }
    out
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

fn group<'a>(diagnostic: &'a Diagnostic, files: &Files<'a>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title).elements(pieces(&diagnostic.labels, files));
    if let Some(witness) = &diagnostic.witness {
        group = group.element(Level::NOTE.with_name("witness").message(witness.as_str()));
    }
    group.elements(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str())))
}

/// The pieces of source to show: one per run of labels that are near each other.
fn pieces<'a>(labels: &'a [Label], files: &Files<'a>) -> Vec<Element<'a>> {
    let mut pieces = Vec::new();
    let mut rest = labels;
    while let Some(first) = rest.first() {
        let lines = files.lines(first.file);
        let mut shown = shown_lines(lines, first);
        let mut count = 1;
        for label in &rest[1..] {
            let next = shown_lines(lines, label);
            if label.file != first.file
                || next.start > shown.end + NEAR_LINES
                || shown.start > next.end + NEAR_LINES
                || is_far(lines, label)
            {
                break;
            }
            shown = shown.start.min(next.start)..shown.end.max(next.end);
            count += 1;
        }
        let (run, further) = rest.split_at(count);
        pieces.push(piece(run, shown, labels.len() - rest.len(), files));
        rest = further;
    }
    pieces
}

/// The lines (from 0, end excluded) that a label shows.
fn shown_lines(lines: &Lines<'_>, label: &Label) -> Range<usize> {
    let first = lines.line_of(label.span.start);
    let last = lines.line_of(label.span.end.saturating_sub(1).max(label.span.start));
    first..last.min(first + MOST_LINES - 1) + 1
}

fn is_far(lines: &Lines<'_>, label: &Label) -> bool {
    let line = lines.bytes_of(lines.line_of(label.span.start));
    label.span.start.saturating_sub(line.start) > FARTHEST_BYTE
}

fn piece<'a>(run: &'a [Label], shown: Range<usize>, earlier: usize, files: &Files<'a>) -> Element<'a> {
    let first = &run[0];
    let lines = files.lines(first.file);
    let name = files.name(first.file);
    if is_far(lines, first) || lines.text().is_empty() {
        let place = lines.position(first.span.start);
        return annotate_snippets::Origin::path(name).line(place.line).char_column(place.column).into();
    }
    let start = lines.bytes_of(shown.start).start;
    let end = lines.bytes_of(shown.end.saturating_sub(1)).end;
    let farthest = run.iter().map(|label| label.span.start).max().unwrap_or(start).saturating_add(MOST_BYTES);
    let window = start..lines.text().floor_char_boundary(end.min(farthest.max(start)));
    let source = &lines.text()[window.clone()];
    let mut snippet = Snippet::source(source).path(name).line_start(shown.start + 1);
    for (at, label) in run.iter().enumerate() {
        snippet = snippet.annotation(annotation(label, &window, lines, earlier + at == 0));
    }
    snippet.into()
}

fn annotation<'a>(label: &'a Label, window: &Range<usize>, lines: &Lines<'_>, is_place: bool) -> Annotation<'a> {
    let kind = if is_place { AnnotationKind::Primary } else { AnnotationKind::Context };
    let inside = |byte: usize| lines.text().floor_char_boundary(byte).clamp(window.start, window.end) - window.start;
    let span = inside(label.span.start)..inside(label.span.end.max(label.span.start));
    let text = (!label.text.is_empty()).then_some(label.text.as_str());
    kind.span(span).label(text)
}

/// The files with their lines, found when first needed.
struct Files<'a> {
    sources: &'a Sources,
    lines: Vec<OnceCell<Lines<'a>>>,
    nothing: Lines<'a>,
}

impl<'a> Files<'a> {
    fn new(sources: &'a Sources) -> Files<'a> {
        let lines = sources.files().iter().map(|_| OnceCell::new()).collect();
        Files { sources, lines, nothing: Lines::of("") }
    }

    fn lines(&self, file: usize) -> &Lines<'a> {
        match (self.lines.get(file), self.sources.files().get(file)) {
            (Some(cell), Some(source)) => cell.get_or_init(|| Lines::of(&source.text)),
            _ => &self.nothing,
        }
    }

    fn name(&self, file: usize) -> &'a str {
        self.sources.files().get(file).map_or("", |source| source.name.as_str())
    }
}

/// One diagnostic of the JSON report. `line`, `column`, `end` are those of the first label.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    labels: Vec<LabelEntry<'a>>,
    witness: Option<&'a str>,
    help: &'a [String],
    docs: String,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end: Position,
}

#[derive(Debug, Serialize)]
struct LabelEntry<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

/// Every diagnostic as the JSON reports carry it, in the order given.
#[must_use]
pub fn entries<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Vec<Entry<'a>> {
    let files = Files::new(sources);
    diagnostics.iter().map(|diagnostic| entry(diagnostic, &files)).collect()
}

fn entry<'a>(diagnostic: &'a Diagnostic, files: &Files<'a>) -> Entry<'a> {
    Entry {
        code: diagnostic.code,
        severity: severity_word(diagnostic.severity),
        message: &diagnostic.message,
        place: diagnostic.labels.first().map(|label| place(label, files)),
        labels: diagnostic
            .labels
            .iter()
            .map(|label| LabelEntry { place: place(label, files), text: &label.text })
            .collect(),
        witness: diagnostic.witness.as_deref(),
        help: &diagnostic.help,
        docs: format!("docs/diagnostics/{}.md", diagnostic.code),
    }
}

/// `error` or `warning`.
#[must_use]
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn place<'a>(label: &Label, files: &Files<'a>) -> Place<'a> {
    let lines = files.lines(label.file);
    let Position { line, column } = lines.position(label.span.start);
    Place { file: files.name(label.file), line, column, end: lines.position(label.span.end) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let label = |span: Range<usize>, text: &str| Label { file, span, text: text.into() };
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
        assert!(shown.contains("9951 more are not shown"), "{shown}");
        assert_eq!(plain(&text(&many, &sources, Show::All, 100)).matches("[R012]").count(), 10_001);
    }

    #[test]
    fn a_label_anywhere_is_rendered_without_a_panic_and_in_little_text() {
        let mut sources = Sources::default();
        sources.add("a", format!("x = '{}'\né", "é".repeat(500_000)));
        sources.add("b", "");
        let ends = [0, 5, 6, 7, 100_000, 1_000_005, 1_000_008, 1_000_009, 9_000_000];
        for file in [0, 1, 2] {
            for (start, end) in ends.iter().flat_map(|start| ends.iter().map(move |end| (*start, *end))) {
                let label = Label { file, span: Range { start, end }, text: "here".into() };
                let found = diagnostic(Severity::Error, vec![label.clone(), label]);
                let shown = text(std::slice::from_ref(&found), &sources, Show::First, 80);
                assert!(shown.len() < 4000, "{start}..{end} of {file}: {} bytes", shown.len());
                assert_eq!(entries(&[found], &sources).len(), 1);
            }
        }
    }
}
