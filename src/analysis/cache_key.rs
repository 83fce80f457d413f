//! The cache key that a table needs: everything that an answer can depend on beside the path.
//!
//! An origin-request function runs on a miss only, and what follows is kept under the cache key. So the key is the
//! union of what conditions read, what outgoing values are built from, and what each origin's answers vary on. The
//! infrastructure builds CloudFront's policies from it, so that table and distribution cannot disagree.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::facts::header_of;
use crate::route::reach::Askers;
use crate::route::{BehaviorId, Caching, Definition, Fact, Reach, Table};

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

impl CacheKey {
    /// Derives the key of a behavior: nothing where it keeps no answers. O(n) in routes.
    #[must_use]
    pub fn of(table: &Table, reach: &Reach, behavior: BehaviorId) -> CacheKey {
        if table.behavior(behavior).caching == Caching::Off {
            return CacheKey::default();
        }
        let definition = table.definition();
        let mut derived = Derived::default();
        for (fact, askers) in &reach.asks(definition, behavior).0 {
            derived.need(fact, |needs| needs.add(definition, askers));
        }
        derived.into_key()
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
    fn add(&mut self, definition: &Definition, askers: &Askers) {
        let routes = askers.routes.iter().filter_map(|&at| definition.routes.get(at)).map(|route| &route.id);
        let origins = askers.origins.iter().filter_map(|&at| definition.origins.get(at)).map(|origin| &origin.id);
        add_each(&mut self.routes, routes);
        add_each(&mut self.origins, origins);
    }

    fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.origins.is_empty()
    }
}

/// Two facts may stand in one header; of one fact nobody comes twice.
fn add_each<'i>(known: &mut Vec<String>, ids: impl Iterator<Item = &'i String>) {
    let before = known.len();
    for id in ids {
        if known.iter().take(before).all(|known| known != id) {
            known.push(id.clone());
        }
    }
}

impl Derived {
    /// A fact that decides answers; `note` says who needs it. The method is in no key, and a route that takes GET takes HEAD.
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

    /// The keys of all behaviors, in their order.
    fn keys(more: &str) -> Vec<String> {
        let text = format!("{ORIGINS}\n{more}");
        let loaded = load("routes.toml", &MemoryFiles::from_iter([("routes.toml", text.as_str())]));
        let table = loaded.table.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
        let reach = Reach::of(table.definition());
        table.behavior_ids().map(|behavior| told(&CacheKey::of(&table, &reach, behavior))).collect()
    }

    fn told(key: &CacheKey) -> String {
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

    fn route(id: &str, more: &str) -> String {
        format!("[[route]]\nid = '{id}'\n{more}\n")
    }

    #[test]
    fn the_key_is_all_that_an_answer_can_depend_on() {
        let cms = "accept-language(cms) | C(cms)";
        let rows = [
            ("", " |  | q(legacy)".to_owned()),
            ("path = '/x'\norigin = 'cms'", format!("{cms} | a(cms) b(cms) q(legacy)")),
            ("path = '/x'\norigin = 'cms'\nquery_string = ['b', 'z']", format!("{cms} | b(r) q(legacy) z(r)")),
            ("path = '/x'\norigin = 'cms'\nquery_string = 'drop'", format!("{cms} | q(legacy)")),
            (
                "path = '/x'\nquery = { t = '1' }\norigin = 'cms'\nquery_string = 'drop'",
                format!("{cms} | q(legacy) t(r)"),
            ),
            ("prefix = '/'\norigin = 'cms'", format!("{cms} | a(cms) b(cms)")),
            ("prefix = '/'\norigin = 'cms'\nrewrite = '/a{rest}'", format!("{cms} | a(cms) b(cms) q(legacy)")),
            ("path = '/x'\nredirect = '/y'", " |  | all(r)".to_owned()),
            ("path = '/x'\nredirect = '/y'\nquery_string = ['id']", " |  | id(r) q(legacy)".to_owned()),
            ("prefix = '/'\nredirect = 'https://a.example.com/'\nquery_string = 'drop'", " |  | none".to_owned()),
            // What may be refused goes to the default.
            (
                "prefix = '/'\nredirect = 'https://a.example.com/'\nquery_string = ['id']",
                " |  | id(r) q(legacy)".to_owned(),
            ),
            (
                "prefix = '/'\nredirect = 'https://a.example.com/x{rest}'\nquery_string = 'drop'",
                " |  | q(legacy)".to_owned(),
            ),
            ("path = '/x'\ngone = true", " |  | q(legacy)".to_owned()),
            ("gone = true", " |  | none".to_owned()),
        ];
        for (more, expected) in rows {
            let route = if more.is_empty() { String::new() } else { route("r", more) };
            assert_eq!(keys(&route), [expected], "{more}");
        }
    }

    #[test]
    fn each_behavior_has_the_key_of_those_who_answer_there() {
        let behaviors = "
            [[behavior]]
            path_pattern = '/assets/*'
            configured_origin = 'legacy'
            [[behavior]]
            path_pattern = '/account/*'
            configured_origin = 'legacy'
            caching = 'off'
            [[behavior]]
            path_pattern = '/shop/*'
            configured_origin = 'cms'
            failover = 'legacy'
            [[behavior]]
            configured_origin = 'legacy'
        ";
        let routes = [
            route("assets", "prefix = '/assets'\norigin = 'cms'\nquery_string = ['v']"),
            route("account", "prefix = '/account'\norigin = 'cms'\ncookie = { id = true }"),
            route("shop", "prefix = '/shop'\norigin = 'cms'\ncountry = ['BR']"),
            route("shop-all", "prefix = '/shop'\nrespond = { status = 200, body = '' }"),
            route("old", "path = '/old'\nhost = 'a.example.com'\nredirect = '/new'\nquery_string = 'drop'"),
        ];
        let expected = [
            "accept-language(cms) | C(cms) | v(assets)",
            " |  | none",
            "accept-language(cms) cloudfront-viewer-country(shop) | C(cms) | a(cms) b(cms) q(legacy)",
            // `/assets`, `/account` and `/shop` themselves fall here.
            "accept-language(cms) cloudfront-viewer-country(shop) x-crossfade-host(old) | C(cms) id(account) | \
             a(cms) b(cms) q(legacy) v(assets)",
        ];
        assert_eq!(keys(&format!("{behaviors}\n{}", routes.concat())), expected);
    }

    #[test]
    fn what_conditions_read_is_in_the_key() {
        let rows = [
            ("host = 'www.example.com'", "accept-language(cms) x-crossfade-host(r) | C(cms)"),
            ("country = ['BR']", "accept-language(cms) cloudfront-viewer-country(r) | C(cms)"),
            ("cohort = 'early'", "accept-language(cms) x-crossfade-cohort(r) | C(cms)"),
            ("from = 2026-01-01T00:00:00Z", "accept-language(cms) x-crossfade-epoch(r) | C(cms)"),
            ("header = { X-A = true }", "accept-language(cms) x-a(r) | C(cms)"),
            ("header = { Accept-Language = true }", "accept-language(r+cms) | C(cms)"),
            ("cookie = { beta = '1' }", "accept-language(cms) | C(cms) beta(r)"),
        ];
        for (condition, expected) in rows {
            let route = route("r", &format!("origin = 'cms'\nquery_string = 'drop'\npath = '/x'\n{condition}"));
            assert_eq!(keys(&route), [format!("{expected} | q(legacy)")], "{condition}");
        }
    }

    #[test]
    fn one_header_that_two_facts_stand_in_is_named_once() {
        let condition = "country = ['BR']\nheader = { CloudFront-Viewer-Country = 'BR' }";
        let route = route("r", &format!("path = '/x'\norigin = 'cms'\nquery_string = 'drop'\n{condition}"));
        let expected = "accept-language(cms) cloudfront-viewer-country(r) | C(cms) | q(legacy)";
        assert_eq!(keys(&route), [expected]);
    }

    #[test]
    fn a_viewer_host_that_is_sent_on_is_in_the_key() {
        let old = "[origins.old]\nside = 'legacy'\ntype = 'custom'\ndomain = 'o.example.com'\nhost = 'viewer'\n";
        let route = route("r", "path = '/x'\norigin = 'old'\nquery_string = 'drop'");
        assert_eq!(keys(&format!("{old}{route}")), ["x-crossfade-host(old) |  | q(legacy)"]);
        assert_eq!(keys(old), [" |  | q(legacy)"]);
    }
}
