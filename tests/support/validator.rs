//! A second opinion on every answer to an origin-request event.
//!
//! Written from the CloudFront Developer Guide (`lambda-event-structure`, `lambda-generating-http-responses`,
//! `edge-function-restrictions-all`, `add-origin-custom-headers`, `cloudfront-limits`, as of 2026-11), not from
//! `src/platform`: it shares no line with the contract that it checks. It works on parsed JSON, where the handler works on
//! text. What an answer leaves as the event had it is not judged: CloudFront made that.

#![allow(dead_code, reason = "each test binary uses its part")]

use serde_json::{Map, Value};

const NEVER_WRITTEN: &str = "Connection Expect Keep-Alive Proxy-Authenticate Proxy-Authorization Proxy-Connection \
    Trailer Upgrade X-Accel-Buffering X-Accel-Charset X-Accel-Limit-Rate X-Accel-Redirect X-Amz-Cf-* X-Amzn-Auth \
    X-Amzn-Cf-Billing X-Amzn-Cf-Id X-Amzn-Cf-Xff X-Amzn-Errortype X-Amzn-Fle-Profile X-Amzn-Header-Count \
    X-Amzn-Header-Order X-Amzn-Lambda-Integration-Tag X-Amzn-RequestId X-Cache X-Edge-* X-Forwarded-Proto X-Real-IP \
    CloudFront-Viewer-Cert-PEM Client-Cert Client-Cert-Chain";
const READ_ONLY: &str = "Accept-Encoding CDN-Loop Content-Length If-Modified-Since If-None-Match If-Range \
    If-Unmodified-Since Transfer-Encoding Via";
const NOT_CUSTOM: &str = "Cache-Control Connection Content-Length Cookie Host If-Match If-Modified-Since \
    If-None-Match If-Range If-Unmodified-Since Max-Forwards Pragma Proxy-Authenticate Proxy-Authorization \
    Proxy-Connection Range Request-Range TE Trailer Transfer-Encoding Upgrade Via X-Amz-* X-Edge-* X-Real-Ip";

/// Everything that CloudFront would hold against an answer; empty if nothing.
pub(crate) fn faults(event: &Value, answer: &[u8]) -> Vec<String> {
    let mut faults = Faults(Vec::new());
    let Some(request) = event.pointer("/Records/0/cf/request").and_then(Value::as_object) else {
        return vec!["the event has no request".to_owned()];
    };
    // A member that CloudFront's requests do not have comes back like any other: its name makes no response of one.
    let is_response = |answer: &Map<String, Value>| answer.contains_key("status") && !request.contains_key("status");
    match serde_json::from_slice(answer) {
        Ok(Value::Object(answer)) if is_response(&answer) => faults.generated(&answer),
        Ok(Value::Object(answer)) => faults.request(request, &answer),
        Ok(other) => faults.0.push(format!("the answer is no object: {other}")),
        Err(error) => faults.0.push(format!("the answer is no JSON: {error}")),
    }
    faults.0
}

struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }

    fn generated(&mut self, answer: &Map<String, Value>) {
        let known = ["status", "statusDescription", "headers", "body", "bodyEncoding"];
        for name in answer.keys() {
            self.unless(known.contains(&name.as_str()), || format!("`{name}` is no member of a response"));
        }
        let status = answer["status"].as_str().and_then(|text| text.parse::<u16>().ok()).unwrap_or(0);
        self.unless((200..=599).contains(&status), || format!("status is {}", answer["status"]));
        let description = answer.get("statusDescription");
        self.unless(description.is_none_or(Value::is_string), || "statusDescription is no text".to_owned());
        let headers = answer.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, fields) in &headers {
            self.header(name, fields);
            self.unless(!listed(NEVER_WRITTEN, name), || format!("a response can't have `{name}`"));
            self.unless(!listed(READ_ONLY, name), || format!("a response can't have `{name}`"));
        }
        self.unless(headers.contains_key("cache-control"), || "a response says how long it is cached".to_owned());
        let location = headers.get("location").and_then(|fields| fields[0]["value"].as_str()).unwrap_or_default();
        let foreign = |char: char| !char.is_ascii_graphic() || "\"<>\\^`{|}".contains(char);
        self.unless(!location.contains(foreign), || format!("location `{location}` is encoded"));
        self.unless(!location.starts_with("//"), || format!("location `{location}` names a host"));
        let moved = matches!(status, 301 | 302 | 303 | 307 | 308);
        self.unless(!moved || headers.contains_key("location"), || "a redirect has a location".to_owned());
        let body = answer.get("body").map_or(Some(""), Value::as_str);
        self.unless(body.is_some(), || "the body is no text".to_owned());
        let bodiless = matches!(status, 204 | 205 | 304);
        self.unless(!bodiless || body.is_none_or(str::is_empty), || format!("{status} has no body"));
        let encoding = answer.get("bodyEncoding").map_or(Some("text"), Value::as_str);
        self.unless(matches!(encoding, Some("text" | "base64")), || "bodyEncoding".to_owned());
        let size = Value::Object(headers).to_string().len() + body.unwrap_or_default().len();
        self.unless(size <= 1_048_576, || format!("headers and body are {size} bytes"));
    }

    fn request(&mut self, event: &Map<String, Value>, answer: &Map<String, Value>) {
        let writable = ["headers", "origin", "querystring", "uri"];
        for name in event.keys().chain(answer.keys()).filter(|name| !writable.contains(&name.as_str())) {
            self.unless(event.get(name) == answer.get(name), || format!("`{name}` is not ours to change"));
        }
        for name in event.keys() {
            self.unless(answer.contains_key(name), || format!("`{name}` is gone"));
        }
        self.target(event, answer);
        let none = Map::new();
        let headers = |request: &Map<String, Value>| request.get("headers").and_then(Value::as_object).cloned();
        let (before, after) = (headers(event).unwrap_or_default(), headers(answer).unwrap_or_default());
        if event.get("headers") != answer.get("headers") {
            self.headers(&before, &after);
        }
        let origin = answer.get("origin").and_then(Value::as_object).unwrap_or(&none);
        if event.get("origin") != answer.get("origin") {
            let before = event.get("origin").and_then(Value::as_object).unwrap_or(&none);
            self.origin(before, origin);
        }
        if event != answer {
            self.bucket(origin, &after);
        }
        self.no_header_twice(origin, &after);
    }

    fn target(&mut self, event: &Map<String, Value>, answer: &Map<String, Value>) {
        let text = |request: &Map<String, Value>, name| {
            request.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (uri, query) = (text(answer, "uri"), text(answer, "querystring"));
        let new_uri = event.get("uri") != answer.get("uri");
        let new_query = event.get("querystring") != answer.get("querystring");
        // Whoever resolves them, an origin or CloudFront before its path, would come to another path than was decided.
        let plain = uri.to_ascii_lowercase().replace("%2e", ".");
        let climbs = plain.split('/').any(|segment| segment == "." || segment == "..");
        self.unless(!climbs, || format!("uri `{uri}` has a dot segment"));
        let bad = |char: char| char.is_control() || char == ' ' || char == '#';
        if new_uri {
            self.unless(uri.starts_with('/'), || format!("uri `{uri}` begins with `/`"));
            self.unless(!uri.contains(bad) && !uri.contains('?'), || format!("uri `{uri}` is encoded"));
        }
        if new_query {
            self.unless(!query.contains(bad) && !query.starts_with('?'), || format!("querystring `{query}`"));
        }
        if new_uri || new_query {
            self.unless(uri.chars().count() + query.chars().count() < 8192, || "uri and query are long".to_owned());
        }
    }

    fn headers(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) {
        for name in before.keys().chain(after.keys()) {
            if before.get(name) == after.get(name) {
                continue;
            }
            self.unless(!listed(NEVER_WRITTEN, name), || format!("`{name}` can't be written"));
            self.unless(!listed(READ_ONLY, name), || format!("`{name}` is read-only"));
            if let Some(fields) = after.get(name) {
                self.header(name, fields);
            }
        }
        if before.get("host") != after.get("host") {
            let fields = after.get("host").and_then(Value::as_array).map_or(0, Vec::len);
            self.unless(fields == 1, || format!("{fields} values of `host`"));
        }
    }

    /// A header that was written: lower-case name, array of `{key?, value}`.
    fn header(&mut self, name: &str, fields: &Value) {
        self.unless(is_token(name) && *name == name.to_lowercase(), || format!("`{name}` is no lower-case name"));
        let Some(fields) = fields.as_array().filter(|fields| !fields.is_empty()) else {
            return self.0.push(format!("each header entry must be an array: `{name}`"));
        };
        for field in fields {
            let value = field.get("value").and_then(Value::as_str);
            let fine = value.is_some_and(|value| !value.contains(|c: char| c.is_control() && c != '\t'));
            self.unless(fine, || format!("a value of `{name}` is no field value: {field}"));
            let key = field.get("key").map_or(Some(name), Value::as_str);
            self.unless(key.is_some_and(|key| key.eq_ignore_ascii_case(name)), || format!("key of `{name}`"));
        }
    }

    /// An origin that was written: custom, since a bucket can only be kept (origin access control).
    fn origin(&mut self, before: &Map<String, Value>, origin: &Map<String, Value>) {
        let kinds = ["custom", "s3"].iter().filter(|kind| origin.contains_key(**kind)).count();
        self.unless(kinds == 1, || "an origin is exactly one of custom and s3".to_owned());
        for (name, value) in origin.iter().filter(|(name, _)| !["custom", "s3"].contains(&name.as_str())) {
            self.unless(before.get(name) == Some(value), || format!("`{name}` is not ours to write beside an origin"));
        }
        let Some(custom) = origin.get("custom").and_then(Value::as_object) else {
            return self.0.push("a bucket can't be written, only kept".to_owned());
        };
        let text = |name: &str| custom.get(name).and_then(Value::as_str);
        let domain = text("domainName").unwrap_or_default();
        let address = domain.parse::<std::net::IpAddr>().is_ok();
        let named = (1..=253).contains(&domain.len()) && !domain.contains([':', '/', ' ']) && !address;
        self.unless(named, || format!("domainName `{domain}`"));
        let path = text("path").unwrap_or("\u{0}");
        let sound = path.is_empty() || path.starts_with('/') && !path.ends_with('/') && path.len() <= 255;
        self.unless(sound && !path.contains(char::is_whitespace), || format!("path `{path}`"));
        self.unless(matches!(text("protocol"), Some("http" | "https")), || "protocol".to_owned());
        let number = |name: &str| custom.get(name).and_then(Value::as_u64);
        let port = number("port").unwrap_or(0);
        self.unless(matches!(port, 80 | 443 | 1024..=65535), || format!("port {port}"));
        let read = number("readTimeout").unwrap_or(0);
        self.unless((1..=120).contains(&read), || format!("readTimeout {read}"));
        let keep = number("keepaliveTimeout").unwrap_or(0);
        self.unless((1..=120).contains(&keep), || format!("keepaliveTimeout {keep}"));
        if let Some(whole) = custom.get("responseCompletionTimeout") {
            let whole = whole.as_u64().unwrap_or(1);
            self.unless(whole == 0 || whole >= read, || format!("responseCompletionTimeout {whole}"));
        }
        let known = ["TLSv1.2", "TLSv1.1", "TLSv1", "SSLv3"];
        let protocols = custom.get("sslProtocols").and_then(Value::as_array).cloned().unwrap_or_default();
        let fine = protocols.iter().all(|protocol| protocol.as_str().is_some_and(|name| known.contains(&name)));
        self.unless(fine && !protocols.is_empty(), || format!("sslProtocols {protocols:?}"));
        match custom.get("customHeaders").and_then(Value::as_object) {
            None => self.0.push("customHeaders".to_owned()),
            Some(headers) => self.custom_headers(headers),
        }
    }

    /// A bucket is asked by the name that the request is signed for, and not told who asks (S3 User Guide; CloudFront
    /// Developer Guide, `private-content-restricting-access-to-s3`).
    fn bucket(&mut self, origin: &Map<String, Value>, headers: &Map<String, Value>) {
        let Some(bucket) = origin.get("s3").filter(|_| !origin.contains_key("custom")) else { return };
        let domain = bucket.get("domainName").and_then(Value::as_str).unwrap_or_default();
        let is_name = domain.starts_with(|c: char| c.is_ascii_alphanumeric())
            && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        let fields = |name: &str| -> Vec<&Value> {
            let named = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            named.flat_map(|(_, fields)| fields.as_array().into_iter().flatten()).collect()
        };
        let hosts: Vec<_> =
            fields("host").into_iter().map(|field| field.get("value").and_then(Value::as_str)).collect();
        self.unless(!is_name || hosts == [Some(domain)], || format!("the bucket `{domain}` is asked as {hosts:?}"));
        for name in ["authorization", "cookie"] {
            self.unless(fields(name).is_empty(), || format!("a bucket is sent `{name}`"));
        }
    }

    fn custom_headers(&mut self, headers: &Map<String, Value>) {
        let mut total = 0;
        for (name, fields) in headers {
            self.header(name, fields);
            self.unless(!listed(NEVER_WRITTEN, name), || format!("customHeaders can't have `{name}`"));
            self.unless(!listed(NOT_CUSTOM, name), || format!("customHeaders can't have `{name}`"));
            for field in fields.as_array().into_iter().flatten() {
                let value = field.get("value").and_then(Value::as_str).unwrap_or_default();
                total += name.len() + value.len();
                self.unless(name.len() <= 256 && value.len() <= 1783, || format!("`{name}` is long"));
            }
        }
        self.unless(headers.len() <= 30 && total <= 10_240, || "customHeaders are many".to_owned());
    }

    /// A name in an origin's headers and in the request's is a 502. Names that no origin can have are CloudFront's own
    /// doing, and no function could take them away.
    fn no_header_twice(&mut self, origin: &Map<String, Value>, headers: &Map<String, Value>) {
        let own = ["custom", "s3"].iter().filter_map(|kind| origin.get(*kind)?.get("customHeaders")?.as_object());
        let possible = |name: &&String| {
            is_token(name) && ![NEVER_WRITTEN, READ_ONLY, NOT_CUSTOM].iter().any(|list| listed(list, name))
        };
        for name in own.flat_map(|headers| headers.keys()).filter(possible) {
            let twice = headers.keys().any(|header| header.eq_ignore_ascii_case(name));
            self.unless(!twice, || format!("`{name}` is in both kinds of headers"));
        }
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Whether a name is on a list of names, of which some end in `*`.
fn listed(list: &str, name: &str) -> bool {
    list.to_lowercase().split_whitespace().any(|entry| match entry.strip_suffix('*') {
        Some(prefix) => name.to_lowercase().starts_with(prefix),
        None => name.eq_ignore_ascii_case(entry),
    })
}
