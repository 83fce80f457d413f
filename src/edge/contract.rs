//! The contract: what CloudFront accepts of an answer. None leaves that it would refuse.
//!
//! Only what we wrote is judged. A request carries much that viewers made and that we pass on as it came; an odd value
//! there must not change a decision, which is cached for everyone.

use std::borrow::Cow;

use crate::event::answer::HeaderEdit;
use crate::event::{Edits, Generated, HeaderEdits, RequestEvent};
use crate::platform::headers::{Refusal, Written, refuse_name, refuse_value};
use crate::platform::limits::{self, Unfit, check_domain, check_origin_path, is_origin_port};
use crate::platform::{SSL_PROTOCOLS, may_have_body};
use crate::route::{CustomOrigin, Origin};
use crate::text::host::is_host_value;

/// Why CloudFront would refuse an answer. Names of headers are told, values never.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The path sent on.
    #[error("the path sent on does not begin with `/`, or holds a space, a control character, `?` or `#`")]
    Uri,
    /// The query sent on.
    #[error("the query sent on holds a space, a control character or `#`")]
    Query,
    /// Both together.
    #[error("path and query sent on are not shorter than {} bytes", limits::MAX_URL)]
    Long,
    /// A header's name or value.
    #[error("the header `{name}` can't be written: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: Refusal,
    },
    /// The `Host` sent on.
    #[error("the `host` sent on is empty, too long, or has an invalid character")]
    Host,
    /// The status of an answer.
    #[error("an answer's status can't be {0}")]
    Status(u16),
    /// The body of an answer.
    #[error("an answer of status {0} has no body")]
    Body(u16),
    /// The size of an answer.
    #[error("the answer is larger than {} bytes", limits::MAX_ANSWER)]
    AnswerSize,
    /// An origin's domain.
    #[error("the origin's domain can't be used: {0}")]
    Domain(Unfit),
    /// An origin's path.
    #[error("the origin's path can't be used: {0}")]
    OriginPath(Unfit),
    /// A number of an origin's.
    #[error("the origin's `{0}` is outside what CloudFront takes")]
    Range(&'static str),
    /// How many headers an origin has, or how long they are together.
    #[error("the origin has more custom headers than CloudFront takes")]
    CustomHeaders,
}

/// Judges the changes of a request that is sent on. An origin's block was judged when it was made.
///
/// # Errors
/// The first thing that CloudFront would refuse.
pub fn check_edits(request: &RequestEvent<'_>, edits: &Edits<'_>) -> Result<(), Violation> {
    let is_path = |uri: &str| uri.starts_with('/') && is_plain(uri, &[' ', '?', '#']);
    if edits.uri.as_ref().is_some_and(|uri| !is_path(uri)) {
        return Err(Violation::Uri);
    }
    if edits.query.as_ref().is_some_and(|query| !is_query(query)) {
        return Err(Violation::Query);
    }
    // A path that is only passed on is not made longer by a query that is taken away.
    if edits.uri.is_some() || edits.query.as_ref().is_some_and(|query| !query.is_empty()) {
        let uri = edits.uri.as_ref().unwrap_or(&request.uri);
        let query = edits.query.as_ref().unwrap_or(&request.query);
        if !is_short(uri, query) {
            return Err(Violation::Long);
        }
    }
    check_header_edits(&edits.headers)
}

/// Whether CloudFront takes a query that is written beside a path.
pub(super) fn fits(uri: &str, query: &str) -> bool {
    is_query(query) && is_short(uri, query)
}

fn is_query(query: &str) -> bool {
    is_plain(query, &[' ', '#'])
}

fn is_short(uri: &str, query: &str) -> bool {
    uri.len().saturating_add(query.len()) < limits::MAX_URL
}

fn is_plain(text: &str, more: &[char]) -> bool {
    !text.contains(|char: char| char.is_control() || more.contains(&char))
}

fn check_header_edits(edits: &HeaderEdits<'_>) -> Result<(), Violation> {
    for (name, edit) in &edits.edits {
        check_name(Written::OnRequest, name)?;
        let values: &[Cow<'_, str>] = match edit {
            HeaderEdit::Remove => &[],
            HeaderEdit::Replace(values) | HeaderEdit::Append(values) => values,
        };
        check_values(Written::OnRequest, name, values)?;
        if name.eq_ignore_ascii_case("host") && !is_host(edit) {
            return Err(Violation::Host);
        }
    }
    Ok(())
}

/// A request has one host.
fn is_host(edit: &HeaderEdit<'_>) -> bool {
    let HeaderEdit::Replace(values) = edit else { return false };
    let [host] = values.as_slice() else { return false };
    is_host_value(host)
}

/// Judges an answer that the edge makes.
///
/// # Errors
/// The first thing that CloudFront would refuse.
pub fn check_generated(answer: &Generated<'_>) -> Result<(), Violation> {
    if !limits::ANSWER_STATUS.contains(&answer.status) {
        return Err(Violation::Status(answer.status));
    }
    if !answer.body.is_empty() && !may_have_body(answer.status) {
        return Err(Violation::Body(answer.status));
    }
    for (name, values) in &answer.headers {
        check_name(Written::OnAnswer, name)?;
        check_values(Written::OnAnswer, name, values)?;
    }
    if answer.size() > limits::MAX_ANSWER { Err(Violation::AnswerSize) } else { Ok(()) }
}

/// Judges an origin that a request can be aimed at, with the values of its headers.
///
/// # Errors
/// The first thing that CloudFront would refuse.
pub fn check_custom(origin: &Origin, custom: &CustomOrigin, headers: &[(&str, &str)]) -> Result<(), Violation> {
    check_domain(&origin.domain).map_err(Violation::Domain)?;
    check_origin_path(&custom.path).map_err(Violation::OriginPath)?;
    if !is_origin_port(custom.port) {
        return Err(Violation::Range("port"));
    }
    if !limits::READ_TIMEOUT.contains(&custom.read_timeout) {
        return Err(Violation::Range("read_timeout"));
    }
    if !limits::KEEPALIVE_TIMEOUT.contains(&custom.keepalive_timeout) {
        return Err(Violation::Range("keepalive_timeout"));
    }
    let completes = |timeout| limits::RESPONSE_COMPLETION_TIMEOUT.contains(&timeout) && timeout >= custom.read_timeout;
    if !custom.response_completion_timeout.is_none_or(completes) {
        return Err(Violation::Range("response_completion_timeout"));
    }
    let known = |protocol: &String| SSL_PROTOCOLS.contains(&protocol.as_str());
    if custom.ssl_protocols.is_empty() || !custom.ssl_protocols.iter().all(known) {
        return Err(Violation::Range("ssl_protocols"));
    }
    check_custom_headers(headers)
}

fn check_custom_headers(headers: &[(&str, &str)]) -> Result<(), Violation> {
    let total: usize = headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum();
    if headers.len() > limits::MAX_CUSTOM_HEADERS || total > limits::MAX_CUSTOM_HEADERS_TOTAL {
        return Err(Violation::CustomHeaders);
    }
    for (name, value) in headers {
        check_name(Written::OnOrigin, name)?;
        check_values(Written::OnOrigin, name, &[Cow::Borrowed(value)])?;
    }
    Ok(())
}

fn check_name(written: Written, name: &str) -> Result<(), Violation> {
    match refuse_name(written, name) {
        None => Ok(()),
        Some(why) => Err(Violation::Header { name: name.to_owned(), why }),
    }
}

fn check_values(written: Written, name: &str, values: &[Cow<'_, str>]) -> Result<(), Violation> {
    match values.iter().find_map(|value| refuse_value(written, value)) {
        None => Ok(()),
        Some(why) => Err(Violation::Header { name: name.to_owned(), why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Side;

    #[test]
    fn an_origin_outside_what_cloudfront_takes_is_refused() {
        type Change = fn(&mut CustomOrigin);
        let rows: [(Change, Option<Violation>); 12] = [
            (|_| {}, None),
            (|custom| custom.port = 8443, None),
            (|custom| custom.response_completion_timeout = Some(30), None),
            (|custom| custom.port = 22, Some(Violation::Range("port"))),
            (|custom| custom.read_timeout = 0, Some(Violation::Range("read_timeout"))),
            (|custom| custom.read_timeout = 121, Some(Violation::Range("read_timeout"))),
            (|custom| custom.keepalive_timeout = 121, Some(Violation::Range("keepalive_timeout"))),
            (
                |custom| custom.response_completion_timeout = Some(29),
                Some(Violation::Range("response_completion_timeout")),
            ),
            (|custom| custom.ssl_protocols = vec!["TLSv1.3".into()], Some(Violation::Range("ssl_protocols"))),
            (|custom| custom.ssl_protocols.clear(), Some(Violation::Range("ssl_protocols"))),
            (|custom| custom.path = "/x/".into(), Some(Violation::OriginPath(Unfit::Slashes))),
            (|custom| custom.path = "/a b".into(), Some(Violation::OriginPath(Unfit::NotEncoded))),
        ];
        for (change, expected) in rows {
            let mut custom = CustomOrigin::default();
            change(&mut custom);
            assert_eq!(
                check_custom(&Origin::custom("o", Side::New, "a.example"), &custom, &[]).err(),
                expected,
                "{custom:?}"
            );
        }
        assert_eq!(
            check_custom(&Origin::custom("o", Side::New, "10.0.0.1"), &CustomOrigin::default(), &[]),
            Err(Violation::Domain(Unfit::Address))
        );
    }

    #[test]
    fn custom_headers_are_few_short_and_allowed() {
        let header = |name: &str, why| Some(Violation::Header { name: name.to_owned(), why });
        let long = "x".repeat(1784);
        let rows: [(&str, &str, Option<Violation>); 6] = [
            ("x-a", "b", None),
            ("host", "b", header("host", Refusal::Denylisted)),
            ("x-amz-a", "b", header("x-amz-a", Refusal::Denylisted)),
            ("via", "b", header("via", Refusal::Denylisted)),
            ("x-a", "b\r\nc: d", header("x-a", Refusal::Value)),
            ("x-a", &long, header("x-a", Refusal::LongValue)),
        ];
        for (name, value, expected) in rows {
            assert_eq!(check_custom_headers(&[(name, value)]).err(), expected, "{name}: {value}");
        }
        assert_eq!(check_custom_headers(&[("x-a", "b"); 31]), Err(Violation::CustomHeaders));
        let value = "x".repeat(1700);
        assert_eq!(check_custom_headers(&[("x-a", value.as_str()); 7]), Err(Violation::CustomHeaders));
    }

    #[test]
    fn an_answer_outside_what_cloudfront_takes_is_refused() {
        let (large, header) = ("x".repeat(1_000_001), |name: &str, why| Violation::Header { name: name.into(), why });
        let rows: [(u16, &str, &str, &str, Option<Violation>); 8] = [
            (200, "x-a", "b", "ok", None),
            (599, "x-a", "b", "", None),
            (199, "x-a", "b", "", Some(Violation::Status(199))),
            (600, "x-a", "b", "", Some(Violation::Status(600))),
            (204, "x-a", "b", "ok", Some(Violation::Body(204))),
            (200, "content-length", "2", "ok", Some(header("content-length", Refusal::ReadOnly))),
            (302, "location", "/a\r\nset-cookie: b", "", Some(header("location", Refusal::Value))),
            (200, "x-a", "b", &large, Some(Violation::AnswerSize)),
        ];
        for (status, name, value, body, expected) in rows {
            let answer = Generated { status, headers: vec![(name, vec![value.into()])], body };
            assert_eq!(check_generated(&answer).err(), expected, "{status} {name}");
        }
    }

    #[test]
    fn headers_of_a_request_that_are_cloudfronts_own_are_left_alone() {
        let rows = [
            ("via", Some(Refusal::ReadOnly)),
            ("If-None-Match", Some(Refusal::ReadOnly)),
            ("x-edge-a", Some(Refusal::Disallowed)),
            ("x-a", None),
        ];
        for (name, why) in rows {
            let mut edits = HeaderEdits::default();
            edits.remove(name);
            let expected = why.map(|why| Violation::Header { name: name.to_owned(), why });
            assert_eq!(check_header_edits(&edits).err(), expected, "{name}");
        }
        for host in ["", "a b", "a/b", "a\r\nb"] {
            let mut edits = HeaderEdits::default();
            edits.set("host", host.into());
            assert!(check_header_edits(&edits).is_err(), "{host}");
        }
        let mut edits = HeaderEdits::default();
        edits.remove("Host");
        assert_eq!(check_header_edits(&edits), Err(Violation::Host));
    }
}
