//! `glob`: what globset takes, less what it would silently read as something else.

use std::ops::Range;

use crate::route::MAX_TEXT;
use crate::route::pattern::Glob;

use crate::config::read::value::TextValue;
use crate::diagnostic::{Findings, codes};

/// Alternatives inside alternatives; people do not read deeper ones.
const MAX_DEPTH: usize = 8;

/// Checks a glob; `None` where it was reported.
pub(crate) fn check(findings: &mut Findings, text: &TextValue<'_>) -> Option<Glob> {
    if text.text.len() > MAX_TEXT {
        let message = format!("a glob of {} bytes is too long", text.text.len());
        findings.report(&codes::BAD_GLOB, text.span.clone(), message).help(format!("at most {MAX_TEXT} bytes"));
        return None;
    }
    if let Some(finding) = Scan::of(text.text).finding {
        finding.report(findings, text);
        return None;
    }
    match Glob::parse(text.text) {
        Ok(_) if !can_begin(text.text) => {
            findings
                .report(&codes::GLOB_START, text.span.clone(), "the glob cannot match a path, which begins with `/`")
                .help(format!("write `/{}`, or `/**/{}` for any folder", text.text, text.text));
            None
        }
        Ok(glob) => Some(Glob::new(glob.text())),
        Err(error) => {
            let what = error.kind().to_string();
            findings.report(&codes::BAD_GLOB, text.span.clone(), format!("the glob is malformed: {what}"));
            None
        }
    }
}

/// Whether the first thing of a glob can be a slash, as far as its first character tells.
fn can_begin(glob: &str) -> bool {
    glob.starts_with(['/', '{', '[', '\\']) || glob.starts_with("**")
}

/// What is wrong with a glob that globset takes.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Stars(Range<usize>),
    EmptyAlternative(Range<usize>),
    Deep(Range<usize>),
}

impl Finding {
    fn report(self, findings: &mut Findings, text: &TextValue<'_>) {
        let (code, part, message, cure) = match self {
            Finding::Stars(part) => (
                &codes::GLOB_STARS,
                part,
                "`**` is a whole segment between slashes",
                "write `/**/` between slashes, `/**` at the end, `*` inside a segment; for `**` in braces write two routes",
            ),
            Finding::EmptyAlternative(part) => (
                &codes::GLOB_EMPTY_ALTERNATIVE,
                part,
                "an alternative is empty",
                "remove it, or write a route of its own for the path without it",
            ),
            Finding::Deep(part) => (&codes::BAD_GLOB, part, "alternatives are nested too deep", "write several routes"),
        };
        let span = text.part(part);
        findings.report(code, span, message).help(cure);
    }
}

/// One pass over a glob, for the first finding.
struct Scan {
    finding: Option<Finding>,
}

impl Scan {
    fn of(glob: &str) -> Scan {
        let bytes = glob.as_bytes();
        // Per open brace: where its current alternative began.
        let mut open: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'[' => at = end_of_class(bytes, at),
                b'*' if bytes.get(at + 1) == Some(&b'*') => {
                    let end = at + bytes[at..].iter().take_while(|&&byte| byte == b'*').count();
                    let before = at == 0 || bytes[at - 1] == b'/';
                    let after = end == bytes.len() || bytes[end] == b'/';
                    if end - at != 2 || !before || !after {
                        return Scan { finding: Some(Finding::Stars(at..end)) };
                    }
                    at = end - 1;
                }
                b'{' if open.len() == MAX_DEPTH => return Scan { finding: Some(Finding::Deep(at..at + 1)) },
                b'{' => open.push(at + 1),
                b',' | b'}' => {
                    if let Some(began) = open.last_mut() {
                        if *began == at {
                            return Scan { finding: Some(Finding::EmptyAlternative(at - 1..at + 1)) };
                        }
                        *began = at + 1;
                    }
                    if byte == b'}' {
                        open.pop();
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Scan { finding: None }
    }
}

/// The closing bracket of a class, or the opening one where there is none: globset says so itself.
fn end_of_class(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    if matches!(bytes.get(at), Some(b'!' | b'^')) {
        at += 1;
    }
    // A bracket that comes first is a member.
    let found = bytes.iter().enumerate().skip(at + 1).find(|(_, byte)| **byte == b']');
    found.map_or(open, |(end, _)| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_globset_would_read_otherwise_is_found() {
        let rows = [
            ("/a/**", None),
            ("/**/x", None),
            ("**", None),
            ("/a/*.{js,css,woff2}", None),
            ("/a/[**]", None),
            (r"/a/\**", None),
            ("/a/[]**]x", None),
            ("/a**", Some(Finding::Stars(2..4))),
            ("/**a", Some(Finding::Stars(1..3))),
            ("/a/***", Some(Finding::Stars(3..6))),
            ("/{a/**,b}", Some(Finding::Stars(4..6))),
            ("/{a,}", Some(Finding::EmptyAlternative(3..5))),
            ("/{,a}", Some(Finding::EmptyAlternative(1..3))),
            ("/{}", Some(Finding::EmptyAlternative(1..3))),
            ("/{a,,b}", Some(Finding::EmptyAlternative(3..5))),
            ("/{{{{{{{{{a}}}}}}}}}", Some(Finding::Deep(9..10))),
            ("/a,b", None),
        ];
        for (glob, expected) in rows {
            assert_eq!(Scan::of(glob).finding, expected, "{glob}");
        }
    }
}
