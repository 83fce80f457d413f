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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_prefix_is_dropped_by_as_many_routes_as_it_takes() {
        use {TrailingSlash::*, Use::*};
        let rows: [(&[&str], _, _, _, _); 9] = [
            (
                &["/a"],
                Keep,
                Rewrite,
                "{rest}",
                Some(
                    "write two routes: `path = \"/a/{*rest}\"` with `rewrite = \"/{rest}\"`, and `path = \"/a\"` with `rewrite = \"/\"`",
                ),
            ),
            (&["/a"], Strip, Rewrite, "/{rest}", Some("write `path = \"/a/{*rest}\"` with `rewrite = \"/{rest}\"`")),
            (&[""], Keep, Redirect, "/{rest}", Some("write `path = \"/{*rest}\"` with `redirect = \"/{rest}\"`")),
            (
                &["/a", ""],
                Keep,
                Redirect,
                "{rest}?x",
                Some(
                    "write two routes: `path = [\"/a/{*rest}\", \"/{*rest}\"]` with `redirect = \"/{rest}?x\"`, and `path = \"/a\"` with `redirect = \"/?x\"`",
                ),
            ),
            (
                &["/a"],
                Keep,
                Redirect,
                "/{rest}/b",
                Some("take one segment: write `path = \"/a/{rest}\"` with `redirect = \"/{rest}/b\"`"),
            ),
            (&["/a"], Keep, Redirect, "/b{rest}", None),
            (&["/a"], Keep, Redirect, "https://h.example{rest}", None),
            (&["/a"], Keep, Redirect, "{path}", None),
            (&[], Keep, Redirect, "{rest}", None),
        ];
        for (prefixes, trailing_slash, purpose, text, expected) in rows {
            let several = prefixes.iter().map(|prefix| PathPattern::Prefix((*prefix).to_owned())).collect();
            let path = if prefixes.is_empty() { PathPattern::Any } else { PathPattern::AnyOf(several) };
            let holes = RouteHoles { path: Some(&path), conditions: &[], has_all: true, trailing_slash };
            assert_eq!(without_rest(purpose, text, &holes).as_deref(), expected, "{prefixes:?} {text}");
        }
    }
}
