//! The keys of a table and of a route, in the order of the manual.

use std::sync::LazyLock;

use crate::config::lower::viewer;

/// Of the top file.
pub(crate) static TABLE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let own = ["schema", "default", "include", "behavior", "function", "log", "canonical"];
    [&own[..], &viewer::SECTIONS, &["origins", "route", "test"]].concat()
});

/// The keys of a route that come before and after those of [`viewer::CONDITIONS`] in the manual.
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "id", "host", "path", "prefix", "glob", "regex", "redirect_map", "map_query", "method", "query", "header",
    "cookie",
];
#[rustfmt::skip]
const AFTER: &[&str] = &[
    "from", "until", "origin", "redirect", "normalize", "gone", "respond", "rewrite", "request_headers", "query_string", "status",
    "response_headers", "cache_control", "owner", "ticket", "added", "expires", "note", "examples", "not_examples",
];

/// Of a route.
pub(crate) static ROUTE: LazyLock<Vec<&str>> = LazyLock::new(|| [BEFORE, &viewer::CONDITIONS, AFTER].concat());
