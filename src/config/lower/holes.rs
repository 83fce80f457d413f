//! The names of a route's captures: each is filled by one thing, and none is a name that has a meaning of its own.

use crate::config::lower::targets::RouteHoles;
use crate::config::read::value::TomlTable;
use crate::diagnostic::{Findings, Span, codes};
use crate::route::hole_names;
use crate::route::target::Hole;

/// Reports names that two conditions fill, or that stand for something in every route; `spans` are of the conditions.
pub(crate) fn check(findings: &mut Findings, section: &TomlTable<'_>, filled: &RouteHoles<'_>, spans: &[Span]) {
    let Some(path) = filled.path else { return };
    let place = |hole: Hole| match hole {
        Hole::Capture(_) => section.get(path.key()).map(|entry| entry.span()),
        Hole::Group { condition, .. } => spans.get(condition).cloned(),
        Hole::HostLabel => section.get("host").map(|entry| entry.span()),
        Hole::Host | Hole::Path => None,
    };
    let place = |hole: Hole| place(hole).unwrap_or_else(|| section.span.clone());
    let names = hole_names(path, filled.conditions);
    for (at, (name, hole)) in names.iter().enumerate() {
        let is_prefix = path.key() == "prefix";
        let is_own_rest = is_prefix && matches!(hole, Hole::Capture(_));
        if let Some(meaning) = meaning(name, is_prefix).filter(|_| !is_own_rest) {
            findings
                .report(&codes::RESERVED_CAPTURE, place(*hole), format!("no capture can be named `{name}`"))
                .label(format!("`{{{name}}}` is {meaning}"))
                .help("give it another name");
        } else if let Some((_, first)) = names.iter().take(at).find(|(earlier, _)| earlier == name) {
            findings
                .report(&codes::HOLE_TWICE, place(*hole), format!("two conditions fill `{{{name}}}`"))
                .also(place(*first), "the first one")
                .help("give each its own name");
        }
    }
}

/// What a name stands for in every route, or beside a prefix.
fn meaning(name: &str, is_prefix: bool) -> Option<&'static str> {
    match name {
        "path" => Some("the whole path"),
        "host" => Some("the viewer's host"),
        "rest" if is_prefix => Some("what follows the prefix"),
        _ => None,
    }
}
