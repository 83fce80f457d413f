//! `path`, `prefix`, `glob` and `regex`: the text of a pattern → what is matched on the normal form.

use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::{Canonical, LazyRegex, MAX_COMPILED, MAX_TEXT};

use crate::config::lower::globs;
use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, codes};
use crate::platform::limits::MAX_URL;

/// Longest name of a capture.
const MAX_CAPTURE: usize = 64;
/// Captures of one path.
const MAX_CAPTURES: usize = 64;
/// Malformed captures shown of one path.
const MAX_FAULTS: usize = 8;

/// `path`: exact text, or a template where it has captures. `None` where it was reported.
pub(crate) fn path(findings: &mut Findings, canonical: &Canonical, text: &TextValue<'_>) -> Option<PathPattern> {
    if !is_path(findings, "path", text) {
        return None;
    }
    let holes = holes(findings, text)?;
    if holes.is_empty() {
        return Some(PathPattern::Exact(canonical.normalize(text.text).as_str().to_owned()));
    }
    template(findings, canonical, text, &holes)
}

/// `prefix`: literal text; a slash at its end is ignored.
pub(crate) fn prefix(findings: &mut Findings, canonical: &Canonical, text: &TextValue<'_>) -> Option<PathPattern> {
    if !is_path(findings, "prefix", text) {
        return None;
    }
    if let Some(at) = text.text.find(['{', '}']) {
        let span = text.part(at..at + 1);
        let path = format!("{}/{{*rest}}", text.text.trim_end_matches('/'));
        findings
            .report(&codes::BRACE_IN_PREFIX, span, "a prefix cannot have captures of its own, only `{rest}`")
            .help(format!("to capture, write `path = \"{path}\"`"))
            .help("a literal brace is written `%7B` or `%7D`");
        return None;
    }
    let normal = canonical.normalize(text.text);
    let normal = normal.as_str();
    Some(PathPattern::Prefix(normal.strip_suffix('/').unwrap_or(normal).to_owned()))
}

/// `glob`, as written.
pub(crate) fn glob(findings: &mut Findings, text: &TextValue<'_>) -> Option<PathPattern> {
    globs::check(findings, text).map(PathPattern::Glob)
}

/// `regex`, as written.
pub(crate) fn regex(findings: &mut Findings, text: &TextValue<'_>) -> Option<PathPattern> {
    checked_regex(findings, text).map(PathPattern::Regex)
}

/// A regex of a path or a value. It is compiled to check it and then again when first needed: a table may hold
/// thousands, whose compiled forms together would not fit.
pub(crate) fn checked_regex(findings: &mut Findings, text: &TextValue<'_>) -> Option<LazyRegex> {
    if text.text.len() > MAX_TEXT {
        findings
            .report(
                &codes::REGEX_TOO_LONG,
                text.span.clone(),
                format!("the regex has {} bytes, too many", text.text.len()),
            )
            .help(format!(
                "at most {MAX_TEXT} bytes; many exact paths belong in a `redirect_map` or routes of their own"
            ));
        return None;
    }
    match LazyRegex::parse(text.text) {
        Ok(regex) => Some(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            findings.report(&codes::REGEX_TOO_LARGE, text.span.clone(), "the regex is too large when compiled").help(
                format!(
                    "at most {} KiB when compiled: lower its counted repetitions, such as `{{1000}}`",
                    MAX_COMPILED / 1024
                ),
            );
            None
        }
        Err(error) => {
            bad_regex(findings, text, &error);
            None
        }
    }
}

fn bad_regex(findings: &mut Findings, text: &TextValue<'_>, error: &regex::Error) {
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(64).build().parse(text.text);
    let (what, part) = match parsed {
        Err(regex_syntax::Error::Parse(error)) => {
            (error.kind().to_string(), error.span().start.offset..error.span().end.offset)
        }
        Err(regex_syntax::Error::Translate(error)) => {
            (error.kind().to_string(), error.span().start.offset..error.span().end.offset)
        }
        _ => (error.to_string(), 0..text.text.len()),
    };
    let span = text.part(part);
    let lookaround = what.contains("look-around");
    let report = findings.report(&codes::BAD_REGEX, span, format!("the regex is malformed: {what}"));
    if lookaround {
        report.help("regexes run in linear time and have no look-around; let an earlier route take what is not meant");
    } else if text.text.contains('\\') {
        report.help("write regexes in single quotes, '…', where a backslash is itself");
    }
}

/// Whether a text can be a path at all.
fn is_path(findings: &mut Findings, key: &str, text: &TextValue<'_>) -> bool {
    if !text.text.starts_with('/') {
        let report = findings.report(&codes::PATH_START, text.span.clone(), format!("`{key}` must begin with `/`"));
        match text.text.split_once("://") {
            Some((_, rest)) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                let path = if path.is_empty() { "/" } else { path };
                report.help(format!("the host is a key of its own: `host = \"{host}\"` and `{key} = \"{path}\"`"))
            }
            None => report.help(format!("write `/{}`", text.text)),
        };
        return false;
    }
    if let Some(at) = text.text.find(['?', '#']) {
        let span = text.part(at..text.text.len());
        let report =
            findings.report(&codes::PATH_HOLDS_QUERY, span, format!("`{key}` has `?` or `#`, which no path has"));
        report
            .help("a query is a condition: `query = { name = \"value\" }`")
            .help("a literal `?` or `#` is written `%3F` or `%23`");
        return false;
    }
    if text.text.len() > MAX_URL {
        let message = format!("`{key}` has {} bytes, more than any request's path", text.text.len());
        findings.report(&codes::OUT_OF_RANGE, text.span.clone(), message).help(format!("at most {MAX_URL} bytes"));
        return false;
    }
    true
}

/// A segment that captures.
#[derive(Debug)]
struct Hole<'a> {
    name: &'a str,
    is_rest: bool,
    /// Bytes of the pattern that hold the whole segment.
    start: usize,
    end: usize,
}

/// The captures of a path, in order; `None` where one was reported.
fn holes<'a>(findings: &mut Findings, text: &TextValue<'a>) -> Option<Vec<Hole<'a>>> {
    let mut holes: Vec<Hole<'a>> = Vec::new();
    let mut start = 1;
    let mut faults = 0;
    for segment in text.text.get(1..).unwrap_or_default().split('/') {
        let end = start + segment.len();
        if segment.contains(['{', '}']) {
            match hole(segment) {
                Ok((name, is_rest)) => holes.push(Hole { name, is_rest, start, end }),
                Err(malformed) => {
                    if faults < MAX_FAULTS {
                        malformed.report(findings, text, start..end);
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

fn are_in_order(findings: &mut Findings, text: &TextValue<'_>, holes: &[Hole<'_>]) -> bool {
    if holes.len() > MAX_CAPTURES {
        let message = format!("the path has {} captures, too many", holes.len());
        findings.report(&codes::BAD_CAPTURE, text.span.clone(), message).help(format!("at most {MAX_CAPTURES}"));
        return false;
    }
    let mut fine = true;
    for (at, hole) in holes.iter().enumerate() {
        let span = text.part(hole.start..hole.end);
        if holes.iter().take(at).any(|earlier| earlier.name == hole.name) {
            findings
                .report(&codes::DUPLICATE_CAPTURE, span.clone(), format!("two captures are named `{}`", hole.name))
                .help("give each its own name");
            fine = false;
        }
        if hole.is_rest && hole.end < text.text.len() {
            findings
                .report(
                    &codes::REST_NOT_LAST,
                    span,
                    format!("`{{*{}}}` takes all that is left, so it must come last", hole.name),
                )
                .help("for one segment write it without `*`; for text after the remainder use `glob` or `regex`");
            fine = false;
        }
    }
    fine
}

/// Why a segment with a brace is no capture.
enum Malformed {
    /// `a{b}`.
    Partial,
    /// `{`, `{}`, `{a-b}`.
    Name,
}

impl Malformed {
    fn report(&self, findings: &mut Findings, text: &TextValue<'_>, part: std::ops::Range<usize>) {
        let segment = text.text.get(part.clone()).unwrap_or_default();
        let span = text.part(part);
        let literal = "a literal brace is written `%7B` or `%7D`";
        match self {
            Malformed::Partial => findings
                .report(&codes::PARTIAL_CAPTURE, span, format!("`{segment}` captures only part of a segment"))
                .help("to capture part of a segment, use `regex` with a named group: `(?<name>[^/]+)`")
                .help(literal),
            Malformed::Name => findings
                .report(&codes::BAD_CAPTURE, span, format!("`{segment}` is not a capture"))
                .help(
                    "write `{name}` for one segment or `{*name}` for the remainder; names hold letters, digits and `_`",
                )
                .help(literal),
        };
    }
}

fn hole(segment: &str) -> Result<(&str, bool), Malformed> {
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
        let opens = segment.find('{');
        let closes = opens.and_then(|at| segment.get(at..)).is_some_and(|rest| rest.contains('}'));
        return Err(if closes { Malformed::Partial } else { Malformed::Name });
    };
    let (name, is_rest) = inner.strip_prefix('*').map_or((inner, false), |name| (name, true));
    if is_capture_name(name) { Ok((name, is_rest)) } else { Err(Malformed::Name) }
}

/// Letters, digits and `_`, not beginning with a digit.
fn is_capture_name(name: &str) -> bool {
    (1..=MAX_CAPTURE).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The normal form of a template: of the whole pattern with a mark in place of each capture. A mark is a segment that
/// normal forms leave alone and that no literal segment can be: it has more tildes than the pattern could make.
fn template(
    findings: &mut Findings,
    canonical: &Canonical,
    text: &TextValue<'_>,
    holes: &[Hole<'_>],
) -> Option<PathPattern> {
    let tildes = "~".repeat(text.text.matches(['~', '%']).count() + 1);
    let marked = marked(text.text, holes, &tildes);
    let normal = canonical.normalize(&marked);
    let mut segments = Vec::new();
    let mut rest = None;
    let mut kept = 0;
    for segment in normal.as_str().get(1..).unwrap_or_default().split('/') {
        let number = segment.strip_prefix(&tildes).and_then(|number| number.parse::<usize>().ok());
        match number.and_then(|number| holes.get(number)) {
            Some(hole) if hole.is_rest => rest = Some(hole.name.to_owned()),
            Some(hole) => segments.push(Segment::Capture(hole.name.to_owned())),
            None => segments.push(Segment::Literal(segment.to_owned())),
        }
        kept += usize::from(number.is_some());
    }
    if kept < holes.len() {
        findings
            .report(&codes::LITERAL_UNSTABLE, text.span.clone(), "`..` removes a capture of this path")
            .help("paths are matched without dot segments: write the path without `..`");
        return None;
    }
    Some(PathPattern::Template(Template { segments, rest }))
}

fn marked(text: &str, holes: &[Hole<'_>], tildes: &str) -> String {
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
