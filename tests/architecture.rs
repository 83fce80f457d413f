//! Holds the code to its shape: which module may use which, what a pure module may not touch, how long a file may be.
//!
//! The sources are read as tokens, so a path inside a macro counts and one inside a comment or a text does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The order of dependence, first to last. A module may use those of earlier rows.
const LAYERS: &[&[&str]] = &[
    &["route", "diagnostic", "platform"],
    &["config", "event", "logs"],
    &["edge", "analysis", "serve"],
    &["report"],
    &["cli"],
];

/// Uses inside one row that are meant: who, whom, why.
const NEIGHBOURS: &[(&str, &str, &str)] =
    &[("serve", "edge", "the local edge carries out decisions by the very handler of the edge")];

/// Touch no file, clock, environment or socket.
const PURE: &[&str] = &["route", "diagnostic", "platform", "config", "event"];

/// The line that every pure module opens with, below its documentation.
const DENIED: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

/// Longest file, in lines, its own tests at the end left out.
const LONGEST: usize = 500;

/// Files that may be longer, with the reason.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn a_module_uses_only_modules_above_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(top) = file.module.first().filter(|top| layer(top).is_some()) else { continue };
        for used in file.uses() {
            let known = layer(&used.top);
            if used.top == *top || known.is_none() || may_use(top, &used.top) {
                continue;
            }
            wrong.push(format!("{}:{}: `{top}` uses `{}`", file.name, used.line, used.top));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order() {
    for file in sources() {
        if file.module.is_empty() || file.name.starts_with("src/bin/") {
            continue;
        }
        assert!(layer(&file.module[0]).is_some(), "{}: `{}` has no place in LAYERS", file.name, file.module[0]);
    }
}

#[test]
fn pure_modules_deny_what_is_impure_and_allow_no_exception() {
    let files = sources();
    for pure in PURE {
        let Some(root) = files.iter().find(|file| file.module == [*pure]) else { continue };
        assert!(root.text.contains(DENIED), "{}: a pure module says `{DENIED}`", root.name);
    }
    for file in files.iter().filter(|file| file.module.first().is_some_and(|top| PURE.contains(&top.as_str()))) {
        for lint in ["disallowed_methods", "disallowed_types"] {
            let said = file.text.lines().filter(|line| line.contains(lint)).collect::<Vec<_>>();
            let only_denied = said.iter().all(|line| line.trim() == DENIED);
            assert!(only_denied, "{}: a pure module makes no exception: {said:?}", file.name);
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let files = sources();
    let code = |file: &Source| file.text.lines().take_while(|line| *line != "#[cfg(test)]").count();
    let excused = |file: &Source| LONGER.iter().any(|(name, _)| *name == file.name);
    let long = files.iter().filter(|file| code(file) > LONGEST && !excused(file));
    let wrong: Vec<_> = long.map(|file| (&file.name, code(file))).collect();
    assert!(wrong.is_empty(), "over {LONGEST} lines: {wrong:?}");
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for file in sources() {
        for name in &file.module {
            let empty = ["util", "utils", "common", "helper", "helpers", "manager", "types", "misc"];
            assert!(!empty.contains(&name.as_str()), "{}: name what it is for", file.name);
        }
    }
}

#[test]
fn uses_are_found_wherever_they_are_written() {
    let text = r#"
        //! [`crate::cli`] in a comment is no use
        use crate::{route::{Table, decide}, platform};
        use super::super::event::Event;
        fn f() { let _ = "crate::report"; vec![crate::logs::read()]; self::g(); super::sibling::h() }
        mod tests { use super::super::super::diagnostic; use super::inner; }
    "#;
    let file =
        Source { name: "src/config/lower.rs".into(), module: vec!["config".into(), "lower".into()], text: text.into() };
    let found: Vec<String> = file.uses().into_iter().map(|used| used.top).collect();
    assert_eq!(found, ["route", "platform", "event", "logs", "config", "diagnostic", "config"]);
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

fn may_use(who: &str, whom: &str) -> bool {
    layer(whom) < layer(who) || NEIGHBOURS.iter().any(|(from, to, _)| (*from, *to) == (who, whom))
}

/// One file of `src`.
struct Source {
    /// From the package's folder, `/`-separated.
    name: String,
    /// Where its items live: `["route", "index"]`; empty for the crate's own file and the binaries.
    module: Vec<String>,
    text: String,
}

/// One mention of another module.
struct Used {
    /// First name after the crate.
    top: String,
    line: usize,
}

impl Source {
    fn uses(&self) -> Vec<Used> {
        let tokens = TokenStream::from_str(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let mut found = Vec::new();
        walk(tokens, &self.module, &mut found);
        found
    }
}

/// Collects the paths of a stream whose items live in `module`.
fn walk(tokens: TokenStream, module: &[String], found: &mut Vec<Used>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match tokens.as_slice().get(at..).unwrap_or_default() {
            [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..]
                if word == "mod" && body.delimiter() == Delimiter::Brace =>
            {
                let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                walk(body.stream(), &inner, found);
                at += 3;
                continue;
            }
            [TokenTree::Ident(word), ..] if ["crate", "super"].iter().any(|root| word == root) => {
                let before = at.checked_sub(1).and_then(|at| tokens.get(at));
                if !matches!(before, Some(TokenTree::Punct(punct)) if punct.as_char() == ':') {
                    resolve(&tokens[at..], module, found);
                }
            }
            [TokenTree::Group(group), ..] => walk(group.stream(), module, found),
            _ => {}
        }
        at += 1;
    }
}

/// Follows a path that begins with `crate` or `super` to the names that come first after the crate.
fn resolve(path: &[TokenTree], module: &[String], found: &mut Vec<Used>) {
    let mut base = module.to_vec();
    let mut rest = path;
    loop {
        match rest {
            [TokenTree::Ident(word), ..] if word == "crate" => base.clear(),
            [TokenTree::Ident(word), ..] if word == "super" => drop(base.pop()),
            _ => break,
        }
        match &rest[1..] {
            [TokenTree::Punct(a), TokenTree::Punct(b), next @ ..] if a.as_char() == ':' && b.as_char() == ':' => {
                rest = next
            }
            _ => return, // `pub(crate)`, `pub(super)`
        }
    }
    if let Some(top) = base.first() {
        let line = path[0].span().start().line;
        found.push(Used { top: top.clone(), line });
        return;
    }
    match rest.first() {
        Some(TokenTree::Ident(name)) => found.push(Used { top: name.to_string(), line: name.span().start().line }),
        Some(TokenTree::Group(group)) => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
            for part in tokens.split(is_comma) {
                if let Some(TokenTree::Ident(name)) = part.first() {
                    found.push(Used { top: name.to_string(), line: name.span().start().line });
                }
            }
        }
        _ => {}
    }
}

/// Every Rust file of `src`, by name.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeMap::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed") {
            let path = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.insert(relative(root, &path), path);
            }
        }
    }
    let read = |(name, path): (String, PathBuf)| {
        let text = fs::read_to_string(&path).expect("a source file is text");
        Source { module: module_of(&name), name, text }
    };
    names.into_iter().map(read).collect()
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).expect("it was found below the root").components();
    parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// `src/route/index.rs` is `route::index`, `src/route/mod.rs` is `route`, `src/lib.rs` the crate itself.
fn module_of(name: &str) -> Vec<String> {
    let inner = name.trim_start_matches("src/").trim_end_matches(".rs");
    if ["lib", "main"].contains(&inner) || inner.starts_with("bin/") {
        return Vec::new();
    }
    inner.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}
