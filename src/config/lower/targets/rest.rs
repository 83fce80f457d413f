//! Targets that drop a whole prefix: what follows it is empty or begins with a slash, so no one text suits both.

use super::route_holes::{RouteHoles, Use};
use crate::route::canonical::TrailingSlash;
use crate::route::pattern::PathPattern;

/// What to write where a target begins with the rest of a prefix, perhaps behind a slash: templates, and where those do
/// not take the bare prefix a second route for it, which must not be lost.
pub(super) fn without_rest(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<String> {
    let after = text.strip_prefix('/').unwrap_or(text).strip_prefix("{rest}")?;
    let prefixes = prefixes(holes.path?)?;
    let key = if purpose == Use::Rewrite { "rewrite" } else { "redirect" };
    if after.starts_with('/') {
        let one = paths(&prefixes, "/{rest}");
        return Some(format!("take one segment: write `path = {one}` with `{key} = \"/{{rest}}{after}\"`"));
    }
    let below = format!("`path = {}` with `{key} = \"/{{rest}}{after}\"`", paths(&prefixes, "/{*rest}"));
    // The template of the whole site takes its root.
    let bare: Vec<&str> = prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect();
    if holes.trailing_slash == TrailingSlash::Strip || bare.is_empty() {
        return Some(format!("write {below}"));
    }
    let bare = format!("`path = {}` with `{key} = \"/{after}\"`", paths(&bare, ""));
    Some(format!("write two routes: {below}, and {bare}"))
}

/// The texts of one prefix or of several.
fn prefixes(path: &PathPattern) -> Option<Vec<&str>> {
    let texts = path.each().iter().map(|one| match one {
        PathPattern::Prefix(prefix) => Some(prefix.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The value of `path` for prefixes with the same text behind each.
fn paths(prefixes: &[&str], after: &str) -> String {
    let all: Vec<String> = prefixes.iter().map(|prefix| format!("\"{prefix}{after}\"")).collect();
    match all.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}
