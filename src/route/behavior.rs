//! Cache behaviors: which of CloudFront's a path falls in, and what that one has.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::canonical::{PathParameters, Spellings};
use super::ids::BehaviorId;
use super::query::pieces;

/// The cache behaviors of the distribution, as the table tells them. There is always a default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviors {
    /// Those with a pattern, in CloudFront's order.
    pub by_pattern: Vec<(BehaviorPattern, Behavior)>,
    /// What takes every path that no pattern takes.
    pub default: Behavior,
}

/// What CloudFront has on one behavior.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behavior {
    /// Position in the table's origins of what CloudFront itself has on it.
    pub configured: usize,
    /// Position of the second member of its origin group, where it has one.
    pub failover: Option<usize>,
    /// Whether answers are kept.
    pub caching: Caching,
    /// Whether the router runs on it.
    pub is_routed: bool,
}

/// Whether CloudFront keeps the answers of a behavior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Caching {
    /// Under a cache key.
    #[default]
    On,
    /// Never: every request reaches the function, with all that the viewer sent.
    Off,
}

/// What of a query is in the cache key of a behavior; of a GET or HEAD no more is sent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyedQuery {
    /// All of it; of a behavior that keeps no answers too.
    All,
    /// The parameters of these names, sorted.
    Names(Vec<String>),
}

/// CloudFront's own path pattern: `*` for any text, `?` for one character; letters count.
///
/// The same with or without its first slash; so it is kept without.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BehaviorPattern(String);

/// Where a path falls: the behavior of each of its spellings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Of the clean one, which a request is redirected to where not all agree.
    pub clean: BehaviorId,
    /// Of the others, in the order of [`Spellings`].
    pub others: [BehaviorId; 5],
}

impl Placement {
    /// One behavior for all spellings.
    #[must_use]
    pub fn all_in(behavior: BehaviorId) -> Placement {
        Placement { clean: behavior, others: [behavior; 5] }
    }

    /// The first behavior that another spelling falls in; `None` where all fall in one.
    #[must_use]
    pub fn other(&self) -> Option<BehaviorId> {
        self.others.into_iter().find(|&other| other != self.clean)
    }

    /// The behavior of each spelling, the clean one first; one may come several times.
    pub fn all(&self) -> impl Iterator<Item = BehaviorId> + use<> {
        std::iter::once(self.clean).chain(self.others)
    }
}

impl BehaviorPattern {
    /// A pattern as CloudFront has it.
    #[must_use]
    pub fn new(text: &str) -> BehaviorPattern {
        BehaviorPattern(text.strip_prefix('/').unwrap_or(text).to_owned())
    }

    /// The pattern without its first slash.
    #[must_use]
    pub fn without_slash(&self) -> &str {
        &self.0
    }

    /// Whether it takes a path. O(bytes of the path × stars of the pattern), without going back further than a star.
    #[must_use]
    pub fn takes(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        is_like((self.0.as_bytes(), path.as_bytes()), |wanted, byte| wanted == b'?' || wanted == byte)
    }

    /// Whether it certainly takes every path that another one takes.
    #[must_use]
    pub fn covers(&self, other: &BehaviorPattern) -> bool {
        // The other's wildcards are read as characters of their own: only a star fits a star.
        let fits = |wanted, byte| wanted == byte || (wanted == b'?' && byte != b'*');
        is_like((self.0.as_bytes(), other.0.as_bytes()), fits)
    }

    /// Whether certainly no path is taken by both: what stands before their first wildcards differs.
    #[must_use]
    pub fn is_apart_from(&self, other: &BehaviorPattern) -> bool {
        let begin = |pattern: &BehaviorPattern| pattern.0.find(['*', '?']).unwrap_or(pattern.0.len());
        let (short, long) = if begin(self) < begin(other) { (self, other) } else { (other, self) };
        let (short_begin, long_begin) = (short.0.get(..begin(short)), long.0.get(..begin(long)).unwrap_or_default());
        let is_whole = begin(short) == short.0.len();
        match short_begin.and_then(|begin| long_begin.strip_prefix(begin)) {
            None => true,
            Some(more) => is_whole && !more.is_empty(),
        }
    }
}

impl KeyedQuery {
    /// What of a query is sent on: the pieces in the key, byte for byte, in order, with repeats. Empty pieces go where
    /// names count. Allocates only where something goes and something is left. O(bytes × log of the names).
    #[must_use]
    pub fn of<'q>(&self, query: Cow<'q, str>) -> Cow<'q, str> {
        let KeyedQuery::Names(names) = self else { return query };
        let is_keyed = |(name, piece): &(&str, &str)| {
            !piece.is_empty() && names.binary_search_by(|keyed| keyed.as_str().cmp(name)).is_ok()
        };
        if pieces(&query).all(|piece| is_keyed(&piece)) {
            return query;
        }
        let mut kept = String::new();
        for (_, piece) in pieces(&query).filter(is_keyed) {
            if !kept.is_empty() {
                kept.push('&');
            }
            kept.push_str(piece);
        }
        Cow::Owned(kept)
    }
}

impl std::fmt::Display for BehaviorPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}", self.0)
    }
}

impl Default for Behavior {
    fn default() -> Self {
        Behavior { configured: 0, failover: None, caching: Caching::On, is_routed: true }
    }
}

impl Behaviors {
    /// One behavior for all paths, with this origin configured.
    #[must_use]
    pub fn one(configured: usize) -> Behaviors {
        Behaviors { by_pattern: Vec::new(), default: Behavior { configured, ..Behavior::default() } }
    }

    /// All of them in CloudFront's order, the default one last.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Behavior> {
        self.by_pattern.iter().map(|(_, behavior)| behavior).chain([&self.default])
    }

    /// The one that a path falls in: the first whose pattern takes it. O(behaviors × bytes of the path).
    #[must_use]
    pub fn of_path(&self, path: &str) -> BehaviorId {
        let position = self.by_pattern.iter().position(|(pattern, _)| pattern.takes(path));
        BehaviorId(position.unwrap_or(self.by_pattern.len()))
    }

    /// Where a raw path falls in each of its spellings. Costs nothing where there is one behavior, else O(behaviors ×
    /// bytes of the path).
    #[must_use]
    pub fn place(&self, raw: &str, parameters: PathParameters) -> Placement {
        if self.by_pattern.is_empty() {
            return Placement::all_in(BehaviorId(0));
        }
        let Spellings { raw, resolved, merged_first, bare: [bare, bare_merged], clean } =
            Spellings::of(raw, parameters);
        let of_clean = self.of_path(&clean);
        let of = |path: &str| if path == clean { of_clean } else { self.of_path(path) };
        let others = [of(raw), of(&resolved), of(&merged_first), of(&bare), of(&bare_merged)];
        Placement { clean: of_clean, others }
    }
}

/// The text as a pattern of `*` and what fits one byte: the last star takes one byte more each time that what follows it
/// does not fit.
fn is_like((pattern, text): (&[u8], &[u8]), fits: impl Fn(u8, u8) -> bool) -> bool {
    let (mut pattern_at, mut text_at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(text_at) {
        match pattern.get(pattern_at) {
            Some(b'*') => {
                star = Some((pattern_at, text_at));
                pattern_at += 1;
            }
            Some(&wanted) if fits(wanted, byte) => {
                pattern_at += 1;
                text_at += 1;
            }
            _ => {
                let Some((star_at, from)) = star else { return false };
                star = Some((star_at, from + 1));
                (pattern_at, text_at) = (star_at + 1, from + 1);
            }
        }
    }
    pattern.get(pattern_at..).is_some_and(|rest| rest.iter().all(|&byte| byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_what_cloudfronts_own_would() {
        let rows = [
            ("/assets/*", "/assets/a/b.css", true),
            ("/assets/*", "/assets/", true),
            ("/assets/*", "/assets", false),
            ("assets/*", "/assets/x", true),
            ("*.jpg", "/a/b/c.jpg", true),
            ("*.jpg", "/a/b/c.JPG", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/a/c", true),
            ("/a?c", "/ac", false),
            ("*", "/", true),
            ("/", "/", true),
            ("/", "/a", false),
            ("/*a*b*c", "/xxaxxbxxbxxc", true),
            ("/*a*b*c", "/xxaxxbxxbxx", false),
            ("/a**", "/a", true),
            ("/a.b", "/axb", false),
        ];
        for (pattern, path, expected) in rows {
            assert_eq!(BehaviorPattern::new(pattern).takes(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_first_pattern_that_takes_a_path_wins_and_the_default_takes_the_rest() {
        let row =
            |pattern: &str, configured| (BehaviorPattern::new(pattern), Behavior { configured, ..Behavior::default() });
        let behaviors =
            Behaviors { by_pattern: vec![row("/a/*", 1), row("/a/b/*", 2), row("*.js", 3)], ..Behaviors::one(4) };
        let rows = [("/a/x", 0), ("/a/b/x", 0), ("/x.js", 2), ("/a/x.js", 0), ("/", 3), ("*", 3)];
        for (path, expected) in rows {
            assert_eq!(behaviors.of_path(path), BehaviorId(expected), "{path}");
        }
        assert_eq!(behaviors.all().map(|behavior| behavior.configured).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_pattern_covers_another_or_has_nothing_of_it() {
        let rows = [
            ("/a/*", "/a/b/*", true, false),
            ("/a/*", "/a/", true, false),
            ("/a/b/*", "/a/*", false, false),
            ("*", "/a?*.js", true, false),
            ("*.js", "/a/*.js", true, false),
            ("*.js", "/a/*", false, false),
            ("/a?", "/a?", true, false),
            ("/a?", "/ab", true, false),
            ("/a?", "/a*", false, false),
            ("/a*", "/a?", true, false),
            ("/a/*", "/b/*", false, true),
            ("/a", "/ab", false, true),
            ("/a", "/ab*", false, true),
            ("/ab*", "/a", false, true),
            ("/a", "/a", true, false),
            ("/a*", "/ab", true, false),
        ];
        for (one, other, covers, is_apart) in rows {
            let (one, other) = (BehaviorPattern::new(one), BehaviorPattern::new(other));
            assert_eq!((one.covers(&other), one.is_apart_from(&other)), (covers, is_apart), "{one} {other}");
            assert_eq!(other.is_apart_from(&one), is_apart, "{other} {one}");
        }
    }

    #[test]
    fn a_path_is_placed_by_all_its_spellings() {
        let rows: [(&str, &[&str], [usize; 4]); 8] = [
            ("//assets/x", &[], [0, 0, 0, 0]),
            ("/assets/x", &["/assets/*"], [0, 0, 0, 0]),
            ("/x", &["/assets/*"], [1, 1, 1, 1]),
            ("//assets/x", &["/assets/*"], [0, 1, 1, 0]),
            ("/%61ssets/x", &["/assets/*"], [0, 1, 0, 0]),
            ("/assets/../x", &["/assets/*"], [1, 0, 1, 1]),
            ("/assets//../x", &["/assets/*"], [0, 0, 0, 1]),
            ("/a//b.js", &["/a//*", "*.js"], [1, 0, 0, 1]),
        ];
        for (path, patterns, [clean, raw, resolved, merged_first]) in rows {
            let by_pattern = patterns.iter().map(|text| (BehaviorPattern::new(text), Behavior::default())).collect();
            let behaviors = Behaviors { by_pattern, ..Behaviors::default() };
            let others = [raw, resolved, merged_first, resolved, merged_first].map(BehaviorId);
            assert_eq!(
                behaviors.place(path, PathParameters::Keep),
                Placement { clean: BehaviorId(clean), others },
                "{path} {patterns:?}"
            );
        }
    }

    #[test]
    fn what_is_keyed_of_a_query_keeps_its_bytes_order_and_repeats() {
        let names = KeyedQuery::Names(vec!["id".into(), "page".into()]);
        let rows = [
            (&KeyedQuery::All, "b&&a=1", "b&&a=1"),
            (&names, "page=2&&x=1&id=%20&id", "page=2&id=%20&id"),
            (&names, "id=1&page=2", "id=1&page=2"),
            (&names, "id&", "id"),
            (&names, "ID=1&x", ""),
            (&names, "", ""),
            (&KeyedQuery::Names(Vec::new()), "a=1", ""),
        ];
        for (keyed, query, expected) in rows {
            assert_eq!(keyed.of(Cow::Borrowed(query)), expected, "{keyed:?} {query}");
        }
        assert!(matches!(names.of(Cow::Borrowed("id=1")), Cow::Borrowed("id=1")));
    }

    #[test]
    fn a_pattern_of_many_stars_is_not_slow() {
        let pattern = BehaviorPattern::new(&"*a".repeat(100));
        assert!(!pattern.takes(&format!("/{}b", "a".repeat(8_000))));
    }
}
