//! The draw: the number that says which cohorts a viewer is in. The gate finds or makes it, and keeps it in a cookie.
//!
//! A number and not a name is kept, so that a cohort's share can change: one that grows moves nobody out, one that
//! shrinks takes the last in out first. `docs/gate.md` has the same in words, for gates that are not written in Rust.

use super::viewer::Cohort;

/// The cookie that keeps a viewer's draw.
pub const DRAW_COOKIE: &str = "crossfade-draw";
/// How long it keeps it, seconds: a year.
pub const DRAW_MAX_AGE: u32 = 31_536_000;
/// How many draws there are: a share is in millionths.
const DRAWS: u32 = 1_000_000;
/// Offset and prime of FNV-1a with 32 bits, and the multipliers that mix its bits: without them texts that differ in
/// their last letters lie close together.
const FNV_OFFSET: u32 = 2_166_136_261;
const FNV_PRIME: u32 = 16_777_619;
const FIRST_MIX: u32 = 0x85eb_ca6b;
const SECOND_MIX: u32 = 0xc2b2_ae35;

/// A viewer's number below a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u32);

impl Draw {
    /// What a cookie keeps: `0`, or one to six digits of which the first is not `0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Draw> {
        let is_number = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = is_number && (text == "0" || !text.starts_with('0'));
        is_plain.then(|| text.parse().ok()).flatten().map(Draw)
    }

    /// That of a viewer without one, from the id of its request.
    #[must_use]
    pub fn of_request(request_id: &str) -> Draw {
        Draw(hash([request_id]))
    }

    /// Whether its viewer is in a cohort. Cohorts are independent of each other.
    #[must_use]
    pub fn is_in(self, cohort: &Cohort) -> bool {
        hash([cohort.name.as_str(), ":", &self.to_string()]) < cohort.share.0
    }
}

/// As the cookie keeps it.
impl std::fmt::Display for Draw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A number below a million from the bytes of a text in pieces: FNV-1a, its bits mixed as in MurmurHash3.
fn hash<const N: usize>(pieces: [&str; N]) -> u32 {
    let bytes = pieces.into_iter().flat_map(str::bytes);
    let mut hash = bytes.fold(FNV_OFFSET, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME));
    hash = (hash ^ (hash >> 16)).wrapping_mul(FIRST_MIX);
    hash = (hash ^ (hash >> 13)).wrapping_mul(SECOND_MIX);
    (hash ^ (hash >> 16)) % DRAWS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Share;

    #[test]
    fn every_gate_makes_these_numbers() {
        let rows = [
            ("early:0", 843_040),
            ("early:1", 882_504),
            ("early:123456", 776_633),
            ("early:999999", 103_483),
            ("staff:123456", 875_940),
            ("a:7", 839_209),
        ];
        for (text, number) in rows {
            assert_eq!(hash([text]), number, "{text}");
            assert_eq!(Draw::of_request(text), Draw(number), "{text}");
            let (name, draw) = text.split_once(':').unwrap();
            let is_in = |share| Draw::parse(draw).unwrap().is_in(&Cohort { name: name.into(), share: Share(share) });
            assert_eq!((is_in(number), is_in(number + 1)), (false, true), "{text}");
        }
    }

    #[test]
    fn a_draw_is_written_in_one_way() {
        let rows = [
            ("0", Some(0)),
            ("7", Some(7)),
            ("999999", Some(999_999)),
            ("1000000", None),
            ("00", None),
            ("07", None),
            ("", None),
            ("+7", None),
            ("7 ", None),
            ("-1", None),
            ("1e3", None),
            ("\u{661}", None),
        ];
        for (text, draw) in rows {
            assert_eq!(Draw::parse(text), draw.map(Draw), "{text:?}");
            assert!(draw.is_none() || Draw::parse(text).unwrap().to_string() == text);
        }
    }
}
