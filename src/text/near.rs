//! Near misses: the known word that a mistyped one was meant to be.

/// Words longer than this are not compared: no name of a table is, and the comparison is quadratic in the word.
const MAX_WORD: usize = 64;

/// Candidates that are compared: a table may have a hundred thousand routes, and as many slips.
const MAX_CANDIDATES: usize = 1_000;

/// The candidate that a word is most like, if it is like one at all.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let lower = word.to_lowercase();
    let allowed = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len() <= MAX_WORD && candidate.len().abs_diff(lower.len()) <= allowed + 1)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let words = ["prefix", "path", "regex", "GET", "a"];
        let rows = [
            ("prefx", Some("prefix")),
            ("perfix", Some("prefix")),
            ("PREFIX", Some("prefix")),
            ("get", Some("GET")),
            ("pth", Some("path")),
            ("b", None),
            ("certificate", None),
            ("", None),
        ];
        for (word, expected) in rows {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
    }
}
