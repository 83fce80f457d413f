//! An HTTP request becomes the origin-request event that CloudFront would send.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT, VIA};
use http::request::Parts;
use serde::Serialize;

use crate::platform::headers::DISALLOWED;
use crate::route::{HeaderValue as OriginHeader, Origin, OriginKind};

/// The values of the table's secrets, by name.
pub type Secrets = BTreeMap<String, String>;

/// Request targets longer than this are answered 414. `cloudfront-limits`.
const MAX_URL: usize = 8_192;
/// Request line and headers longer than this are answered 494. `cloudfront-limits`.
const MAX_HEAD: usize = 32_768;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Fields of one connection (RFC 9110 section 7.6.1) that are not among [`DISALLOWED`].
const HOP_BY_HOP: [&str; 2] = ["te", "transfer-encoding"];

/// Why CloudFront would not take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooLong {
    /// The path and query.
    #[error("the URL is {0} bytes long, CloudFront takes {MAX_URL}")]
    Url(usize),
    /// The request line and all headers.
    #[error("the request line and headers are {0} bytes long, CloudFront takes {MAX_HEAD}")]
    Head(usize),
}

impl TooLong {
    pub(super) fn status(self) -> u16 {
        match self {
            TooLong::Url(_) => 414,
            TooLong::Head(_) => 494,
        }
    }
}

/// Holds a request against CloudFront's own limits.
pub(super) fn check_sizes(parts: &Parts) -> Result<(), TooLong> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_URL {
        return Err(TooLong::Url(target));
    }
    let fields = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let head = parts.method.as_str().len() + target + "  HTTP/1.1\r\n\r\n".len() + fields.sum::<usize>();
    if head > MAX_HEAD { Err(TooLong::Head(head)) } else { Ok(()) }
}

/// Takes away what ends at this hop and what CloudFront shows to no function and no origin.
pub(super) fn drop_hidden(headers: &mut HeaderMap) {
    drop_listed(headers);
    let hidden = |name: &HeaderName| DISALLOWED.contains(name.as_str()) || HOP_BY_HOP.contains(&name.as_str());
    let names: Vec<HeaderName> = headers.keys().filter(|name| hidden(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Takes away the fields that `Connection` lists.
pub(super) fn drop_listed(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        // What frames or aims the message is never a connection option (RFC 9110 section 7.6.1).
        .filter(|name| *name != HOST && *name != http::header::CONTENT_LENGTH)
        .collect();
    for name in listed {
        headers.remove(name);
    }
}

/// Writes the headers that CloudFront adds on its way to an origin.
pub(super) fn add_cloudfront(headers: &mut HeaderMap, configured: &Origin, client: IpAddr, via: &HeaderValue) {
    if let Ok(domain) = HeaderValue::from_str(&configured.domain) {
        headers.insert(HOST, domain);
    }
    let so_far = headers.get_all(&X_FORWARDED_FOR).iter().map(|value| text_of(value).into_owned());
    let chain = so_far.chain([client.to_string()]).collect::<Vec<_>>().join(", ");
    if let Ok(chain) = HeaderValue::from_bytes(chain.as_bytes()) {
        headers.insert(X_FORWARDED_FOR, chain);
    }
    headers.append(VIA, via.clone());
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("Amazon CloudFront"));
}

/// A header value as the event shows it: UTF-8 as it came, anything else read as ISO-8859-1, as CloudFront does.
pub(super) fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// What the event says beside the request's head.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) client: IpAddr,
    pub(super) request_id: &'a str,
    pub(super) configured: &'a Origin,
    pub(super) secrets: &'a Secrets,
}

/// The event's JSON. The path and query are those of the request, byte for byte.
pub(super) fn event(parts: &Parts, about: About<'_>) -> Vec<u8> {
    let event = serde_json::json!({"Records": [{"cf": {
        "config": {
            "distributionDomainName": "dcrossfadeserve.cloudfront.net",
            "distributionId": "ECROSSFADESERVE",
            "eventType": "origin-request",
            "requestId": about.request_id,
        },
        "request": {
            "clientIp": about.client.to_string(),
            "headers": header_fields(&parts.headers),
            "method": parts.method.as_str(),
            "origin": origin_block(about.configured, about.secrets),
            "querystring": parts.uri.query().unwrap_or(""),
            "uri": parts.uri.path(),
        },
    }}]});
    event.to_string().into_bytes()
}

#[derive(Serialize)]
struct Field<'a> {
    key: &'a str,
    value: Cow<'a, str>,
}

fn header_fields(headers: &HeaderMap) -> BTreeMap<&str, Vec<Field<'_>>> {
    let mut fields: BTreeMap<&str, Vec<Field<'_>>> = BTreeMap::new();
    for (name, value) in headers {
        let key = name.as_str();
        fields.entry(key).or_default().push(Field { key, value: text_of(value) });
    }
    fields
}

fn origin_block(origin: &Origin, secrets: &Secrets) -> serde_json::Value {
    let value = |value: &OriginHeader| match value {
        OriginHeader::Text(text) => text.clone(),
        OriginHeader::Secret(name) => secrets.get(name).cloned().unwrap_or_default(),
    };
    let custom_headers: serde_json::Map<_, _> = origin
        .headers
        .iter()
        .map(|(name, header)| (name.clone(), serde_json::json!([{"key": name, "value": value(header)}])))
        .collect();
    match &origin.kind {
        OriginKind::S3(s3) => serde_json::json!({"s3": {
            "authMethod": "none",
            "customHeaders": custom_headers,
            "domainName": origin.domain,
            "path": s3.path,
            "region": s3.region.as_deref().unwrap_or(""),
        }}),
        OriginKind::Custom(custom) => serde_json::json!({"custom": {
            "customHeaders": custom_headers,
            "domainName": origin.domain,
            "keepaliveTimeout": custom.keepalive_timeout,
            "path": custom.path,
            "port": custom.port,
            "protocol": custom.protocol,
            "readTimeout": custom.read_timeout,
            "sslProtocols": custom.ssl_protocols,
        }}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::S3Origin;

    fn request(uri: &str, pairs: &[(&'static str, &'static [u8])]) -> Parts {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in pairs {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request.body(()).unwrap().into_parts().0
    }

    fn bucket() -> Origin {
        Origin {
            id: "site".to_owned(),
            side: crate::route::Side::New,
            domain: "b.s3.sa-east-1.amazonaws.com".to_owned(),
            headers: vec![("x-verify".to_owned(), OriginHeader::Secret("S".to_owned()))],
            varies: crate::route::Varies::default(),
            kind: OriginKind::S3(S3Origin { region: Some("sa-east-1".to_owned()), path: String::new() }),
        }
    }

    #[test]
    fn only_what_a_function_is_shown_goes_on() {
        let mut parts = request(
            "/",
            &[
                ("connection", b"close, X-Hop, host"),
                ("x-hop", b"1"),
                ("host", b"h.example"),
                ("te", b"trailers"),
                ("transfer-encoding", b"chunked"),
                ("expect", b"100-continue"),
                ("x-forwarded-proto", b"https"),
                ("x-amz-cf-id", b"forged"),
                ("x-kept", b"1"),
            ],
        );
        drop_hidden(&mut parts.headers);
        let left: Vec<_> = parts.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["host", "x-kept"]);
    }

    #[test]
    fn the_event_is_what_cloudfront_would_send() {
        let mut parts = request(
            "/a%2Fb//..;/\u{e9}?b=%20&&b",
            &[("x-forwarded-for", b"203.0.113.1"), ("x-latin", b"caf\xe9"), ("x-two", b"1"), ("x-two", b"2")],
        );
        let (client, configured) = (IpAddr::from([127, 0, 0, 1]), bucket());
        add_cloudfront(&mut parts.headers, &configured, client, &HeaderValue::from_static("1.1 here"));
        let secrets = Secrets::from([("S".to_owned(), "hush".to_owned())]);
        let about = About { client, request_id: "r1", configured: &configured, secrets: &secrets };
        let made: serde_json::Value = serde_json::from_slice(&event(&parts, about)).unwrap();
        let request = &made["Records"][0]["cf"]["request"];
        let field = |key: &str, value: &str| serde_json::json!([{"key": key, "value": value}]);
        let rows = [
            ("/uri", "/a%2Fb//..;/\u{e9}".into()),
            ("/querystring", "b=%20&&b".into()),
            ("/clientIp", "127.0.0.1".into()),
            ("/headers/host", field("host", "b.s3.sa-east-1.amazonaws.com")),
            ("/headers/x-forwarded-for", field("x-forwarded-for", "203.0.113.1, 127.0.0.1")),
            ("/headers/user-agent", field("user-agent", "Amazon CloudFront")),
            ("/headers/via", field("via", "1.1 here")),
            ("/headers/x-latin", field("x-latin", "caf\u{e9}")),
            ("/headers/x-two/1/value", "2".into()),
            ("/origin/s3/customHeaders/x-verify", field("x-verify", "hush")),
            ("/origin/s3/region", "sa-east-1".into()),
        ];
        for (pointer, expected) in rows {
            assert_eq!(request.pointer(pointer), Some(&expected), "{pointer}");
        }
    }

    #[test]
    fn sizes_are_cloudfronts() {
        let long: &'static [u8] = Box::leak(vec![b'x'; 32_768].into_boxed_slice());
        let rows = [
            (request(&format!("/{}", "a".repeat(8_191)), &[]), Ok(())),
            (request(&format!("/{}", "a".repeat(8_192)), &[]), Err(TooLong::Url(8_193))),
            (request("/", &[("x", long)]), Err(TooLong::Head(32_768 + 3 + 1 + 14 + 5))),
        ];
        for (parts, expected) in rows {
            assert_eq!(check_sizes(&parts), expected);
        }
    }
}
