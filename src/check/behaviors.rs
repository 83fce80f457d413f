//! Routes that no request meets because the router does not run on their paths (rule 17).

use crate::check::places::path_span;
use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};
use crate::route::canonical::{LetterCase, TrailingSlash};
use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::{BehaviorPattern, Behaviors, Canonical, Definition, Table};

/// Reports each route all of whose paths are certainly in behaviors with `router = false`. O(routes and map rows ×
/// behaviors).
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    let Definition { behaviors, canonical, .. } = table.definition();
    if behaviors.all().all(|behavior| behavior.is_routed) || folds(canonical) {
        return;
    }
    for (at, route) in table.routes().iter().enumerate() {
        let paths = paths(&route.path);
        let places: Vec<_> = paths.iter().map_while(|path| not_routed(behaviors, path)).collect();
        let (Some(first), true) = (places.first(), places.len() == paths.len()) else { continue };
        findings
            .report(
                &codes::ROUTE_NOT_RUN,
                path_span(table, spans, at),
                format!("the router does not run on any path of route `{}`", route.id),
            )
            .label(format!("in the behavior `{first}`, which has `router = false`"))
            .help("take the route out, or let the router run on that behavior: here and in the distribution");
    }
}

/// Whether a route takes paths that it does not spell so, `/API` by `/api`: CloudFront may have these in another behavior.
fn folds(canonical: &Canonical) -> bool {
    canonical.case == LetterCase::Lower || canonical.trailing_slash == TrailingSlash::Strip
}

/// All paths of a pattern as CloudFront would write them, or more; none where they can't be told so.
fn paths(pattern: &PathPattern) -> Vec<BehaviorPattern> {
    let text = |text: &str| BehaviorPattern::new(text);
    match pattern {
        PathPattern::Exact(path) => vec![text(path)],
        PathPattern::Prefix(prefix) => vec![text(prefix), text(&format!("{prefix}/*"))],
        PathPattern::Template(template) => vec![text(&with_stars(template))],
        PathPattern::Map(map) => map.rows.iter().map(|row| text(row.path())).collect(),
        PathPattern::AnyOf(several) => {
            let each: Vec<_> = several.iter().map(paths).collect();
            if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
        }
        PathPattern::Any | PathPattern::Glob(_) | PathPattern::Regex(_) => Vec::new(),
    }
}

fn with_stars(template: &Template) -> String {
    let segments = template.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Capture(_) => "/*".to_owned(),
    });
    let rest = if template.rest.is_some() { "/*" } else { "" };
    segments.collect::<String>() + rest
}

/// The behavior with `router = false` that certainly takes all of these paths, where there is one.
fn not_routed<'b>(behaviors: &'b Behaviors, paths: &BehaviorPattern) -> Option<&'b BehaviorPattern> {
    for (pattern, behavior) in &behaviors.by_pattern {
        if pattern.covers(paths) {
            return (!behavior.is_routed).then_some(pattern);
        }
        if behavior.is_routed && !pattern.is_apart_from(paths) {
            return None;
        }
    }
    None
}
