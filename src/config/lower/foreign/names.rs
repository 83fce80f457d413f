//! Names that are meant as patterns: `utm_*` where each name is written out.

use crate::diagnostic::{Findings, Span, codes};

/// Names that are usually meant by one with a star.
const USUAL: [(&str, &str); 3] = [
    ("utm_*", "`utm_source`, `utm_medium`, `utm_campaign`"),
    ("cloudfront-viewer-*", "`cloudfront-viewer-country`"),
    ("_ga*", "`_ga`"),
];

/// Whether a name has a star where other tools take any text.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.starts_with('*') || name.ends_with('*')
}

/// Warns of a name that is meant as a pattern; `what` has it: a query parameter, a header, a cookie.
pub(crate) fn check(findings: &mut Findings, name: &str, span: Span, what: &str) {
    if !is_pattern(name) {
        return;
    }
    let message = format!("`{name}` is the name of one {what}, star and all");
    let usual = USUAL.iter().find(|(pattern, _)| pattern.eq_ignore_ascii_case(name));
    let cure = match usual {
        Some((_, names)) => format!("name each {what} by itself, such as {names}"),
        None => format!("name each {what} by itself"),
    };
    findings.report(&codes::FOREIGN_PATTERN, span, message).label("a name is compared whole, as it is").help(cure);
}
