//! Where the routes of a table are written, for the labels of checks.

use crate::config::RouteSpans;
use crate::diagnostic::Span;
use crate::route::Table;
use crate::route::pattern::PathPattern;

/// What says the paths of the route at a position; its header where nothing does.
pub(crate) fn path_span(table: &Table, spans: &[RouteSpans], at: usize) -> Span {
    match &table.routes()[at].path {
        PathPattern::Any => spans[at].header(),
        path => spans[at].value(path.key()),
    }
}
