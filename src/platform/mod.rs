//! What CloudFront accepts, and tells, as data: header lists, sizes, ranges, countries. Each with the page it comes from.
//!
//! Read by the check (an error in the pull request is better than a 502) and by the edge before an answer leaves it
//! (`edge::contract`). Nothing is decided here. Pages are of the CloudFront Developer Guide, by file name, as of [`AS_OF`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod buckets;
#[cfg(feature = "cli")]
pub mod countries;
pub mod headers;
pub mod limits;

/// When the pages were read; a number should be read again before it is trusted much later.
pub const AS_OF: &str = "2026-11";

/// Every method that CloudFront passes on; `distribution-web-values-specify`, "Allowed HTTP methods".
pub const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];

/// Protocols that `origin.custom.sslProtocols` may name; `lambda-event-structure`.
pub const SSL_PROTOCOLS: [&str; 4] = ["TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3"];

/// The reason phrase of a status (RFC 9110 section 15), for `statusDescription`, which may be left out.
#[must_use]
pub fn reason_phrase(status: u16) -> Option<&'static str> {
    Some(match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

/// Whether an answer of this status may carry a body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5).
#[must_use]
pub fn may_have_body(status: u16) -> bool {
    status >= 200 && !matches!(status, 204 | 205 | 304)
}
