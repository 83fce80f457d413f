//! Which module may use which, what a pure module may not touch, and how long a file may be.

use std::collections::BTreeSet;

use crate::none_of;
use crate::paths::{absolute, edges};
use crate::source::{House, Part, Source};

/// The order of dependence, first to last. A module may use those of earlier rows.
const LAYERS: &[&[&str]] = &[
    &["text"],
    &["route", "diagnostic", "platform"],
    &["requests", "event"],
    &["config"],
    &["check", "logs"],
    &["edge", "analysis", "serve"],
    &["report"],
    &["cli"],
];

/// Uses inside one row that are meant: who, whom, why.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("serve", "edge", "the local edge carries out decisions by the very handler of the edge"),
    ("route", "platform", "what CloudFront refuses for its length is refused where it is made"),
];

/// Inside a module: who may not use whom, and why.
const INSIDE: &[(&str, &str, &str)] =
    &[("src/config/read/", "src/config/lower/", "a value is read before anyone knows what it means")];

/// Touch no file, clock, environment or socket.
const PURE: &[&str] = &["text", "route", "diagnostic", "platform", "requests", "event", "config", "check"];

/// The line that every pure module opens with, below its documentation.
const DENIED: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

/// Longest file, in lines, its own tests at the end left out.
const LONGEST: usize = 500;

/// Files that may be longer, with the reason.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn a_module_uses_only_modules_above_it() {
    none_of(&upward(House::with_tests()), "uses of what is not above");
}

#[test]
fn every_neighbour_that_is_excused_is_used() {
    let house = House::with_tests();
    let uses = |who: &str, whom: &str| {
        crossings(house).iter().any(|crossing| (crossing.who, crossing.whom.as_str()) == (who, whom))
    };
    let needless = NEIGHBOURS.iter().filter(|(who, whom, _)| !uses(who, whom));
    none_of(
        &needless.map(|(who, whom, _)| format!("{who} → {whom}")).collect::<Vec<_>>(),
        "needless entries of NEIGHBOURS",
    );
}

#[test]
fn what_comes_first_inside_a_module_does_not_use_what_comes_later() {
    none_of(&backward(House::product()), "uses of what comes later");
}

#[test]
fn every_module_has_its_place_in_the_order() {
    none_of(&lost(House::with_tests()), "files whose module has no place in LAYERS");
}

#[test]
fn pure_modules_deny_what_is_impure_and_allow_no_exception() {
    none_of(&impure(House::with_tests()), "pure modules say the line of DENIED and nothing else about it");
}

#[test]
fn no_file_is_too_long_to_read() {
    none_of(&too_long(House::product(), LONGER), &format!("over {LONGEST} lines without tests"));
}

#[test]
fn every_long_file_that_is_excused_is_long() {
    let long = too_long(House::product(), &[]);
    let is_long = |name: &str| long.iter().any(|told| told.starts_with(&format!("{name}:")));
    let needless = LONGER.iter().map(|(name, _)| name).filter(|name| !is_long(name));
    none_of(&needless.collect::<Vec<_>>(), "needless entries of LONGER");
}

#[test]
fn uses_are_found_wherever_they_are_written() {
    let text = r#"
        //! [`crate::cli`] in a comment is no use
        use crate::{route::{Table, decide}, platform};
        use super::super::event::Event;
        pub(crate) fn f() { let _ = "crate::report"; vec![crate::logs::read()]; self::g(); super::sibling::h() }
        #[serde(with = crate::edge::with)]
        mod tests { use super::super::super::serve; use super::inner; }
    "#;
    let house = House::of(Part::WithTests, [("src/event/lower.rs", text)]);
    let found = upward(&house);
    assert_eq!(
        found,
        [
            "src/event/lower.rs:5: `event` uses `logs`",
            "src/event/lower.rs:6: `event` uses `edge`",
            "src/event/lower.rs:7: `event` uses `serve`"
        ]
    );
}

#[test]
fn reading_does_not_use_lowering_under_any_name() {
    let house = House::of(
        Part::Product,
        [
            ("src/lib.rs", "mod config;"),
            ("src/config/mod.rs", "mod lower; mod read; pub use lower::routes::Lowered;"),
            ("src/config/lower/mod.rs", "pub mod routes;"),
            ("src/config/lower/routes.rs", "use crate::config::read::Value; pub struct Lowered(Value);"),
            ("src/config/read/mod.rs", "pub struct Value; fn f(_: crate::config::Lowered) {}"),
        ],
    );
    assert_eq!(
        backward(&house),
        ["src/config/read/mod.rs:1: `crate::config::Lowered` is of src/config/lower/routes.rs"]
    );
}

#[test]
fn a_pure_module_without_its_line_is_found() {
    let inner = format!("{DENIED}\n#[allow(clippy::disallowed_methods)]\nfn f() {{}}");
    let house = House::of(
        Part::WithTests,
        [
            ("src/route/mod.rs", "mod inner;"),
            ("src/route/inner.rs", &inner),
            ("src/cli/mod.rs", ""),
            ("src/text.rs", DENIED),
        ],
    );
    let line = "#[allow(clippy::disallowed_methods)]";
    assert_eq!(
        impure(&house),
        ["src/route/mod.rs: has no such line".to_owned(), format!("src/route/inner.rs: `{line}`")]
    );
}

#[test]
fn a_module_without_a_place_is_found() {
    let house = House::of(
        Part::WithTests,
        [("src/lib.rs", ""), ("src/bin/b.rs", ""), ("src/misc/a.rs", ""), ("src/cli.rs", "")],
    );
    assert_eq!(lost(&house), ["src/misc/a.rs"]);
}

#[test]
fn a_file_is_as_long_as_its_product() {
    let long = "#[cfg(test)]\nmod tests;\n".to_owned() + &"fn f() {}\n".repeat(LONGEST + 1);
    let short = "fn f() {}\n".repeat(LONGEST) + "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n";
    let house = House::of(Part::Product, [("src/a.rs", &long), ("src/a/tests.rs", &long), ("src/b.rs", &short)]);
    assert_eq!(too_long(&house, &[]), ["src/a.rs: 501 lines"]);
    assert!(too_long(&house, &[("src/a.rs", "an example")]).is_empty());
}

fn lost(house: &House) -> Vec<&str> {
    let lost = house.files.iter().filter(|file| file.top().is_some_and(|top| layer(top).is_none()));
    lost.map(|file| file.name.as_str()).collect()
}

/// A path from one top module to another.
struct Crossing<'h> {
    who: &'h str,
    whom: String,
    file: &'h str,
    line: usize,
}

fn crossings(house: &House) -> Vec<Crossing<'_>> {
    let mut found = Vec::new();
    for (at, module) in &house.modules {
        let file = &house.files[module.file];
        let Some(who) = file.top().filter(|top| layer(top).is_some()) else { continue };
        for mention in &module.mentions {
            let whom = absolute(at, &mention.path).and_then(|path| path.into_iter().next());
            if let Some(whom) = whom.filter(|whom| whom != who && layer(whom).is_some()) {
                found.push(Crossing { who, whom, file: &file.name, line: mention.line });
            }
        }
    }
    found
}

/// Paths to a module that is not above the one that they are written in.
fn upward(house: &House) -> Vec<String> {
    let wrong = crossings(house).into_iter().filter(|crossing| !may_use(crossing.who, &crossing.whom));
    let told = wrong.map(|Crossing { who, whom, file, line }| format!("{file}:{line}: `{who}` uses `{whom}`"));
    told.collect::<BTreeSet<_>>().into_iter().collect()
}

fn backward(house: &House) -> Vec<String> {
    let is_wrong =
        |from: &str, to: &str| INSIDE.iter().any(|(who, whom, _)| from.starts_with(who) && to.starts_with(whom));
    let wrong = edges(house).into_iter().filter(|(edge, _)| is_wrong(&edge.from, &edge.to));
    wrong.map(|(edge, at)| format!("{}:{}: `{}` is of {}", edge.from, at.line, at.path, edge.to)).collect()
}

fn impure(house: &House) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in house.files.iter().filter(|file| file.top().is_some_and(|top| PURE.contains(&top))) {
        let said = file.text.lines().map(str::trim);
        let about =
            said.filter(|line| ["disallowed_methods", "disallowed_types"].iter().any(|lint| line.contains(lint)));
        let about: Vec<&str> = about.collect();
        if file.module.len() == 1 && !about.contains(&DENIED) {
            wrong.push(format!("{}: has no such line", file.name));
        }
        wrong.extend(about.iter().filter(|line| **line != DENIED).map(|line| format!("{}: `{line}`", file.name)));
    }
    wrong
}

fn too_long(house: &House, excused: &[(&str, &str)]) -> Vec<String> {
    let is_excused = |file: &Source| excused.iter().any(|(name, _)| *name == file.name);
    let long = house.files.iter().filter(|file| file.lines > LONGEST && !is_excused(file));
    long.map(|file| format!("{}: {} lines", file.name, file.lines)).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

fn may_use(who: &str, whom: &str) -> bool {
    layer(whom) < layer(who) || NEIGHBOURS.iter().any(|(from, to, _)| (*from, *to) == (who, whom))
}
