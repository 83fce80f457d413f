//! The code blocks of a page of Markdown, and what the words behind their three back-ticks say of them.
//!
//! | head of a block | what it is |
//! |---|---|
//! | `console` | commands with their output |
//! | `toml` | a table, or a part of one, which stands below the page's head |
//! | `toml routes.toml` | the same, and the commands below find it |
//! | `toml head.toml` | what stands above the parts of the page: whole, and checked itself |
//! | `toml NAME`, `csv NAME`, `json NAME` | a file that a table or a command of the page names |
//! | `json` | JSON, one text or one a line |
//! | `LANGUAGE not run: WHY` | only read |
//!
//! A table is checked and its tests are run. Behind `toml` or its name may stand `finds R030 R110`, the findings that it
//! has, and `fails 1`, how many of its tests and examples fail; without them there are none.

use std::collections::BTreeMap;
use std::ops::Range;

/// A block of a page.
pub(crate) struct Block<'p> {
    pub(crate) kind: Kind,
    /// The lines between its fences; counted from 0, so that `start` is also the number of its first fence.
    pub(crate) lines: Range<usize>,
    pub(crate) text: Vec<&'p str>,
}

pub(crate) enum Kind {
    Console,
    Table { name: Option<String>, outcome: Outcome },
    Head,
    File(String),
    Json,
    NotRun,
}

/// What is expected of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many findings there are of each code.
    pub(crate) findings: BTreeMap<String, usize>,
    /// How many tests and examples fail.
    pub(crate) failed: u64,
}

impl Outcome {
    /// The words `finds R030 R110`, `fails 1`.
    fn parse(words: &str) -> Result<Outcome, String> {
        let mut outcome = Outcome::default();
        let mut verb = "";
        for word in words.split_whitespace() {
            match (verb, word) {
                (_, "finds" | "fails") => verb = word,
                ("finds", code) if code.starts_with('R') => *outcome.findings.entry(code.into()).or_default() += 1,
                ("fails", count) => outcome.failed = count.parse().map_err(|_| format!("`{count}` is no number"))?,
                _ => return Err(format!("`{word}` is not `finds CODE…` or `fails N`")),
            }
        }
        Ok(outcome)
    }
}

/// The blocks of a page, in order; or what of a head is not known.
pub(crate) fn blocks<'p>(lines: &[&'p str]) -> Vec<Result<Block<'p>, String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(head) = lines[at].strip_prefix("```") {
            let length = lines[at + 1..].iter().position(|line| *line == "```").expect("a block has an end");
            let lines_of_it = at + 1..at + 1 + length;
            let text = lines[lines_of_it.clone()].to_vec();
            let block = kind(head).map(|kind| Block { kind, lines: lines_of_it, text });
            found.push(block.map_err(|why| format!("{}: {why}", at + 1)));
            at += length + 1;
        }
        at += 1;
    }
    found
}

fn kind(head: &str) -> Result<Kind, String> {
    if let Some((_, why)) = head.split_once(" not run: ") {
        return if why.is_empty() { Err("why is it not run?".into()) } else { Ok(Kind::NotRun) };
    }
    let (language, rest) = head.split_once(' ').unwrap_or((head, ""));
    let (name, words) = rest.split_once(' ').unwrap_or((rest, ""));
    match (language, name) {
        ("console", "") => Ok(Kind::Console),
        ("json", "") => Ok(Kind::Json),
        ("toml", "head.toml") => Ok(Kind::Head),
        ("toml", "routes.toml") => Ok(Kind::Table { name: Some(name.into()), outcome: Outcome::parse(words)? }),
        ("toml", name) if !name.contains('.') => Ok(Kind::Table { name: None, outcome: Outcome::parse(rest)? }),
        ("toml" | "csv" | "json", name) if !name.is_empty() && words.is_empty() => Ok(Kind::File(name.into())),
        _ => Err(format!("a block headed `{head}` is of no kind that the tests know: run it, or say `not run: WHY`")),
    }
}

/// A table as its author would have it: a part below the head of its page, without what it says itself.
pub(crate) fn completed(part: &[&str], head: &[&str]) -> String {
    let own = part.iter().position(|line| line.starts_with('[')).unwrap_or(part.len());
    let sections = head.iter().position(|line| line.starts_with('[')).unwrap_or(head.len());
    let mut whole = [&head[..sections], &part[..own]].concat();
    let mut said_by_part = false;
    for line in &head[sections..] {
        if line.starts_with('[') {
            said_by_part = part.contains(line);
        }
        if !said_by_part {
            whole.push(line);
        }
    }
    whole.extend(&part[own..]);
    whole.join("\n") + "\n"
}

/// A part says no schema of its own.
pub(crate) fn is_part(text: &[&str]) -> bool {
    !text.iter().any(|line| line.starts_with("schema"))
}
