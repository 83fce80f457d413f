//! From the line of a route to the bytes that a label stands on.

use std::collections::HashMap;
use std::ops::Range;

use crate::diagnostic::{Label, Span};
use crate::route::Place;

use crate::config::read::context::Context;

/// Where the lines of files begin, found once per file.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    starts: HashMap<usize, Vec<usize>>,
}

impl Lines {
    /// A label on the line of a place.
    pub(crate) fn label(&mut self, context: &Context<'_>, place: Place, text: impl Into<String>) -> Option<Label> {
        let file = usize::try_from(place.file).ok()?;
        let span = self.span(file, &context.sources.files().get(file)?.text, place.line)?;
        Some(Label { span: Span { file, range: span }, text: text.into() })
    }

    /// A line from 1, without the spaces around it and its end.
    fn span(&mut self, file: usize, text: &str, line: u32) -> Option<Range<usize>> {
        let starts = self.starts.entry(file).or_insert_with(|| {
            let after_ends = text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(after_ends).collect()
        });
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *starts.get(at)?;
        let end = starts.get(at + 1).map_or(text.len(), |next| next - 1);
        let whole = text.get(start..end)?;
        let trimmed = whole.trim();
        let lead = whole.len() - whole.trim_start().len();
        Some(start + lead..start + lead + trimmed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stands_on_the_text_of_its_line() {
        let text = "a\n  [[route]] \r\n\nlast";
        let rows = [(1, Some("a")), (2, Some("[[route]]")), (3, Some("")), (4, Some("last")), (5, None), (0, None)];
        let mut lines = Lines::default();
        for (line, expected) in rows {
            let span = lines.span(0, text, line);
            assert_eq!(span.and_then(|span| text.get(span)), expected, "{line}");
        }
    }
}
