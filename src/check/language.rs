//! The texts that a part of a request can hold, as small automata: paths in normal form, values of headers, cookies and
//! query parameters.
//!
//! [`crate::check::sample`] walks one of them together with a pattern, which answers two questions at once: whether the pattern
//! can ever match (`check::never`), and a text that it matches (`check::witness`).

use crate::route::Canonical;
use crate::route::canonical::{LetterCase, PathParameters, Slashes, TrailingSlash};
use crate::text::percent::{is_path_byte, is_unreserved};

/// A set of ASCII texts, as a deterministic automaton. From every state that is reachable an accepted text can be
/// completed.
pub(crate) trait Language {
    /// Where the automaton is.
    type State: Copy + Eq + std::hash::Hash;

    /// Before the first byte.
    fn start(&self) -> Self::State;

    /// After one more byte; `None` where no text of the language goes on so.
    fn next(&self, state: Self::State, byte: u8) -> Option<Self::State>;

    /// Whether the text may end here.
    fn accepts(&self, state: Self::State) -> bool;

    /// Bytes of one class lead from every state to the same state; 255 is the class of bytes that are in no text.
    fn class(&self, byte: u8) -> u8;
}

/// One of the rules that a normal form keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It begins with `/`.
    Leading,
    /// No `;` under `path_parameters = "strip"`.
    Parameters,
    /// No `//` under `merge_slashes`.
    Slashes,
    /// No segment `.` or `..`.
    Dots,
    /// No capital letter under `case = "lower"`.
    Case,
    /// No slash at its end under `trailing_slash = "strip"`.
    Trailing,
    /// Escapes in capitals, none of an unreserved character, no bare `%`.
    Escapes,
    /// No byte that RFC 3986 does not allow in a path.
    Bytes,
}

/// Paths in the normal form of a table that begin with `/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NormalForm<'c> {
    canonical: &'c Canonical,
    waived: Option<Rule>,
}

/// Where in a path the automaton is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PathState {
    /// Before the first byte.
    Start,
    /// After the first slash.
    Root,
    /// After a later slash.
    Slash,
    /// In a segment that is `.` so far.
    Dot,
    /// In a segment that is `..` so far.
    Dots,
    /// In any other segment.
    Segment,
    /// After `%`.
    Percent,
    /// After `%` and this hex digit.
    High(u8),
}

impl<'c> NormalForm<'c> {
    /// The normal forms of a table.
    pub(crate) fn new(canonical: &'c Canonical) -> NormalForm<'c> {
        NormalForm { canonical, waived: None }
    }

    /// The texts that would be normal forms if one rule were not.
    pub(crate) fn without(canonical: &'c Canonical, rule: Rule) -> NormalForm<'c> {
        NormalForm { canonical, waived: Some(rule) }
    }

    fn keeps(&self, rule: Rule) -> bool {
        self.waived != Some(rule)
    }

    fn slash(&self, state: PathState) -> Option<PathState> {
        match state {
            PathState::Start => Some(PathState::Root),
            PathState::Root | PathState::Slash => {
                let allowed = self.canonical.slashes == Slashes::Keep || !self.keeps(Rule::Slashes);
                allowed.then_some(PathState::Slash)
            }
            PathState::Dot | PathState::Dots => (!self.keeps(Rule::Dots)).then_some(PathState::Slash),
            PathState::Segment => Some(PathState::Slash),
            PathState::Percent | PathState::High(_) => None,
        }
    }

    /// A byte inside a segment that is no part of an escape.
    fn plain(&self, state: PathState, byte: u8) -> Option<PathState> {
        let lower = self.canonical.case == LetterCase::Lower && self.keeps(Rule::Case);
        let allowed = match byte {
            b'A'..=b'Z' => !lower,
            b';' => self.canonical.path_parameters == PathParameters::Keep || !self.keeps(Rule::Parameters),
            b'%' => !self.keeps(Rule::Escapes),
            _ => is_path_byte(byte) || (byte < 0x80 && !self.keeps(Rule::Bytes)),
        };
        if !allowed {
            return None;
        }
        match (state, byte) {
            (PathState::Start, _) if self.keeps(Rule::Leading) => None,
            (PathState::Start | PathState::Root | PathState::Slash, b'.') => Some(PathState::Dot),
            (PathState::Dot, b'.') => Some(PathState::Dots),
            _ => Some(PathState::Segment),
        }
    }
}

impl Language for NormalForm<'_> {
    type State = PathState;

    fn start(&self) -> PathState {
        PathState::Start
    }

    fn next(&self, state: PathState, byte: u8) -> Option<PathState> {
        match (state, byte) {
            (PathState::Percent, _) => Some(PathState::High(capital_hex(byte).filter(|high| high_is_useful(*high))?)),
            (PathState::High(high), _) => {
                let value = (high << 4) | capital_hex(byte)?;
                (!is_unreserved(value)).then_some(PathState::Segment)
            }
            (_, b'/') => self.slash(state),
            (PathState::Start, b'%') if self.keeps(Rule::Leading) => None,
            (_, b'%') if self.keeps(Rule::Escapes) => Some(PathState::Percent),
            _ => self.plain(state, byte),
        }
    }

    fn accepts(&self, state: PathState) -> bool {
        match state {
            PathState::Root | PathState::Segment => true,
            PathState::Slash => self.canonical.trailing_slash == TrailingSlash::Keep || !self.keeps(Rule::Trailing),
            PathState::Dot | PathState::Dots => !self.keeps(Rule::Dots),
            PathState::Start | PathState::Percent | PathState::High(_) => false,
        }
    }

    fn class(&self, byte: u8) -> u8 {
        match byte {
            b'/' => 0,
            b'.' => 1,
            b'%' => 2,
            b'0'..=b'9' => 10 + (byte - b'0'),
            b'A'..=b'F' => 20 + (byte - b'A'),
            b'G'..=b'Z' => 3,
            b';' => 6,
            _ if is_path_byte(byte) => 4,
            _ if byte < 0x80 && !self.keeps(Rule::Bytes) => 5,
            _ => 255,
        }
    }
}

fn capital_hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Every high digit has a byte that stays escaped, so an escape that was begun can be ended.
fn high_is_useful(high: u8) -> bool {
    (0..16).any(|low| !is_unreserved((high << 4) | low))
}

/// Visible ASCII without some bytes: values of headers, cookies and query parameters. Empty texts included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible {
    /// What such a value cannot hold.
    pub(crate) without: &'static [u8],
}

impl Visible {
    /// Values of header fields, without the spaces that would be trimmed or folded.
    pub(crate) const HEADER: Visible = Visible { without: b"" };
    /// Values of cookies.
    pub(crate) const COOKIE: Visible = Visible { without: b";" };
    /// Values of query parameters.
    pub(crate) const QUERY: Visible = Visible { without: b"&#" };
}

impl Language for Visible {
    type State = ();

    fn start(&self) {}

    fn next(&self, (): (), byte: u8) -> Option<()> {
        (self.class(byte) == 0).then_some(())
    }

    fn accepts(&self, (): ()) -> bool {
        true
    }

    fn class(&self, byte: u8) -> u8 {
        if byte.is_ascii_graphic() && !self.without.contains(&byte) { 0 } else { 255 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_in(form: &NormalForm<'_>, text: &str) -> bool {
        let mut state = form.start();
        for byte in text.bytes() {
            match form.next(state, byte) {
                Some(next) => state = next,
                None => return false,
            }
        }
        form.accepts(state)
    }

    fn canonical() -> impl Strategy<Value = Canonical> {
        "(lower)?( strip)?( split)?( cut)?".prop_map(|words| Canonical::of_words(&words))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn the_automaton_accepts_exactly_what_is_its_own_normal_form(
            canonical in canonical(),
            raw in "/([./%;a-cA-C2-7 ç?~-]|%[2-7][0-9A-Fa-f]|/\\.\\.?/?){0,8}",
        ) {
            let form = NormalForm::new(&canonical);
            let normal = canonical.normalize(&raw).as_str().to_owned();
            prop_assert!(is_in(&form, &normal), "{normal} is a normal form");
            prop_assert_eq!(is_in(&form, &raw), normal == raw, "{}", raw);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        #[test]
        fn bytes_of_one_class_lead_to_one_state(canonical in canonical(), text in "/[./%;a-cA-C2-7]{0,6}") {
            let form = NormalForm::new(&canonical);
            let mut state = Some(form.start());
            for byte in text.bytes() {
                let Some(at) = state else { break };
                for one in 0..=255u8 {
                    for other in (0..=255u8).filter(|other| form.class(*other) == form.class(one)) {
                        prop_assert_eq!(form.next(at, one), form.next(at, other));
                    }
                }
                state = form.next(at, byte);
            }
        }
    }
}
