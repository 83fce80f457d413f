//! A name means one thing: one type in the whole house, and a module's name says what it is for.

use std::collections::{BTreeMap, BTreeSet};

use crate::none_of;
use crate::source::{House, Part};

/// Types that share a name and are meant to, with the reason.
const SHARED: &[(&str, &str)] = &[];

/// Names of modules that say nothing.
const EMPTY: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "types", "misc"];

#[test]
fn a_name_means_one_type() {
    none_of(&told(House::product(), SHARED), "names of types in more than one module");
}

#[test]
fn every_shared_name_is_shared() {
    let house = House::product();
    let shared = twice(house);
    let needless: Vec<_> = SHARED.iter().map(|(name, _)| name).filter(|name| !shared.contains_key(**name)).collect();
    none_of(&needless, "entries of SHARED that one module has alone");
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    none_of(&empty(House::with_tests()), "modules to be named for what they hold");
}

#[test]
fn no_product_module_is_called_tests() {
    none_of(&called_tests(House::product()), "product modules that are called tests");
}

#[test]
fn names_are_compared_across_modules() {
    let house = House::of(
        Part::Product,
        [
            ("src/a.rs", "struct Kind; enum Only {} #[cfg(test)] mod tests { struct Only; }"),
            ("src/b.rs", "fn f() { enum Kind {} } pub use c::Thing as Entry; use c::Thing as Mine; trait Twice {}"),
            ("src/c.rs", "type Entry = u8; struct Mine; mod inner { union Twice { a: u8 } }"),
            ("src/d.rs", "#[cfg(unix)] struct Here; #[cfg(not(unix))] struct Here;"),
        ],
    );
    let shared = [("Twice", "an example")];
    assert_eq!(told(&house, &shared), ["`Entry`: src/b.rs:1 src/c.rs:1", "`Kind`: src/a.rs:1 src/b.rs:1"]);
}

#[test]
fn modules_are_judged_by_name() {
    let house = House::of(
        Part::Product,
        [
            ("src/lib.rs", "mod a; mod b; mod c { mod tests {} }"),
            ("src/a/mod.rs", "#[cfg(test)] mod tests; mod util;"),
            ("src/a/tests.rs", ""),
            ("src/a/util.rs", ""),
            ("src/b/mod.rs", "mod tests; mod test;"),
            ("src/b/tests.rs", ""),
            ("src/b/test.rs", ""),
        ],
    );
    assert_eq!(called_tests(&house), ["src/b/tests.rs: b::tests", "src/lib.rs: c::tests"]);
    assert_eq!(empty(&house), ["src/a/util.rs: a::util"]);
}

pub(crate) fn figures(house: &House) -> String {
    let types: usize = house.files.iter().map(|file| file.types.len()).sum();
    let twice = twice(house).len();
    format!("{twice:>6} names of {types} types are used in more than one module; {} are meant to", SHARED.len())
}

/// Where each name that more than one module has is defined.
fn twice(house: &House) -> BTreeMap<&str, Vec<String>> {
    let mut modules: BTreeMap<&str, BTreeSet<&[String]>> = BTreeMap::new();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &house.files {
        for found in &file.types {
            modules.entry(&found.name).or_default().insert(&found.module);
            places.entry(&found.name).or_default().push(format!("{}:{}", file.name, found.line));
        }
    }
    places.retain(|name, _| modules[name].len() > 1);
    places
}

fn told(house: &House, shared: &[(&str, &str)]) -> Vec<String> {
    let wrong = twice(house).into_iter().filter(|(name, _)| !shared.iter().any(|(meant, _)| meant == name));
    wrong.map(|(name, places)| format!("`{name}`: {}", places.join(" "))).collect()
}

fn empty(house: &House) -> Vec<String> {
    named(house, |name| EMPTY.contains(&name))
}

fn called_tests(house: &House) -> Vec<String> {
    named(house, |name| name == "tests")
}

/// The modules whose own name is such.
fn named(house: &House, such: impl Fn(&str) -> bool) -> Vec<String> {
    let is_such = |path: &Vec<String>| path.last().is_some_and(|name| such(name));
    let found = house.modules.iter().filter(|(path, _)| is_such(path));
    found.map(|(path, module)| format!("{}: {}", house.files[module.file].name, path.join("::"))).collect()
}
