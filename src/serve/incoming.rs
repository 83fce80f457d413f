//! An HTTP request becomes the origin-request event that CloudFront would send.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT, VIA};
use http::request::Parts;
use serde_json::{Value, json};

use super::headers::{drop_hop_by_hop, drop_where, text_of};
use crate::platform::headers::DISALLOWED;
use crate::route::{HeaderValue as OriginHeader, Origin, OriginKind};

/// A value for each of the table's secrets, by name.
pub(super) type Secrets = BTreeMap<String, String>;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Takes away what ends at this hop and what CloudFront shows to no function and no origin.
pub(super) fn drop_hidden(headers: &mut HeaderMap) {
    drop_hop_by_hop(headers);
    drop_where(headers, |name| DISALLOWED.contains(name));
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

/// Makes the headers those that CloudFront itself sends to what it has on a behavior: the viewer's `host` where that origin
/// takes it, else its domain, and none of the origin's own headers from the viewer.
pub(super) fn fit_to(headers: &mut HeaderMap, configured: &Origin, host: Option<&str>) {
    drop_where(headers, |name| configured.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
    let viewers = host.filter(|_| configured.sends_viewer_host());
    if let Some(host) = viewers.and_then(|host| HeaderValue::from_str(host).ok()) {
        headers.insert(HOST, host);
    }
}

/// The event's JSON. The path and query are those of the request, byte for byte.
pub(super) fn event(parts: &Parts, client: IpAddr, request_id: &str, origin: &Value) -> Vec<u8> {
    let event = json!({"Records": [{"cf": {
        "config": {
            "distributionDomainName": "dcrossfadeserve.cloudfront.net",
            "distributionId": "ECROSSFADESERVE",
            "eventType": "origin-request",
            "requestId": request_id,
        },
        "request": request(parts, client, origin),
    }}]});
    event.to_string().into_bytes()
}

/// A request as an event has it.
pub(super) fn request(parts: &Parts, client: IpAddr, origin: &Value) -> Value {
    json!({
        "clientIp": client.to_string(),
        "headers": header_fields(&parts.headers),
        "method": parts.method.as_str(),
        "origin": origin,
        "querystring": parts.uri.query().unwrap_or(""),
        "uri": parts.uri.path(),
    })
}

fn header_fields(headers: &HeaderMap) -> BTreeMap<&str, Vec<Value>> {
    let mut fields: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, value) in headers {
        let key = name.as_str();
        fields.entry(key).or_default().push(json!({"key": key, "value": text_of(value)}));
    }
    fields
}

/// The configured origin as the event has it.
pub(super) fn origin_block(origin: &Origin, secrets: &Secrets) -> Value {
    let custom_headers = custom_headers(origin, secrets);
    match &origin.kind {
        OriginKind::S3(s3) => json!({"s3": {
            "authMethod": "none",
            "customHeaders": custom_headers,
            "domainName": origin.domain,
            "path": s3.path,
            "region": s3.region.as_deref().unwrap_or(""),
        }}),
        OriginKind::Custom(custom) => json!({"custom": {
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

fn custom_headers(origin: &Origin, secrets: &Secrets) -> BTreeMap<String, Value> {
    let value = |header: &OriginHeader| match header {
        OriginHeader::Text(text) => text.clone(),
        OriginHeader::Secret(name) => secrets[name].clone(),
    };
    let field =
        |(name, header): &(String, OriginHeader)| (name.clone(), json!([{"key": name, "value": value(header)}]));
    origin.headers.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{S3Origin, Side};

    fn request(uri: &str, pairs: &[(&'static str, &'static [u8])]) -> Parts {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in pairs {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        request.body(()).unwrap().into_parts().0
    }

    fn bucket() -> Origin {
        Origin {
            headers: vec![("x-verify".to_owned(), OriginHeader::Secret("S".to_owned()))],
            kind: OriginKind::S3(S3Origin { region: Some("sa-east-1".to_owned()), path: String::new() }),
            ..Origin::s3("site", Side::New, "b.s3.sa-east-1.amazonaws.com")
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
        let event = event(&parts, client, "r1", &origin_block(&configured, &secrets));
        let made: Value = serde_json::from_slice(&event).unwrap();
        let request = &made["Records"][0]["cf"]["request"];
        let field = |key: &str, value: &str| json!([{"key": key, "value": value}]);
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
}
