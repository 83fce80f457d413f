//! Log lines: one JSON object each. Never a cookie, a header's value, a query or a secret.

use serde::Serialize;

use crate::route::Share;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A sampled decision.
    Decision,
    /// A request that went to the default, or an event that could not be answered.
    Surprise,
    /// Something that an operator should know, said once.
    Notice,
}

impl Kind {
    /// As Lambda's own log levels are called, so that its filter works.
    fn level(self) -> &'static str {
        match self {
            Kind::Decision => "info",
            Kind::Notice | Kind::Surprise => "warn",
        }
    }
}

/// One line; a key is absent where it does not apply.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line<'a> {
    kind: Kind,
    level: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    request_id: &'a str,
    #[serde(flatten)]
    request: Option<Of<'a>>,
}

/// The request that a line is about, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Of<'a> {
    pub(super) method: &'a str,
    /// Without its query.
    pub(super) path: &'a str,
    pub(super) route: Option<&'a str>,
    pub(super) action: super::Action,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
}

/// Longest text of a viewer's that is logged, bytes.
const LONGEST: usize = 1024;

impl<'a> Line<'a> {
    pub(super) fn new(kind: Kind, message: &'a str, request_id: &'a str) -> Line<'a> {
        Line { kind, level: kind.level(), message, request_id, request: None }
    }

    pub(super) fn of(self, request: Of<'a>) -> Line<'a> {
        Line { request: Some(request), ..self }
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The beginning of a text that may be long.
pub(super) fn short(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// Whether the decision of this request is logged: the same for every reader of the same id, at every edge.
pub(super) fn is_sampled(request_id: &str, share: Share) -> bool {
    // FNV-1a with a final mix: fixed for all time, unlike the hashers of the standard library.
    let fnv = request_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % 1_000_000 < u64::from(share.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_ids_is_sampled_and_always_the_same_ones() {
        for (share, low, high) in [(0, 0, 0), (10_000, 70, 130), (500_000, 4_800, 5_200), (1_000_000, 10_000, 10_000)] {
            let sampled = (0..10_000).filter(|id| is_sampled(&format!("id-{id}=="), Share(share))).count();
            assert!((low..=high).contains(&sampled), "{share}: {sampled}");
        }
        assert!(is_sampled("4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==", Share(1_000_000)));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("/a"), "/a");
        assert_eq!(short(&format!("{}é", "a".repeat(1023))).len(), 1023);
    }
}
