//! `path`, `prefix`, `glob` and `regex`: the text of a pattern → what is matched on the normal form.

use std::ops::Range;

use crate::route::canonical::TrailingSlash;
use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::{Canonical, LazyRegex, MAX_COMPILED, MAX_NESTING, MAX_TEXT, PatternError};

use crate::config::lower::fault::{Fault, sound};
use crate::config::lower::foreign::quoted;
use crate::config::lower::foreign::scan::{braces_meant, regex_meant};
use crate::config::lower::globs;
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, codes};
use crate::platform::limits::MAX_URL;

/// What to do where a brace is no capture.
const LITERAL_BRACE: &str = "a literal brace is written `%7B` or `%7D`";
/// What to do about a malformed regex, by words of the parser; the first that fit. A data table.
const REGEX_CURES: [(&str, &str); 10] = [
    ("look-around", "regexes run in linear time and have no look-around; let an earlier route take what is not meant"),
    (
        "backreference",
        "regexes run in linear time and have no back-references: write out what may stand there, or a route each",
    ),
    ("unclosed group", "close the group with `)`; a literal parenthesis is written `\\(`"),
    ("unopened group", "take the `)` away; a literal parenthesis is written `\\)`"),
    ("unclosed character class", "close the class with `]`; a literal bracket is written `\\[`"),
    ("unclosed counted repetition", "close the count with `}`; a literal brace is written `\\{`"),
    ("missing expression", "write what is repeated before the sign; a literal one is written with `\\` before it"),
    ("unrecognized escape", "write the character itself; only signs of regexes need the `\\`"),
    ("incomplete escape", "a regex cannot end in `\\`: a literal one is written `\\\\`"),
    ("duplicate capture group name", "give each group its own name"),
];
/// Longest name of a capture.
const MAX_CAPTURE: usize = 64;
/// Captures of one path.
const MAX_CAPTURES: usize = 64;
/// Malformed captures shown of one path.
const MAX_FAULTS: usize = 8;

/// `path`: exact text, or a template where it has captures. `None` where it was reported.
pub(crate) fn path(findings: &mut Findings, canonical: &Canonical, text: &TextValue<'_>) -> Option<PathPattern> {
    sound(findings, text, check_path("path", text.text))?;
    let holes = holes(findings, text)?;
    if holes.is_empty() {
        return Some(PathPattern::Exact(canonical.normalize(text.text).as_str().to_owned()));
    }
    sound(findings, text, template(canonical, text.text, &holes))
}

/// `prefix`: literal text; a slash at its end is ignored.
pub(crate) fn prefix(findings: &mut Findings, canonical: &Canonical, text: &TextValue<'_>) -> Option<PathPattern> {
    sound(findings, text, check_prefix(text.text))?;
    let normal = canonical.normalize(text.text);
    let normal = normal.as_str();
    Some(PathPattern::Prefix(normal.strip_suffix('/').unwrap_or(normal).to_owned()))
}

fn check_prefix(text: &str) -> Result<(), Fault> {
    check_path("prefix", text)?;
    let Some(at) = text.find(['{', '}']) else { return Ok(()) };
    let message = "a prefix cannot have captures of its own, only `{rest}`";
    let cure = format!("to capture, write `path = \"{}/{{*rest}}\"`", text.trim_end_matches('/'));
    Err(Fault::new(&codes::BRACE_IN_PREFIX, at..at + 1, message).help(cure).help(LITERAL_BRACE))
}

/// `glob`, as written.
pub(crate) fn glob(findings: &mut Findings, text: &TextValue<'_>) -> Option<PathPattern> {
    sound(findings, text, globs::check(text.text)).map(PathPattern::Glob)
}

/// `regex`, as written.
pub(crate) fn regex(findings: &mut Findings, text: &TextValue<'_>) -> Option<PathPattern> {
    sound(findings, text, checked_regex(text.text, LazyRegex::for_paths)).map(PathPattern::Regex)
}

/// A regex of a path or a value, compiled by `check`. It is compiled again when it is first needed: a table may hold
/// thousands, whose compiled forms together would not fit.
pub(crate) fn checked_regex(
    text: &str,
    check: fn(&str) -> Result<LazyRegex, PatternError>,
) -> Result<LazyRegex, Fault> {
    if text.len() > MAX_TEXT {
        let message = format!("the regex has {} bytes, too many", text.len());
        let help = "many exact paths belong in a `redirect_map` or routes of their own";
        return Err(Fault::whole(&codes::REGEX_TOO_LONG, message).help(format!("at most {MAX_TEXT} bytes; {help}")));
    }
    match check(text) {
        Ok(regex) => Ok(regex),
        Err(PatternError::TooLarge) => {
            let (most, help) = (MAX_COMPILED / 1024, "lower its counted repetitions, such as `{1000}`");
            let fault = Fault::whole(&codes::REGEX_TOO_LARGE, "the regex is too large when compiled");
            Err(fault.help(format!("at most {most} KiB when compiled: {help}")))
        }
        Err(PatternError::Malformed(words)) => Err(bad_regex(text, &words)),
    }
}

fn bad_regex(text: &str, words: &str) -> Fault {
    let bytes = |span: &regex_syntax::ast::Span| span.start.offset..span.end.offset;
    let (what, part) = match regex_syntax::ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(text) {
        Err(regex_syntax::Error::Parse(error)) => (error.kind().to_string(), bytes(error.span())),
        Err(regex_syntax::Error::Translate(error)) => (error.kind().to_string(), bytes(error.span())),
        _ => (words.to_owned(), 0..text.len()),
    };
    let fault = Fault::new(&codes::BAD_REGEX, part, format!("the regex is malformed: {what}"));
    match REGEX_CURES.iter().find(|(words, _)| what.contains(words)) {
        Some((_, cure)) => fault.help(*cure),
        None => fault,
    }
}

/// Whether a text can be a path at all.
fn check_path(key: &str, text: &str) -> Result<(), Fault> {
    check_written(key, text).map_err(|fault| {
        match regex_meant(text).filter(|regex| LazyRegex::for_paths(regex).is_ok()) {
            Some(regex) => fault.instead(&format!("a regex has a key of its own: write `regex = {}`", quoted(&regex))),
            None => fault,
        }
    })
}

fn check_written(key: &str, text: &str) -> Result<(), Fault> {
    if !text.starts_with('/') {
        let cure = globs::host_apart(key, text).unwrap_or_else(|| format!("write `/{text}`"));
        return Err(Fault::whole(&codes::PATH_START, format!("`{key}` must begin with `/`")).help(cure));
    }
    if let Some(at) = text.find(['?', '#']) {
        let message = format!("`{key}` has `?` or `#`, which no path has");
        if let Some((shorter, longer)) = optional_segment(text).filter(|_| key == "path") {
            let cure = format!("a segment that may be missing makes two paths: `path = [\"{shorter}\", \"{longer}\"]`");
            let fault = Fault::new(&codes::PATH_HOLDS_QUERY, at..at + 1, message).help(cure);
            return Err(fault.help("or two routes, where a target has the capture"));
        }
        let cure = match text.get(at..) {
            Some(rest) if rest.starts_with('#') => "take it away: what follows a `#` stays in the browser",
            _ => "a query is a condition: `query = { name = \"value\" }`",
        };
        return Err(Fault::new(&codes::PATH_HOLDS_QUERY, at..text.len(), message)
            .help(cure)
            .help("a literal `?` or `#` is written `%3F` or `%23`"));
    }
    if text.len() > MAX_URL {
        let message = format!("`{key}` has {} bytes, more than any request's path", text.len());
        return Err(Fault::whole(&codes::OUT_OF_RANGE, message).help(format!("at most {MAX_URL} bytes")));
    }
    Ok(())
}

/// The two paths that are meant by one with `{name?}` as its last segment.
fn optional_segment(text: &str) -> Option<(&str, String)> {
    let (before, name) = text.strip_suffix("?}")?.rsplit_once("/{")?;
    let is_it = is_capture_name(name) && !before.contains(['?', '#']);
    is_it.then(|| (if before.is_empty() { "/" } else { before }, format!("{before}/{{{name}}}")))
}

/// A path whose captures are written `${name}`, with ours.
fn without_dollars(path: &str) -> Option<String> {
    let own = |segment: &str| {
        let name = segment.strip_prefix("${")?.strip_suffix('}')?;
        is_capture_name(name).then(|| format!("{{{name}}}"))
    };
    let meant: Vec<String> =
        path.split('/').map(|segment| own(segment).unwrap_or_else(|| segment.to_owned())).collect();
    let meant = meant.join("/");
    (meant != path).then_some(meant)
}

/// A segment that captures.
#[derive(Debug)]
struct TemplateHole<'a> {
    name: &'a str,
    is_rest: bool,
    /// Bytes of the pattern that hold the whole segment.
    start: usize,
    end: usize,
}

/// The captures of a path, in order; `None` where one was reported.
fn holes<'a>(findings: &mut Findings, text: &TextValue<'a>) -> Option<Vec<TemplateHole<'a>>> {
    let mut holes: Vec<TemplateHole<'a>> = Vec::new();
    let mut start = 1;
    let mut faults = 0;
    for segment in text.text.get(1..).unwrap_or_default().split('/') {
        let end = start + segment.len();
        if segment.contains(['{', '}']) {
            match hole(segment, start..end) {
                Ok(hole) => holes.push(hole),
                Err(fault) => {
                    if faults < MAX_FAULTS {
                        let fault = match braces_meant(text.text).or_else(|| without_dollars(text.text)) {
                            Some(meant) => fault.instead(&format!("write `{meant}`")),
                            None => fault,
                        };
                        fault.report_in(findings, text);
                    }
                    faults += 1;
                }
            }
        }
        start = end + 1;
    }
    let fine = are_in_order(findings, text, &holes) && faults == 0;
    fine.then_some(holes)
}

fn are_in_order(findings: &mut Findings, text: &TextValue<'_>, holes: &[TemplateHole<'_>]) -> bool {
    if holes.len() > MAX_CAPTURES {
        let message = format!("the path has {} captures, too many", holes.len());
        findings.report(&codes::BAD_CAPTURE, text.span.clone(), message).help(format!("at most {MAX_CAPTURES}"));
        return false;
    }
    let mut fine = true;
    for (at, hole) in holes.iter().enumerate() {
        let span = text.part(hole.start..hole.end);
        if let Some(first) = holes.iter().take(at).find(|earlier| earlier.name == hole.name) {
            findings
                .report(&codes::DUPLICATE_CAPTURE, span.clone(), format!("two captures are named `{}`", hole.name))
                .also(text.part(first.start..first.end), "the first one")
                .help("give each its own name");
            fine = false;
        }
        if hole.is_rest && hole.end < text.text.len() {
            let message = format!("`{{*{}}}` takes all that is left, so it must come last", hole.name);
            findings
                .report(&codes::REST_NOT_LAST, span, message)
                .help("for one segment write it without `*`; for text after the remainder use `glob` or `regex`");
            fine = false;
        }
    }
    fine
}

/// The capture that a segment with a brace is.
fn hole(segment: &str, part: Range<usize>) -> Result<TemplateHole<'_>, Fault> {
    let fault = |code, what: &str| Fault::new(code, part.clone(), format!("`{segment}` {what}"));
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.filter(|inner| !inner.contains(['{', '}']));
    let opens = segment.find('{');
    if inner.is_none() && opens.and_then(|at| segment.get(at..)).is_some_and(|rest| rest.contains('}')) {
        let cure = "to capture part of a segment, use `regex` with a named group: `(?<name>[^/]+)`";
        return Err(fault(&codes::PARTIAL_CAPTURE, "captures only part of a segment").help(cure).help(LITERAL_BRACE));
    }
    let inner = inner.unwrap_or_default();
    let (name, is_rest) = inner.strip_prefix('*').map_or((inner, false), |name| (name, true));
    if !is_capture_name(name) {
        let cure = "write `{name}` for one segment or `{*name}` for the remainder; names hold letters, digits and `_`";
        return Err(fault(&codes::BAD_CAPTURE, "is not a capture").help(cure).help(LITERAL_BRACE));
    }
    Ok(TemplateHole { name, is_rest, start: part.start, end: part.end })
}

/// Letters, digits and `_`, not beginning with a digit.
pub(crate) fn is_capture_name(name: &str) -> bool {
    (1..=MAX_CAPTURE).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The normal form of a template: of the whole pattern with a mark in place of each capture. A mark is a segment that
/// normal forms leave alone and that no literal segment can be: it has more tildes than the pattern could make.
fn template(canonical: &Canonical, text: &str, holes: &[TemplateHole<'_>]) -> Result<PathPattern, Fault> {
    let tildes = "~".repeat(text.matches(['~', '%']).count() + 1);
    let marked = marked(text, holes, &tildes);
    let normal = canonical.normalize(&marked);
    let mut segments = Vec::new();
    let mut rest = None;
    let mut kept = Vec::new();
    for segment in normal.as_str().get(1..).unwrap_or_default().split('/') {
        let number = segment.strip_prefix(&tildes).and_then(|number| number.parse::<usize>().ok());
        match number.and_then(|number| holes.get(number)) {
            Some(hole) if hole.is_rest => rest = Some(hole.name.to_owned()),
            Some(hole) => segments.push(Segment::Capture(hole.name.to_owned())),
            None => segments.push(Segment::Literal(segment.to_owned())),
        }
        kept.extend(number);
    }
    if let Some((_, lost)) = holes.iter().enumerate().find(|(number, _)| !kept.contains(number)) {
        let fault = Fault::new(&codes::LITERAL_UNSTABLE, lost.start..lost.end, "`..` removes this capture");
        return Err(fault.help("paths are matched without dot segments: write the path without `..`"));
    }
    // What `/a/` has become is taken as it was meant.
    let takes_bare = rest.is_some() && !segments.is_empty() && canonical.trailing_slash == TrailingSlash::Strip;
    Ok(PathPattern::Template(Template { segments, rest, takes_bare }))
}

fn marked(text: &str, holes: &[TemplateHole<'_>], tildes: &str) -> String {
    let mut marked = String::new();
    let mut done = 0;
    for (number, hole) in holes.iter().enumerate() {
        marked.push_str(text.get(done..hole.start).unwrap_or_default());
        marked.push_str(&format!("{tildes}{number}"));
        done = hole.end;
    }
    marked + text.get(done..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    /// A pattern as text again: captures in braces, a prefix with `…` at its end.
    fn shown(pattern: &PathPattern) -> String {
        match pattern {
            PathPattern::Exact(path) => path.clone(),
            PathPattern::Prefix(prefix) => format!("{prefix}…"),
            PathPattern::Template(template) => {
                let segment = |segment: &Segment| match segment {
                    Segment::Literal(text) => format!("/{text}"),
                    Segment::Capture(name) => format!("/{{{name}}}"),
                };
                let rest = template.rest.as_ref().map(|name| format!("/{{*{name}}}"));
                template.segments.iter().map(segment).chain(rest).collect()
            }
            other => format!("{other:?}"),
        }
    }

    fn lowered(words: &str, text: &str, kind: &str) -> (String, usize) {
        let mut findings = Findings::default();
        let text = TextValue { text, written: text, span: Span::default() };
        let canonical = Canonical::of_words(words);
        let pattern = match kind {
            "prefix" => prefix(&mut findings, &canonical, &text),
            _ => path(&mut findings, &canonical, &text),
        };
        (pattern.as_ref().map(shown).unwrap_or_default(), findings.finish().len())
    }

    #[test]
    fn paths_and_prefixes_are_put_in_normal_form() {
        let rows = [
            ("", "path", "/promoções", "/promo%C3%A7%C3%B5es"),
            ("", "path", "/a//b/./c/../%7eD", "/a/b/~D"),
            ("", "path", "/%7Ba%7d", "/%7Ba%7D"),
            ("lower", "path", "/A/{Slug}/B%c3", "/a/{Slug}/b%C3"),
            ("strip", "path", "/a/{b}/", "/a/{b}"),
            ("", "path", "/a/{b}/", "/a/{b}/"),
            ("", "path", "/a//{b}", "/a/{b}"),
            ("split", "path", "/a//{b}", "/a//{b}"),
            ("", "path", "/a/../{b}/{*rest}", "/{b}/{*rest}"),
            ("strip", "path", "/{*rest}", "/{*rest}"),
            ("", "path", "/~0/%7E1/{a}/{b}", "/~0/~1/{a}/{b}"),
            ("", "path", "/{a1}/{a2}", "/{a1}/{a2}"),
            ("", "path", "/", "/"),
            ("", "prefix", "/a/", "/a…"),
            ("", "prefix", "/", "…"),
            ("lower", "prefix", "/Promoções", "/promo%C3%A7%C3%B5es…"),
            ("split", "prefix", "/a//", "/a/…"),
        ];
        for (words, kind, text, expected) in rows {
            assert_eq!(lowered(words, text, kind), (expected.to_owned(), 0), "[{words}] {kind} {text}");
        }
    }
}
