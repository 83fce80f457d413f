//! Patterns that can never match a path in normal form, and the form to write instead (rule 4).
//!
//! The verdict is a proof: [`sample`](crate::check::sample) walks the pattern together with the automaton of all normal
//! forms. The words and the cure are found after it, from the pattern's letters, and a cure is offered only if it can
//! match.

use std::ops::Range;

use crate::route::Canonical;

use crate::check::language::{NormalForm, Rule};
use crate::check::letters::{Edit, PatternText};
use crate::check::meant::{WrittenElsewhere, meant};
use crate::check::sample::Sample;
use crate::config::WrittenPattern;
use crate::diagnostic::{Findings, codes};

/// Reports each glob that no path in normal form matches, and each regex that is found in none.
pub(crate) fn check(canonical: &Canonical, patterns: &[WrittenPattern], findings: &mut Findings) {
    for written in patterns {
        let WrittenPattern { key, text, .. } = written;
        let Some(never) = judge(canonical, &PatternText::of(key, text)) else { continue };
        let message = format!("{key} `{text}` can never match the normal form of a path");
        let (part, cause) = never.cause;
        let mut report = findings.report(&codes::NEVER_MATCHES, written.part(part), message).label(cause);
        for (part, cause) in never.further {
            report = report.also(written.part(part), cause);
        }
        if let Some(cure) = never.cure {
            report = report.help(cure);
        }
        match never.ends_path {
            Some('#') => {
                report.help("take it away: what follows a `#` stays in the browser; the character itself is `%23`")
            }
            Some(_) => report.help("ask for the query with `query = { name = \"text\" }`"),
            None => report,
        };
    }
}

/// A part of a pattern, and what is wrong with it.
type Cause = (Range<usize>, String);

/// Why a pattern never matches.
#[derive(Debug, Default, PartialEq, Eq)]
struct Never {
    /// In the words of the normal form, and which part of the pattern it is about.
    cause: Cause,
    /// What else there is, of other rules.
    further: Vec<Cause>,
    /// What to do, where that is known.
    cure: Option<String>,
    /// The `?` or `#` that it looks for, where a path has ended.
    ends_path: Option<char>,
}

/// What to do about a pattern that tells folders by the slash at their end.
const NO_FOLDERS: &str = "nothing tells a folder from a file then: tell files by a dot in their last segment, or keep the \
                          slashes: `trailing_slash = \"keep\"` in `[canonical]`";

/// The rules of the normal form, in the order in which one of them is given as the cause.
const RULES: [Rule; 8] = [
    Rule::Bytes,
    Rule::Escapes,
    Rule::Case,
    Rule::Parameters,
    Rule::Slashes,
    Rule::Trailing,
    Rule::Leading,
    Rule::Dots,
];

/// `None` for a pattern that matches some path, or of which nothing could be proved.
fn judge(canonical: &Canonical, pattern: &PatternText) -> Option<Never> {
    if pattern.sample(&NormalForm::new(canonical)) != Sample::Nothing {
        return None;
    }
    if let Some(WrittenElsewhere { cause, cure }) = meant(canonical, pattern) {
        return Some(Never { cause: (0..pattern.text.len(), cause.to_owned()), cure: Some(cure), ..Never::default() });
    }
    let query = pattern.letters().into_iter().find(|letter| matches!(letter.char, '?' | '#'));
    let ends_path = query.as_ref().map(|letter| letter.char);
    let (edits, write) = cured(canonical, pattern).unzip();
    let edits = edits.unwrap_or_default();
    let firsts = RULES.iter().filter_map(|rule| edits.iter().find(|edit| edit.rule == *rule));
    let mut causes = firsts.map(|edit| (edit.at.clone(), cause_of(edit, pattern)));
    let cause = causes.next().unwrap_or_else(|| match &query {
        Some(letter) => (letter.at.clone(), "a path ends before `?` and `#`".to_owned()),
        None => (0..pattern.text.len(), broken_rule(canonical, pattern).to_owned()),
    });
    let further = causes.collect();
    let is_of_folders = || matches!(pattern.sample(&NormalForm::without(canonical, Rule::Trailing)), Sample::Text(_));
    let cure = match write {
        Some(text) => Some(format!("write `{text}`")),
        None => is_of_folders().then(|| NO_FOLDERS.to_owned()),
    };
    Some(Never { cause, further, cure, ends_path })
}

/// The edits that leave the pattern its meaning, after the first rule that brings the pattern to life, else after all rules, and what they make of it.
fn cured(canonical: &Canonical, pattern: &PatternText) -> Option<(Vec<Edit>, String)> {
    let form = NormalForm::new(canonical);
    let all = pattern.edits(canonical);
    let after = |rule: Rule| all.iter().filter(|edit| edit.rule == rule).cloned().collect::<Vec<Edit>>();
    let choices = RULES.into_iter().map(after).filter(|edits| !edits.is_empty()).chain([all.clone()]);
    let cured = choices.map(|edits| (pattern.with(&edits), edits));
    let mut alive = cured.filter(|(pattern, _)| matches!(pattern.sample(&form), Sample::Text(_)));
    alive.next().map(|(pattern, edits)| (edits, pattern.text))
}

/// Why an edit was to be made: with its texts where only they say what is meant.
fn cause_of(edit: &Edit, pattern: &PatternText) -> String {
    match (edit.rule, pattern.text.get(edit.at.clone())) {
        (Rule::Bytes | Rule::Escapes, Some(old)) => format!("a path's normal form has `{}` for `{old}`", edit.text),
        (rule, _) => words(rule).to_owned(),
    }
}

/// The one rule without which the pattern would match something, in words.
fn broken_rule(canonical: &Canonical, pattern: &PatternText) -> &'static str {
    let is_broken = |rule: &Rule| matches!(pattern.sample(&NormalForm::without(canonical, *rule)), Sample::Text(_));
    RULES.into_iter().find(is_broken).map_or("no path fits it, whatever its form", words)
}

fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Leading => "every path begins with `/`",
        Rule::Parameters => "`path_parameters = \"strip\"` leaves no `;` in a path",
        Rule::Slashes => "`merge_slashes` leaves no `//` in a path",
        Rule::Dots => "segments `.` and `..` are removed before any match",
        Rule::Case => "`case = \"lower\"` leaves no capital letter in a path",
        Rule::Trailing => "`trailing_slash = \"strip\"` leaves no `/` at the end of a path",
        Rule::Escapes => "escapes have capital digits, and unreserved characters are not escaped, before any match",
        Rule::Bytes => "what a URL's path may not hold is escaped before any match",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::letters::PatternSyntax;
    use crate::route::LazyRegex;
    use crate::route::pattern::Glob;

    fn glob(text: &str) -> PatternText {
        PatternText::of("glob", text)
    }

    fn regex(text: &str) -> PatternText {
        PatternText::of("regex", text)
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
            assert_eq!(judge(&Canonical::of_words(words), &pattern), None, "[{words}] {pattern:?}");
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
            ("strip", regex("^/(?<slug>[^/]+)/$"), Some("^/(?<slug>[^/]+)$")),
            // A form that would take other requests is no cure.
            ("strip", regex("^/a/(?:.*/)?x/$"), Some("^/a/(?:.*/)?x$")),
            ("strip", regex("^/a/(?:.*/)?$"), None),
            ("strip", regex("^/a/(?:b/|c/)$"), None),
            ("strip", regex("^/(.*)/$"), None),
            ("strip", glob("/a/**/"), None),
            ("lower", regex("^/Promo/[^A-Z]+$"), Some("^/promo/[^A-Z]+$")),
            ("lower", glob("/Promo/[!A-Z]"), Some("/promo/[!A-Z]")),
            ("lower strip", regex("Promo/$"), Some("promo$")),
            ("", regex("^a/|^b/"), None),
            ("", regex("^https?://www.acme.com/a"), None),
            ("", regex("/^\\/a\\/(.*)$/i"), Some("(?i)^/a/(.*)$")),
        ];
        for (words, pattern, write) in rows {
            let never = judge(&Canonical::of_words(words), &pattern)
                .unwrap_or_else(|| panic!("[{words}] {pattern:?} is alive"));
            assert_eq!(
                never.cure.as_deref().and_then(|cure| cure.strip_prefix("write `")?.strip_suffix('`')),
                write,
                "[{words}] {pattern:?}"
            );
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
            ("cut", regex("^/a;jsessionid="), "`path_parameters = \"strip\"` leaves no `;` in a path"),
            ("cut", glob("/a;*"), "`path_parameters = \"strip\"` leaves no `;` in a path"),
            ("", regex("a^"), "no path fits it, whatever its form"),
        ];
        for (words, pattern, cause) in rows {
            let never = judge(&Canonical::of_words(words), &pattern).unwrap_or_else(|| panic!("{pattern:?} is alive"));
            assert_eq!((never.cause.1.as_str(), never.further.len()), (cause, 0), "{pattern:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_is_judged_never_to_match_matches_no_path(
            words in "(lower)?( strip)?( split)?( cut)?",
            text in r"\^?/?([aB./;ç ]|%2[fF]|%41|//|\\\.|\[a-Z]|[aB/]\?|\(a\|B\)|\.\*|\\b|(?i:B)){0,6}/?\$?",
            raws in proptest::collection::vec("/([aB./;ç ]|%2[fF]|%41|//|\\.\\.?/){0,6}", 16),
        ) {
            let canonical = Canonical::of_words(&words);
            for pattern in [regex(&text), glob(&text)] {
                if judge(&canonical, &pattern).is_none() {
                    continue;
                }
                for raw in &raws {
                    let path = canonical.normalize(raw).as_str().to_owned();
                    let matched = match pattern.syntax {
                        PatternSyntax::Glob => Glob::new(text.as_str()).is_match(&path),
                        PatternSyntax::Regex => LazyRegex::new(text.as_str()).is_match(&path),
                    };
                    prop_assert!(!path.starts_with('/') || !matched, "{pattern:?} matches {path}");
                }
            }
        }
    }
}
