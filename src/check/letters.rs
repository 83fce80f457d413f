//! The letters of a glob or regex: the characters that it asks for as they are, and what they are in normal form.

use std::ops::Range;

use regex_syntax::ast::{self, Ast, ClassSetItem, Visitor};

use crate::route::canonical::{LetterCase, Slashes, TrailingSlash};
use crate::route::pattern::Glob;
use crate::route::{Canonical, LazyRegex};
use crate::text::percent::{decode, escaped, is_path_byte, is_unreserved};

use crate::check::language::{NormalForm, Rule};
use crate::check::sample::{Sample, Walker};
use crate::config::lower::globs::{self, GlobPart};

/// A glob or regex that compiles, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternText {
    pub(crate) syntax: PatternSyntax,
    pub(crate) text: String,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternSyntax {
    Glob,
    Regex,
}

/// A character that a pattern asks for literally.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) at: Range<usize>,
    pub(crate) char: char,
    in_class: bool,
    /// Inside a group, a repetition or one of several alternatives: the pattern may match without it.
    is_nested: bool,
}

/// A part of a pattern that is not in normal form, and the text that would be.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// Which rule asks for it.
    pub(crate) rule: Rule,
    pub(crate) at: Range<usize>,
    pub(crate) text: String,
}

impl PatternText {
    /// What a route has by the key `glob` or `regex`.
    pub(crate) fn of(key: &str, text: &str) -> PatternText {
        let syntax = if key == "glob" { PatternSyntax::Glob } else { PatternSyntax::Regex };
        PatternText { syntax, text: text.to_owned() }
    }

    /// A path of a form that the pattern matches.
    pub(crate) fn sample(&self, form: &NormalForm<'_>) -> Sample {
        match self.syntax {
            PatternSyntax::Glob => Walker::glob(&Glob::new(self.text.as_str())).sample(form),
            PatternSyntax::Regex => Walker::regex(&LazyRegex::new(self.text.as_str())).sample(form),
        }
    }

    /// The literal characters, in order.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        match self.syntax {
            PatternSyntax::Glob => glob_letters(&self.text),
            PatternSyntax::Regex => regex_letters(&self.text),
        }
    }

    /// What is to be changed for the letters to be in normal form, in order.
    pub(crate) fn edits(&self, canonical: &Canonical) -> Vec<Edit> {
        let letters = self.letters();
        let mut edits = Vec::from_iter(self.beginning(letters.first()));
        let mut rest = letters.as_slice();
        while let [first, ..] = rest {
            let (edit, read) = match escape(rest) {
                Some((at, byte)) => (self.settled(canonical, at, byte), 3),
                None => (normal(canonical, rest).map(|(rule, text)| Edit { rule, at: first.at.clone(), text }), 1),
            };
            edits.extend(edit.filter(|edit| edit.rule != Rule::Trailing || self.ends_folder(first)));
            rest = rest.get(read..).unwrap_or_default();
        }
        edits
    }

    /// The slash that every path begins with. A name alone is meant in every folder.
    fn beginning(&self, first: Option<&Letter>) -> Option<Edit> {
        let is_regex = self.syntax == PatternSyntax::Regex;
        let start = usize::from(is_regex && self.text.starts_with('^'));
        // A regex is found anywhere, unless it says where it begins; and each of several alternatives begins anew.
        if is_regex && (start == 0 || first.is_some_and(|letter| letter.is_nested && letter.at.start == start)) {
            return None;
        }
        if first.is_some_and(|letter| letter.at.start == start && letter.char == '/') {
            return None;
        }
        let anywhere = self.syntax == PatternSyntax::Glob && !self.text.contains('/');
        let text = if anywhere { "/**/" } else { "/" };
        Some(Edit { rule: Rule::Leading, at: start..start, text: text.to_owned() })
    }

    /// Whether a slash at the end can go without other requests being taken: where it always stands, behind something
    /// that is not any text.
    fn ends_folder(&self, slash: &Letter) -> bool {
        let before = self.text.get(..slash.at.start).unwrap_or_default().trim_end_matches(['?', ')']);
        let any: &[&str] = if self.syntax == PatternSyntax::Regex { &[".*", ".+"] } else { &["**"] };
        !slash.is_nested && !any.iter().any(|any| before.ends_with(any))
    }

    /// An escape as the normal form has it: with capital digits, or the unreserved character that it stands for.
    fn settled(&self, canonical: &Canonical, at: Range<usize>, byte: u8) -> Option<Edit> {
        let char = char::from(if canonical.case == LetterCase::Lower { byte.to_ascii_lowercase() } else { byte });
        let text = match self.syntax {
            _ if !is_unreserved(byte) => format!("%{byte:02X}"),
            PatternSyntax::Glob => char.to_string(),
            PatternSyntax::Regex => regex_syntax::escape(char.encode_utf8(&mut [0; 4])),
        };
        (self.text.get(at.clone()) != Some(text.as_str())).then_some(Edit { rule: Rule::Escapes, at, text })
    }

    /// The pattern after some of its edits.
    pub(crate) fn with(&self, edits: &[Edit]) -> PatternText {
        let mut text = self.text.clone();
        for Edit { at, text: new, .. } in edits.iter().rev() {
            // A repetition must not come to stand after another letter, or after one of several.
            match new.len() {
                0 if self.is_repeated(at.end) => {}
                2.. if self.is_repeated(at.end) => text.replace_range(at.clone(), &format!("(?:{new})")),
                _ => text.replace_range(at.clone(), new),
            }
        }
        PatternText { syntax: self.syntax, text }
    }

    /// Whether what ends here is repeated by the regex.
    fn is_repeated(&self, end: usize) -> bool {
        let after = self.text.get(end..).unwrap_or_default();
        self.syntax == PatternSyntax::Regex && after.starts_with(['*', '+', '?', '{'])
    }
}

/// The escape that letters begin with: where it is and its byte.
fn escape(letters: &[Letter]) -> Option<(Range<usize>, u8)> {
    let [percent, high, low, ..] = letters else { return None };
    let byte = decode(u8::try_from(high.char).ok()?, u8::try_from(low.char).ok()?)?;
    let is_escape = percent.char == '%' && percent.touches(high) && high.touches(low);
    is_escape.then_some((percent.at.start..low.at.end, byte))
}

/// What the first of some letters, no escape, is in normal form, where that is something else.
fn normal(canonical: &Canonical, letters: &[Letter]) -> Option<(Rule, String)> {
    let (letter, after) = letters.split_first()?;
    let is_path = u8::try_from(letter.char).is_ok_and(is_path_byte);
    match letter.char {
        'A'..='Z' if canonical.case == LetterCase::Lower => {
            Some((Rule::Case, letter.char.to_ascii_lowercase().to_string()))
        }
        _ if letter.in_class => None,
        '%' => Some((Rule::Escapes, "%25".to_owned())),
        '/' => {
            let doubled = after.first().is_some_and(|next| next.char == '/' && letter.touches(next));
            let merged = doubled && canonical.slashes == Slashes::Merge;
            let stripped = after.is_empty() && canonical.trailing_slash == TrailingSlash::Strip;
            let rule = if merged { Some(Rule::Slashes) } else { stripped.then_some(Rule::Trailing) };
            rule.map(|rule| (rule, String::new()))
        }
        '?' | '#' => None,
        char => (!is_path).then(|| (Rule::Bytes, escaped(char))),
    }
}

impl Letter {
    fn touches(&self, next: &Letter) -> bool {
        self.at.end == next.at.start && !self.in_class && !next.in_class
    }
}

fn glob_letters(text: &str) -> Vec<Letter> {
    let mut depth = 0_usize;
    let mut is_negated = false;
    let mut letters = Vec::new();
    for (at, part) in globs::parts(text) {
        match part {
            GlobPart::Letter(char) => letters.push(Letter { at, char, in_class: false, is_nested: depth > 0 }),
            GlobPart::Member(_) if is_negated => {}
            GlobPart::Member(char) => letters.push(Letter { at, char, in_class: true, is_nested: depth > 0 }),
            GlobPart::Syntax => match text.get(at).unwrap_or_default() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                begun => is_negated = begun.starts_with('[') && begun.len() > 1,
            },
        }
    }
    letters
}

fn regex_letters(text: &str) -> Vec<Letter> {
    let parsed = ast::parse::Parser::new().parse(text).ok();
    let visited = parsed.and_then(|tree| ast::visit(&tree, RegexLetters::default()).ok());
    visited.unwrap_or_default()
}

#[derive(Default)]
struct RegexLetters {
    found: Vec<Letter>,
    /// Groups, repetitions and alternatives that are open.
    depth: usize,
    /// Negated classes that are open: their letters are not asked for.
    negations: usize,
}

impl RegexLetters {
    fn push(&mut self, literal: &ast::Literal, in_class: bool) {
        let at = literal.span.start.offset..literal.span.end.offset;
        if self.negations == 0 {
            self.found.push(Letter { at, char: literal.c, in_class, is_nested: self.depth > 0 });
        }
    }
}

impl Visitor for RegexLetters {
    type Output = Vec<Letter>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Vec<Letter>, Self::Err> {
        Ok(self.found)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Self::Err> {
        match tree {
            Ast::Literal(literal) => self.push(literal, false),
            Ast::ClassBracketed(class) => self.negations += usize::from(class.negated),
            Ast::Group(_) | Ast::Alternation(_) | Ast::Repetition(_) => self.depth += 1,
            _ => {}
        }
        Ok(())
    }

    fn visit_post(&mut self, tree: &Ast) -> Result<(), Self::Err> {
        match tree {
            Ast::ClassBracketed(class) => self.negations -= usize::from(class.negated),
            Ast::Group(_) | Ast::Alternation(_) | Ast::Repetition(_) => self.depth -= 1,
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Literal(literal) => self.push(literal, true),
            ClassSetItem::Range(range) => {
                self.push(&range.start, true);
                self.push(&range.end, true);
            }
            ClassSetItem::Bracketed(class) => self.negations += usize::from(class.negated),
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_post(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        if let ClassSetItem::Bracketed(class) = item {
            self.negations -= usize::from(class.negated);
        }
        Ok(())
    }
}
