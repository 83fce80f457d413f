//! Header names that CloudFront keeps for itself, and what may be written where.

use super::limits;
use crate::text::is_token;

/// A list of header names, compared without case.
#[derive(Clone, Copy, Debug)]
pub struct NameList {
    /// The page that it comes from.
    pub source: &'static str,
    /// Whole names, lower case.
    pub names: &'static [&'static str],
    /// Beginnings of names, lower case: `x-edge-` stands for `X-Edge-*`.
    pub prefixes: &'static [&'static str],
}

impl NameList {
    /// Whether a name, in any case, is on the list. O(length of the list).
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        let begins = |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        self.names.iter().any(|listed| listed.eq_ignore_ascii_case(name)) || self.prefixes.iter().any(begins)
    }
}

/// Not shown to edge functions, and a 502 if one adds them.
pub const DISALLOWED: NameList = NameList {
    source: "edge-function-restrictions-all, \"Disallowed headers\"",
    names: &[
        "client-cert",                // since 2026
        "client-cert-chain",          // since 2026
        "cloudfront-viewer-cert-pem", // since 2026
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    ],
    prefixes: &["x-amz-cf-", "x-edge-"],
};

/// Shown to an origin-request function, and a 502 if it adds, changes or deletes one. `host` is not among them.
pub const READ_ONLY_AT_ORIGIN_REQUEST: NameList = NameList {
    source: "edge-function-restrictions-all, \"Read-only headers\"",
    names: &[
        "accept-encoding",
        "cdn-loop",
        "content-length",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "transfer-encoding",
        "via",
    ],
    prefixes: &[],
};

/// What an origin's `customHeaders` may not name.
pub const CUSTOM_HEADER_DENYLIST: NameList = NameList {
    source: "add-origin-custom-headers, \"Custom headers that CloudFront can't add\"",
    names: &[
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "request-range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    ],
    prefixes: &["x-amz-", "x-edge-"],
};

/// What a cache policy cannot name: CloudFront handles it in its own way, or offers it in origin request policies only.
/// `X-Amz-Cf-Id`, the one such name of that page, stands for all that begin like it.
pub const NOT_IN_CACHE_KEY: NameList = NameList {
    source: "RequestAndResponseBehaviorCustomOrigin, \"HTTP request headers and CloudFront behavior\"; \
             adding-cloudfront-headers; header-caching, \"Selecting the headers\"; read 2026-11",
    names: &[
        "accept-encoding", // has its own two switches
        "cache-control",
        "cloudfront-viewer-address", // this and the next six: adding-cloudfront-headers
        "cloudfront-viewer-asn",
        "cloudfront-viewer-header-count",
        "cloudfront-viewer-header-order",
        "cloudfront-viewer-ja3-fingerprint",
        "cloudfront-viewer-ja4-fingerprint",
        "cloudfront-viewer-tls",
        "connection",
        "content-length",
        "cookie", // named one by one, as cookies
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "request-range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade", // but for WebSocket connections, which no function sees
        "x-forwarded-proto",
        "x-real-ip",
    ],
    prefixes: &["x-amz-cf-", "x-edge-"],
};

/// What a cache policy cannot name either where the configured origin is a bucket.
pub const NOT_IN_CACHE_KEY_OF_S3: NameList = NameList {
    source: "RequestAndResponseBehaviorCustomOrigin, \"HTTP request headers and CloudFront behavior\", `Host`; read 2026-11",
    names: &["host"],
    prefixes: &[],
};

/// What no bucket is sent: CloudFront signs its requests by origin access control, and what says who a viewer is would be
/// at best in the way. `private-content-restricting-access-to-s3`, "Do not override authorization header".
pub const NOT_FOR_BUCKETS: [&str; 2] = ["authorization", "cookie"];

/// What names of our own begin with: the gate writes these, a table may not.
pub const OUR_PREFIX: &str = "x-crossfade-";
/// The viewer's host, written by the gate.
pub const HOST: &str = "x-crossfade-host";
/// The epoch that the gate is in.
pub const EPOCH: &str = "x-crossfade-epoch";

/// Where a header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Set, added or removed among the headers of a request that is sent on.
    OnRequest,
    /// One of an origin's custom headers. Its name is also taken out of the request's own, so it must be writable there.
    OnOrigin,
    /// On an answer that the edge makes.
    OnAnswer,
}

/// Why a header may not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a field name of RFC 9110 5.6.2.
    #[error("it is not a header name")]
    NotAName,
    /// Longer than [`limits::MAX_CUSTOM_HEADER_NAME`].
    #[error("its name is longer than CloudFront takes")]
    LongName,
    /// On [`DISALLOWED`].
    #[error("CloudFront does not let a function write it")]
    Disallowed,
    /// On [`READ_ONLY_AT_ORIGIN_REQUEST`].
    #[error("it is read-only for an origin-request function")]
    ReadOnly,
    /// On [`CUSTOM_HEADER_DENYLIST`].
    #[error("CloudFront does not add it for an origin")]
    Denylisted,
    /// A line end or another control character.
    #[error("its value holds a control character")]
    Value,
    /// Longer than [`limits::MAX_CUSTOM_HEADER_VALUE`].
    #[error("its value is longer than CloudFront takes")]
    LongValue,
}

/// Why a header of this name may not be written there; `None` if it may.
#[must_use]
pub fn refuse_name(written: Written, name: &str) -> Option<Refusal> {
    if !is_token(name) {
        return Some(Refusal::NotAName);
    }
    if written == Written::OnOrigin && name.len() > limits::MAX_CUSTOM_HEADER_NAME {
        return Some(Refusal::LongName);
    }
    if DISALLOWED.contains(name) {
        return Some(Refusal::Disallowed);
    }
    if written == Written::OnOrigin && CUSTOM_HEADER_DENYLIST.contains(name) {
        return Some(Refusal::Denylisted);
    }
    READ_ONLY_AT_ORIGIN_REQUEST.contains(name).then_some(Refusal::ReadOnly)
}

/// Why a header may not be written there with this value; `None` if it may. Names are judged by [`refuse_name`].
#[must_use]
pub fn refuse_value(written: Written, value: &str) -> Option<Refusal> {
    if value.chars().any(|char| char.is_control() && char != '\t') {
        return Some(Refusal::Value);
    }
    let long = written == Written::OnOrigin && value.len() > limits::MAX_CUSTOM_HEADER_VALUE;
    long.then_some(Refusal::LongValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_lower_case_sorted_and_whole() {
        let lists = [
            (DISALLOWED, 28),
            (READ_ONLY_AT_ORIGIN_REQUEST, 9),
            (CUSTOM_HEADER_DENYLIST, 23),
            (NOT_IN_CACHE_KEY, 24),
            (NOT_IN_CACHE_KEY_OF_S3, 1),
        ];
        for (list, count) in lists {
            assert_eq!(list.names.len(), count, "{}", list.source);
            assert!(list.names.is_sorted(), "{}", list.source);
            assert!(list.names.iter().all(|name| is_token(name) && *name == name.to_lowercase()), "{}", list.source);
        }
    }

    #[test]
    fn what_the_gate_writes_begins_with_our_prefix() {
        assert!([HOST, EPOCH].iter().all(|name| name.starts_with(OUR_PREFIX)));
    }

    #[test]
    fn what_may_be_written_where() {
        use Refusal::*;
        use Written::*;
        let rows = [
            (OnRequest, "x-from", None),
            (OnRequest, "Host", None),
            (OnRequest, "cookie", None),
            (OnRequest, "Via", Some(ReadOnly)),
            (OnRequest, "ACCEPT-encoding", Some(ReadOnly)),
            (OnRequest, "x-forwarded-proto", Some(Disallowed)),
            (OnRequest, "X-Amz-Cf-Id", Some(Disallowed)),
            (OnRequest, "x-edge-", Some(Disallowed)),
            (OnRequest, "x-edg", None),
            (OnRequest, "client-cert", Some(Disallowed)),
            (OnRequest, "a b", Some(NotAName)),
            (OnRequest, "", Some(NotAName)),
            (OnRequest, "é", Some(NotAName)),
            (OnOrigin, "host", Some(Denylisted)),
            (OnOrigin, "x-amz-meta-a", Some(Denylisted)),
            (OnOrigin, "cdn-loop", Some(ReadOnly)),
            (OnOrigin, "x-origin-verify", None),
            (OnAnswer, "set-cookie", None),
            (OnAnswer, "content-length", Some(ReadOnly)),
            (OnAnswer, "connection", Some(Disallowed)),
        ];
        for (written, name, expected) in rows {
            assert_eq!(refuse_name(written, name), expected, "{written:?} {name}");
        }
        assert_eq!(refuse_name(OnOrigin, &"x".repeat(256)), None);
        assert_eq!(refuse_name(OnOrigin, &"x".repeat(257)), Some(LongName));
        assert_eq!(refuse_value(OnOrigin, &"x".repeat(1783)), None);
        assert_eq!(refuse_value(OnOrigin, &"x".repeat(1784)), Some(LongValue));
        assert_eq!(refuse_value(OnAnswer, "a\r\nb"), Some(Value));
        assert_eq!(refuse_value(OnAnswer, "a\tb é"), None);
    }
}
