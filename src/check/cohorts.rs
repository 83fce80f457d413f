//! Origins that are sent a secret, and that nothing but a cohort keeps viewers from (design §4.16).
//!
//! A viewer chooses its cohort by a cookie. Where an origin is reached without a cohort too, nobody takes the cohort for
//! the reason why a viewer may come there, and the usual small share of viewers on a new site is worth no warning.

use crate::route::{Action, Fact, HeaderValue, OriginId, Route, Table, Told};

use crate::config::RouteSpans;
use crate::diagnostic::{Findings, codes};

/// Routes that a warning names.
const NAMED: usize = 3;

/// Reports them, an origin at a time. O(n) in routes for each origin.
pub(crate) fn check(table: &Table, spans: &[RouteSpans], findings: &mut Findings) {
    for id in table.origin_ids().filter(|id| *id != table.default_id()) {
        let leads_there = |(route, _): &(&Route, &RouteSpans)| leads_to(table, route, id);
        let routes: Vec<_> = table.routes().iter().zip(spans).filter(leads_there).collect();
        let has_own = routes.iter().any(|(route, _)| route.action.secret_headers().next().is_some());
        if !has_own && !has_secret(table, id) {
            continue;
        }
        if routes.iter().all(|(route, _)| route.condition(&Fact::Told(Told::Cohort)).is_some()) {
            report(&table.origin(id).id, &routes, findings);
        }
    }
}

fn report(origin: &str, routes: &[(&Route, &RouteSpans)], findings: &mut Findings) {
    let Some((_, spans)) = routes.first() else { return };
    let mut named: Vec<String> = routes.iter().take(NAMED).map(|(route, _)| format!("`{}`", route.id)).collect();
    if let Some(more @ 1..) = routes.len().checked_sub(NAMED) {
        named.push(format!("{more} more"));
    }
    let named = named.join(", ");
    let message = format!("origin `{origin}` is sent a secret, and only routes by cohort lead to it: {named}");
    let report = findings
        .report(&codes::COHORT_AND_SECRET, spans.value("cohort"), message)
        .label("a viewer can choose its cohort")
        .help(format!("let `{origin}` ask for a login of its own where not everyone may see what it has"));
    let others = routes.iter().skip(1);
    others.fold(report, |report, (route, spans)| report.also(spans.value("cohort"), format!("`{}`", route.id)));
}

fn has_secret(table: &Table, id: OriginId) -> bool {
    table.origin(id).headers.iter().any(|(_, value)| matches!(value, HeaderValue::Secret(_)))
}

fn leads_to(table: &Table, route: &Route, id: OriginId) -> bool {
    matches!(&route.action, Action::Origin(action) if table.target_of(action) == id)
}
