//! Patterns that can never match a path in normal form, and the form to write instead (design rule 4).
//!
//! The verdict is a proof: [`sample`](crate::check::sample) walks the pattern together with the automaton of all normal forms.
//! The words and the cure are found after it, from the pattern's letters, and a cure is offered only if it can match.

use std::ops::Range;

use regex_syntax::ast::{self, Ast, ClassSetItem, Visitor};

use crate::route::canonical::{Case, Slashes, TrailingSlash};
use crate::route::pattern::Glob;
use crate::route::{Canonical, LazyRegex};
use crate::text::percent::{escaped, is_path_byte, is_unreserved};

use crate::check::language::{NormalForm, Rule};
use crate::check::sample::{Sample, Walker};
use crate::diagnostic::{Findings, Span, codes};

/// Reports a glob (`text` is valid, `span` its value) that no normal form can match.
pub(crate) fn check_glob(findings: &mut Findings, canonical: &Canonical, text: &str, span: Span) {
    check(findings, canonical, &Pattern { kind: Kind::Glob, text: text.to_owned() }, span);
}

/// Reports a regex (`text` is valid, `span` its value) that is found in no normal form.
pub(crate) fn check_regex(findings: &mut Findings, canonical: &Canonical, text: &str, span: Span) {
    check(findings, canonical, &Pattern { kind: Kind::Regex, text: text.to_owned() }, span);
}

fn check(findings: &mut Findings, canonical: &Canonical, pattern: &Pattern, span: Span) {
    let Some(never) = judge(canonical, pattern) else { return };
    let message = format!("{} `{}` can never match the normal form of a path", pattern.kind.name(), pattern.text);
    let mut report = findings.report(&codes::NEVER_MATCHES, span, message).label(never.causes.join("; "));
    if let Some(text) = never.write {
        report = report.help(format!("write `{text}`"));
    }
    if never.holds_query {
        report.help("ask for the query with `query = { name = \"text\" }`");
    }
}

/// A glob or regex that compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    kind: Kind,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Glob,
    Regex,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Glob => "glob",
            Kind::Regex => "regex",
        }
    }
}

/// Why a pattern never matches.
#[derive(Debug, PartialEq, Eq)]
struct Never {
    /// In the words of the normal form; never empty.
    causes: Vec<String>,
    /// The pattern as it should be: known to match a path.
    write: Option<String>,
    /// It looks for a query where no query is.
    holds_query: bool,
}

/// `None` for a pattern that matches some path, or of which nothing could be proved.
fn judge(canonical: &Canonical, pattern: &Pattern) -> Option<Never> {
    if pattern.sample(&NormalForm::new(canonical)) != Sample::Nothing {
        return None;
    }
    let letters = pattern.letters();
    let holds_query = letters.iter().any(|letter| matches!(letter.char, '?' | '#'));
    let (causes, write) = cured(canonical, pattern)
        .map_or_else(|| (vec![cause(canonical, pattern, holds_query)], None), |(causes, text)| (causes, Some(text)));
    Some(Never { causes, write, holds_query })
}

/// The first single fix that brings the pattern to life, else all of them together.
fn cured(canonical: &Canonical, pattern: &Pattern) -> Option<(Vec<String>, String)> {
    let form = NormalForm::new(canonical);
    let is_alive = |pattern: &Pattern| matches!(pattern.sample(&form), Sample::Text(_));
    for fix in FIXES {
        if let Some((cause, fixed)) = fix(canonical, pattern).filter(|(_, fixed)| is_alive(fixed)) {
            return Some((vec![cause], fixed.text));
        }
    }
    let mut fixed = pattern.clone();
    let mut causes = Vec::new();
    for fix in FIXES {
        if let Some((cause, next)) = fix(canonical, &fixed) {
            causes.push(cause);
            fixed = next;
        }
    }
    is_alive(&fixed).then_some((causes, fixed.text))
}

/// The one rule without which the pattern would match something, in words.
fn cause(canonical: &Canonical, pattern: &Pattern, holds_query: bool) -> String {
    if holds_query {
        return "a path ends before `?` and `#`".to_owned();
    }
    let rules = [Rule::Dots, Rule::Case, Rule::Trailing, Rule::Slashes, Rule::Escapes, Rule::Leading, Rule::Bytes];
    let broken = rules.into_iter().find(|rule| {
        let form = NormalForm::without(canonical, *rule);
        matches!(pattern.sample(&form), Sample::Text(_))
    });
    broken.map_or("no path fits it, whatever its form", words).to_owned()
}

fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Leading => "every path begins with `/`",
        Rule::Slashes => "`merge_slashes` leaves no `//` in a path",
        Rule::Dots => "segments `.` and `..` are removed before any match",
        Rule::Case => "`case = \"lower\"` leaves no capital letter in a path",
        Rule::Trailing => "`trailing_slash = \"strip\"` leaves no `/` at the end of a path",
        Rule::Escapes => "escapes have capital digits, and unreserved characters are not escaped, before any match",
        Rule::Bytes => "what a URL's path may not hold is escaped before any match",
    }
}

/// Changes a pattern towards the normal form, and says why; `None` where nothing is to be changed.
type Fix = fn(&Canonical, &Pattern) -> Option<(String, Pattern)>;

/// In the order of the normal form's steps, so that each may rely on those before it.
const FIXES: [Fix; 6] =
    [escape_bytes, settle_escapes, lower_case, merge_slashes, strip_trailing_slash, begin_with_slash];

fn escape_bytes(_: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    let fixed = |letter: &Letter| {
        let is_path = letter.char.is_ascii() && u8::try_from(letter.char).is_ok_and(is_path_byte);
        let is_other = is_path || letter.in_class || matches!(letter.char, '%' | '?' | '#');
        (!is_other).then(|| (letter.at.clone(), escaped(letter.char)))
    };
    pattern.rewritten(pattern.letters().iter().filter_map(fixed).collect())
}

fn settle_escapes(_: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    let letters = pattern.letters();
    let settled = |at: usize| {
        let percent = letters.get(at).filter(|letter| letter.char == '%' && !letter.in_class)?;
        let Some((high, low)) = escape_after(&letters, at) else {
            return Some((percent.at.clone(), "%25".to_owned()));
        };
        let span = percent.at.start..low.at.end;
        let byte = u8::try_from(high.char.to_digit(16)? * 16 + low.char.to_digit(16)?).ok()?;
        let text = if is_unreserved(byte) { pattern.literal(char::from(byte)) } else { format!("%{byte:02X}") };
        (pattern.text.get(span.clone()) != Some(text.as_str())).then_some((span, text))
    };
    pattern.rewritten((0..letters.len()).filter_map(settled).collect())
}

/// The two hex digits right after a `%`.
fn escape_after(letters: &[Letter], percent: usize) -> Option<(&Letter, &Letter)> {
    let [percent, high, low] = letters.get(percent..percent + 3)? else { return None };
    let digits = [high, low].iter().all(|letter| letter.char.is_ascii_hexdigit() && !letter.in_class);
    (digits && percent.touches(high) && high.touches(low)).then_some((high, low))
}

fn lower_case(canonical: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    if canonical.case == Case::Keep {
        return None;
    }
    let letters = pattern.letters();
    let in_escape = |at: usize| (1..=2).any(|back| at.checked_sub(back).is_some_and(|it| is_escape(&letters, it)));
    let lowered = |(at, letter): (usize, &Letter)| {
        let capital = letter.char.is_ascii_uppercase() && !in_escape(at);
        capital.then(|| (letter.at.clone(), letter.char.to_ascii_lowercase().to_string()))
    };
    let (_, fixed) = pattern.rewritten(letters.iter().enumerate().filter_map(lowered).collect())?;
    Some((words(Rule::Case).to_owned(), fixed))
}

fn is_escape(letters: &[Letter], at: usize) -> bool {
    letters.get(at).is_some_and(|letter| letter.char == '%') && escape_after(letters, at).is_some()
}

fn merge_slashes(canonical: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    if canonical.slashes == Slashes::Keep {
        return None;
    }
    let letters = pattern.letters();
    let second = |pair: &[Letter]| {
        let [one, other] = pair else { return None };
        let doubled = one.char == '/' && other.char == '/' && one.touches(other);
        doubled.then(|| (other.at.clone(), String::new()))
    };
    let (_, fixed) = pattern.rewritten(letters.windows(2).filter_map(second).collect())?;
    Some((words(Rule::Slashes).to_owned(), fixed))
}

fn strip_trailing_slash(canonical: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    if canonical.trailing_slash == TrailingSlash::Keep {
        return None;
    }
    let last = pattern.letters().pop().filter(|letter| letter.char == '/' && !letter.in_class)?;
    let (_, fixed) = pattern.rewritten(vec![(last.at, String::new())])?;
    Some((words(Rule::Trailing).to_owned(), fixed))
}

fn begin_with_slash(_: &Canonical, pattern: &Pattern) -> Option<(String, Pattern)> {
    let start = usize::from(pattern.kind == Kind::Regex && pattern.text.starts_with('^'));
    let first = pattern.letters().into_iter().next();
    if first.is_some_and(|letter| letter.at.start == start && letter.char == '/') {
        return None;
    }
    // A name alone is meant in every folder.
    let anywhere = pattern.kind == Kind::Glob && !pattern.text.contains('/');
    let begin = if anywhere { "/**/" } else { "/" };
    let (_, fixed) = pattern.rewritten(vec![(start..start, begin.to_owned())])?;
    Some((words(Rule::Leading).to_owned(), fixed))
}

/// A character that a pattern asks for literally.
#[derive(Clone, Debug)]
struct Letter {
    at: Range<usize>,
    char: char,
    in_class: bool,
}

impl Letter {
    fn touches(&self, next: &Letter) -> bool {
        self.at.end == next.at.start && !self.in_class && !next.in_class
    }
}

impl Pattern {
    fn sample(&self, form: &NormalForm<'_>) -> Sample {
        match self.kind {
            Kind::Glob => Walker::glob(&Glob::new(self.text.as_str())).sample(form),
            Kind::Regex => Walker::regex(&LazyRegex::new(self.text.as_str())).sample(form),
        }
    }

    fn letters(&self) -> Vec<Letter> {
        match self.kind {
            Kind::Glob => glob_letters(&self.text),
            Kind::Regex => regex_letters(&self.text),
        }
    }

    /// A character as a pattern of this kind asks for it.
    fn literal(&self, char: char) -> String {
        match self.kind {
            Kind::Glob => char.to_string(),
            Kind::Regex => regex_syntax::escape(char.encode_utf8(&mut [0; 4])),
        }
    }

    /// The pattern with some places rewritten, and the first change in words.
    fn rewritten(&self, edits: Vec<(Range<usize>, String)>) -> Option<(String, Pattern)> {
        let (first, new) = edits.first()?;
        let words = format!("a path's normal form has `{new}` for `{}`", self.text.get(first.clone())?);
        let mut text = self.text.clone();
        for (at, new) in edits.iter().rev() {
            if self.is_repeated(at.end) && new.len() != 1 {
                // A repetition would come to stand after another letter, or after one of several.
                let new = if new.is_empty() { self.text.get(at.clone())?.to_owned() } else { format!("(?:{new})") };
                text.replace_range(at.clone(), &new);
            } else {
                text.replace_range(at.clone(), new);
            }
        }
        Some((words, Pattern { kind: self.kind, text }))
    }

    /// Whether what ends here is repeated by the regex.
    fn is_repeated(&self, end: usize) -> bool {
        let after = self.text.get(end..).unwrap_or_default();
        self.kind == Kind::Regex && after.starts_with(['*', '+', '?', '{'])
    }
}

/// The literal characters of a glob, in order.
fn glob_letters(text: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut class_start = None;
    while let Some((at, char)) = chars.next() {
        let in_class = class_start.is_some();
        let (end, char) = match char {
            // A `]` that comes first in a class is itself.
            ']' if class_start.is_some_and(|start| at > start) => {
                class_start = None;
                continue;
            }
            '[' if !in_class => {
                let negated = chars.next_if(|(_, next)| matches!(next, '!' | '^')).is_some();
                class_start = Some(at + 1 + usize::from(negated));
                continue;
            }
            '*' | '?' | '{' | '}' | ',' if !in_class => continue,
            '\\' if !in_class => match chars.next() {
                Some((after, escaped)) => (after + escaped.len_utf8(), escaped),
                None => continue,
            },
            _ => (at + char.len_utf8(), char),
        };
        letters.push(Letter { at: at..end, char, in_class });
    }
    letters
}

/// The literal characters of a regex, in order.
fn regex_letters(text: &str) -> Vec<Letter> {
    let parsed = ast::parse::Parser::new().parse(text).ok();
    let visited = parsed.and_then(|tree| ast::visit(&tree, Literals::default()).ok());
    visited.unwrap_or_default()
}

#[derive(Default)]
struct Literals(Vec<Letter>);

impl Literals {
    fn push(&mut self, literal: &ast::Literal, in_class: bool) {
        let at = literal.span.start.offset..literal.span.end.offset;
        self.0.push(Letter { at, char: literal.c, in_class });
    }
}

impl Visitor for Literals {
    type Output = Vec<Letter>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Vec<Letter>, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Self::Err> {
        if let Ast::Literal(literal) = tree {
            self.push(literal, false);
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
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(words: &str) -> Canonical {
        Canonical {
            case: if words.contains("lower") { Case::Lower } else { Case::Keep },
            trailing_slash: if words.contains("strip") { TrailingSlash::Strip } else { TrailingSlash::Keep },
            slashes: if words.contains("split") { Slashes::Keep } else { Slashes::Merge },
            refuse: Vec::new(),
        }
    }

    fn glob(text: &str) -> Pattern {
        Pattern { kind: Kind::Glob, text: text.to_owned() }
    }

    fn regex(text: &str) -> Pattern {
        Pattern { kind: Kind::Regex, text: text.to_owned() }
    }

    #[test]
    fn a_pattern_that_can_match_is_left_alone() {
        let rows = [
            ("lower", regex("(?i)^/PROMO")),
            ("lower", regex("^/(?:Promo|promo)$")),
            ("lower", regex("^/[A-Za-z]+$")),
            ("lower", regex(r"^/[A-Z]?\d$")),
            ("lower", regex("^/%C3%A7$")),
            ("lower", regex("%2F")),
            ("", regex("^/Promo")),
            ("strip", regex("^/foo/?$")),
            ("strip", regex("^/foo/*$")),
            ("strip", regex("^/foo/")),
            ("strip", regex("^/$")),
            ("strip", regex(r"^/foo(/|\.html)$")),
            ("", regex("^/foo/$")),
            ("", regex("foo")),
            ("", regex("^.foo")),
            ("", regex("^/(ç|a)")),
            ("", regex(r"^/a\s*b")),
            ("", regex("^/a[ +]b")),
            ("", regex("^/a %?b|c")),
            ("", regex(r"/\.\.\.")),
            ("", regex(r"/\.well-known/")),
            ("", regex(r"\.$")),
            ("", regex("%25")),
            ("split", regex("//")),
            ("", regex("")),
            ("", regex("$")),
            ("", glob("/**")),
            ("", glob("**/x")),
            ("strip", glob("/a/**")),
            ("lower", glob("/{A,a}/*")),
            ("lower", glob("/[A-Za]*")),
            ("", glob("/a%20b")),
        ];
        for (words, pattern) in rows {
            assert_eq!(judge(&canonical(words), &pattern), None, "[{words}] {pattern:?}");
        }
    }

    #[test]
    fn a_pattern_that_never_matches_is_told_the_form_to_write() {
        let rows = [
            ("lower", regex(r"^/Promo/\d+$"), Some(r"^/promo/\d+$")),
            ("lower", regex(r"^/(?P<Id>\D+)/Ver$"), Some(r"^/(?P<Id>\D+)/ver$")),
            ("lower", regex("^/%C3%A7A$"), Some("^/%C3%A7a$")),
            ("lower", regex("^/[A-Z]+$"), Some("^/[a-z]+$")),
            ("lower", glob("/Promo/*"), Some("/promo/*")),
            ("strip", regex("^/foo/$"), Some("^/foo$")),
            ("strip", regex("^/foo/+$"), None),
            ("strip", glob("/foo/*/"), Some("/foo/*")),
            ("", regex("^/promoções$"), Some("^/promo%C3%A7%C3%B5es$")),
            ("", regex("^/ç+$"), Some("^/(?:%C3%A7)+$")),
            ("", regex("^/a b$"), Some("^/a%20b$")),
            ("", regex(r"^/a\{b\}"), Some("^/a%7Bb%7D")),
            ("", glob("/promoções/*"), Some("/promo%C3%A7%C3%B5es/*")),
            ("", glob(r"/a\[b"), Some("/a%5Bb")),
            ("", glob("/[ç]"), None),
            ("", regex("%2f"), Some("%2F")),
            ("", regex("^/%41%2e$"), Some(r"^/A\.$")),
            ("", glob("/%2e%7ex"), Some("/.~x")),
            ("", glob("/100%"), Some("/100%25")),
            ("", regex("//"), Some("/")),
            ("", glob("/a//b"), Some("/a/b")),
            ("", glob("a/*"), Some("/a/*")),
            ("", glob("*.js"), Some("/**/*.js")),
            ("", regex("^a/"), Some("^/a/")),
            ("", regex(r"^/a/\.\./b"), None),
            ("", regex("^/a/[.]/b"), None),
            ("", regex(r"^/a\?id=1"), None),
            ("", regex("^/a#b"), None),
            ("", regex("a^"), None),
            ("lower strip", regex("^/Até/$"), Some("^/at%C3%A9$")),
        ];
        for (words, pattern, write) in rows {
            let never = judge(&canonical(words), &pattern).unwrap_or_else(|| panic!("[{words}] {pattern:?} is alive"));
            assert_eq!(never.write.as_deref(), write, "[{words}] {pattern:?}");
        }
    }

    #[test]
    fn the_cause_is_told_in_the_words_of_the_normal_form() {
        let rows = [
            ("lower", glob("/Promo"), "`case = \"lower\"` leaves no capital letter in a path"),
            ("strip", glob("/promo/"), "`trailing_slash = \"strip\"` leaves no `/` at the end of a path"),
            ("", glob("/a//b"), "`merge_slashes` leaves no `//` in a path"),
            ("", glob("/ç"), "a path's normal form has `%C3%A7` for `ç`"),
            ("", glob("/%2f"), "a path's normal form has `%2F` for `%2f`"),
            ("", glob("a/b"), "every path begins with `/`"),
            ("", regex(r"^/\./"), "segments `.` and `..` are removed before any match"),
            ("", regex("/a[ ]b"), "what a URL's path may not hold is escaped before any match"),
            ("", regex(r"/a\?"), "a path ends before `?` and `#`"),
            ("", regex("a^"), "no path fits it, whatever its form"),
        ];
        for (words, pattern, cause) in rows {
            let never = judge(&canonical(words), &pattern).unwrap_or_else(|| panic!("{pattern:?} is alive"));
            assert_eq!(never.causes, [cause], "{pattern:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_is_judged_never_to_match_matches_no_path(
            words in "(lower)?( strip)?( split)?",
            text in r"\^?/?([aB./ç ]|%2[fF]|%41|//|\\\.|\[a-Z]|[aB/]\?|\(a\|B\)|\.\*|\\b|(?i:B)){0,6}/?\$?",
            raws in proptest::collection::vec("/([aB./ç ]|%2[fF]|%41|//|\\.\\.?/){0,6}", 16),
        ) {
            let canonical = canonical(&words);
            for pattern in [regex(&text), glob(&text)] {
                if judge(&canonical, &pattern).is_none() {
                    continue;
                }
                for raw in &raws {
                    let path = canonical.normalize(raw).as_str().to_owned();
                    let matched = match pattern.kind {
                        Kind::Glob => Glob::new(text.as_str()).is_match(&path),
                        Kind::Regex => LazyRegex::new(text.as_str()).is_match(&path),
                    };
                    prop_assert!(!path.starts_with('/') || !matched, "{pattern:?} matches {path}");
                }
            }
        }
    }
}
