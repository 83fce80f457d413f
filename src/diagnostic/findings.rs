//! The findings so far: reported one by one, bounded in number and in length, in order at the end.

use std::collections::BTreeSet;

use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Diagnostic, Label, Severity, Span};
use crate::text::{nearest, quoted, shown};

/// Findings that are listed; a file of garbage could have millions.
const MAX_FINDINGS: usize = 10_000;
/// Longest text of the user in a message, characters.
const MAX_QUOTED: usize = 160;

/// All findings of a table, in the order they were made.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    listed: Vec<Diagnostic>,
    errors: Unlisted,
    warnings: Unlisted,
}

/// Findings beyond [`MAX_FINDINGS`]: counted.
#[derive(Debug, Default)]
struct Unlisted {
    count: usize,
    codes: BTreeSet<&'static str>,
    first: Option<Span>,
}

impl Findings {
    /// Adds a finding; the report takes what else is to be said.
    pub(crate) fn report(&mut self, code: &'static Code, span: Span, message: impl Into<String>) -> Report<'_> {
        if self.is_full() {
            self.leave_out(code, span);
            return Report::unlisted();
        }
        self.listed.push(finding(code, span, message.into()));
        Report(self.listed.last_mut())
    }

    /// Whether further findings are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.listed.len() >= MAX_FINDINGS
    }

    fn leave_out(&mut self, code: &'static Code, span: Span) {
        let unlisted = match code.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        unlisted.count += 1;
        unlisted.codes.insert(code.code);
        unlisted.first.get_or_insert(span);
    }

    /// Whether there is an error, so that the table is not used.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors_beside(|_| false)
    }

    /// Whether there is an error whose code is not one that is left out.
    pub(crate) fn has_errors_beside(&self, is_left_out: impl Fn(&str) -> bool) -> bool {
        let listed = self.listed.iter().filter(|found| found.severity == Severity::Error).map(|found| found.code);
        listed.chain(self.errors.codes.iter().copied()).any(|code| !is_left_out(code))
    }

    /// Drops every finding with one of these codes.
    pub(crate) fn drop_all(&mut self, codes: &[&Code]) {
        self.listed.retain(|found| codes.iter().all(|code| code.code != found.code));
    }

    /// All findings in order of position, and how many more there are.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        for (code, unlisted) in [(&codes::MORE_ERRORS, self.errors), (&codes::MORE_WARNINGS, self.warnings)] {
            let Some(first) = unlisted.first else { continue };
            let mut more = finding(code, first, format!("and {} more, starting here", unlisted.count));
            more.help.push(format!("the kinds not listed are {}", quoted(&Vec::from_iter(unlisted.codes))));
            self.listed.push(more);
        }
        let place = |found: &Diagnostic| found.labels.first().map(|label| (label.span.file, label.span.range.start));
        self.listed.sort_by_key(place);
        self.listed
    }
}

fn finding(code: &'static Code, span: Span, message: String) -> Diagnostic {
    Diagnostic {
        code: code.code,
        severity: code.severity,
        message: tidy(&message),
        labels: vec![Label { span, text: String::new() }],
        witness: None,
        help: Vec::new(),
    }
}

/// A finding that is being written; one that is not listed takes every word and keeps none.
#[derive(Debug)]
pub(crate) struct Report<'f>(Option<&'f mut Diagnostic>);

impl Report<'_> {
    /// A report of what is counted and not listed.
    pub(crate) fn unlisted() -> Report<'static> {
        Report(None)
    }

    fn with(mut self, change: impl FnOnce(&mut Diagnostic)) -> Self {
        if let Some(diagnostic) = &mut self.0 {
            change(diagnostic);
        }
        self
    }

    /// Words on the place of the finding.
    pub(crate) fn label(self, text: impl Into<String>) -> Self {
        self.with(|diagnostic| {
            if let Some(label) = diagnostic.labels.first_mut() {
                label.text = tidy(&text.into());
            }
        })
    }

    /// A further place, with words on it.
    pub(crate) fn also(self, span: Span, text: impl Into<String>) -> Self {
        self.with(|diagnostic| diagnostic.labels.push(Label { span, text: tidy(&text.into()) }))
    }

    /// A concrete request that proves the finding.
    pub(crate) fn witness(self, request: impl Into<String>) -> Self {
        self.with(|diagnostic| diagnostic.witness = Some(request.into()))
    }

    /// What to do.
    pub(crate) fn help(self, text: impl Into<String>) -> Self {
        self.with(|diagnostic| diagnostic.help.push(tidy(&text.into())))
    }

    /// `did you mean …` where a known word is near.
    pub(crate) fn did_you_mean<'w>(self, word: &str, known: impl IntoIterator<Item = &'w str>) -> Self {
        match self.0.as_ref().and_then(|_| nearest(word, known)) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// A message fit for a terminal: the user's texts, in backticks, without control characters and of bounded length.
fn tidy(message: &str) -> String {
    if message.len() <= MAX_QUOTED {
        return shown(message).into_owned();
    }
    let pieces: Vec<String> = message.split('`').map(tidy_piece).collect();
    pieces.join("`")
}

fn tidy_piece(piece: &str) -> String {
    let count = piece.chars().count();
    if count <= MAX_QUOTED {
        return shown(piece).into_owned();
    }
    let head: String = piece.chars().take(MAX_QUOTED / 2).collect();
    let tail: String = piece.chars().skip(count - MAX_QUOTED / 4).collect();
    format!("{}…{}", shown(&head), shown(&tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_fit_for_a_terminal() {
        assert_eq!(tidy("`a\u{1b}[31m` is not a host name"), "`a\\u{1b}[31m` is not a host name");
        let long = tidy(&format!("`{}` is not a host name", "a".repeat(1_000_000)));
        assert_eq!(long, format!("`{}…{}` is not a host name", "a".repeat(80), "a".repeat(40)));
    }

    #[test]
    fn what_is_not_listed_is_counted() {
        let mut findings = Findings::default();
        for _ in 0..MAX_FINDINGS + 5 {
            findings.report(&codes::UNKNOWN_KEY, Span::default(), "x").help("y").did_you_mean("a", ["b"]);
        }
        assert!(findings.has_errors());
        let diagnostics = findings.finish();
        assert_eq!(diagnostics.len(), MAX_FINDINGS + 1);
        assert_eq!(diagnostics.last().map(|last| last.message.as_str()), Some("and 5 more, starting here"));
    }
}
