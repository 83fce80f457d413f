//! Finds the first route that takes a request without trying every route.
//!
//! What it finds is what a walk over all routes in written order finds: every pattern is kept where a path that it
//! matches must come by, every candidate is checked by the conditions (and, where the place alone does not prove it, by
//! the pattern), and the lowest candidate that passes wins. A list is left as soon as it cannot win any more.
//!
//! - `hosts` cut the table into sections; a request sees its host's and the shared one.
//! - `exact` paths and rows of maps are one hash table.
//! - `trie` holds prefixes and templates.
//! - `literals` holds globs and regexes, by text that they require (`required`).
//! - `lists` holds the candidates, long lists hashed by a query parameter, header or cookie, or by the key of a map's
//!   rows.
//!
//! All of it is numbers and one text: it is stored and loaded as it is. Read [`Index::first_match`] first.

#![allow(
    clippy::indexing_slicing,
    reason = "every number was made by `Index::build` from the definition that lies beside it in the table; a stored \
              table is read by the build that wrote it, and a damaged one is refused by its checksum"
)]

mod groups;
mod hash;
mod hosts;
mod item;
mod lists;
mod literals;
mod required;
mod search;
mod segments;
mod trie;
mod visit;

use serde::{Deserialize, Serialize};

use self::groups::Groups;
use self::hash::{NONE, Proof, Slots, hash, place};
use self::hosts::Hosts;
use self::item::{Item, index, number};
use self::lists::Lists;
use self::literals::{Firsts, Literals};
use self::search::{Rivals, Search};
use self::segments::Segments;
use self::trie::Trie;
pub use self::visit::Found;
use self::visit::{Check, Visit};
use super::condition::Asked;
use super::definition::Definition;
use super::pattern::PathPattern;

/// What finds the deciding route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    proof: Proof,
    hosts: Hosts,
    sections: Vec<HostSet>,
    exact: Slots,
    entries: Vec<ExactPath>,
    trie: Trie,
    literals: Literals,
    lists: Lists,
}

/// The routes of one set of hosts, but for exact paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HostSet {
    /// The node of the path `/` before its slash.
    root: u32,
    firsts: Firsts,
    /// The list of what can be found by no part of a path.
    rest: u32,
}

/// One exact path of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ExactPath {
    /// A route, or the row of a map, whose text is the path.
    key: Item,
    /// All of them.
    list: u32,
    /// The first route of any other kind in the section that could take the path.
    rival: u32,
}

impl Index {
    /// The first route in written order whose every condition holds.
    ///
    /// O(m) in bytes of the request, and in the candidates that hold what their patterns require. No heap allocation
    /// but for a path that leads to more than 32 lists of globs and regexes.
    #[must_use]
    pub fn first_match<'t>(&self, definition: &'t Definition, asked: &Asked<'_>) -> Option<Found<'t>> {
        let mut search = Search::new(definition, asked, &self.lists);
        let whole = hash(asked.path.as_bytes());
        let mut segments = None;
        self.hosts.sections(asked.host, |section| {
            if let Some(entry) = self.entry(definition, section, asked.path, whole) {
                search.list(entry.list, Check::Conditions);
                if search.best() <= entry.rival {
                    return;
                }
            }
            let segments = segments.get_or_insert_with(|| Segments::of(asked.path));
            self.walk(section, segments, &mut search);
        });
        search.found()
    }

    /// Visits every list of a section that the path leads to, but for exact paths.
    fn walk(&self, number: u32, segments: &Segments<'_>, visit: &mut impl Visit) {
        let section = self.sections[index(number)];
        if segments.path.starts_with('/') {
            self.trie.walk(section.root, segments.iter(), visit);
        }
        self.literals.walk((number, section.firsts), segments, visit);
        visit.list(section.rest, Check::All);
    }

    fn entry(&self, definition: &Definition, section: u32, path: &str, whole: u64) -> Option<&ExactPath> {
        let mut entries = self.exact.find(place(whole, section)).map(|entry| &self.entries[index(entry)]);
        entries.find(|entry| text(definition, entry.key) == path)
    }

    /// Builds the index of a definition. O(n) in routes, map rows and bytes of patterns.
    #[must_use]
    pub fn build(definition: &Definition) -> Index {
        let (hosts, section_of, count) = Hosts::build(definition);
        let mut builder = IndexBuilder::new(definition, count);
        for (route, section) in section_of.into_iter().enumerate() {
            builder.add(number(route), section);
        }
        builder.finish(hosts)
    }
}

/// The path of an exact route, of one of its paths or of a map's row; what else the row asks for, [`Search`] checks.
fn text(definition: &Definition, item: Item) -> &str {
    match (&definition.routes[index(item.route)].path, item.row_of_map()) {
        (PathPattern::Exact(path), None) => path,
        (PathPattern::Map(map), Some(row)) => map.rows[row].path(),
        (PathPattern::AnyOf(several), Some(at)) => match &several[at] {
            PathPattern::Exact(path) => path,
            _ => unreachable!("`IndexBuilder::add` adds nothing else"),
        },
        _ => unreachable!("`IndexBuilder::add` adds nothing else"),
    }
}

/// An index that grows, a route at a time.
struct IndexBuilder<'t> {
    definition: &'t Definition,
    sections: Vec<HostSet>,
    exact: Groups<(u32, &'t str)>,
    trie: trie::TrieBuilder<'t>,
    literals: literals::LiteralsBuilder,
    rest: Vec<(u32, u32)>,
}

impl<'t> IndexBuilder<'t> {
    fn new(definition: &'t Definition, sections: u32) -> IndexBuilder<'t> {
        let mut trie = trie::TrieBuilder::default();
        let section = |_| HostSet { root: trie.root(), firsts: Firsts::default(), rest: NONE };
        IndexBuilder {
            definition,
            sections: (0..sections).map(section).collect(),
            exact: Groups::default(),
            trie,
            literals: literals::LiteralsBuilder::default(),
            rest: Vec::new(),
        }
    }

    fn add(&mut self, route: u32, section: u32) {
        let definition = self.definition;
        match &definition.routes[index(route)].path {
            PathPattern::Map(map) => {
                for (at, row) in map.rows.iter().enumerate() {
                    self.exact.push((section, row.path()), Item { route, row: number(at) + 1 });
                }
            }
            PathPattern::AnyOf(several) => {
                for (at, pattern) in several.iter().enumerate() {
                    self.add_pattern(pattern, Item { route, row: number(at) + 1 }, section);
                }
            }
            one => self.add_pattern(one, Item { route, row: 0 }, section),
        }
    }

    fn add_pattern(&mut self, pattern: &'t PathPattern, item: Item, section: u32) {
        let (root, route) = (self.sections[index(section)].root, item.route);
        match pattern {
            PathPattern::Exact(path) => self.exact.push((section, path), item),
            PathPattern::Template(template) => self.trie.template(root, template, route),
            PathPattern::Prefix(prefix) if prefix.is_empty() || prefix.starts_with('/') => {
                self.trie.prefix(root, prefix, route);
            }
            PathPattern::Glob(_) | PathPattern::Regex(_) => {
                let found_by_text = self.literals.add(self.definition, section, (route, pattern));
                self.rest.extend((!found_by_text).then_some((section, route)));
            }
            // `Table::compile` lets no map and no other list into a list.
            PathPattern::Any | PathPattern::Prefix(_) | PathPattern::Map(_) | PathPattern::AnyOf(_) => {
                self.rest.push((section, route));
            }
        }
    }

    fn finish(mut self, hosts: Hosts) -> Index {
        let definition = self.definition;
        let mut lists = Lists::default();
        let trie = self.trie.finish(definition, &mut lists);
        let mut firsts = vec![Firsts::default(); self.sections.len()];
        let (literals, rest) = self.literals.finish(definition, &mut lists, &mut firsts);
        self.rest.extend(rest);
        self.rest.sort_unstable();
        let mut rests: Groups<u32> = Groups::default();
        self.rest.iter().for_each(|&(section, route)| rests.push(section, Item { route, row: 0 }));
        for (section, items) in rests.into_vec() {
            self.sections[index(section)].rest = lists.add(definition, items);
        }
        self.sections.iter_mut().zip(firsts).for_each(|(section, firsts)| section.firsts = firsts);
        let sections = self.sections;
        let (exact, entries) = (Slots::default(), Vec::new());
        let mut index = Index { proof: Proof, hosts, sections, exact, entries, trie, literals, lists };
        index.add_exact(definition, self.exact);
        index.lists.finish();
        index
    }
}

impl Index {
    /// Adds the exact paths; all else is known by now.
    fn add_exact(&mut self, definition: &Definition, exact: Groups<(u32, &str)>) {
        let exact = exact.into_vec();
        let mut pairs = Vec::with_capacity(exact.len());
        for ((section, path), items) in exact {
            let key = items[0];
            let mut rivals = Rivals::new(&self.lists);
            self.walk(section, &Segments::of(path), &mut rivals);
            let rival = rivals.best();
            pairs.push((place(hash(path.as_bytes()), section), number(self.entries.len())));
            self.entries.push(ExactPath { key, list: self.lists.add(definition, items), rival });
        }
        self.exact = Slots::new(&pairs);
    }
}
