//! Query strings, undecoded: their pieces, the values of a name, and what of one is kept.

use serde::{Deserialize, Serialize};

use super::fact::Fact;

/// The pieces between `&`, each with its name (what stands before the first `=`).
pub fn pieces(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let whole = (!query.is_empty()).then_some(query);
    whole.into_iter().flat_map(|query| query.split('&')).map(|piece| (name_of(piece), piece))
}

/// The first value of a name, which is the only one that counts; `k` and `k=` both have the empty text.
#[must_use]
pub fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let (_, piece) = pieces(query).find(|(found, piece)| *found == name && !piece.is_empty())?;
    Some(piece.split_once('=').map_or("", |(_, value)| value))
}

fn name_of(piece: &str) -> &str {
    piece.split_once('=').map_or(piece, |(name, _)| name)
}

/// `query_string` of a route: what of the viewer's query goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryPolicy {
    /// All of it, byte for byte.
    #[default]
    Keep,
    /// Nothing.
    Drop,
    /// The pieces with these names, byte for byte, in order, with repeats; empty pieces go.
    Only(Vec<String>),
    /// The pieces with other names than these, likewise.
    Without(Vec<String>),
}

impl QueryPolicy {
    /// The pieces that are kept, in order. `Keep` yields the whole query as one piece.
    pub fn kept<'a>(&'a self, query: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let whole = (*self == QueryPolicy::Keep && !query.is_empty()).then_some(query);
        let chooses = matches!(self, QueryPolicy::Only(_) | QueryPolicy::Without(_));
        let some = pieces(if chooses { query } else { "" }).filter(|(name, piece)| self.keeps(name, piece));
        whole.into_iter().chain(some.map(|(_, piece)| piece))
    }

    /// Whether a piece of this name is kept, where some are.
    fn keeps(&self, name: &str, piece: &str) -> bool {
        let is_named = |names: &[String]| names.iter().any(|known| known == name);
        match self {
            QueryPolicy::Keep => true,
            QueryPolicy::Drop => false,
            QueryPolicy::Only(names) => !piece.is_empty() && is_named(names),
            QueryPolicy::Without(names) => !piece.is_empty() && !is_named(names),
        }
    }

    /// Whether more of a query goes on than is named, so that what an origin declares says how much of it counts.
    #[must_use]
    pub fn asks_the_origin(&self) -> bool {
        match self {
            QueryPolicy::Keep | QueryPolicy::Without(_) => true,
            QueryPolicy::Drop | QueryPolicy::Only(_) => false,
        }
    }

    /// What of a query it reads.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        let names: &[String] = match self {
            QueryPolicy::Only(names) => names,
            QueryPolicy::Keep | QueryPolicy::Drop | QueryPolicy::Without(_) => &[],
        };
        let whole = self.asks_the_origin().then_some(Fact::WholeQuery);
        whole.into_iter().chain(names.iter().cloned().map(Fact::Query))
    }

    /// Whether keeping leaves this query as it is, byte for byte.
    #[must_use]
    pub fn leaves(&self, query: &str) -> bool {
        match self {
            QueryPolicy::Keep => true,
            QueryPolicy::Drop => query.is_empty(),
            QueryPolicy::Only(_) | QueryPolicy::Without(_) => {
                pieces(query).all(|(name, piece)| self.keeps(name, piece))
            }
        }
    }

    /// Appends what is kept, pieces joined by `&`.
    pub fn append_to(&self, query: &str, out: &mut String) {
        for (at, piece) in self.kept(query).enumerate() {
            if at > 0 {
                out.push('&');
            }
            out.push_str(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_taken_as_it_stands() {
        let rows = [
            ("a=1&b=2&a=3", "a", Some("1")),
            ("a=3&a=1", "a", Some("3")),
            ("a&a=1", "a", Some("")),
            ("&&a=1", "a", Some("1")),
            ("k", "k", Some("")),
            ("k=", "k", Some("")),
            ("k=a=b", "k", Some("a=b")),
            ("a%20b=2&a+b=1", "a+b", Some("1")),
            ("aa=1&A=2", "a", None),
            ("&&", "", None),
        ];
        for (query, name, expected) in rows {
            assert_eq!(value(query, name), expected, "{query}");
        }
    }

    #[test]
    fn what_is_kept_keeps_its_bytes_order_and_repeats() {
        let only = QueryPolicy::Only(vec!["id".into(), "page".into()]);
        let without = QueryPolicy::Without(vec!["id".into(), "page".into()]);
        let rows = [
            (&QueryPolicy::Keep, "a=1&&b", "a=1&&b", true),
            (&QueryPolicy::Drop, "a=1", "", false),
            (&QueryPolicy::Drop, "", "", true),
            (&only, "page=2&&x=1&id=%20&id", "page=2&id=%20&id", false),
            (&only, "id=1&page=2", "id=1&page=2", true),
            (&only, "", "", true),
            (&without, "page=2&&x=1&id=%20&id&y", "x=1&y", false),
            (&without, "x=1&y", "x=1&y", true),
            (&without, "x=1&&y", "x=1&y", false),
            (&without, "id=1", "", false),
        ];
        for (policy, query, expected, leaves) in rows {
            let mut out = String::new();
            policy.append_to(query, &mut out);
            assert_eq!(out, expected, "{policy:?} {query}");
            assert_eq!(policy.leaves(query), leaves, "{policy:?} {query}");
        }
    }
}
