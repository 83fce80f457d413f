//! Which language suits a viewer best (rule 19): the gate asks here and tells the router the answer.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

/// The languages of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Languages {
    /// As routes spell them, the best first; none where the table does not speak of languages.
    pub offered: Vec<String>,
    /// The cookie in which a viewer's own choice stands.
    pub cookie: Option<String>,
}

impl Languages {
    /// What is offered to a viewer: the first of its own `choices` that finds one, else what its `Accept-Language` asks
    /// for, else the first. `None` only where nothing is offered. O(ranges · log(ranges) + ranges · subtags · offered).
    /// ```
    /// use crossfade::route::Languages;
    /// let offered = ["pt-BR", "en"].map(str::to_owned).to_vec();
    /// let languages = Languages { offered, cookie: None };
    /// assert_eq!(languages.suiting([], "fr, en-GB;q=0.8, pt;q=0.9"), Some("pt-BR"));
    /// assert_eq!(languages.suiting(["en"], "pt"), Some("en"));
    /// ```
    pub fn suiting<'c>(&self, choices: impl IntoIterator<Item = &'c str>, accept: &str) -> Option<&str> {
        let chosen = choices.into_iter().filter(|choice| Languages::is_tag(choice)).find_map(|it| self.lookup(it));
        let asked = || ranges(accept).into_iter().find_map(|range| self.lookup(range));
        chosen.or_else(asked).or_else(|| self.offered.first().map(String::as_str))
    }

    /// Whether a text can be a language: subtags of 1 to 8 letters and digits, the first of letters alone
    /// (RFC 4647 section 2.1).
    #[must_use]
    pub fn is_tag(text: &str) -> bool {
        let is_subtag =
            |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric());
        text.split('-').all(is_subtag) && !primary(text).bytes().any(|byte| byte.is_ascii_digit())
    }

    /// RFC 4647 section 3.4, then the first of the same primary subtag, which is what people mean by a language.
    fn lookup(&self, range: &str) -> Option<&str> {
        let offered = || self.offered.iter().map(String::as_str);
        let mut left = Some(range);
        while let Some(range) = left {
            if let Some(found) = offered().find(|tag| tag.eq_ignore_ascii_case(range)) {
                return Some(found);
            }
            left = shortened(range);
        }
        offered().find(|tag| primary(tag).eq_ignore_ascii_case(primary(range)))
    }
}

/// A range without its last subtag, and without the single letter that announced it.
fn shortened(range: &str) -> Option<&str> {
    let (mut range, _) = range.rsplit_once('-')?;
    while let Some((before, _)) = range.rsplit_once('-').filter(|(_, last)| last.len() == 1) {
        range = before;
    }
    Some(range)
}

fn primary(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// The ranges of an `Accept-Language` that ask for something, the dearest first, equals in their order.
fn ranges(accept: &str) -> Vec<&str> {
    let mut ranges: Vec<(u16, &str)> = accept.split(',').filter_map(weighed).collect();
    ranges.sort_by_key(|(weight, _)| Reverse(*weight));
    ranges.into_iter().map(|(_, range)| range).collect()
}

/// A range and its weight in thousandths; `None` for `*`, a weight of 0, and what RFC 9110 12.5.4 has no meaning for.
fn weighed(item: &str) -> Option<(u16, &str)> {
    let spaces = [' ', '\t'];
    let (range, weight) = match item.split_once(';') {
        Some((range, weight)) => (range, thousandths(weight.trim_matches(spaces))?),
        None => (item, 1000),
    };
    let range = range.trim_matches(spaces);
    (weight > 0 && Languages::is_tag(range)).then_some((weight, range))
}

/// `q=0.5`: 0 to 1 with at most three digits after the point (RFC 9110 section 12.4.2).
fn thousandths(weight: &str) -> Option<u16> {
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    let is_written_so = matches!(whole, "0" | "1") && part.len() <= 3 && part.bytes().all(|it| it.is_ascii_digit());
    let weight: u16 = format!("{whole}{part:0<3}").parse().ok().filter(|_| is_written_so)?;
    (weight <= 1000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages(offered: &[&str]) -> Languages {
        Languages { offered: offered.iter().map(|tag| (*tag).to_owned()).collect(), cookie: None }
    }

    #[test]
    fn the_language_that_suits_a_viewer() {
        let rows = [
            // What is asked for first is found first, however deep.
            ("", "pt-BR"),
            ("*", "pt-BR"),
            ("en", "en"),
            ("EN", "en"),
            ("en-GB", "en"),
            ("fr, es", "es"),
            ("fr", "pt-BR"),
            ("zh-Hant-TW", "zh-Hant"),
            ("zh-Hant-x-y-z, en", "zh-Hant"),
            ("zh-TW", "zh-Hant"),
            // The same primary subtag, before the next range.
            ("pt", "pt-BR"),
            ("pt-PT, en", "pt-BR"),
            ("pt-PT;q=0.5, en;q=0.4", "pt-BR"),
            // Weights.
            ("en;q=0.8, es", "es"),
            ("en;q=0.8, es;q=0.8", "en"),
            ("es;q=0.800,en;q=0.81", "en"),
            ("en ;\tq=0.9 , es;q=0.95", "es"),
            ("en;Q=1.000, es", "en"),
            ("en;q=0, es;q=0.001", "es"),
            ("en;q=0.000", "pt-BR"),
            // What says nothing is passed over.
            (",, ,es", "es"),
            ("en;q=2, es;q=0.1", "es"),
            ("en;q=1.001, es;q=0.1", "es"),
            ("en;q=0.1234, es;q=0.1", "es"),
            ("en;q=.5, es;q=0.1", "es"),
            ("en;q=-0.5, es;q=0.1", "es"),
            ("en;q=+1, es;q=0.1", "es"),
            ("en;q=0.5;x=1, es;q=0.1", "es"),
            ("en;level=1, es;q=0.1", "es"),
            ("en;, es;q=0.1", "es"),
            ("e n, es;q=0.1", "es"),
            ("en_GB, es;q=0.1", "es"),
            ("en--GB, es;q=0.1", "es"),
            ("en-abcdefghi, es;q=0.1", "es"),
            ("\u{e9}n, es;q=0.1", "es"),
            ("*-CH, es;q=0.1", "es"),
            ("1en, es;q=0.1", "es"),
        ];
        let languages = languages(&["pt-BR", "en", "es", "zh-Hant"]);
        for (accept, expected) in rows {
            assert_eq!(languages.suiting([], accept), Some(expected), "{accept}");
        }
    }

    #[test]
    fn a_choice_counts_where_it_finds_something() {
        let rows = [
            (&["es"][..], "en", "es"),
            (&["ES-mx"], "en", "es"),
            (&["pt"], "en", "pt-BR"),
            (&["fr"], "en", "en"),
            (&[""], "en", "en"),
            (&["*"], "en", "en"),
            (&["\"es\""], "en", "en"),
            (&["fr", "es"], "en", "es"),
            (&["fr"], "", "pt-BR"),
        ];
        let offered = languages(&["pt-BR", "en", "es"]);
        for (choices, accept, expected) in rows {
            assert_eq!(offered.suiting(choices.iter().copied(), accept), Some(expected), "{choices:?} {accept}");
        }
        assert_eq!(languages(&[]).suiting(["en"], "en"), None);
    }

    #[test]
    fn a_language_is_letters_and_then_letters_and_digits() {
        let rows = [
            ("pt", true),
            ("pt-BR", true),
            ("es-419", true),
            ("x-klingon", true),
            ("abcdefgh-12345678", true),
            ("", false),
            ("-", false),
            ("pt-", false),
            ("pt_BR", false),
            ("p1", false),
            ("abcdefghi", false),
            ("*", false),
            ("pt\u{e7}", false),
        ];
        for (text, expected) in rows {
            assert_eq!(Languages::is_tag(text), expected, "{text}");
        }
    }
}
