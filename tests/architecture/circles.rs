//! No files use each other in a circle: each can be read, and moved, after those that it uses.

use std::collections::BTreeSet;

use crate::none_of;
use crate::paths::{Edge, Edges, circles, edges, reached};
use crate::source::{House, Part};

/// Uses that close a circle and are meant: who, whom, why.
const MEANT: &[(&str, &str, &str)] = &[];

#[test]
fn no_files_use_each_other_in_a_circle() {
    let edges = edges(House::product());
    none_of(&told(&edges, MEANT), "circles between files");
}

#[test]
fn every_circle_that_is_meant_is_there() {
    let edges = edges(House::product());
    none_of(&needless(&edges, MEANT), "entries of MEANT that close no circle");
}

#[test]
fn circles_are_found_through_parents_and_not_through_names_handed_on() {
    let house = House::of(
        Part::Product,
        [
            ("src/lib.rs", "mod defines; mod hands_on; mod one; mod plain; mod twin; mod two; use twin::twin;"),
            // A function of its module's name: `super::twin::f` goes on in the module, `self` is a value.
            ("src/twin.rs", "mod inner; pub fn twin() { inner::f() }"),
            ("src/twin/inner.rs", "pub fn f() {} struct S; impl S { fn g(&self) { h(self, crate::twin::inner::f) } }"),
            // The parent uses its child, and the child what the parent defines.
            ("src/defines.rs", "mod child; pub struct Whole(child::Part);"),
            ("src/defines/child.rs", "pub struct Part; impl Part { fn of(_: &super::Whole) {} }"),
            // The parent only hands names on; the children use each other in one direction.
            ("src/hands_on/mod.rs", "mod a; mod b; pub use a::A; pub use b::*; pub struct Own;"),
            ("src/hands_on/a.rs", "pub struct A(super::Own);"),
            ("src/hands_on/b.rs", "use super::A; pub struct B(A); mod inner { use super::super::*; struct C(B, A); }"),
            // Through a module's name, a macro and a name handed on.
            ("src/one.rs", "use crate::two; pub fn f() { vec![two::g()] }"),
            ("src/two.rs", "use crate::plain::f as h; pub fn g() { h() }"),
            ("src/plain.rs", "pub use crate::one::f; #[cfg(test)] mod tests { use crate::two::g; }"),
        ],
    );
    let edges = edges(&house);
    let from_b: Vec<_> = edges.keys().filter(|edge| edge.from.ends_with("/b.rs")).map(|edge| &edge.to).collect();
    assert_eq!(from_b, ["src/hands_on/a.rs"]);
    let found = circles(&edges.keys().cloned().collect());
    let found: Vec<Vec<&str>> = found.iter().map(|group| group.iter().map(String::as_str).collect()).collect();
    assert_eq!(found, [["src/defines.rs", "src/defines/child.rs"], ["src/one.rs", "src/two.rs"]]);

    let meant = [("src/one.rs", "src/two.rs", "an example"), ("src/two.rs", "src/plain.rs", "closes none")];
    let left = told(&edges, &meant);
    assert_eq!(
        left,
        ["2 files: src/defines.rs src/defines/child.rs\n  \
        src/defines.rs:1: `child::Part` is of src/defines/child.rs\n  \
        src/defines/child.rs:1: `super::Whole` is of src/defines.rs"]
    );
    assert_eq!(needless(&edges, &meant), ["src/two.rs → src/plain.rs"]);
}

pub(crate) fn figures(house: &House) -> String {
    let found = circles(&edges(house).into_keys().collect());
    let files: usize = found.iter().map(BTreeSet::len).sum();
    format!("{:>6} circles, of {files} files; {} uses that close one are meant", found.len(), MEANT.len())
}

/// Each circle with the uses that it is made of, but for those that are meant.
fn told(edges: &Edges, meant: &[(&str, &str, &str)]) -> Vec<String> {
    let tell = |group: BTreeSet<String>| {
        let names: Vec<&str> = group.iter().map(String::as_str).collect();
        let inside = edges.iter().filter(|(edge, _)| group.contains(&edge.from) && group.contains(&edge.to));
        let uses: Vec<String> = inside
            .filter(|(edge, _)| !is_meant(edge, meant))
            .map(|(edge, at)| format!("\n  {}:{}: `{}` is of {}", edge.from, at.line, at.path, edge.to))
            .collect();
        format!("{} files: {}{}", names.len(), names.join(" "), uses.concat())
    };
    circles(&without(edges, meant)).into_iter().map(tell).collect()
}

/// What is meant and closes no circle with what is not.
fn needless(edges: &Edges, meant: &[(&str, &str, &str)]) -> Vec<String> {
    let rest = without(edges, meant);
    let closes = |edge: &Edge| edges.contains_key(edge) && reached(&rest, &edge.to).contains(edge.from.as_str());
    let meant = meant.iter().map(|(from, to, _)| Edge { from: (*from).into(), to: (*to).into() });
    meant.filter(|edge| !closes(edge)).map(|edge| format!("{} → {}", edge.from, edge.to)).collect()
}

fn without(edges: &Edges, meant: &[(&str, &str, &str)]) -> BTreeSet<Edge> {
    edges.keys().filter(|edge| !is_meant(edge, meant)).cloned().collect()
}

fn is_meant(edge: &Edge, meant: &[(&str, &str, &str)]) -> bool {
    meant.iter().any(|(from, to, _)| (*from, *to) == (edge.from.as_str(), edge.to.as_str()))
}
