//! A pattern on ASCII text: the same matches, without the thousands of characters that no path holds.
//!
//! `\w` with all of Unicode takes a hundred times the memory and the time of `\w` with ASCII. What is cut away is what
//! only a text with other characters could match, so on ASCII text nothing changes; groups keep numbers and names.

use regex_syntax::ast::{self, Ast, ClassSetItem, Visitor};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

use super::bounds::{MAX_NESTING, PatternError};

/// What a regex means on ASCII text.
pub(super) fn of_regex(text: &str) -> Result<Hir, PatternError> {
    let tree = ast::parse::ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(text)?;
    let Ok(is_plain) = ast::visit(&tree, Plain(true));
    let hir = TranslatorBuilder::new().unicode(!is_plain).utf8(false).build().translate(text, &tree)?;
    Ok(ascii(&hir))
}

/// Whether a regex says the same of ASCII text when it is read without Unicode, which takes a fraction of the time.
struct Plain(bool);

impl Plain {
    fn and(&mut self, is_plain: bool) -> Result<(), std::convert::Infallible> {
        self.0 &= is_plain;
        Ok(())
    }
}

impl Visitor for Plain {
    type Output = bool;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<bool, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Self::Err> {
        self.and(match tree {
            Ast::Literal(literal) => literal.c.is_ascii(),
            Ast::ClassUnicode(_) => false,
            Ast::Flags(flags) => !says_unicode(&flags.flags),
            Ast::Group(group) => group.flags().is_none_or(|flags| !says_unicode(flags)),
            _ => true,
        })
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        self.and(match item {
            ClassSetItem::Literal(literal) => literal.c.is_ascii(),
            ClassSetItem::Range(range) => range.start.c.is_ascii() && range.end.c.is_ascii(),
            ClassSetItem::Unicode(_) => false,
            _ => true,
        })
    }
}

fn says_unicode(flags: &ast::Flags) -> bool {
    flags.flag_state(ast::Flag::Unicode).is_some()
}

/// The part of an expression that ASCII text can match: what only other texts could match fails.
pub(super) fn ascii(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) if literal.0.is_ascii() => Hir::literal(literal.0.clone()),
        HirKind::Literal(_) => Hir::fail(),
        HirKind::Class(class) => Hir::class(Class::Bytes(ascii_class(class))),
        HirKind::Look(look) => Hir::look(ascii_look(*look)),
        HirKind::Repetition(repetition) => {
            let Repetition { min, max, greedy, sub } = repetition;
            Hir::repetition(Repetition { min: *min, max: *max, greedy: *greedy, sub: Box::new(ascii(sub)) })
        }
        HirKind::Capture(Capture { index, name, sub }) => {
            Hir::capture(Capture { index: *index, name: name.clone(), sub: Box::new(ascii(sub)) })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(ascii).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(ascii).collect()),
    }
}

fn ascii_class(class: &Class) -> ClassBytes {
    let range = |start: u32, end: u32| {
        let byte = |code: u32| u8::try_from(code.min(0x7F)).unwrap_or(0x7F);
        (start < 0x80).then(|| ClassBytesRange::new(byte(start), byte(end)))
    };
    let ranges: Vec<ClassBytesRange> = match class {
        Class::Unicode(class) => class.iter().filter_map(|it| range(it.start().into(), it.end().into())).collect(),
        Class::Bytes(class) => class.iter().filter_map(|it| range(it.start().into(), it.end().into())).collect(),
    };
    ClassBytes::new(ranges)
}

/// On ASCII texts the two kinds of word boundary are one.
fn ascii_look(look: Look) -> Look {
    match look {
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        Look::WordStartUnicode => Look::WordStartAscii,
        Look::WordEndUnicode => Look::WordEndAscii,
        Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
        Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
        look => look,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::route::LazyRegex;
    use crate::route::patterns::program::{Program, Purpose};

    /// Pieces that mean more than ASCII, or nearly do.
    const PIECES: &[&str] = &[
        "a",
        "K",
        "s",
        "/",
        "-",
        "1",
        ".",
        r"\w",
        r"\W",
        r"\d",
        r"\D",
        r"\s",
        r"\S",
        r"\b",
        r"\B",
        "^",
        "$",
        r"\A",
        r"\z",
        "[^a]",
        "[^/]",
        "[a-k]",
        r"[^\w/]",
        r"[\w&&[^a-f]]",
        r"[\W--s]",
        r"[\pL~~[a-z]]",
        r"\pL",
        r"\p{Lu}",
        r"\P{Ll}",
        r"\p{Greek}",
        "[[:alpha:]]",
        "[[:^alpha:]]",
        "[[:^lower:]]",
        "é",
        "[à-ü/]",
        "[a-é]",
        "[^é]",
        r"\x{212A}",
        "ſ",
        r"[^\x{212A}]",
        r"\x61",
        r"(?-u:\w)",
        r"(?-u:\b)",
        "(?s:.)",
        r"(?i:k)",
        "(?i:[^k])",
        r"(?i:\x{17F})",
        r"(?i:\x{212A}|x)",
        "(?i:[[:^lower:]])",
        r"(?i:[[:^ascii:]])",
        r"(?i:[\W])",
        r"(?i:[^\W])",
        r"(?i-u:s)",
        "(?u:.)",
        r"\b{start}",
        r"\b{end-half}",
        "(?m:^)",
        "(?m:$)",
        "(?R)",
        "(?x: a b )",
        "ab|",
        "(?i)",
        "(?-u)",
        "(?U)",
    ];

    fn regex() -> impl Strategy<Value = String> {
        let piece = prop_oneof![4 => select(PIECES).prop_map(str::to_owned), 1 => "[akKs/1-]{1,3}"];
        let repeated =
            (piece, select(&["", "", "", "?", "*", "+", "{2}", "{1,3}", "*?"][..])).prop_map(|(piece, times)| {
                let is_unit = piece.len() == 1 || piece.starts_with(['\\', '[']) || piece.starts_with("(?i:");
                if is_unit { piece + times } else { piece }
            });
        let run = vec(repeated, 1..5).prop_map(|pieces| pieces.concat());
        let group = (run.clone(), select(&["(?:", "(", "(?<n>", "(?i:"][..]), run.clone(), run)
            .prop_map(|(before, open, inside, after)| format!("{before}{open}{inside}){after}"));
        (any::<bool>(), group).prop_map(|(is_anchored, text)| if is_anchored { format!("^/?{text}") } else { text })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_regex_means_the_same_on_ascii_text_as_with_all_of_unicode(
            text in regex(),
            paths in vec("[akKsSxAZ/19_.%~-]{0,12}", 8),
            odd in "[ -~\t\n]{0,8}",
        ) {
            let Ok(unicode) = regex::Regex::new(&text) else { return Ok(()) };
            let ascii = LazyRegex::for_paths(&text).unwrap();
            let names: Vec<_> = unicode.capture_names().map(|name| name.map(str::to_owned)).collect();
            prop_assert_eq!(ascii.group_names(), names);
            for path in paths.iter().chain([&odd]) {
                let groups = unicode.captures(path).map(|groups| {
                    groups.iter().map(|group| group.map_or("", |group| group.as_str())).collect::<Vec<_>>()
                });
                prop_assert_eq!(ascii.takes_path(path), groups.is_some(), "{} {:?}", text, path);
                prop_assert_eq!(ascii.groups(path), groups.unwrap_or_default(), "{} {:?}", text, path);
            }
        }

        #[test]
        fn a_regex_of_a_value_means_what_it_says_on_any_text(text in regex(), values in vec("[akKsſéÉ/1 \u{212A}ß日\n]{0,8}", 8)) {
            let Ok(plain) = regex::Regex::new(&text) else { return Ok(()) };
            let value = LazyRegex::for_values(&text).unwrap();
            for text in &values {
                prop_assert_eq!(value.is_match(text), plain.is_match(text), "{} {:?}", value.text(), text);
            }
        }
    }

    #[test]
    fn every_piece_takes_the_same_characters() {
        let texts: Vec<String> =
            (0..128u8).flat_map(|byte| ["", "a", "/"].map(|after| format!("{}{after}", char::from(byte)))).collect();
        for (piece, flags) in PIECES.iter().flat_map(|piece| ["", "(?i)"].map(|flags| (piece, flags))) {
            let text = format!("{flags}^{piece}$");
            let Ok(unicode) = regex::Regex::new(&text) else { continue };
            let ascii = LazyRegex::for_paths(&text).unwrap();
            let hir = ascii.meaning().unwrap();
            let mut program = Program::new(&hir, Purpose::Find, false).unwrap();
            for path in &texts {
                assert_eq!(program.is_match(path), unicode.is_match(path), "{text} {path:?}");
            }
        }
    }

    #[test]
    fn unicode_costs_nothing_where_there_is_none() {
        let rows = [(r"^/(\w+)/(\d+)/[^/.]*$", true), (r"\pL", false), ("é", false), ("(?u:a)", false)];
        for (regex, expected) in rows {
            let tree = ast::parse::Parser::new().parse(regex).unwrap();
            let Ok(is_plain) = ast::visit(&tree, Plain(true));
            assert_eq!(is_plain, expected, "{regex}");
        }
    }
}
