//! Requests of a route that a target is tried with: those that viewers make, and on which its captures differ.

use crate::check::witness::{ANY_TEXT, paths, witnesses_at};
use crate::requests::RequestLine;
use crate::route::canonical::Slashes;
use crate::route::condition::ValueTest;
use crate::route::pattern::{PathPattern, Segment, Template};
use crate::route::target::{Hole, Target};
use crate::route::{Canonical, Definition, Route};

/// What a captured text may look like: any host, a label of none, two of them.
const TEXTS: [&str; 3] = [ANY_TEXT, "X", "x_y"];

/// Requests that fit a route and differ in what they capture.
pub(crate) fn tried_requests(definition: &Definition, route: &Route) -> Vec<RequestLine<'static>> {
    let paths: Vec<String> =
        route.path.each().iter().flat_map(|path| tried_paths(&definition.canonical, path)).collect();
    let mut lines: Vec<_> = witnesses_at(definition, route, paths.clone()).collect();
    for condition in captured_conditions(route) {
        for text in TEXTS.into_iter().chain([""]) {
            let mut asked = route.clone();
            let Some(condition) = asked.conditions.get_mut(condition) else { continue };
            if matches!(&condition.test, ValueTest::Regex(regex) if regex.is_match(text)) {
                condition.test = ValueTest::Equal(text.to_owned());
                lines.extend(witnesses_at(definition, &asked, paths.clone()).next());
            }
        }
    }
    lines
}

/// Conditions whose texts fill a hole.
fn captured_conditions(route: &Route) -> Vec<usize> {
    let holes = route.action.targets().flat_map(Target::holes);
    let mut conditions: Vec<usize> = holes
        .filter_map(|hole| match hole {
            Hole::Group { condition, .. } => Some(condition),
            _ => None,
        })
        .collect();
    conditions.sort_unstable();
    conditions.dedup();
    conditions
}

/// Paths that one pattern may take.
fn tried_paths(canonical: &Canonical, pattern: &PathPattern) -> Vec<String> {
    // What a viewer that doubles a slash asks for, where nothing merges it.
    let doubled = (canonical.slashes == Slashes::Keep).then_some("//x");
    let rests = ["/x", "/", "/x/", "/X", ""].into_iter().chain(doubled);
    match pattern {
        PathPattern::Any => rests.filter(|rest| !rest.is_empty()).map(str::to_owned).collect(),
        PathPattern::Exact(path) => vec![path.clone()],
        PathPattern::Prefix(prefix) => rests.map(|rest| format!("{prefix}{rest}")).collect(),
        PathPattern::Template(template) => {
            let rests: Vec<&str> = if template.rest.is_some() { rests.collect() } else { vec![""] };
            let plain = rests.iter().map(|rest| filled(template, ANY_TEXT, rest));
            let first = rests.first().copied().unwrap_or_default();
            plain.chain(TEXTS.into_iter().skip(1).map(|text| filled(template, text, first))).collect()
        }
        PathPattern::Glob(_) => {
            let sampled = paths(canonical, pattern).into_iter();
            sampled.flat_map(|path| [format!("/{path}"), path]).collect()
        }
        PathPattern::Regex(regex) => {
            let sampled = paths(canonical, pattern).into_iter();
            sampled.flat_map(|path| variants(&path, &regex.places(&path))).collect()
        }
        PathPattern::Map(_) | PathPattern::AnyOf(_) => Vec::new(),
    }
}

fn filled(template: &Template, text: &str, rest: &str) -> String {
    let texts = template.segments.iter().map(|segment| match segment {
        Segment::Literal(literal) => literal.as_str(),
        Segment::Capture(_) => text,
    });
    texts.flat_map(|text| ["/", text]).chain([rest]).collect()
}

/// A path as it is, longer, and with other texts in the place of each of its groups.
fn variants(path: &str, places: &[std::ops::Range<usize>]) -> Vec<String> {
    let mut paths = vec![path.to_owned(), format!("{path}/"), format!("{path}x"), format!("{path}/x")];
    for place in places.iter().skip(1).filter(|place| !place.is_empty()) {
        let (before, after) = (path.get(..place.start), path.get(place.end..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let own = path.get(place.clone()).unwrap_or_default().to_ascii_uppercase();
        paths.extend(TEXTS.into_iter().chain(["", &own]).map(|text| format!("{before}{text}{after}")));
    }
    paths
}
