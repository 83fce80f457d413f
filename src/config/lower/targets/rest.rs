//! Targets that drop a whole prefix: what follows it is empty or begins with a slash, so no one text suits both.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, Group, GroupKind};

use super::route_holes::{RouteHoles, Use};
use crate::config::lower::foreign::quoted;
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

/// What to write where a target begins with a capture of a regex that holds the slash of the path: the slash goes before
/// the capture.
pub(super) fn slash_first(purpose: Use, text: &str, holes: &RouteHoles<'_>) -> Option<String> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let PathPattern::Regex(regex) = holes.path? else { return None };
    let regex = with_slash_first(regex.text(), name)?;
    let key = if purpose == Use::Rewrite { "rewrite" } else { "redirect" };
    Some(format!("the slash stands before the capture: `regex = {}` and `{key} = \"/{text}\"`", quoted(&regex)))
}

/// A regex with the slash that a group begins with before the group.
fn with_slash_first(regex: &str, name: &str) -> Option<String> {
    let parsed = Parser::new().parse(regex).ok()?;
    let Ast::Concat(whole) = &parsed else { return None };
    let group = whole.asts.iter().find_map(|part| match part {
        Ast::Group(group) => is_named(group, name).then_some(group),
        _ => None,
    })?;
    let Ast::Concat(inner) = group.ast.as_ref() else { return None };
    let Ast::Literal(first) = inner.asts.first().filter(|first| matches!(first, Ast::Literal(_)))? else { return None };
    let (before, from) = regex.split_at_checked(group.span.start.offset)?;
    let slash = first.span.start.offset - before.len()..first.span.end.offset - before.len();
    (first.c == '/').then(|| format!("{before}/{}{}", &from[..slash.start], &from[slash.end..]))
}

fn is_named(group: &Group, name: &str) -> bool {
    match &group.kind {
        GroupKind::CaptureName { name: known, .. } => known.name == name,
        GroupKind::CaptureIndex(number) => number.to_string() == name,
        GroupKind::NonCapturing(_) => false,
    }
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
    fn a_slash_stands_before_the_group_that_begins_with_it() {
        let rows = [
            ("^(?<p>/.*[^/])$", "p", Some("^/(?<p>.*[^/])$")),
            ("^(/a)(/b)", "2", Some("^(/a)/(b)")),
            (r"^(\/a/.*)", "1", Some("^/(a/.*)")),
            ("^(/a|/b)c", "1", None),
            ("^(/?a)", "1", None),
            ("^(/.*)?x", "1", None),
            ("^a(b/c)", "1", None),
            ("^(/a/.*)$", "2", None),
        ];
        for (regex, name, expected) in rows {
            assert_eq!(with_slash_first(regex, name).as_deref(), expected, "{regex}");
        }
    }

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
            let holes = RouteHoles { path: Some(&path), meant: None, conditions: &[], has_all: true, trailing_slash };
            assert_eq!(without_rest(purpose, text, &holes).as_deref(), expected, "{prefixes:?} {text}");
        }
    }
}
