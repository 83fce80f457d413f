//! The cache key that a table needs: everything that an answer can depend on beside the path.
//!
//! An origin-request function runs on a miss only, and what follows is kept under the cache key. So the key is the
//! union of what conditions read, what outgoing values are built from, and what each origin's answers vary on. The
//! infrastructure builds CloudFront's policies from it, so that table and distribution cannot disagree.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::facts::header_of;
use crate::platform::headers::{NOT_IN_CACHE_KEY, NameList};
use crate::platform::limits::{MAX_POLICY_CHARS, MAX_POLICY_NAMES};
use crate::route::{Definition, Fact};

/// The parts of a cache key beside the path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CacheKey {
    /// Header names in lower case, sorted.
    pub headers: Vec<KeyPart>,
    /// Cookie names, sorted.
    pub cookies: Vec<KeyPart>,
    /// Query strings.
    pub query_strings: QueryStrings,
}

/// One name of a key and who needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyPart {
    /// Of a header, a cookie or a query string.
    pub name: String,
    /// Who needs it.
    #[serde(flatten)]
    pub needed_by: Needs,
}

/// Who needs a part of the key, by id, in written order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Routes that read it or build from it.
    pub routes: Vec<String>,
    /// Origins whose answers vary on it, or that are sent it.
    pub origins: Vec<String>,
}

/// Which query strings are in the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "behavior", rename_all = "lowercase")]
pub enum QueryStrings {
    /// None.
    #[default]
    None,
    /// These names.
    List {
        /// Sorted.
        names: Vec<KeyPart>,
    },
    /// All of them.
    All {
        /// Who needs all; those that need single names are left out.
        #[serde(flatten)]
        needed_by: Needs,
    },
}

/// What CloudFront would not take of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No cache policy can name it, so an answer that depends on it would be given to everyone.
    #[error("header `{name}` decides an answer, but CloudFront cannot have it in a cache key")]
    NotKeyable {
        /// In lower case.
        name: String,
        /// Who needs it.
        needed_by: Needs,
    },
    /// Over the quota of [`MAX_POLICY_NAMES`], which AWS raises on request.
    #[error("the cache key names {count} {what}, CloudFront's quota is {MAX_POLICY_NAMES}")]
    TooMany {
        /// `headers`, `cookies` or `query strings`.
        what: &'static str,
        /// How many.
        count: usize,
    },
    /// Over [`MAX_POLICY_CHARS`].
    #[error(
        "the names of {what} in the cache key have {count} characters together, CloudFront takes {MAX_POLICY_CHARS}"
    )]
    TooLong {
        /// `headers`, `cookies` or `query strings`.
        what: &'static str,
        /// How many.
        count: usize,
    },
}

impl CacheKey {
    /// Derives the key of a table. O(n) in routes.
    #[must_use]
    pub fn of(definition: &Definition) -> CacheKey {
        let mut derived = Derived::default();
        for route in &definition.routes {
            route.facts().for_each(|fact| derived.need(&fact, |needs| needs.route(&route.id)));
        }
        for origin in &definition.origins {
            origin.facts().for_each(|fact| derived.need(&fact, |needs| needs.origin(&origin.id)));
        }
        derived.into_key()
    }

    /// What CloudFront would not take of it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let unfit = |list: NameList| self.headers.iter().filter(move |part| list.contains(&part.name));
        let mut problems: Vec<Problem> = unfit(NOT_IN_CACHE_KEY)
            .map(|part| Problem::NotKeyable { name: part.name.clone(), needed_by: part.needed_by.clone() })
            .collect();
        let query: &[KeyPart] = match &self.query_strings {
            QueryStrings::List { names } => names,
            QueryStrings::None | QueryStrings::All { .. } => &[],
        };
        for (what, parts) in [("headers", &self.headers[..]), ("cookies", &self.cookies), ("query strings", query)] {
            if parts.len() > MAX_POLICY_NAMES {
                problems.push(Problem::TooMany { what, count: parts.len() });
            }
            let count = parts.iter().map(|part| part.name.len()).sum();
            if count > MAX_POLICY_CHARS {
                problems.push(Problem::TooLong { what, count });
            }
        }
        problems
    }
}

/// A key in the making.
#[derive(Default)]
struct Derived {
    headers: BTreeMap<String, Needs>,
    cookies: BTreeMap<String, Needs>,
    query: BTreeMap<String, Needs>,
    whole_query: Needs,
}

impl Needs {
    fn route(&mut self, id: &str) {
        if self.routes.last().is_none_or(|last| last != id) {
            self.routes.push(id.to_owned());
        }
    }

    fn origin(&mut self, id: &str) {
        if !self.origins.iter().any(|known| known == id) {
            self.origins.push(id.to_owned());
        }
    }

    fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.origins.is_empty()
    }
}

impl Derived {
    /// A fact that decides answers; `note` says who needs it.
    ///
    /// What is kept of a query counts whole even where the origin says that it does not vary on it: whether the path and
    /// query sent on fit CloudFront's limits must not depend on a part of the query that is not in the key, or one
    /// viewer's odd query would decide for everyone. The method is in no key, and a route that takes GET takes HEAD.
    fn need(&mut self, fact: &Fact, note: impl FnOnce(&mut Needs)) {
        let (names, name) = match fact {
            Fact::Method => return,
            Fact::WholeQuery => return note(&mut self.whole_query),
            Fact::Query(name) => (&mut self.query, name.as_str()),
            Fact::Cookie(name) => (&mut self.cookies, name.as_str()),
            fact => match header_of(fact) {
                Some(name) => (&mut self.headers, name),
                None => return,
            },
        };
        note(names.entry(name.to_owned()).or_default());
    }

    fn into_key(self) -> CacheKey {
        let parts = |map: BTreeMap<String, Needs>| -> Vec<KeyPart> {
            map.into_iter().map(|(name, needed_by)| KeyPart { name, needed_by }).collect()
        };
        let query_strings = if !self.whole_query.is_empty() {
            QueryStrings::All { needed_by: self.whole_query }
        } else if self.query.is_empty() {
            QueryStrings::None
        } else {
            QueryStrings::List { names: parts(self.query) }
        };
        CacheKey { headers: parts(self.headers), cookies: parts(self.cookies), query_strings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::load;
    use crate::config::MemoryFiles;

    const ORIGINS: &str = r#"
        schema = 1
        default = "legacy"
        [origins.legacy]
        side = "legacy"
        type = "custom"
        domain = "legacy.example.com"
        varies = { query = ["q"] }
        [origins.cms]
        side = "new"
        type = "custom"
        domain = "cms.example.com"
        varies = { query = ["a", "b"], cookies = ["C"], headers = ["Accept-Language"] }
    "#;

    fn key(more: &str) -> String {
        let text = format!("{ORIGINS}\n{more}");
        let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", text.as_str())]));
        let table = loaded.table.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
        let key = CacheKey::of(table.definition());
        let show = |parts: &[KeyPart]| {
            let part = |part: &KeyPart| {
                let who = [&part.needed_by.routes[..], &part.needed_by.origins].concat().join("+");
                format!("{}({who})", part.name)
            };
            parts.iter().map(part).collect::<Vec<_>>().join(" ")
        };
        let query = match &key.query_strings {
            QueryStrings::None => "none".to_owned(),
            QueryStrings::List { names } => show(names),
            QueryStrings::All { needed_by } => {
                format!("all({})", [&needed_by.routes[..], &needed_by.origins].concat().join("+"))
            }
        };
        format!("{} | {} | {query}", show(&key.headers), show(&key.cookies))
    }

    #[test]
    fn the_key_is_all_that_an_answer_can_depend_on() {
        let base = "accept-language(cms) | C(cms) | ";
        let rows = [
            ("", "a(cms) b(cms) q(legacy)"),
            ("path = '/x'\norigin = 'cms'", "all(r)"),
            ("path = '/x'\norigin = 'cms'\nquery_string = ['b', 'z']", "a(cms) b(r+cms) q(legacy) z(r)"),
            ("path = '/x'\norigin = 'cms'\nquery_string = 'drop'", "a(cms) b(cms) q(legacy)"),
            ("path = '/x'\nquery = { t = '1' }\norigin = 'cms'\nquery_string = 'drop'", "a(cms) b(cms) q(legacy) t(r)"),
            ("path = '/x'\nredirect = '/y'", "all(r)"),
            ("path = '/x'\nredirect = '/y'\nquery_string = ['id']", "a(cms) b(cms) id(r) q(legacy)"),
            ("path = '/x'\ngone = true", "a(cms) b(cms) q(legacy)"),
        ];
        for (route, query) in rows {
            let route = if route.is_empty() { String::new() } else { format!("[[route]]\nid = 'r'\n{route}") };
            assert_eq!(key(&route), format!("{base}{query}"), "{route}");
        }
    }

    #[test]
    fn what_conditions_read_is_in_the_key() {
        let route = "[[route]]\nid = 'r'\norigin = 'cms'\nquery_string = 'drop'\n";
        let rows = [
            ("host = 'www.example.com'", "accept-language(cms) x-crossfade-host(r) | C(cms) | a(cms) b(cms) q(legacy)"),
            (
                "country = ['BR']",
                "accept-language(cms) cloudfront-viewer-country(r) | C(cms) | a(cms) b(cms) q(legacy)",
            ),
            ("cohort = 'early'", "accept-language(cms) x-crossfade-cohort(r) | C(cms) | a(cms) b(cms) q(legacy)"),
            (
                "from = 2026-01-01T00:00:00Z",
                "accept-language(cms) x-crossfade-epoch(r) | C(cms) | a(cms) b(cms) q(legacy)",
            ),
            ("header = { X-A = true }", "accept-language(cms) x-a(r) | C(cms) | a(cms) b(cms) q(legacy)"),
            ("cookie = { beta = '1' }", "accept-language(cms) | C(cms) beta(r) | a(cms) b(cms) q(legacy)"),
            ("query = { k = false }", "accept-language(cms) | C(cms) | a(cms) b(cms) k(r) q(legacy)"),
        ];
        for (condition, expected) in rows {
            assert_eq!(key(&format!("{route}path = '/x'\n{condition}")), expected, "{condition}");
        }
    }

    #[test]
    fn a_viewer_host_that_is_sent_on_is_in_the_key() {
        let more = "[origins.old]\nside = 'legacy'\ntype = 'custom'\ndomain = 'o.example.com'\nhost = 'viewer'\nvaries = { query = [] }";
        assert!(key(more).contains("x-crossfade-host(old)"), "{}", key(more));
    }

    #[test]
    fn what_cloudfront_would_not_take_is_told() {
        let part = |name: &str| KeyPart { name: name.into(), needed_by: Needs::default() };
        let names = |count: usize| (0..count).map(|at| part(&format!("n{at}"))).collect::<Vec<_>>();
        let rows = [
            (CacheKey { headers: names(10), cookies: names(10), ..CacheKey::default() }, vec![]),
            (CacheKey { headers: names(11), ..CacheKey::default() }, vec!["10"]),
            (CacheKey { cookies: vec![part(&"c".repeat(1025))], ..CacheKey::default() }, vec!["1024"]),
            (CacheKey { headers: vec![part("cookie"), part("accept")], ..CacheKey::default() }, vec!["`cookie`"]),
        ];
        for (key, expected) in rows {
            let problems = key.problems();
            assert_eq!(problems.len(), expected.len(), "{problems:?}");
            for (problem, text) in problems.iter().zip(expected) {
                assert!(problem.to_string().contains(text), "{problem}");
            }
        }
    }
}
