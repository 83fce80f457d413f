//! Rewrites that would be refused for every request, because of what is written in them (rules 3 and 13).

use crate::route::target::Part;
use crate::route::{Action, Route, Table};

use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};

/// Reports each rewrite whose own text holds one of the texts of `refuse`. O(n).
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    let canonical = &table.definition().canonical;
    for (route, spans) in table.routes().iter().zip(spans) {
        let Some(text) = literals(route).find_map(|literal| canonical.refused_text(literal)) else { continue };
        let message = format!("the rewrite holds `{text}`, which `[canonical] refuse` names");
        findings
            .report(&codes::TARGET_UNSAFE, spans.value("rewrite"), message)
            .label("refused for every request")
            .help("write the path that is meant without it; `refuse` is for what is sent on too");
    }
}

fn literals(route: &Route) -> impl Iterator<Item = &str> {
    let rewrite = match &route.action {
        Action::Origin(action) => action.rewrite.as_ref(),
        Action::Redirect(_) | Action::RedirectMap(_) | Action::Normalize(_) | Action::Respond(_) => None,
    };
    rewrite.into_iter().flat_map(|target| &target.parts).filter_map(|part| match part {
        Part::Literal(text) => Some(text.as_str()),
        Part::Hole(_) => None,
    })
}
