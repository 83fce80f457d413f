//! The proof that what a route makes is refused whatever is captured (rule 13).
//!
//! What a route can make is written as one expression, a little too wide: each hole may be any text that its part of the
//! pattern can match, whatever the other holes are. What may be sent on is an automaton, a little too wide as well. Where
//! the two have no text in common, every request is refused. Where they have one, nothing is proved.

use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

use crate::check::language::Language;
use crate::check::sample::{Sample, Walker};
use crate::route::condition::ValueTest;
use crate::route::pattern::{PathPattern, Segment};
use crate::route::target::{Hole, Part, Target};
use crate::route::{Action, Definition, Route};
use crate::text::percent::is_path_byte;

/// Whether a target is refused for every request that a route takes: what it makes is refused, or a label of its host.
pub(crate) fn is_always_refused(definition: &Definition, route: &Route, target: &Target) -> bool {
    let origin = match &route.action {
        Action::Origin(action) => definition.origins.get(action.origin),
        _ => None,
    };
    let no_key = origin.is_some_and(|origin| origin.has_no_key("/"));
    route.path.each().iter().all(|path| {
        let holes = Holes { whole: &route.path, path, route };
        let UrlParts { labels, rest, is_absolute } = UrlParts::of(target);
        let made = Hir::concat(rest.iter().map(|part| holes.text(part)).collect());
        labels.iter().any(|label| has_none(holes.hole(*label), &WrittenLabel))
            || has_none(made, &Sendable { is_absolute, no_key })
    })
}

fn has_none<L: Language>(text: Hir, language: &L) -> bool {
    let whole = Hir::concat(vec![Hir::look(Look::Start), text, Hir::look(Look::End)]);
    Walker::of(Some(whole)).sample(language) == Sample::Nothing
}

/// A target cut at the end of its host.
pub(crate) struct UrlParts {
    /// Holes that are labels of its host.
    labels: Vec<Hole>,
    /// What follows the host; all of it where it has none.
    pub(crate) rest: Vec<Part>,
    is_absolute: bool,
}

impl UrlParts {
    /// Cuts a target.
    pub(crate) fn of(target: &Target) -> UrlParts {
        let scheme = |text: &str| ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme));
        let Some(Part::Literal(first)) = target.parts.first() else { return UrlParts::relative(target) };
        let Some(scheme) = scheme(first) else { return UrlParts::relative(target) };
        let mut labels = Vec::new();
        let mut skipped = scheme.len();
        let mut parts = target.parts.iter().enumerate().peekable();
        while let Some((at, part)) = parts.next() {
            let rest = |from: Option<Part>| from.into_iter().chain(target.parts.iter().skip(at + 1).cloned()).collect();
            match part {
                Part::Literal(text) => {
                    let text = text.get(skipped..).unwrap_or_default();
                    skipped = 0;
                    if let Some(end) = text.find(['/', '?', '#']) {
                        let path = text.get(end..).map(|text| Part::Literal(text.to_owned()));
                        return UrlParts { labels, rest: rest(path), is_absolute: true };
                    }
                }
                Part::Hole(hole) => match parts.peek() {
                    Some((_, Part::Literal(next))) if next.starts_with('.') => labels.push(*hole),
                    _ => return UrlParts { labels, rest: rest(Some(part.clone())), is_absolute: true },
                },
            }
        }
        UrlParts { labels, rest: Vec::new(), is_absolute: true }
    }

    fn relative(target: &Target) -> UrlParts {
        UrlParts { labels: Vec::new(), rest: target.parts.clone(), is_absolute: false }
    }
}

/// The texts of the holes of a route, where one of its patterns takes the path.
struct Holes<'r> {
    whole: &'r PathPattern,
    path: &'r PathPattern,
    route: &'r Route,
}

impl Holes<'_> {
    /// What a part of a URL's path may be.
    fn text(&self, part: &Part) -> Hir {
        match part {
            Part::Literal(text) => literal(text),
            // It is encoded on the way, so that it is one segment of many characters or of none.
            Part::Hole(Hole::Group { .. } | Hole::HostLabel | Hole::Host) => any(),
            Part::Hole(hole) => self.hole(*hole),
        }
    }

    /// What a hole may hold.
    fn hole(&self, hole: Hole) -> Hir {
        match hole {
            Hole::Path => whole_path(self.path),
            Hole::Capture(number) => {
                let names = self.path.capture_names();
                let wanted = self.whole.capture_names().into_iter().find(|(_, at)| *at == number);
                let number = wanted.and_then(|(name, _)| names.into_iter().find(|(known, _)| *known == name));
                number.map_or_else(any, |(_, number)| captured(self.path, number))
            }
            Hole::Group { condition, group } => match self.route.conditions.get(condition).map(|it| &it.test) {
                Some(ValueTest::Regex(regex)) => {
                    regex.meaning().map_or_else(any, |hir| group_of(&hir, group, &any_byte))
                }
                _ => any(),
            },
            Hole::HostLabel | Hole::Host => any(),
        }
    }
}

fn literal(text: &str) -> Hir {
    Hir::literal(text.as_bytes().to_vec())
}

/// Any text.
fn any() -> Hir {
    repeated(class(&any_byte), 0)
}

fn any_byte(byte: u8) -> bool {
    byte.is_ascii()
}

fn in_segment(byte: u8) -> bool {
    is_path_byte(byte) && byte != b'/'
}

fn class(holds: &dyn Fn(u8) -> bool) -> Hir {
    let ranges = (0..0x80).filter(|byte| holds(*byte)).map(|byte| ClassBytesRange::new(byte, byte));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

fn repeated(sub: Hir, min: u32) -> Hir {
    Hir::repetition(Repetition { min, max: None, greedy: true, sub: Box::new(sub) })
}

fn optional(sub: Hir) -> Hir {
    Hir::alternation(vec![Hir::empty(), sub])
}

/// Nothing, or a slash and more.
fn below() -> Hir {
    optional(Hir::concat(vec![literal("/"), repeated(class(&is_path_byte), 0)]))
}

/// The paths that a pattern takes.
fn whole_path(path: &PathPattern) -> Hir {
    match path {
        PathPattern::Exact(path) => literal(path),
        PathPattern::Prefix(prefix) => Hir::concat(vec![literal(prefix), below()]),
        PathPattern::Template(template) => {
            let texts = template.segments.iter().flat_map(|segment| match segment {
                Segment::Literal(text) => [literal("/"), literal(text)],
                Segment::Capture(_) => [literal("/"), repeated(class(&in_segment), 1)],
            });
            Hir::concat(texts.chain(template.rest.iter().map(|_| below())).collect())
        }
        PathPattern::Any
        | PathPattern::Glob(_)
        | PathPattern::Regex(_)
        | PathPattern::Map(_)
        | PathPattern::AnyOf(_) => Hir::concat(vec![literal("/"), repeated(class(&is_path_byte), 0)]),
    }
}

/// What a pattern captures under a number.
fn captured(path: &PathPattern, number: usize) -> Hir {
    match path {
        PathPattern::Prefix(_) => below(),
        PathPattern::Template(template) => {
            let is_segment =
                template.segments.iter().filter(|segment| matches!(segment, Segment::Capture(_))).nth(number).is_some();
            if is_segment { repeated(class(&in_segment), 1) } else { repeated(class(&is_path_byte), 0) }
        }
        PathPattern::Regex(regex) => regex.meaning().map_or_else(any, |hir| group_of(&hir, number, &is_path_byte)),
        _ => any(),
    }
}

/// What a group of an expression may hold, of some bytes; empty where it took no part.
fn group_of(hir: &Hir, number: usize, holds: &dyn Fn(u8) -> bool) -> Hir {
    if number == 0 {
        return bare(hir, holds);
    }
    match find(hir, number) {
        Some(GroupFound { group, may_be_left_out: true }) => optional(bare(group, holds)),
        Some(GroupFound { group, may_be_left_out: false }) => bare(group, holds),
        None => Hir::empty(),
    }
}

/// A group, and whether a match may do without it.
struct GroupFound<'h> {
    group: &'h Hir,
    may_be_left_out: bool,
}

fn find(hir: &Hir, number: usize) -> Option<GroupFound<'_>> {
    let within = |sub, left_out: bool| {
        find(sub, number).map(|found| GroupFound { may_be_left_out: found.may_be_left_out || left_out, ..found })
    };
    match hir.kind() {
        HirKind::Capture(Capture { index, sub, .. }) if usize::try_from(*index) == Ok(number) => {
            Some(GroupFound { group: sub, may_be_left_out: false })
        }
        HirKind::Capture(Capture { sub, .. }) => within(sub, false),
        HirKind::Repetition(Repetition { min, sub, .. }) => within(sub, *min == 0),
        HirKind::Concat(subs) => subs.iter().find_map(|sub| within(sub, false)),
        HirKind::Alternation(subs) => subs.iter().find_map(|sub| within(sub, true)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// An expression without anchors, which would mean something else in a longer text, and with no other bytes than some.
fn bare(hir: &Hir, holds: &dyn Fn(u8) -> bool) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(Class::Bytes(bytes)) => {
            let is_in = |byte: u8| bytes.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte));
            class(&|byte| is_in(byte) && holds(byte))
        }
        HirKind::Class(Class::Unicode(_)) => class(holds),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(bare(&repetition.sub, holds)), ..repetition.clone() })
        }
        HirKind::Capture(capture) => bare(&capture.sub, holds),
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(|sub| bare(sub, holds)).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.iter().map(|sub| bare(sub, holds)).collect()),
    }
}

/// Texts that may be sent on, and a few more: [`check_made`](crate::route::target::check_made) looks closer.
struct Sendable {
    /// The text follows a host.
    is_absolute: bool,
    /// `/` is no key of the bucket that it is sent to.
    no_key: bool,
}

/// Where in such a text the automaton is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Start,
    /// After the first slash of a path without a host.
    Root,
    Slash,
    Dot,
    Dots,
    Segment,
    /// In a query or fragment.
    Tail,
}

impl Language for Sendable {
    type State = At;

    fn start(&self) -> At {
        At::Start
    }

    fn next(&self, at: At, byte: u8) -> Option<At> {
        match (at, byte) {
            _ if self.class(byte) == 255 => None,
            (At::Tail, _) => Some(At::Tail),
            (At::Start, b'/') if self.is_absolute => Some(At::Slash),
            (At::Start, b'/') => Some(At::Root),
            (At::Start, b'?' | b'#') if self.is_absolute => Some(At::Tail),
            (At::Start, _) | (At::Root, b'/' | b'\\') => None,
            (At::Root, b'?' | b'#') if self.no_key => None,
            (At::Dot | At::Dots, b'/' | b'\\' | b';' | b'?' | b'#') => None,
            (_, b'?' | b'#') => Some(At::Tail),
            (At::Slash | At::Segment, b'/' | b'\\') => Some(At::Slash),
            (At::Root | At::Slash, b'.') => Some(At::Dot),
            (At::Dot, b'.') => Some(At::Dots),
            _ => Some(At::Segment),
        }
    }

    fn accepts(&self, at: At) -> bool {
        match at {
            At::Start => self.is_absolute,
            At::Root => !self.no_key,
            At::Dot | At::Dots => false,
            At::Slash | At::Segment | At::Tail => true,
        }
    }

    fn class(&self, byte: u8) -> u8 {
        match byte {
            b'/' => 0,
            b'\\' => 1,
            b'.' => 2,
            b';' => 3,
            b'?' | b'#' => 4,
            _ if byte.is_ascii() && !byte.is_ascii_control() => 5,
            _ => 255,
        }
    }
}

/// Labels of a host that is written.
struct WrittenLabel;

impl Language for WrittenLabel {
    /// Bytes so far.
    type State = u8;

    fn start(&self) -> u8 {
        0
    }

    fn next(&self, length: u8, byte: u8) -> Option<u8> {
        (length < 63 && self.class(byte) != 255).then(|| length + 1)
    }

    fn accepts(&self, length: u8) -> bool {
        length > 0
    }

    fn class(&self, byte: u8) -> u8 {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' { 0 } else { 255 }
    }
}
