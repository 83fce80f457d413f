//! A target taken apart at its braces.

use std::ops::Range;

use super::route_holes::Use;
use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;

/// A piece of a target as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) what: What<'a>,
    /// Its bytes; of a hole with the braces.
    pub(super) part: Range<usize>,
}

/// What a piece stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// Itself. Two may be neighbours in a header, where `{{` is a brace.
    Literal(&'a str),
    /// What fills this name.
    Hole(&'a str),
}

impl Piece<'_> {
    /// The name of a hole.
    pub(super) fn hole(&self) -> Option<&str> {
        match self.what {
            What::Hole(name) => Some(name),
            What::Literal(_) => None,
        }
    }
}

/// Takes a text apart.
pub(super) fn pieces<'a>(purpose: Use, text: &'a str, faults: &mut Vec<Fault>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let literal = |pieces: &mut Vec<Piece<'a>>, part: Range<usize>| {
        if let Some(text) = text.get(part.clone()).filter(|text| !text.is_empty()) {
            pieces.push(Piece { what: What::Literal(text), part });
        }
    };
    let mut done = 0;
    while let Some(found) = text.get(done..).and_then(|rest| rest.find(['{', '}'])) {
        let at = done + found;
        let rest = text.get(at..).unwrap_or_default();
        if purpose == Use::Header && (rest.starts_with("{{") || rest.starts_with("}}")) {
            // The first of the two stands for both.
            literal(&mut pieces, done..at + 1);
            done = at + 2;
            continue;
        }
        literal(&mut pieces, done..at);
        match hole(rest) {
            Some(name) => {
                done = at + name.len() + 2;
                pieces.push(Piece { what: What::Hole(name), part: at..done });
            }
            None => {
                done = at + 1;
                faults.push(loose_brace(purpose, at, rest));
            }
        }
    }
    literal(&mut pieces, done..text.len());
    pieces
}

/// The name of the hole that a text begins with.
fn hole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let (name, _) = inner.split_once('}')?;
    (!name.is_empty() && !name.contains('{')).then_some(name)
}

fn loose_brace(purpose: Use, at: usize, rest: &str) -> Fault {
    let fault = Fault::new(&codes::TARGET_BRACE, at..at + 1, "this brace is not part of a capture");
    fault.help(match (purpose, rest.starts_with('{')) {
        (Use::Header, true) => "for a literal brace write `{{`",
        (Use::Header, false) => "for a literal brace write `}}`",
        (Use::Rewrite | Use::Redirect, true) => "for a literal brace write `%7B`",
        (Use::Rewrite | Use::Redirect, false) => "for a literal brace write `%7D`",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_at_its_holes() {
        let rows: [(Use, &str, &[&str], usize); 8] = [
            (Use::Redirect, "/a/{b}/{*c}", &["/a/", "<b>", "/", "<*c>"], 0),
            (Use::Redirect, "{path}", &["<path>"], 0),
            (Use::Redirect, "/a/{}/b", &["/a/", "/b"], 2),
            (Use::Redirect, "/a/{b", &["/a/", "b"], 1),
            (Use::Redirect, "/a/{{b}}", &["/a/", "<b>"], 2),
            (Use::Header, "{{\"id\": \"{id}\"}}", &["{", "\"id\": \"", "<id>", "\"}"], 0),
            (Use::Header, "{{{id}}}", &["{", "<id>", "}"], 0),
            (Use::Header, "a } b", &["a ", " b"], 1),
        ];
        for (purpose, text, expected, bad) in rows {
            let mut faults = Vec::new();
            let found: Vec<String> = pieces(purpose, text, &mut faults)
                .into_iter()
                .map(|piece| match piece.what {
                    What::Literal(literal) => literal.to_owned(),
                    What::Hole(name) => format!("<{name}>"),
                })
                .collect();
            assert_eq!(found, expected, "{text}");
            assert_eq!(faults.len(), bad, "{text}");
        }
    }
}
