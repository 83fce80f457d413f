//! The handler's answer, read back: an answer of its own, or a request to send on.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use serde::Deserialize;

use super::headers::text_of;

/// What the handler made of an event.
#[derive(Debug)]
pub(super) enum Reply {
    /// An answer of its own.
    Made(Response<String>),
    /// The request goes on to an origin.
    Request(Outgoing),
}

/// A request on its way to an origin.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    /// Path and query, the origin's own path not yet before it.
    pub(super) uri: String,
    pub(super) query: String,
    /// Without the origin's custom headers.
    pub(super) headers: HeaderMap,
    /// The origin's custom headers.
    pub(super) custom_headers: HeaderMap,
    /// The path that is put before every path of that origin.
    pub(super) origin_path: String,
    pub(super) domain: String,
    /// How long the origin may be silent.
    pub(super) read_timeout: Duration,
}

/// Why an answer of the handler is none. CloudFront would answer 502.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("the handler's answer is not the JSON of an answer: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the handler's answer has the status `{0}`")]
    Status(String),
    #[error("the handler's answer has the method `{0}`")]
    Method(String),
    #[error("the handler's answer has the header `{0}`, whose name or value HTTP does not allow")]
    Header(String),
    #[error("the handler's answer names no origin")]
    Origin,
    #[error("the handler's answer has a body that is not text")]
    Encoding,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplyJson {
    status: Option<String>,
    #[serde(default)]
    headers: HeaderFields,
    body: Option<serde_json::Value>,
    body_encoding: Option<String>,
    method: Option<String>,
    uri: Option<String>,
    querystring: Option<String>,
    origin: Option<OriginJson>,
}

type HeaderFields = BTreeMap<String, Vec<HeaderField>>;

#[derive(Deserialize)]
struct HeaderField {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OriginJson {
    Custom(OriginMembers),
    S3(OriginMembers),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OriginMembers {
    #[serde(default)]
    custom_headers: HeaderFields,
    domain_name: String,
    #[serde(default)]
    path: String,
    /// Seconds; a bucket has CloudFront's default.
    #[serde(default = "default_read_timeout")]
    read_timeout: u16,
}

fn default_read_timeout() -> u16 {
    30
}

/// Reads an answer. `original` are the headers that the event was made from: a value that the handler left alone goes
/// on with its own bytes, as CloudFront promises.
pub(super) fn parse_reply(answer: &[u8], original: &HeaderMap) -> Result<Reply, BadAnswer> {
    let json: ReplyJson = serde_json::from_slice(answer)?;
    match &json.status {
        Some(status) => {
            let status = status.parse().map_err(|_| BadAnswer::Status(status.clone()))?;
            made(status, json).map(Reply::Made)
        }
        None => outgoing(json, original).map(Reply::Request),
    }
}

fn made(status: StatusCode, json: ReplyJson) -> Result<Response<String>, BadAnswer> {
    let body = match json.body {
        None => String::new(),
        Some(serde_json::Value::String(body)) if json.body_encoding.is_none_or(|encoding| encoding == "text") => body,
        Some(_) => return Err(BadAnswer::Encoding),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = header_map(&json.headers, &HeaderMap::new())?;
    Ok(response)
}

fn outgoing(json: ReplyJson, original: &HeaderMap) -> Result<Outgoing, BadAnswer> {
    let method = json.method.unwrap_or_default();
    let (OriginJson::Custom(origin) | OriginJson::S3(origin)) = json.origin.ok_or(BadAnswer::Origin)?;
    Ok(Outgoing {
        method: method.parse().map_err(|_| BadAnswer::Method(method.clone()))?,
        uri: json.uri.unwrap_or_default(),
        query: json.querystring.unwrap_or_default(),
        headers: header_map(&json.headers, original)?,
        custom_headers: header_map(&origin.custom_headers, &HeaderMap::new())?,
        origin_path: origin.path,
        domain: origin.domain_name,
        read_timeout: Duration::from_secs(origin.read_timeout.into()),
    })
}

fn header_map(fields: &HeaderFields, original: &HeaderMap) -> Result<HeaderMap, BadAnswer> {
    let mut map = HeaderMap::new();
    for (name, values) in fields {
        let bad = || BadAnswer::Header(name.clone());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        for field in values {
            let value = match untouched(original, &header, &field.value) {
                Some(value) => value.clone(),
                None => HeaderValue::from_bytes(field.value.as_bytes()).map_err(|_| bad())?,
            };
            map.append(header.clone(), value);
        }
    }
    Ok(map)
}

fn untouched<'a>(original: &'a HeaderMap, name: &HeaderName, text: &str) -> Option<&'a HeaderValue> {
    original.get_all(name).iter().find(|value| text_of(value) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original() -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        map
    }

    #[test]
    fn a_request_goes_on_with_its_own_bytes() {
        let text = r#"{"clientIp":"::1","method":"GET","uri":"/a%2F","querystring":"b=\u0026","headers":{
            "x-latin":[{"key":"X","value":"café"}],"x-new":[{"value":"é"},{"value":"2"}]},
            "origin":{"custom":{"customHeaders":{"x-v":[{"key":"x-v","value":"s"}]},"domainName":"d.example",
            "path":"/p","readTimeout":7,"port":443,"unknown":[1]}},"body":{"data":""}}"#;
        let Reply::Request(outgoing) = parse_reply(text.as_bytes(), &original()).unwrap() else { panic!() };
        assert_eq!((outgoing.uri.as_str(), outgoing.query.as_str()), ("/a%2F", "b=&"));
        assert_eq!((outgoing.origin_path.as_str(), outgoing.domain.as_str()), ("/p", "d.example"));
        assert_eq!(outgoing.read_timeout, Duration::from_secs(7));
        let bytes = |name| outgoing.headers.get_all(name).iter().map(|v| v.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(bytes("x-latin"), [b"caf\xe9".to_vec()]);
        assert_eq!(bytes("x-new"), ["é".as_bytes().to_vec(), b"2".to_vec()]);
        assert_eq!(outgoing.custom_headers.get("x-v").unwrap(), "s");
    }

    #[test]
    fn an_answer_has_status_headers_and_body() {
        let text = r#"{"status":"301","statusDescription":"Moved Permanently","headers":{
            "location":[{"key":"Location","value":"/b"}]},"body":"x"}"#;
        let Reply::Made(made) = parse_reply(text.as_bytes(), &original()).unwrap() else { panic!() };
        assert_eq!((made.status().as_u16(), made.body().as_str()), (301, "x"));
        assert_eq!(made.headers().get("location").unwrap(), "/b");
    }

    #[test]
    fn what_cloudfront_would_refuse_is_refused() {
        let rows = [
            ("", "the handler's answer is not the JSON of an answer: "),
            ("{}", "the handler's answer names no origin"),
            (r#"{"status":"abc"}"#, "the handler's answer has the status `abc`"),
            (r#"{"status":"200","headers":{"a b":[{"value":"x"}]}}"#, "the handler's answer has the header `a b`"),
            (r#"{"status":"200","headers":{"a":[{"value":"x\ny"}]}}"#, "the handler's answer has the header `a`"),
            (r#"{"status":"200","body":"eA==","bodyEncoding":"base64"}"#, "the handler's answer has a body that is"),
            (
                r#"{"method":"G T","uri":"/","origin":{"s3":{"domainName":"d"}}}"#,
                "the handler's answer has the method `G T`",
            ),
        ];
        for (text, expected) in rows {
            let problem = parse_reply(text.as_bytes(), &original()).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }
}
