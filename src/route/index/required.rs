//! What a path must hold for a regex to be found in it, and where: the whole segments and the runs of text that no
//! match is without.
//!
//! Globs come this way too: globset translates them to regexes. Where a text must stand is as important as the text: a
//! path of a thousand known segments must not make a thousand patterns candidates.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// A pattern is followed along at most so many alternatives.
const MOST_SEQUENCES: usize = 64;
/// A class of so few characters is an alternation.
const SMALL_CLASS: usize = 4;
/// A repetition of so few is written out.
const FEW_TIMES: u32 = 8;

/// A way through a pattern: what must follow what.
type Sequence = Vec<Unit>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// One byte.
    Byte(u8),
    /// A letter in either case; the lower one.
    Letter(u8),
    /// One byte of many, no slash.
    Other,
    /// The path begins here.
    Start,
    /// The path ends here.
    End,
    /// Any text without a slash.
    Within,
    /// Anything.
    Gap,
}

/// What one way through a pattern requires. All sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Required {
    /// Texts that are a whole segment of the path. Each is in the list for every place that is known, and for any.
    pub(super) segments: Vec<(Spot, Vec<u8>)>,
    /// Runs of three bytes, folded by [`fold`], likewise.
    pub(super) grams: Vec<(Spot, u32)>,
}

/// Where in a path a text must stand, as far as an index can use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spot {
    /// So many slashes are before it; a gram also has so many bytes between the last of them and itself.
    FromStart(u32, u32),
    /// So many slashes are behind it; a gram also has so many bytes between itself and the first of them.
    FromEnd(u32, u32),
    /// Anywhere.
    Any,
}

impl Spot {
    /// Slashes that are counted; a text that is deeper may be anywhere.
    pub(super) const DEPTHS: u32 = 8;
    /// Bytes of a segment that are counted.
    pub(super) const OFFSETS: u32 = 8;

    /// Every place has its own; that of anywhere is 0.
    pub(super) fn number(self) -> u32 {
        match self {
            Spot::Any => 0,
            Spot::FromStart(slashes, bytes) => 1 + slashes * Spot::OFFSETS + bytes,
            Spot::FromEnd(slashes, bytes) => 1 + (Spot::DEPTHS + slashes) * Spot::OFFSETS + bytes,
        }
    }

    /// The bit of a place in a mask.
    pub(super) fn bit(slashes: u32, bytes: u32) -> u64 {
        if slashes < Spot::DEPTHS && bytes < Spot::OFFSETS { 1 << (slashes * Spot::OFFSETS + bytes) } else { 0 }
    }
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
pub(super) fn required(meaning: &Hir, letters: Letters) -> Vec<Required> {
    let sequences = follow(vec![Vec::new()], meaning);
    sequences.iter().map(|sequence| read(sequence, letters)).collect()
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
        // No path holds a line end.
        HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) => each(ways, |way| way.push(Unit::Start)),
        HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => each(ways, |way| way.push(Unit::End)),
        HirKind::Look(_) => ways,
        HirKind::Capture(capture) => follow(ways, &capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(ways, follow),
        HirKind::Alternation(choices) => fork(ways, hir, choices.iter().map(Some).collect()),
        HirKind::Repetition(repetition) => follow_repetition(ways, hir, repetition),
    }
}

fn follow_repetition(ways: Vec<Sequence>, hir: &Hir, repetition: &Repetition) -> Vec<Sequence> {
    let sub = &repetition.sub;
    match (repetition.min, repetition.max) {
        (0, Some(1)) => fork(ways, hir, vec![None, Some(sub)]),
        (0, _) => gap(ways, hir),
        (min, max) if max == Some(min) && min <= FEW_TIMES => (0..min).fold(ways, |ways, _| follow(ways, sub)),
        _ => gap(follow(ways, sub), hir),
    }
}

fn each(mut ways: Vec<Sequence>, change: impl Fn(&mut Sequence)) -> Vec<Sequence> {
    ways.iter_mut().for_each(change);
    ways
}

/// Every way so far, followed by what an expression may be.
fn gap(ways: Vec<Sequence>, hir: &Hir) -> Vec<Sequence> {
    let unit = if may_hold_slash(hir) { Unit::Gap } else { Unit::Within };
    each(ways, |way| way.push(unit))
}

/// Whether a text that an expression matches can hold a slash.
fn may_hold_slash(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(text) => text.0.contains(&b'/'),
        HirKind::Class(class) => ranges(class).iter().any(|&(start, end)| (start..=end).contains(&b'/'.into())),
        HirKind::Repetition(repetition) => may_hold_slash(&repetition.sub),
        HirKind::Capture(capture) => may_hold_slash(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_hold_slash),
    }
}

/// Every way so far with every choice; with a gap where those would be too many.
fn fork(ways: Vec<Sequence>, whole: &Hir, choices: Vec<Option<&Hir>>) -> Vec<Sequence> {
    let mut all = Vec::new();
    for choice in &choices {
        if ways.len().saturating_mul(choices.len()) > MOST_SEQUENCES || all.len() > MOST_SEQUENCES {
            return gap(ways, whole);
        }
        match choice {
            None => all.extend(ways.iter().cloned()),
            Some(choice) => all.extend(follow(ways.clone(), choice)),
        }
    }
    if all.len() > MOST_SEQUENCES { gap(ways, whole) } else { all }
}

fn follow_class(ways: Vec<Sequence>, class: &Class) -> Vec<Sequence> {
    let bytes = small(class);
    let is_some_slash = || ranges(class).iter().any(|&(start, end)| (start..=end).contains(&b'/'.into()));
    match bytes.as_slice() {
        [] => each(ways, |way| way.push(if is_some_slash() { Unit::Gap } else { Unit::Other })),
        [upper, lower] if upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == *lower => {
            each(ways, |way| way.push(Unit::Letter(*lower)))
        }
        bytes if ways.len().saturating_mul(bytes.len()) > MOST_SEQUENCES => {
            each(ways, |way| way.push(if bytes.contains(&b'/') { Unit::Gap } else { Unit::Other }))
        }
        bytes => bytes.iter().flat_map(|&byte| each(ways.clone(), |way| way.push(Unit::Byte(byte)))).collect(),
    }
}

fn ranges(class: &Class) -> Vec<(u32, u32)> {
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    }
}

/// The ASCII characters of a class that has few of them, sorted; no other is in a path. Empty for a large one.
fn small(class: &Class) -> Vec<u8> {
    let ranges = ranges(class);
    let ascii = ranges.iter().flat_map(|&(start, end)| start..=end.min(127)).take(SMALL_CLASS + 1);
    let bytes: Vec<u8> = ascii.filter_map(|byte| u8::try_from(byte).ok()).collect();
    if bytes.len() > SMALL_CLASS { Vec::new() } else { bytes }
}

/// How far a point of a way is from an end of the path, as far as that is known.
#[derive(Clone, Copy, Default)]
struct Distance {
    slashes: Option<u32>,
    /// Since the last slash.
    bytes: Option<u32>,
}

impl Distance {
    /// Of the point behind a unit, seen from `edge`.
    fn after(self, unit: Unit, edge: Unit) -> Distance {
        match unit {
            Unit::Byte(b'/') => Distance { slashes: self.slashes.map(|count| count + 1), bytes: Some(0) },
            Unit::Byte(_) | Unit::Letter(_) | Unit::Other => {
                Distance { bytes: self.bytes.map(|count| count + 1), ..self }
            }
            Unit::Within => Distance { bytes: None, ..self },
            Unit::Gap => Distance::default(),
            Unit::Start | Unit::End if unit == edge => Distance { slashes: Some(0), bytes: Some(0) },
            Unit::Start | Unit::End => self,
        }
    }
}

/// A way with what is known of each point between its units: from the start, and from the end.
struct WayThrough<'s> {
    units: &'s [Unit],
    from_start: Vec<Distance>,
    from_end: Vec<Distance>,
}

impl<'s> WayThrough<'s> {
    fn new(units: &'s [Unit]) -> WayThrough<'s> {
        fn along(units: impl Iterator<Item = Unit>, edge: Unit) -> Vec<Distance> {
            let mut at = Distance::default();
            let after = units.map(|unit| {
                at = at.after(unit, edge);
                at
            });
            std::iter::once(Distance::default()).chain(after.collect::<Vec<_>>()).collect()
        }
        let from_start = along(units.iter().copied(), Unit::Start);
        let mut from_end = along(units.iter().rev().copied(), Unit::End);
        from_end.reverse();
        WayThrough { units, from_start, from_end }
    }

    /// Where the whole segment of these units stands.
    fn places_of_segment(&self, start: usize, end: usize) -> impl Iterator<Item = Spot> {
        let known = |slashes: Option<u32>| slashes.filter(|&slashes| slashes < Spot::DEPTHS);
        let from_start = known(self.from_start[start].slashes).map(|slashes| Spot::FromStart(slashes, 0));
        let from_end = known(self.from_end[end].slashes).map(|slashes| Spot::FromEnd(slashes, 0));
        from_start.into_iter().chain(from_end).chain([Spot::Any])
    }

    /// Where the run of three bytes that begins with a unit stands.
    fn places_of_gram(&self, start: usize) -> impl Iterator<Item = Spot> {
        let known = |at: Distance| {
            let (slashes, bytes) = (at.slashes?, at.bytes?);
            (Spot::bit(slashes, bytes) != 0).then_some((slashes, bytes))
        };
        let from_start = known(self.from_start[start]).map(|(slashes, bytes)| Spot::FromStart(slashes, bytes));
        let from_end = known(self.from_end[start + 3]).map(|(slashes, bytes)| Spot::FromEnd(slashes, bytes));
        from_start.into_iter().chain(from_end).chain([Spot::Any])
    }
}

/// The whole segments and the grams of one way.
fn read(sequence: &[Unit], letters: Letters) -> Required {
    let way = WayThrough::new(sequence);
    let mut found = Required { segments: segments(&way, letters), grams: grams(&way) };
    found.segments.sort_unstable();
    found.segments.dedup();
    found.grams.sort_unstable();
    found.grams.dedup();
    found
}

fn segments(way: &WayThrough<'_>, letters: Letters) -> Vec<(Spot, Vec<u8>)> {
    let mut found = Vec::new();
    // Where the segment began, and its text; `None` where it holds something else.
    let mut open: Option<(usize, Vec<u8>)> = None;
    for (at, unit) in way.units.iter().enumerate() {
        if matches!(unit, Unit::Byte(b'/') | Unit::End)
            && let Some((start, text)) = open.take().filter(|(_, text)| !text.is_empty())
        {
            found.extend(way.places_of_segment(start, at).map(|place| (place, text.clone())));
        }
        match (unit, &mut open) {
            (Unit::Byte(b'/') | Unit::Start, _) => open = Some((at + 1, Vec::new())),
            // Behind a `%` an upper-case letter may stand in a lower-case path too.
            (Unit::Letter(_), Some((_, text))) if letters == Letters::Either || text.contains(&b'%') => open = None,
            (Unit::Byte(byte) | Unit::Letter(byte), Some((_, text))) => text.push(*byte),
            (Unit::Byte(_) | Unit::Letter(_), None) => {}
            (Unit::Other | Unit::End | Unit::Within | Unit::Gap, _) => open = None,
        }
    }
    found
}

fn grams(way: &WayThrough<'_>) -> Vec<(Spot, u32)> {
    let byte = |unit: &Unit| match unit {
        Unit::Byte(byte) | Unit::Letter(byte) => Some(*byte),
        _ => None,
    };
    let mut found = Vec::new();
    for (at, units) in way.units.windows(3).enumerate() {
        if let [Some(a), Some(b), Some(c)] = [byte(&units[0]), byte(&units[1]), byte(&units[2])] {
            let gram = fold([a, b, c]);
            found.extend(way.places_of_gram(at).map(|place| (place, gram)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::LazyRegex;

    fn ways(regex: &str, letters: Letters) -> Vec<Required> {
        required(&LazyRegex::new(regex).meaning().unwrap(), letters)
    }

    /// The segments of each way with their places: `2:x` has two slashes before it, `x:0` none behind it, and for `~x`
    /// neither is known.
    fn segments(regex: &str, letters: Letters) -> Vec<String> {
        let shown = |way: Required| {
            let mut shown: Vec<String> = Vec::new();
            for (place, text) in &way.segments {
                let text = String::from_utf8_lossy(text);
                let is_placed =
                    way.segments.iter().any(|(other, same)| *other != Spot::Any && *same == *text.as_bytes());
                match place {
                    Spot::FromStart(slashes, _) => shown.push(format!("{slashes}:{text}")),
                    Spot::FromEnd(slashes, _) => shown.push(format!("{text}:{slashes}")),
                    Spot::Any if !is_placed => shown.push(format!("~{text}")),
                    Spot::Any => {}
                }
            }
            shown.join(" ")
        };
        ways(regex, letters).into_iter().map(shown).collect()
    }

    #[test]
    fn whole_segments_are_read_off_a_regex() {
        let rows: &[(&str, &[&str])] = &[
            (r"^/sec/x-1/([0-9]+)$", &["1:sec 2:x-1 x-1:1 sec:2"]),
            (r"^/sec/([0-9]+)(?:/([a-z-]+))?$", &["1:sec sec:1", "1:sec sec:2"]),
            (r"^/[^/]+/x/.*/y/[a-z]*$", &["2:x y:1"]),
            (r"^/[a-z]{2}/x/", &["2:x"]),
            (r"^/(?:a/)?b$", &["1:b b:0", "1:a 2:b b:0 a:1"]),
            (r"^/(?:old|legacy)/x\.html$", &["1:old 2:x.html x.html:0 old:1", "1:legacy 2:x.html x.html:0 legacy:1"]),
            (r"/foo/?$", &["foo:0", "foo:1"]),
            (r"/foo", &[""]),
            (r"foo/", &[""]),
            (r"/foo/", &["~foo"]),
            (r"^foo/", &["0:foo"]),
            (r"(?:^|/)a/", &["0:a", "~a"]),
            (r"\.php$", &[""]),
            (r"(?i)^/Foo/bar$", &[""]),
            (r"^/a(?:b/)+c/", &["1:ab"]),
            (r"^/(?:b/){2}c/", &["1:b 2:b 3:c"]),
            (r"^/%2[ab]/x", &["1:%2a", "1:%2b"]),
            (r"^/a\b/x/", &["1:a 2:x"]),
            (r"(?m)^/a$", &["1:a a:0"]),
            (r"^/1/2/3/4/5/6/7/8/x/", &["1:1 2:2 3:3 4:4 5:5 6:6 7:7 ~8 ~x"]),
        ];
        for (regex, expected) in rows {
            assert_eq!(segments(regex, Letters::Either), *expected, "{regex}");
        }
        assert_eq!(segments(r"(?i)^/Foo/b\d/%c/", Letters::Lower), ["1:foo"]);
    }

    #[test]
    fn grams_are_those_of_every_run() {
        let gram =
            |bytes: &[u8; 3], places: &[Spot]| places.iter().map(|place| (*place, fold(*bytes))).collect::<Vec<_>>();
        let rows = [
            (r"(?i)ab\d.jsp\d\.x$", gram(b"jsp", &[Spot::FromEnd(0, 3), Spot::Any])),
            (r"^/\d/Ab\d", gram(b"/ab", &[Spot::FromStart(1, 1), Spot::Any])),
            (r"^/\d+/ab\d", gram(b"/ab", &[Spot::Any])),
            (r"(?i)^/\d+/\dabc", gram(b"abc", &[Spot::FromStart(2, 1), Spot::Any])),
            (r"php$", gram(b"php", &[Spot::FromEnd(0, 0), Spot::Any])),
        ];
        for (regex, expected) in rows {
            let ways = ways(regex, Letters::Either);
            assert_eq!(ways.len(), 1, "{regex}");
            assert_eq!(ways[0].grams, expected, "{regex}");
        }
    }

    #[test]
    fn a_regex_with_too_many_ways_is_read_with_gaps() {
        let regex = format!("^/x/{}/y$", "(?:a|bc)".repeat(20));
        let found = ways(&regex, Letters::Either);
        assert!(found.len() <= MOST_SEQUENCES);
        assert!(segments(&regex, Letters::Either).iter().all(|way| way == "1:x 3:y y:0 x:2"));
    }
}
