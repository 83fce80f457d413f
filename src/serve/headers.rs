//! Header fields on their way through: which end at a hop, and how a value is read.

use std::borrow::Cow;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};

/// Fields of one connection (RFC 9110 section 7.6.1); hyper writes anew what it needs of them.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// Takes away every field whose name, in lower case, is meant.
pub(super) fn drop_where(headers: &mut HeaderMap, is_meant: impl Fn(&str) -> bool) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| is_meant(name.as_str())).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Takes away what ends at this hop.
pub(super) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    drop_listed(headers);
    drop_where(headers, |name| HOP_BY_HOP.contains(&name));
}

/// Takes away the fields that `Connection` lists.
fn drop_listed(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        // What frames or aims the message is never a connection option (RFC 9110 section 7.6.1).
        .filter(|name| *name != HOST && *name != CONTENT_LENGTH)
        .collect();
    for name in listed {
        headers.remove(name);
    }
}

/// A header value as the event shows it: UTF-8 as it came, anything else read as ISO-8859-1, as CloudFront does.
pub(super) fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|&byte| char::from(byte)).collect()),
    }
}
