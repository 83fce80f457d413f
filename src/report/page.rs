//! A page of Markdown as people read it on a terminal. What stands in back-ticks keeps them, as in every message.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::sheet::{FAINT, KEY, PLAIN, STRONG, Sheet, cell};

/// How far the lines of an example stand from the left.
const INDENT: usize = 4;
/// What stands between the cells of a row.
const BETWEEN_CELLS: &str = "  →  ";

/// Says a page on a sheet: headings, paragraphs, points of lists and rows of tables as prose, and blocks of code as they
/// are, below the name of their file where they have one. O(bytes).
pub fn write(markdown: &str, sheet: &mut Sheet) {
    let mut page = Page { sheet, text: String::new(), is_empty: true };
    Parser::new_ext(markdown, Options::ENABLE_TABLES).for_each(|event| page.take(event));
}

struct Page<'s> {
    sheet: &'s mut Sheet,
    /// Of the block that is being read.
    text: String,
    is_empty: bool,
}

impl Page<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => self.code_begins(&info),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => self.code_begins(""),
            Event::Start(Tag::Item) => self.text.push_str("· "),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text.push_str(&text),
            Event::Code(text) => self.text.extend(["`", &text, "`"]),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::End(TagEnd::Heading(_)) => {
                let text = self.block();
                self.sheet.prose(cell(STRONG, text));
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::HtmlBlock) if !self.text.is_empty() => {
                let text = self.block();
                self.sheet.prose(cell(PLAIN, text));
            }
            Event::Start(Tag::Table(_)) => drop(self.block()),
            Event::End(TagEnd::TableCell) => self.text.push_str(BETWEEN_CELLS),
            Event::End(row @ (TagEnd::TableHead | TagEnd::TableRow)) => {
                let text = std::mem::take(&mut self.text);
                let (mark, style) = if row == TagEnd::TableHead { ("", STRONG) } else { ("· ", PLAIN) };
                self.sheet.prose(cell(style, format!("{mark}{}", text.trim_end_matches(BETWEEN_CELLS))));
            }
            Event::End(TagEnd::CodeBlock) => {
                for line in std::mem::take(&mut self.text).lines() {
                    let spaces = if line.is_empty() { 0 } else { INDENT };
                    self.sheet.line([cell(PLAIN, " ".repeat(spaces)), cell(KEY, line)]);
                }
            }
            _ => {}
        }
    }

    /// A block of code; behind the language stands what file it is of.
    fn code_begins(&mut self, info: &str) {
        self.block();
        if let Some(file) = info.split(' ').skip(1).find(|word| word.contains('.')) {
            self.sheet.line([cell(PLAIN, " ".repeat(INDENT)), cell(FAINT, format!("# {file}"))]);
        }
    }

    /// Ends a block, a blank line before it; its text.
    fn block(&mut self) -> String {
        if !std::mem::take(&mut self.is_empty) {
            self.sheet.line([]);
        }
        std::mem::take(&mut self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes::CATALOGUE;
    use crate::report::text;

    fn plain(markdown: &str, width: usize) -> String {
        let mut sheet = Sheet::new(width);
        write(markdown, &mut sheet);
        anstream::adapter::strip_str(&text::write(&sheet)).to_string()
    }

    #[test]
    fn a_page_is_laid_out_for_reading() {
        let markdown = "# R000: `a` is *b*\n\nOne two three four five six [seven](eight.md)\nnine `x < y`.\n\n- a\n- b\n\n\
            ```toml routes/a.toml latin1\n[[route]]\n\n  id = '<b>'\n```\n\n```toml whole\nx\n```\n";
        let expected = "R000: `a` is b\n\nOne two three four five\nsix seven nine `x < y`.\n\n· a\n\n· b\n\n    \
            # routes/a.toml\n    [[route]]\n\n      id = '<b>'\n\n    x\n";
        assert_eq!(plain(markdown, 24), expected);
    }

    #[test]
    fn no_word_of_a_page_is_lost() {
        // Of what stands behind three back-ticks only the name of a file is shown.
        let line_words = |line: &str| -> Vec<String> {
            let is_rule = |word: &&str| word.starts_with('#') || word.chars().all(|char| "|-".contains(char));
            let words = line.split_whitespace().filter(|word| !is_rule(word));
            let is_shown = |word: &&str| !line.starts_with("```") || word.contains('.');
            words.filter(is_shown).map(str::to_owned).collect()
        };
        let words = |text: &str| -> Vec<String> { text.lines().flat_map(line_words).collect() };
        for code in CATALOGUE {
            // The place that a link leads to is not shown.
            let mut markdown = code.text.to_owned();
            while let Some((before, after)) = markdown.split_once("](") {
                let (_, after) = after.split_once(')').expect("a link has an end");
                markdown = format!("{}{after}", before.replacen('[', "", 1));
            }
            let shown = plain(code.text, 100);
            let mut rest = shown.as_str();
            for word in words(&markdown) {
                let at = rest.find(&word).unwrap_or_else(|| panic!("{}: `{word}` is lost in\n{shown}", code.code));
                rest = &rest[at + word.len()..];
            }
        }
    }
}
