//! Where the paths of the sources lead: through modules, imports and re-exports to the file that defines what is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Bound, House, Module};

/// Longest chain of re-exports that is followed; a longer one is a name that stands for itself, as in `use serde;`.
const LONGEST_CHAIN: usize = 8;

/// One file uses what another defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Where an edge is written first.
pub(crate) struct Witness {
    pub(crate) line: usize,
    pub(crate) path: String,
}

/// All uses between files.
pub(crate) type Edges = BTreeMap<Edge, Witness>;

/// What a path leads to.
enum Place {
    Module(Vec<String>),
    /// What the file of this position defines: something with names of its own, or with none.
    Type(usize),
    Plain(usize),
}

/// Every use of one file by another.
///
/// A re-export uses nothing: who takes the name from it uses the file that defines it.
pub(crate) fn edges(house: &House) -> Edges {
    let mut found = Edges::new();
    for (at, module) in &house.modules {
        for mention in module.mentions.iter().filter(|mention| !mention.handed_on) {
            for place in lead(house, at, &mention.path, 0) {
                let (Place::Type(file) | Place::Plain(file)) = place else { continue };
                if file != module.file {
                    let name = |file: usize| house.files[file].name.clone();
                    let edge = Edge { from: name(module.file), to: name(file) };
                    let witness = Witness { line: mention.line, path: mention.path.join("::") };
                    found.entry(edge).or_insert(witness);
                }
            }
        }
    }
    found
}

/// The absolute path that a path begins with, as far as it is written from the crate or a parent.
pub(crate) fn absolute(at: &[String], path: &[String]) -> Option<Vec<String>> {
    let mut base = at.to_vec();
    for (position, name) in path.iter().enumerate() {
        match name.as_str() {
            "crate" => base.clear(),
            "self" if position == 0 => {}
            "super" => drop(base.pop()),
            _ if position == 0 => return None,
            _ => return Some([&base, &path[position..]].concat()),
        }
    }
    Some(base)
}

/// What `path` leads to where it is written in the module `at`.
fn lead(house: &House, at: &[String], path: &[String], chain: usize) -> Vec<Place> {
    match absolute(at, path) {
        Some(absolute) => look(house, &[], &absolute, chain),
        None => look(house, at, path, chain),
    }
}

/// What `rest` leads to inside the module `base`.
fn look(house: &House, base: &[String], rest: &[String], chain: usize) -> Vec<Place> {
    let Some((first, after)) = rest.split_first() else { return vec![Place::Module(base.to_vec())] };
    let Some(module) = house.modules.get(base).filter(|_| chain < LONGEST_CHAIN) else { return Vec::new() };
    let Some(bounds) = module.names.get(first) else { return through_globs(house, (base, module), rest, chain) };
    let follow = |bound: &Bound| match bound {
        Bound::Type => vec![Place::Type(module.file)],
        Bound::Plain if after.is_empty() => vec![Place::Plain(module.file)],
        Bound::Plain => Vec::new(),
        Bound::Module => look(house, &[base, std::slice::from_ref(first)].concat(), after, chain),
        Bound::Use(path) => further(house, lead(house, base, path, chain + 1), after, chain),
    };
    bounds.iter().flat_map(follow).collect()
}

fn through_globs(house: &House, (base, module): (&[String], &Module), rest: &[String], chain: usize) -> Vec<Place> {
    let lead = |glob: &Vec<String>| {
        let places = lead(house, base, glob, chain + 1);
        let modules = places.into_iter().filter(|place| matches!(place, Place::Module(_))).collect();
        further(house, modules, rest, chain)
    };
    module.globs.iter().flat_map(lead).collect()
}

/// Goes on from places where something is left of the path.
fn further(house: &House, places: Vec<Place>, rest: &[String], chain: usize) -> Vec<Place> {
    let go_on = |place| match place {
        Place::Module(path) => look(house, &path, rest, chain + 1),
        Place::Plain(_) if !rest.is_empty() => Vec::new(),
        item => vec![item],
    };
    places.into_iter().flat_map(go_on).collect()
}

/// The groups of files of which each uses each other in the end.
pub(crate) fn circles(edges: &BTreeSet<Edge>) -> Vec<BTreeSet<String>> {
    let users: BTreeSet<&str> = edges.iter().map(|edge| edge.from.as_str()).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = users.iter().map(|user| (*user, reached(edges, user))).collect();
    let back = |to: &str, from: &str| reached.get(to).is_some_and(|reached| reached.contains(from));
    let mut groups = BTreeSet::new();
    for (from, forth) in &reached {
        let group: BTreeSet<String> = forth.iter().filter(|to| back(to, from)).map(ToString::to_string).collect();
        if !group.is_empty() {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

/// What `from` uses, directly or not; itself only through others.
pub(crate) fn reached<'e>(edges: &'e BTreeSet<Edge>, from: &'e str) -> BTreeSet<&'e str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let used = edges.iter().filter(|edge| edge.from == at).map(|edge| edge.to.as_str());
        open.extend(used.filter(|to| found.insert(*to)));
    }
    found
}
