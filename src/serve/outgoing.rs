//! The handler's answer, read back: an answer of its own, or a request to send on.

use std::collections::BTreeMap;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;

use super::incoming::text_of;

/// What the handler made of an event.
#[derive(Debug)]
pub(super) enum Answer {
    /// It answered itself.
    Made(Made),
    /// The request goes on to an origin.
    Request(Outgoing),
}

/// A generated answer.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// A request on its way to an origin.
#[derive(Debug)]
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
struct Raw {
    status: Option<String>,
    #[serde(default)]
    headers: Fields,
    body: Option<serde_json::Value>,
    body_encoding: Option<String>,
    method: Option<String>,
    uri: Option<String>,
    querystring: Option<String>,
    origin: Option<RawOrigin>,
}

type Fields = BTreeMap<String, Vec<Field>>;

#[derive(Deserialize)]
struct Field {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawOrigin {
    Custom(Block),
    S3(Block),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    #[serde(default)]
    custom_headers: Fields,
    domain_name: String,
    #[serde(default)]
    path: String,
}

/// Reads an answer. `original` are the headers that the event was made from: a value that the handler left alone goes
/// on with its own bytes, as CloudFront promises.
pub(super) fn parse_answer(answer: &[u8], original: &HeaderMap) -> Result<Answer, BadAnswer> {
    let raw: Raw = serde_json::from_slice(answer)?;
    match &raw.status {
        Some(status) => {
            let status = status.parse().map_err(|_| BadAnswer::Status(status.clone()))?;
            made(status, raw).map(Answer::Made)
        }
        None => outgoing(raw, original).map(Answer::Request),
    }
}

fn made(status: StatusCode, raw: Raw) -> Result<Made, BadAnswer> {
    let body = match raw.body {
        None => String::new(),
        Some(serde_json::Value::String(body)) if raw.body_encoding.is_none_or(|encoding| encoding == "text") => body,
        Some(_) => return Err(BadAnswer::Encoding),
    };
    Ok(Made { status, headers: header_map(&raw.headers, &HeaderMap::new())?, body })
}

fn outgoing(raw: Raw, original: &HeaderMap) -> Result<Outgoing, BadAnswer> {
    let method = raw.method.unwrap_or_default();
    let (RawOrigin::Custom(origin) | RawOrigin::S3(origin)) = raw.origin.ok_or(BadAnswer::Origin)?;
    Ok(Outgoing {
        method: method.parse().map_err(|_| BadAnswer::Method(method.clone()))?,
        uri: raw.uri.unwrap_or_default(),
        query: raw.querystring.unwrap_or_default(),
        headers: header_map(&raw.headers, original)?,
        custom_headers: header_map(&origin.custom_headers, &HeaderMap::new())?,
        origin_path: origin.path,
        domain: origin.domain_name,
    })
}

fn header_map(fields: &Fields, original: &HeaderMap) -> Result<HeaderMap, BadAnswer> {
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
            "path":"/p","port":443,"unknown":[1]}},"body":{"data":""}}"#;
        let Answer::Request(outgoing) = parse_answer(text.as_bytes(), &original()).unwrap() else { panic!() };
        assert_eq!((outgoing.uri.as_str(), outgoing.query.as_str()), ("/a%2F", "b=&"));
        assert_eq!((outgoing.origin_path.as_str(), outgoing.domain.as_str()), ("/p", "d.example"));
        let bytes = |name| outgoing.headers.get_all(name).iter().map(|v| v.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(bytes("x-latin"), [b"caf\xe9".to_vec()]);
        assert_eq!(bytes("x-new"), ["é".as_bytes().to_vec(), b"2".to_vec()]);
        assert_eq!(outgoing.custom_headers.get("x-v").unwrap(), "s");
    }

    #[test]
    fn an_answer_has_status_headers_and_body() {
        let text = r#"{"status":"301","statusDescription":"Moved Permanently","headers":{
            "location":[{"key":"Location","value":"/b"}]},"body":"x"}"#;
        let Answer::Made(made) = parse_answer(text.as_bytes(), &original()).unwrap() else { panic!() };
        assert_eq!((made.status.as_u16(), made.body.as_str()), (301, "x"));
        assert_eq!(made.headers.get("location").unwrap(), "/b");
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
            let problem = parse_answer(text.as_bytes(), &original()).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{text}: {problem}");
        }
    }
}
