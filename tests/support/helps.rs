//! The helps of findings, followed as a reader would: what they show is put where the finding is, and the table is
//! checked again.

use std::collections::BTreeSet;
use std::ops::Range;

use crossfade::check::{Loaded, load_at};
use crossfade::config::MemoryFiles;
use crossfade::diagnostic::Diagnostic;
use regex::Regex;

use crate::NOW;

const TOP: &str = "routes.toml";
/// Findings of what the rows leave out: each is of `method`, `path_parameters` or a count, whatever the help says.
const OF_THE_ROWS: [&str; 6] = ["R013", "R014", "R136", "R161", "R162", "R167"];
/// Keys of which a route has one at most.
const PATH_KEYS: [&str; 4] = ["path", "prefix", "glob", "regex"];

/// What came of following a help.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// The finding is gone, and nothing came in its place.
    Cured,
    /// It shows no whole code, only words or a form with `…`.
    NoCode,
    /// No way to put it there cures: what is found after the first.
    Failed(String),
}

/// Follows a help of a finding.
pub(crate) fn follow(files: &MemoryFiles, loaded: &Loaded, found: &Diagnostic, help: &str) -> Followed {
    let codes = codes_of(help);
    if codes.is_empty() || codes.iter().any(|code| code.contains('…')) {
        return Followed::NoCode;
    }
    let place = &found.labels[0].span;
    let file = &loaded.sources.files()[place.file];
    let (text, at) =
        if file.name == TOP { alone(&file.text, &place.range) } else { (file.text.clone(), place.range.clone()) };
    let before = load_at(TOP, &files.clone().with(&file.name, text.clone()), NOW);
    let is_same = |other: &Diagnostic| (other.code, &other.message) == (found.code, &found.message);
    // Some findings take several routes.
    let (text, at, before) = match before.diagnostics.iter().any(is_same) {
        true => (text, at, before),
        false => (file.text.clone(), place.range.clone(), load_at(TOP, files, NOW)),
    };
    let mut failed = None;
    for edited in edits(&text, &at, (help, &codes)) {
        let after = load_at(TOP, &files.clone().with(&file.name, edited), NOW);
        match left((found, at.start), &before, &after) {
            None => return Followed::Cured,
            Some(left) => failed = failed.or(Some(left)),
        }
    }
    Followed::Failed(failed.unwrap_or_default())
}

/// What is wrong still, or newly; `None` where nothing is.
fn left((found, at): (&Diagnostic, usize), before: &Loaded, after: &Loaded) -> Option<String> {
    let same = |loaded: &Loaded| -> Vec<usize> {
        let all =
            loaded.diagnostics.iter().filter(|other| (other.code, &other.message) == (found.code, &found.message));
        all.map(|same| same.labels[0].span.range.start).collect()
    };
    let (were, are) = (same(before), same(after));
    // Of a long run only the first are listed: where one goes, another comes.
    if are.len() >= were.len() && are.contains(&at) {
        return Some(format!("{} {}", found.code, found.message));
    }
    let known: BTreeSet<(&str, &String)> =
        before.diagnostics.iter().map(|found| (found.code, &found.message)).collect();
    let is_new =
        |found: &&Diagnostic| !OF_THE_ROWS.contains(&found.code) && !known.contains(&(found.code, &found.message));
    after.diagnostics.iter().find(is_new).map(|new| format!("{} {}", new.code, new.message))
}

/// The codes of a help that says to write something; none of one that only names things.
fn codes_of(help: &str) -> Vec<String> {
    let all: Vec<String> = help.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let says =
        ["write `", "did you mean `", "write two routes: `", "write `path"].iter().any(|words| help.contains(words));
    let assigns = |code: &String| assignment(code).is_some();
    match (all.iter().any(assigns), says) {
        (true, _) => all.into_iter().filter(assigns).collect(),
        (false, true) => {
            let from = help.find("write `").or(help.find("did you mean `")).unwrap_or(0);
            help[from..].split('`').nth(1).map(str::to_owned).into_iter().collect()
        }
        (false, false) => Vec::new(),
    }
}

/// `key = value` taken apart.
fn assignment(code: &str) -> Option<(&str, &str)> {
    let (key, value) = code.split_once(" = ")?;
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    is_key.then_some((key, value))
}

/// A table with no other route than the one in which the bytes are, and where they are then.
fn alone(text: &str, at: &Range<usize>) -> (String, Range<usize>) {
    let block = block(text, at.start);
    let first = Regex::new(r"(?m)^\[\[(route|test)\]\]").unwrap().find(text).map_or(text.len(), |found| found.start());
    if block.start < first {
        return (text.to_owned(), at.clone());
    }
    let moved = block.start - first;
    (format!("{}{}", &text[..first], &text[block]), at.start - moved..at.end - moved)
}

/// The bytes of the section that a byte is in, with its own sections below it.
fn block(text: &str, at: usize) -> Range<usize> {
    let headers = Regex::new(r"(?m)^\[+[^\[\]\n]+\]+").unwrap();
    let starts: Vec<usize> = headers
        .find_iter(text)
        .filter(|found| !found.as_str().starts_with("[route."))
        .map(|found| found.start())
        .collect();
    let start = starts.iter().rev().find(|start| **start <= at).copied().unwrap_or(0);
    let end = starts.iter().find(|start| **start > at).copied().unwrap_or(text.len());
    start..end
}

/// The ways to put codes where a finding is.
fn edits(text: &str, at: &Range<usize>, (help, codes): (&str, &[String])) -> Vec<String> {
    let replaced = |range: Range<usize>, with: &str| format!("{}{with}{}", &text[..range.start], &text[range.end..]);
    let assignments: Vec<(&str, &str)> = codes.iter().filter_map(|code| assignment(code)).collect();
    if assignments.is_empty() {
        let code = codes.first().map_or("", String::as_str);
        let escaped = code.replace('\\', "\\\\").replace('"', "\\\"");
        let mut ways = vec![replaced(at.clone(), code), replaced(at.clone(), &format!("\"{escaped}\""))];
        ways.extend(
            enclosing(text, at)
                .into_iter()
                .flat_map(|inner| [code, &escaped].map(|code| replaced(inner.clone(), code))),
        );
        return ways;
    }
    // Two forms of one help: a key in a section, and a text beside the key.
    let section = help.split('`').skip(1).step_by(2).find(|code| code.starts_with('[') && code.ends_with(']'));
    let (text, at) = match help.split_once("and write `").and_then(|(_, rest)| rest.split('`').next()) {
        Some(code) => (replaced(at.clone(), code), at.start..at.start + code.len()),
        None => (text.to_owned(), at.clone()),
    };
    let alone = assignments.iter().map(|one| vec![*one]);
    let mut ways: Vec<String> = std::iter::once(assignments.clone())
        .chain(alone)
        .map(|assignments| with_assignments(&text, at.start, (help, section, &assignments)))
        .collect();
    // Inside braces.
    ways.extend(codes.iter().map(|code| format!("{}{code}{}", &text[..at.start], &text[at.end..])));
    ways
}

/// A text with keys set in the section of a place, or in a named one.
fn with_assignments(
    text: &str,
    at: usize,
    (help, section, assignments): (&str, Option<&str>, &[(&str, &str)]),
) -> String {
    let block = match section {
        None => block(text, at),
        Some(section) => match text.find(section) {
            Some(known) => block(text, known),
            None => return format!("{text}\n{}", assigned(&format!("{section}\n"), assignments)),
        },
    };
    let mut own = text[block.clone()].to_owned();
    // "… instead of `redirect` and `status`"
    let replaced = help.split_once("instead of `").map_or("", |(_, rest)| rest).split('`').step_by(2);
    for key in replaced {
        let line = Regex::new(&format!(r"(?m)^{}( *)=.*\n", regex::escape(key))).unwrap();
        own = line.replace(&own, "").into_owned();
    }
    format!("{}{}{}", &text[..block.start], assigned(&own, assignments), &text[block.end..])
}

/// What is between the quotes around some bytes of a line.
fn enclosing(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let line = text[..at.start].rfind('\n').map_or(0, |found| found + 1);
    let start = text[line..at.start].rfind(['"', '\'']).map(|found| line + found)?;
    let quote = text[start..].chars().next()?;
    let end = text[at.start..].find(quote).map(|found| at.start + found)?;
    Some(start + 1..end)
}

/// A section with keys set: in several copies where a path is set more than once.
fn assigned(block: &str, assignments: &[(&str, &str)]) -> String {
    let mut copies: Vec<Vec<(&str, &str)>> = Vec::new();
    for &(key, value) in assignments {
        match copies.last_mut() {
            Some(copy) if copy.iter().all(|(known, _)| *known != key) => copy.push((key, value)),
            _ => copies.push(vec![(key, value)]),
        }
    }
    let one = |(number, copy): (usize, Vec<(&str, &str)>)| {
        let named = match number {
            0 => block.to_owned(),
            _ => Regex::new(r#"(?m)^id( *)= "#).unwrap().replace(block, format!("id = \"n{number}-\" #")).into_owned(),
        };
        copy.into_iter().fold(named, |block, (key, value)| set(&block, key, value))
    };
    copies.into_iter().enumerate().map(one).collect::<Vec<_>>().join("\n")
}

fn set(block: &str, key: &str, value: &str) -> String {
    let names = if PATH_KEYS.contains(&key) { PATH_KEYS.join("|") } else { regex::escape(key) };
    let known = Regex::new(&format!(r"(?m)^(?:{names})( *)=.*$")).unwrap();
    let line = format!("{key} = {value}");
    if known.is_match(block) {
        return known.replace(block, regex::NoExpand(&line)).into_owned();
    }
    match block.split_once('\n') {
        Some((header, rest)) if header.starts_with('[') => format!("{header}\n{line}\n{rest}"),
        _ => format!("{line}\n{block}"),
    }
}
