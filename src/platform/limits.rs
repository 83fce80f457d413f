//! CloudFront's sizes and ranges.

use std::ops::RangeInclusive;

use crate::text::has_dot_segment;
use crate::text::host::is_label;

/// Longest path pattern of a cache behavior, characters; `DownloadDistValuesCacheBehavior`, "Path pattern".
pub const MAX_PATH_PATTERN: usize = 255;

/// A request's URL, bytes; `uri` and `querystring` that a function returns, together, are fewer characters than this.
/// Those are counted in bytes too, which is never the laxer count. `cloudfront-limits`.
pub const MAX_URL: usize = 8_192;

/// Headers and body of an answer made at an origin event, bytes. The page says 1 MB; this is the stricter reading.
/// `cloudfront-limits`.
pub const MAX_ANSWER: usize = 1_000_000;

/// Statuses that an answer may have. `lambda-generating-http-responses`.
pub const ANSWER_STATUS: RangeInclusive<u16> = 200..=599;

/// Bytes of all values that one route makes for headers of a request: what CloudFront takes of custom headers in all. A
/// whole request has 32,768 bytes of headers at most, and the viewer's come beside these.
pub const MAX_MADE_HEADERS: usize = 10_240;

/// Custom headers of an origin. `cloudfront-limits`.
pub const MAX_CUSTOM_HEADERS: usize = 30;
/// Characters of a custom header's name. `cloudfront-limits`.
pub const MAX_CUSTOM_HEADER_NAME: usize = 256;
/// Characters of a custom header's value. `cloudfront-limits`.
pub const MAX_CUSTOM_HEADER_VALUE: usize = 1_783;
/// Characters of all names and values of an origin's custom headers. `cloudfront-limits`.
pub const MAX_CUSTOM_HEADERS_TOTAL: usize = 10_240;

/// Characters of a custom origin's domain. `lambda-event-structure`.
pub const MAX_DOMAIN: usize = 253;
/// Characters of a bucket's domain. `lambda-event-structure`.
pub const MAX_S3_DOMAIN: usize = 128;
/// Characters of an origin's path. `lambda-event-structure`.
pub const MAX_ORIGIN_PATH: usize = 255;

/// Seconds of `readTimeout`. `lambda-event-structure`.
pub const READ_TIMEOUT: RangeInclusive<u16> = 1..=120;
/// Seconds of `keepaliveTimeout`; the quota page allows 300 by now, the event page 120. `lambda-event-structure`.
pub const KEEPALIVE_TIMEOUT: RangeInclusive<u16> = 1..=120;
/// Seconds of `responseCompletionTimeout`; also at least `readTimeout`. `lambda-event-structure`, AWS CDK.
pub const RESPONSE_COMPLETION_TIMEOUT: RangeInclusive<u16> = 1..=3_600;

/// MB of memory that a function at an origin event can be given. `edge-functions-restrictions` (the maximum), Lambda
/// Developer Guide, `configuration-memory` (the minimum).
pub const FUNCTION_MEMORY: RangeInclusive<u16> = 128..=10_240;

/// The whole zip of a function, bytes. `cloudfront-limits`.
pub const MAX_PACKAGE: u64 = 50 * 1024 * 1024;

/// Headers, cookies and query strings that a cache policy can name, each. `cloudfront-limits`.
pub const MAX_POLICY_NAMES: usize = 10;
/// Characters of all header names, of all cookie names, of all query strings' names of a policy. `cloudfront-limits`.
pub const MAX_POLICY_CHARS: usize = 1_024;

/// Whether CloudFront connects to an origin on this port. `lambda-event-structure`.
#[must_use]
pub fn is_origin_port(port: u16) -> bool {
    matches!(port, 80 | 443 | 1024..)
}

/// Why an origin's domain or path is not one that CloudFront takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No characters.
    #[error("it is empty")]
    Empty,
    /// More characters than the limit.
    #[error("it is longer than {0} characters")]
    Long(usize),
    /// An address in place of a name.
    #[error("it is an IP address, not a name")]
    Address,
    /// A label that no name has: empty, over 63 characters, beginning or ending with `-`, or with a port or a space in it.
    #[error("one of its labels is empty, too long, or has a character that does not belong there")]
    NotADomain,
    /// A bucket's domain in upper case.
    #[error("it holds an upper-case letter")]
    UpperCase,
    /// A path that does not begin with `/`, or ends with it.
    #[error("it does not begin with `/`, or ends with it")]
    Slashes,
    /// A path that is not URL-encoded.
    #[error("it holds a character that must be percent-encoded")]
    NotEncoded,
    /// A path with a segment that is read as `.` or `..`. Not CloudFront's rule: servers differ in where it leads.
    #[error("one of its segments is read as `.` or `..`")]
    Climbs,
}

/// Judges the domain of a custom origin. `lambda-event-structure`.
///
/// # Errors
/// The first reason, in the order of [`Unfit`].
pub fn check_domain(domain: &str) -> Result<(), Unfit> {
    if domain.is_empty() {
        return Err(Unfit::Empty);
    }
    if domain.len() > MAX_DOMAIN {
        return Err(Unfit::Long(MAX_DOMAIN));
    }
    if domain.parse::<std::net::IpAddr>().is_ok() {
        return Err(Unfit::Address);
    }
    if domain.split('.').all(is_label) { Ok(()) } else { Err(Unfit::NotADomain) }
}

/// Judges the domain of a bucket. `lambda-event-structure`.
///
/// # Errors
/// The first reason, in the order of [`Unfit`].
pub fn check_s3_domain(domain: &str) -> Result<(), Unfit> {
    check_domain(domain)?;
    if domain.len() > MAX_S3_DOMAIN {
        return Err(Unfit::Long(MAX_S3_DOMAIN));
    }
    if domain.bytes().any(|byte| byte.is_ascii_uppercase()) { Err(Unfit::UpperCase) } else { Ok(()) }
}

/// Judges the path of an origin; empty is none. `lambda-event-structure`.
///
/// # Errors
/// The first reason, in the order of [`Unfit`].
pub fn check_origin_path(path: &str) -> Result<(), Unfit> {
    if path.is_empty() {
        return Ok(());
    }
    if path.len() > MAX_ORIGIN_PATH {
        return Err(Unfit::Long(MAX_ORIGIN_PATH));
    }
    if !path.starts_with('/') || path.ends_with('/') {
        return Err(Unfit::Slashes);
    }
    let encoded = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}?#".contains(&byte);
    if !path.bytes().all(encoded) {
        return Err(Unfit::NotEncoded);
    }
    if has_dot_segment(path) { Err(Unfit::Climbs) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_paths_are_judged() {
        let long = format!("{}.example", "a".repeat(246));
        let rows = [
            ("cms.example.com", Ok(())),
            ("", Err(Unfit::Empty)),
            (long.as_str(), Err(Unfit::Long(253))),
            ("10.0.0.1", Err(Unfit::Address)),
            ("::1", Err(Unfit::Address)),
            ("a.example:443", Err(Unfit::NotADomain)),
            ("a..example", Err(Unfit::NotADomain)),
            ("-a.example", Err(Unfit::NotADomain)),
            ("a.example.", Err(Unfit::NotADomain)),
            ("https://a", Err(Unfit::NotADomain)),
            ("my_bucket.s3.sa-east-1.amazonaws.com", Ok(())),
        ];
        for (domain, expected) in rows {
            assert_eq!(check_domain(domain), expected, "{domain}");
        }
        assert_eq!(check_s3_domain("Bucket.s3.amazonaws.com"), Err(Unfit::UpperCase));
        assert_eq!(check_s3_domain(&format!("{0}.{0}.s3.amazonaws.com", "b".repeat(56))), Err(Unfit::Long(128)));
        let rows = [
            ("", Ok(())),
            ("/x", Ok(())),
            ("/x%20y", Ok(())),
            ("/", Err(Unfit::Slashes)),
            ("x", Err(Unfit::Slashes)),
            ("/x/", Err(Unfit::Slashes)),
            ("/x y", Err(Unfit::NotEncoded)),
            ("/x?y", Err(Unfit::NotEncoded)),
            ("/..", Err(Unfit::Climbs)),
            ("/x/.", Err(Unfit::Climbs)),
            ("/x/%2e%2E", Err(Unfit::Climbs)),
            ("/x/..;y", Err(Unfit::Climbs)),
            ("/x%2f..%5cy", Err(Unfit::Climbs)),
            ("/...", Ok(())),
        ];
        for (path, expected) in rows {
            assert_eq!(check_origin_path(path), expected, "{path}");
        }
    }

    #[test]
    fn ports_are_the_two_well_known_and_the_unprivileged() {
        let rows = [(80, true), (443, true), (1024, true), (65535, true), (0, false), (22, false), (1023, false)];
        for (port, expected) in rows {
            assert_eq!(is_origin_port(port), expected, "{port}");
        }
    }
}
