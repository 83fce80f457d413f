//! `refuse`: texts that no path may hold, in no case of their letters.

use serde::{Deserialize, Serialize};

/// What no path may hold where a table does not say it: what some servers read as `/`, `..` or an end, such as those of
/// Java (`;`), those of Windows (`\\`) and those that decode a path before they resolve it (`%2F`).
pub const DEFAULT_REFUSE: [&str; 6] = ["..;", "..%2f", "..%3b", "%00", "%5c", LEADING];

/// What a server that decodes `%2F` before it resolves dots reads as a way up: `/a%2f../b` is `/b` to it. A list of one's
/// own may do without it and nothing is said: it came to the default later than the others.
const LEADING: &str = "%2f..";

/// The texts of `refuse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct RefusedTexts {
    texts: Vec<String>,
    /// Each text holds one of the [marks](is_mark), so that a path without any needs no closer look.
    are_marked: bool,
}

impl Default for RefusedTexts {
    fn default() -> RefusedTexts {
        DEFAULT_REFUSE.map(str::to_owned).to_vec().into()
    }
}

/// Empty texts are left out: they would be in every path.
impl From<Vec<String>> for RefusedTexts {
    fn from(mut texts: Vec<String>) -> RefusedTexts {
        texts.retain(|text| !text.is_empty());
        let are_marked = texts.iter().all(|text| text.bytes().any(is_mark));
        RefusedTexts { texts, are_marked }
    }
}

impl From<RefusedTexts> for Vec<String> {
    fn from(refused: RefusedTexts) -> Vec<String> {
        refused.texts
    }
}

impl RefusedTexts {
    /// The texts, in written order.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What of the default no text of these covers: `%2f` covers `..%2f`.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let covered = |default: &str| self.texts.iter().any(|text| default.contains(&text.to_ascii_lowercase()));
        DEFAULT_REFUSE.into_iter().filter(|default| *default != LEADING && !covered(default)).collect()
    }

    /// Whether each text holds a [mark](is_mark). So it is of the default.
    pub(super) fn are_marked(&self) -> bool {
        self.are_marked
    }

    /// The first text that a path holds.
    pub(super) fn found_in(&self, path: &str) -> Option<&str> {
        let holds = |text: &&String| {
            let text = text.as_bytes();
            path.as_bytes().windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
        };
        self.texts.iter().find(holds).map(String::as_str)
    }
}

/// A byte that few paths hold and most refused texts do. A path that has none gets none by steps (a) to (d).
pub(super) const fn is_mark(byte: u8) -> bool {
    matches!(byte, b'%' | b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(texts: &[&str]) -> RefusedTexts {
        texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_list_lacks_what_none_of_its_texts_covers() {
        let rows: [(&[&str], &[&str]); 7] = [
            (&DEFAULT_REFUSE, &[]),
            (&[], &DEFAULT_REFUSE[..5]),
            (&["..;", "%2F", "%5C", "%00"], &["..%3b"]),
            (&[";", ".."], &["%00", "%5c"]),
            (&["%"], &["..;"]),
            (&["..;", "..%2f", "..%3b", "%00", "%5c"], &[]),
            (&["/..;"], &DEFAULT_REFUSE[..5]),
        ];
        for (texts, missing) in rows {
            assert_eq!(refused(texts).missing(), missing, "{texts:?}");
        }
    }

    #[test]
    fn a_list_is_marked_where_every_text_is() {
        let rows: [(&[&str], bool); 5] =
            [(&DEFAULT_REFUSE, true), (&[], true), (&["..;", "//"], false), (&["", "%"], true), (&["a"], false)];
        for (texts, marked) in rows {
            assert_eq!(refused(texts).are_marked(), marked, "{texts:?}");
        }
    }
}
