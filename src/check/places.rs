//! Where the routes of a table are written, for the labels of checks.

use crate::config::RouteSpans;
use crate::diagnostic::Span;
use crate::route::{Route, Table};

/// Where a route of the table is written.
pub(crate) fn spans_of<'s>(table: &Table, spans: &'s [RouteSpans], route: &Route) -> &'s RouteSpans {
    let at = table.routes().element_offset(route);
    at.and_then(|at| spans.get(at)).expect("each route of a table has its spans")
}

/// What says the paths of a route of the table; its header where nothing does.
pub(crate) fn path_span(table: &Table, spans: &[RouteSpans], route: &Route) -> Span {
    spans_of(table, spans, route).value(route.path.key())
}
