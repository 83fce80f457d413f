//! What to say of a hole that nothing fills.

use super::pieces::Piece;
use super::route_holes::{RouteHoles, Use};
use crate::config::lower::fault::Fault;
use crate::diagnostic::codes;
use crate::route::condition::{AnyLabel, HostPattern, ValueTest};
use crate::route::pattern::PathPattern;
use crate::route::target::Hole;
use crate::route::{Condition, Fact};
use crate::text::{nearest, quoted};

/// What to say of the bytes of a hole that nothing fills; `names` are those that are filled.
pub(super) fn undefined(purpose: Use, piece: &Piece<'_>, names: &[(String, Hole)], holes: &RouteHoles<'_>) -> Fault {
    let name = piece.hole().unwrap_or_default();
    let fault = |message: String| Fault::new(&codes::UNDEFINED_CAPTURE, piece.part.clone(), message);
    if let Some((what, cure)) = only_in_some(name, holes) {
        return fault(format!("not each {what} of the route has `{{{name}}}`")).help(cure);
    }
    let fault = fault(format!("nothing fills `{{{name}}}`"));
    if let Some(starless) = name.strip_prefix('*') {
        return fault.help(format!("the star belongs to the path; write `{{{starless}}}`"));
    }
    if let Some(cure) = of_condition(name, holes.conditions) {
        return fault.help(cure);
    }
    if let Some(cure) = of_host(name, holes) {
        return fault.help(cure);
    }
    let fault = match nearest(name, names.iter().map(|(name, _)| name.as_str())) {
        Some(near) => return fault.help(format!("did you mean `{{{near}}}`?")),
        None if purpose == Use::Header => fault.help("a literal brace is written `{{` or `}}`"),
        None => fault,
    };
    let own = names.len().saturating_sub(Hole::BUILT_IN.len());
    let fault = if own > 0 {
        fault
    } else {
        fault.help("capture it in the path: `path = \"/…/{name}\"`, or by a named group of a `regex`: `(?<name>…)`")
    };
    let listed: Vec<String> = names.iter().take(12).map(|(name, _)| format!("{{{name}}}")).collect();
    fault.help(format!("the route has {}", quoted(&listed)))
}

/// A name that some of several paths or hosts have.
fn only_in_some(name: &str, holes: &RouteHoles<'_>) -> Option<(&'static str, String)> {
    let has = |path: &PathPattern| path.capture_names().iter().any(|(known, _)| known == name);
    if let Some(path) = holes.path.filter(|path| path.each().iter().any(has)) {
        return Some((
            path.key(),
            format!("capture `{{{name}}}` in each of them, or make a route of its own for those without"),
        ));
    }
    let hosts = holes.conditions.iter().find_map(|condition| match &condition.test {
        ValueTest::HostIn(hosts) => Some(hosts),
        _ => None,
    })?;
    let is_in_one = hosts.iter().any(|host| host.capture() == Some(name));
    is_in_one.then(|| ("host", format!("begin each with `{{{name}}}.`, or make a route of its own for those without")))
}

/// Names that are usually given to the first label of a host.
const LABELS: [&str; 10] =
    ["subdomain", "sub", "label", "tenant", "site", "store", "brand", "partner", "customer", "user"];

/// How the one host with a star would capture what the star takes.
fn of_host(name: &str, holes: &RouteHoles<'_>) -> Option<String> {
    let hosts = holes.conditions.iter().find_map(|condition| match &condition.test {
        ValueTest::HostIn(hosts) => Some(hosts.as_slice()),
        _ => None,
    })?;
    let [HostPattern::AnyLabel(AnyLabel { parent, capture: None })] = hosts else { return None };
    let is_group = matches!(holes.path, Some(PathPattern::Regex(_)));
    match name {
        "1" if !is_group => {
            Some(format!("the host captures its first label: `host = \"{{label}}.{parent}\"`, and write `{{label}}`"))
        }
        _ if LABELS.contains(&name) => {
            Some(format!("the host captures its first label: `host = \"{{{name}}}.{parent}\"`"))
        }
        _ => None,
    }
}

/// How a condition on something of that name would capture it; `query.id` is `id`.
fn of_condition(name: &str, conditions: &[Condition]) -> Option<String> {
    let is_named = |condition: &&Condition| {
        let known = condition.fact.name();
        let key = condition.fact.key();
        known == Some(name)
            || name.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')) == known && known.is_some()
    };
    let named = conditions.iter().find(is_named)?;
    let written = name;
    let name = named.fact.name()?;
    let group: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let key = match &named.fact {
        Fact::Query(_) => "query",
        Fact::Header(_) => "header",
        _ => "cookie",
    };
    let regex = match &named.test {
        ValueTest::Regex(regex) => grouped(regex.text(), &group),
        _ => None,
    };
    let regex = regex.unwrap_or_else(|| format!("^(?<{group}>.+)$"));
    let cure = format!("a regex captures it: `{key} = {{ {name} = {{ regex = '{regex}' }} }}`");
    Some(if group == written { cure } else { format!("{cure}, and write `{{{group}}}`") })
}

/// A regex with all that it finds between its anchors in a group.
fn grouped(regex: &str, group: &str) -> Option<String> {
    let (begin, inner) = regex.strip_prefix('^').map_or(("", regex), |inner| ("^", inner));
    let (inner, end) = inner.strip_suffix('$').map_or((inner, ""), |inner| (inner, "$"));
    let is_simple = !inner.contains(['\'', '(', '|']) && regex_syntax::parse(inner).is_ok();
    is_simple.then(|| format!("{begin}(?<{group}>{inner}){end}"))
}
