//! Prefixes and templates as one tree of segments; every section has a root of its own.
//!
//! A walk visits the nodes that a path leads to and no other: it is bound by the depth of the tree, not by the length
//! of a hostile path, and by the number of nodes, however many templates overlap.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::hash::{NONE, Slots, hash, place};
use super::item::{Item, index, number};
use super::lists::Lists;
use super::segments::{Hashed, Iter};
use super::visit::{Check, Visit};
use crate::route::definition::Definition;
use crate::route::pattern::{Segment, Template};

/// All nodes of all sections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// By parent and segment.
    edges: Slots,
    /// The texts of the segments that lead to nodes.
    text: String,
}

/// A node; numbers are [`NONE`] where there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Node {
    /// The first route at or below it.
    min: u32,
    /// The node of any one segment that is not empty.
    wildcard: u32,
    /// List of prefixes that end here.
    prefixes: u32,
    /// List of templates that end here.
    ends: u32,
    /// List of templates whose `{*rest}` begins here.
    rests: u32,
    /// Where in `text` the segment that leads here is.
    segment: (u32, u32),
}

const EMPTY: Node = Node { min: NONE, wildcard: NONE, prefixes: NONE, ends: NONE, rests: NONE, segment: (0, 0) };

impl Trie {
    /// Visits every list that a path leads to. The path begins with a slash.
    pub(super) fn walk(&self, root: u32, mut segments: Iter<'_, '_>, visit: &mut impl Visit) {
        let mut at = root;
        while at != NONE {
            let node = &self.nodes[index(at)];
            if node.min >= visit.best() {
                return;
            }
            visit.list(node.prefixes, Check::Conditions);
            let Some(segment) = segments.next() else {
                visit.list(node.ends, Check::Conditions);
                return;
            };
            visit.list(node.rests, Check::Conditions);
            let literal = self.child(at, segment);
            let wildcard = if segment.text.is_empty() { NONE } else { node.wildcard };
            if literal != NONE && wildcard != NONE {
                // As deep as templates fork along one path.
                self.walk(wildcard, segments.clone(), visit);
                at = literal;
            } else {
                at = literal.min(wildcard);
            }
        }
    }

    #[inline]
    fn child(&self, parent: u32, segment: Hashed<'_>) -> u32 {
        let is = |child: &u32| {
            let (start, end) = self.nodes[index(*child)].segment;
            self.text.as_bytes()[index(start)..index(end)] == *segment.text.as_bytes()
        };
        self.edges.find(place(segment.hash, parent)).find(is).unwrap_or(NONE)
    }
}

/// A tree that grows.
#[derive(Default)]
pub(super) struct TrieBuilder<'t> {
    nodes: Vec<Node>,
    parents: Vec<u32>,
    text: String,
    edges: Vec<(u64, u32)>,
    literal: HashMap<(u32, &'t str), u32, foldhash::fast::FixedState>,
    lists: Groups<(u32, End)>,
}

/// How a pattern ends at a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Prefix,
    Exact,
    Rest,
}

impl<'t> TrieBuilder<'t> {
    /// A root for one more section.
    pub(super) fn root(&mut self) -> u32 {
        self.node(NONE, (0, 0))
    }

    /// Adds a prefix that is empty or begins with a slash.
    pub(super) fn prefix(&mut self, root: u32, prefix: &'t str, route: u32) {
        let segments = prefix.split('/').skip(1);
        let node = segments.fold(root, |node, segment| self.literal(node, segment));
        self.end(node, End::Prefix, route);
    }

    /// Adds a template.
    pub(super) fn template(&mut self, root: u32, template: &'t Template, route: u32) {
        let node = template.segments.iter().fold(root, |node, segment| match segment {
            Segment::Literal(text) => self.literal(node, text),
            Segment::Capture(_) => self.wildcard(node),
        });
        if template.rest.is_none() || template.takes_bare {
            self.end(node, End::Exact, route);
        }
        if template.rest.is_some() {
            self.end(node, End::Rest, route);
        }
    }

    fn end(&mut self, node: u32, end: End, route: u32) {
        self.lists.push((node, end), Item { route, row: 0 });
        let node = &mut self.nodes[index(node)];
        node.min = node.min.min(route);
    }

    fn node(&mut self, parent: u32, segment: (u32, u32)) -> u32 {
        self.nodes.push(Node { segment, ..EMPTY });
        self.parents.push(parent);
        number(self.nodes.len() - 1)
    }

    fn literal(&mut self, parent: u32, text: &'t str) -> u32 {
        if let Some(&child) = self.literal.get(&(parent, text)) {
            return child;
        }
        let start = number(self.text.len());
        self.text.push_str(text);
        let child = self.node(parent, (start, number(self.text.len())));
        self.edges.push((place(hash(text.as_bytes()), parent), child));
        self.literal.insert((parent, text), child);
        child
    }

    fn wildcard(&mut self, parent: u32) -> u32 {
        let known = self.nodes[index(parent)].wildcard;
        if known != NONE {
            return known;
        }
        let child = self.node(parent, (0, 0));
        self.nodes[index(parent)].wildcard = child;
        child
    }

    pub(super) fn finish(mut self, definition: &Definition, lists: &mut Lists) -> Trie {
        for ((node, end), items) in self.lists.into_vec() {
            let list = lists.add(definition, items);
            let node = &mut self.nodes[index(node)];
            match end {
                End::Prefix => node.prefixes = list,
                End::Exact => node.ends = list,
                End::Rest => node.rests = list,
            }
        }
        // A child comes after its parent.
        for child in (0..self.nodes.len()).rev() {
            let (min, parent) = (self.nodes[child].min, self.parents[child]);
            if parent != NONE {
                let parent = &mut self.nodes[index(parent)];
                parent.min = parent.min.min(min);
            }
        }
        Trie { nodes: self.nodes, edges: Slots::new(&self.edges), text: self.text }
    }
}
