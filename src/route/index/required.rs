//! What a path must hold for a regex to be found in it: the whole segments and the runs of text that no match is without.
//!
//! Globs come this way too: globset translates them to regexes.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A pattern is followed along at most so many alternatives.
const MOST_SEQUENCES: usize = 64;
/// A class of so few characters is an alternation.
const SMALL_CLASS: usize = 4;

/// A way through a pattern: what must follow what.
type Sequence = Vec<Unit>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Unit {
    /// One byte.
    Byte(u8),
    /// A letter in either case; the lower one.
    Letter(u8),
    /// The path begins or ends here.
    Edge,
    /// Anything.
    Gap,
}

/// What one way through a pattern requires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Required {
    /// Texts that are a whole segment of the path. Sorted, each once.
    pub(super) segments: Vec<Vec<u8>>,
    /// Runs of three bytes, folded by [`fold`]. Sorted, each once.
    pub(super) grams: Vec<u32>,
}

/// How letters of either case are looked for among segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// Paths are lower case outside of escapes: as lower case.
    Lower,
    /// Paths are as they came: not at all.
    Either,
}

/// What each way through a regex requires; a path that has all of none of them does not match.
/// `None`: the regex cannot be read.
pub(super) fn required(regex: &str, letters: Letters) -> Option<Vec<Required>> {
    let mut parser = regex_syntax::ParserBuilder::new();
    // As `LazyRegex` and globset read theirs.
    let hir = parser.utf8(false).nest_limit(64).build().parse(regex).ok()?;
    let mut sequences = follow(vec![Vec::new()], &hir);
    // A search may begin and end anywhere.
    for sequence in &mut sequences {
        sequence.push(Unit::Gap);
    }
    Some(sequences.iter().map(|sequence| read(sequence, letters)).collect())
}

/// Three bytes with the case bit set: enough to look for text without regard to case.
pub(super) fn fold(bytes: [u8; 3]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) | 0x0020_2020
}

/// Each way so far, followed by each way through an expression.
fn follow(ways: Vec<Sequence>, hir: &Hir) -> Vec<Sequence> {
    match hir.kind() {
        HirKind::Empty => ways,
        HirKind::Literal(text) => each(ways, |way| way.extend(text.0.iter().map(|&byte| Unit::Byte(byte)))),
        HirKind::Class(class) => follow_class(ways, class),
        HirKind::Look(Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF) => {
            // No path holds a line end.
            each(ways, |way| way.push(Unit::Edge))
        }
        HirKind::Look(_) => ways,
        HirKind::Capture(capture) => follow(ways, &capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(ways, follow),
        HirKind::Alternation(choices) => fork(ways, choices.iter().map(Some).collect()),
        HirKind::Repetition(repetition) => match (repetition.min, repetition.max) {
            (0, Some(1)) => fork(ways, vec![None, Some(&repetition.sub)]),
            (0, _) => each(ways, |way| way.push(Unit::Gap)),
            (1, Some(1)) => follow(ways, &repetition.sub),
            _ => each(follow(ways, &repetition.sub), |way| way.push(Unit::Gap)),
        },
    }
}

fn each(mut ways: Vec<Sequence>, change: impl Fn(&mut Sequence)) -> Vec<Sequence> {
    ways.iter_mut().for_each(change);
    ways
}

/// Every way so far with every choice; with a gap where those would be too many.
fn fork(ways: Vec<Sequence>, choices: Vec<Option<&Hir>>) -> Vec<Sequence> {
    let mut all = Vec::new();
    for choice in &choices {
        if ways.len().saturating_mul(choices.len()) > MOST_SEQUENCES || all.len() > MOST_SEQUENCES {
            return each(ways, |way| way.push(Unit::Gap));
        }
        match choice {
            None => all.extend(ways.iter().cloned()),
            Some(choice) => all.extend(follow(ways.clone(), choice)),
        }
    }
    if all.len() > MOST_SEQUENCES { each(ways, |way| way.push(Unit::Gap)) } else { all }
}

fn follow_class(ways: Vec<Sequence>, class: &Class) -> Vec<Sequence> {
    let bytes = small(class);
    match bytes.as_slice() {
        [] => each(ways, |way| way.push(Unit::Gap)),
        [upper, lower] if upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == *lower => {
            each(ways, |way| way.push(Unit::Letter(*lower)))
        }
        bytes if ways.len().saturating_mul(bytes.len()) > MOST_SEQUENCES => each(ways, |way| way.push(Unit::Gap)),
        bytes => bytes.iter().flat_map(|&byte| each(ways.clone(), |way| way.push(Unit::Byte(byte)))).collect(),
    }
}

/// The ASCII characters of a class that has few of them, sorted; no other is in a path. Empty for a large one.
fn small(class: &Class) -> Vec<u8> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let ascii = ranges.iter().flat_map(|&(start, end)| start..=end.min(127)).take(SMALL_CLASS + 1);
    let bytes: Vec<u8> = ascii.filter_map(|byte| u8::try_from(byte).ok()).collect();
    if bytes.len() > SMALL_CLASS { Vec::new() } else { bytes }
}

/// The whole segments and the grams of one way.
fn read(sequence: &[Unit], letters: Letters) -> Required {
    let mut found = Required::default();
    // Text since the last slash or edge; `None` where the segment began with something else.
    let mut segment: Option<Vec<u8>> = None;
    let mut run: Vec<u8> = Vec::new();
    for piece in sequence {
        let byte = match piece {
            Unit::Byte(byte) | Unit::Letter(byte) => *byte,
            Unit::Edge | Unit::Gap => {
                run.clear();
                if *piece == Unit::Edge {
                    found.segments.extend(segment.take().filter(|text| !text.is_empty()));
                    segment = Some(Vec::new());
                } else {
                    segment = None;
                }
                continue;
            }
        };
        run.push(byte);
        if let [.., a, b, c] = *run.as_slice() {
            found.grams.push(fold([a, b, c]));
        }
        match (piece, &mut segment) {
            (Unit::Byte(b'/'), _) => {
                found.segments.extend(segment.take().filter(|text| !text.is_empty()));
                segment = Some(Vec::new());
            }
            // Behind a `%` an upper-case letter may stand in a lower-case path too.
            (Unit::Letter(_), Some(text)) if letters == Letters::Either || text.contains(&b'%') => segment = None,
            (_, Some(text)) => text.push(byte),
            (_, None) => {}
        }
    }
    found.segments.sort_unstable();
    found.segments.dedup();
    found.grams.sort_unstable();
    found.grams.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(regex: &str, letters: Letters) -> Vec<String> {
        let ways = required(regex, letters).unwrap();
        ways.iter()
            .map(|way| way.segments.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>())
            .map(|texts| texts.join(","))
            .collect()
    }

    #[test]
    fn whole_segments_are_read_off_a_regex() {
        let rows: &[(&str, &[&str])] = &[
            (r"^/sec/x-1/([0-9]+)(?:/([a-z-]+))?$", &["sec,x-1", "sec,x-1"]),
            (r"^/(?:old|legacy)/x\.html$", &["old,x.html", "legacy,x.html"]),
            (r"/foo/?$", &["foo", "foo"]),
            (r"/foo", &[""]),
            (r"foo/", &[""]),
            (r"^foo/", &["foo"]),
            (r"\.php$", &[""]),
            (r"^/([a-z]{2})/([a-z-]+)/x\.aspx$", &["x.aspx"]),
            (r"(?i)^/Foo/bar$", &[""]),
            (r"^/a(?:b/)+c/", &["ab"]),
            (r"^/(?:b/){2}c/", &["b"]),
            (r"^/%2[ab]/x", &["%2a", "%2b"]),
            (r"^/a\b/x/", &["a,x"]),
        ];
        for (regex, expected) in rows {
            assert_eq!(segments(regex, Letters::Either), *expected, "{regex}");
        }
        assert_eq!(segments(r"(?i)^/Foo/b\d/%c/", Letters::Lower), ["foo"]);
    }

    #[test]
    fn grams_are_those_of_every_run() {
        let ways = required(r"(?i)ab\d.jsp\d\.x$", Letters::Either).unwrap();
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0].grams, [fold(*b"jsp")]);
    }

    #[test]
    fn a_regex_with_too_many_ways_is_read_with_gaps() {
        let ways = required(&format!("^/x/{}/y$", "(?:a|bc)".repeat(20)), Letters::Either).unwrap();
        assert!(ways.len() <= MOST_SEQUENCES);
        assert!(ways.iter().all(|way| way.segments == [b"x".to_vec(), b"y".to_vec()]));
        assert_eq!(required("(", Letters::Either), None);
    }
}
