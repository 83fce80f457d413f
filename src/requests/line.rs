//! A request written down: the input line of `crossfade decide`, the text `GET https://…`, a plain URL.
//!
//! Everything that is not an event or a log line becomes a [`Request`] through here: lines on stdin, URLs on the
//! command line, `[[test]]`, `examples`. No clock is read: a line without a time has none.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::json::{self, JsonError};
use crate::platform::countries::{NotACountry, check_country};
use crate::platform::headers::OUR_PREFIX;
use crate::route::{Request, Told, Url, Viewer};
use crate::text::percent::push_escaped;
use crate::text::{NotATime, Timestamp, is_token};

/// The keys of a `decide` line, in the order in which they are documented.
pub const KEYS: [&str; 7] = ["url", "method", "headers", "country", "cohort", "language", "time"];

/// One request as a `decide` line says it: only `url` is required, `null` is as good as absent.
///
/// Borrows the line where JSON allows it, so that a stream of lines costs little.
/// ```
/// use crossfade::requests::RequestLine;
/// let line = RequestLine::parse_json(r#"{"url": "https://www.example.com/a?b=1", "country": "BR"}"#)?;
/// let request = line.request();
/// assert_eq!((request.host, request.path, request.query), (Some("www.example.com"), "/a", "b=1"));
/// assert!(RequestLine::parse_json(r#"{"url": "a/b"}"#).is_err());
/// # Ok::<(), crossfade::requests::LineError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object with the key `url`")]
pub struct RequestLine<'a> {
    /// With scheme and authority, or a path that begins with `/`.
    #[serde(borrow)]
    pub url: Cow<'a, str>,
    /// `GET` where the line does not say.
    #[serde(borrow, default, deserialize_with = "json::optional", skip_serializing_if = "Option::is_none")]
    pub method: Option<Cow<'a, str>>,
    /// One pair per field, in the order of the line.
    #[serde(borrow, default, deserialize_with = "json::fields", serialize_with = "json::write_fields")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// ISO code; else that of a `cloudfront-viewer-country` header.
    #[serde(borrow, default, deserialize_with = "json::optional", skip_serializing_if = "Option::is_none")]
    pub country: Option<Cow<'a, str>>,
    /// The cohorts that the viewer is in, joined by [`Told::SEPARATOR`]; in JSON a text or a list of texts.
    #[serde(borrow, default, deserialize_with = "json::joined", serialize_with = "json::write_joined")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohort: Option<Cow<'a, str>>,
    /// The language that suits the viewer, as the table spells it.
    #[serde(borrow, default, deserialize_with = "json::optional", skip_serializing_if = "Option::is_none")]
    pub language: Option<Cow<'a, str>>,
    /// When the request is decided.
    #[serde(default, deserialize_with = "json::time", serialize_with = "json::write_time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// Why a request line is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing on the line.
    #[error("the line is blank: write an object such as {{\"url\": \"https://www.example.com/a\"}}")]
    Blank,
    /// Not JSON, or not the object that is asked for.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A URL that is neither absolute nor a path.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A country that CloudFront never tells.
    #[error(transparent)]
    Country(#[from] NotACountry),
    /// A method that RFC 9110 does not allow.
    #[error("`{0}` cannot be a method: write a name such as `GET`")]
    Method(String),
    /// A time without offset, or no time.
    #[error(transparent)]
    Time(#[from] NotATime),
    /// A header name or value that no request can carry.
    #[error("the header name `{0}` has a character that header names cannot have")]
    HeaderName(String),
    /// A line end inside a value.
    #[error("the value of header `{0}` has a control character")]
    HeaderValue(String),
}

/// Why a text cannot stand for a request's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The empty text.
    #[error("the URL is empty: the path of a home page is `/`")]
    Empty,
    /// It begins with `//`, which is a host to some and a path to others.
    #[error("`{0}` could mean a host or a path: write `https:{0}` for a host, `https://www.example.com{0}` for a path")]
    TwoSlashes(String),
    /// A scheme and no `//host`.
    #[error("`{0}` has no host: write `https://www.example.com/a`, or a path that begins with `/`")]
    NoHost(String),
    /// ` /a`, of a file with columns of spaces.
    #[error("`{0}` has spaces around it: write `{trimmed}`", trimmed = .0.trim())]
    Spaces(String),
    /// `GET /a`, where the URL alone is asked for.
    #[error("`{method} {url}` begins with a method: write `{url}`")]
    WithMethod {
        /// `GET`
        method: String,
        /// `/a`
        url: String,
    },
    /// `www.example.com/a` or `a/b`.
    #[error("`{0}` is neither a URL nor a path: write `https://{0}` if it begins with a host, `/{0}` if it is a path")]
    Relative(String),
}

impl<'a> RequestLine<'a> {
    /// A GET of a URL or path, with no other fact.
    ///
    /// # Errors
    /// The URL is neither absolute nor a path that begins with `/`.
    pub fn parse_url(url: impl Into<Cow<'a, str>>) -> Result<RequestLine<'a>, LineError> {
        let url = url.into();
        check_url(&url)?;
        Ok(RequestLine { url, ..RequestLine::default() })
    }

    /// A GET of a URL or path as an access log holds it: what begins with `/` is a path, and so is `//x`. A log's field
    /// never names a host that way, while a text of a person might.
    ///
    /// # Errors
    /// The text is neither absolute nor a path that begins with `/`.
    pub fn parse_logged(url: impl Into<Cow<'a, str>>) -> Result<RequestLine<'a>, LineError> {
        let url = url.into();
        if !url.starts_with('/') {
            check_url(&url)?;
        }
        Ok(RequestLine { url, ..RequestLine::default() })
    }

    /// `GET https://www.example.com/a`, or a URL or path alone, which is a GET.
    ///
    /// # Errors
    /// The method is no token, or the URL is neither absolute nor a path that begins with `/`.
    pub fn parse_text(text: &'a str) -> Result<RequestLine<'a>, LineError> {
        let text = text.trim();
        let Some((method, url)) = text.split_once([' ', '\t']) else { return RequestLine::parse_url(text) };
        if method.starts_with('/') || method.contains(':') {
            return RequestLine::parse_url(text);
        }
        check_method(method)?;
        Ok(RequestLine { method: Some(method.into()), ..RequestLine::parse_url(url.trim_start())? })
    }

    /// One line of `crossfade decide`. O(bytes of the line).
    ///
    /// # Errors
    /// The line is blank, no JSON object, has a key that is unknown or twice there, lacks `url`, or a value is not what
    /// its key asks for.
    pub fn parse_json(line: &'a str) -> Result<RequestLine<'a>, LineError> {
        if line.trim().is_empty() {
            return Err(LineError::Blank);
        }
        let parsed: RequestLine<'a> = json::parse(line)?;
        parsed.check()?;
        Ok(parsed)
    }

    /// Checks what is not a matter of form: URL, method, headers, country. For lines that were not parsed here.
    ///
    /// # Errors
    /// The first value that no request can have.
    pub fn check(&self) -> Result<(), LineError> {
        check_url(&self.url)?;
        if let Some(method) = &self.method {
            check_method(method)?;
        }
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        if let Some(country) = &self.country {
            check_country(country)?;
        }
        Ok(())
    }

    /// Says what is told of the viewer.
    pub fn tell(&mut self, told: Told, text: Option<Cow<'a, str>>) {
        match told {
            Told::Country => self.country = text,
            Told::Cohort => self.cohort = text,
            Told::Language => self.language = text,
        }
    }

    /// What it says of the viewer.
    #[must_use]
    pub fn told(&self, told: Told) -> Option<&str> {
        match told {
            Told::Country => self.country.as_deref(),
            Told::Cohort => self.cohort.as_deref(),
            Told::Language => self.language.as_deref(),
        }
    }

    /// The request it stands for.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let url = if self.url.starts_with('/') { Url::of_path(&self.url) } else { Url::split(&self.url) };
        let header = |wanted: &str| {
            let named = |(name, _): &&(Cow<'_, str>, Cow<'_, str>)| name.eq_ignore_ascii_case(wanted);
            self.headers.iter().find(named).map(|(_, value)| value.as_ref())
        };
        Request {
            method: self.method.as_deref().unwrap_or("GET"),
            host: url.host().or_else(|| header("host")),
            path: url.path,
            query: url.query.unwrap_or(""),
            headers: self.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect(),
            viewer: Told::ALL.iter().fold(Viewer::default(), |viewer, &told| {
                // CloudFront's own header is like any other; ours are for the gate to write.
                let sent = || header(told.header()).filter(|_| !told.header().starts_with(OUR_PREFIX));
                viewer.with(told, self.told(told).or_else(sent))
            }),
            epoch: None,
            time: self.time,
        }
    }

    /// The same line, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> RequestLine<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        RequestLine {
            url: owned(self.url),
            method: self.method.map(owned),
            headers: self.headers.into_iter().map(|(name, value)| (owned(name), owned(value))).collect(),
            country: self.country.map(owned),
            cohort: self.cohort.map(owned),
            language: self.language.map(owned),
            time: self.time,
        }
    }
}

/// `GET https://www.example.com/a`, and in brackets the other facts, for people.
impl fmt::Display for RequestLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_deref().unwrap_or("GET"), self.url)?;
        let mut facts: Vec<String> = self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let told = |told: Told| self.told(told).map(|text| format!("{} {text}", told.key()));
        facts.extend(Told::ALL.into_iter().filter_map(told));
        facts.extend(self.time.iter().map(|time| format!("at {time}")));
        if facts.is_empty() { Ok(()) } else { write!(f, " ({})", facts.join(", ")) }
    }
}

/// A URL as text: bytes that are not UTF-8 are percent-encoded, which leaves its normal form what it is.
#[must_use]
pub fn url_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        push_escaped(&mut text, chunk.invalid());
    }
    Cow::Owned(text)
}

fn check_url(url: &str) -> Result<(), UrlError> {
    if url.is_empty() {
        return Err(UrlError::Empty);
    }
    if url.starts_with("//") {
        return Err(UrlError::TwoSlashes(url.to_owned()));
    }
    if url.starts_with('/') {
        return Ok(());
    }
    let split = Url::split(url);
    match (split.scheme.filter(|scheme| is_scheme(scheme)), split.host()) {
        (Some(_), Some(host)) if !host.starts_with(':') => Ok(()),
        (Some(_), _) if split.authority.is_some() => Err(UrlError::NoHost(url.to_owned())),
        _ => Err(no_url(url)),
    }
}

/// What a text is that begins with neither a scheme nor `/`.
fn no_url(text: &str) -> UrlError {
    let trimmed = text.trim();
    if trimmed.len() < text.len() && check_url(trimmed).is_ok() {
        return UrlError::Spaces(text.to_owned());
    }
    match text.split_once(' ') {
        Some((method, url)) if is_token(method) && check_url(url).is_ok() => {
            UrlError::WithMethod { method: method.to_owned(), url: url.to_owned() }
        }
        _ => UrlError::Relative(trimmed.to_owned()),
    }
}

/// RFC 3986 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn check_method(method: &str) -> Result<(), LineError> {
    if is_token(method) { Ok(()) } else { Err(LineError::Method(method.to_owned())) }
}

fn check_header(name: &str, value: &str) -> Result<(), LineError> {
    if !is_token(name) {
        return Err(LineError::HeaderName(name.to_owned()));
    }
    let forbidden = |byte: u8| matches!(byte, b'\r' | b'\n' | 0);
    if value.bytes().any(forbidden) { Err(LineError::HeaderValue(name.to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_its_keys_say() {
        let line = r#"{"url":"https://u@www.Example.com:8443/a%2f?b=1#c","method":"POST",
            "headers":{"Cookie":"x=1","accept":["a","b\n"],"host":"other"},"country":null,"cohort":"c",
            "time":"2026-11-22T10:00:00-03:00"}"#;
        let line = line.replace(r"b\n", r"b\t");
        let line = RequestLine::parse_json(&line).unwrap();
        let request = line.request();
        assert_eq!(request.method, "POST");
        assert_eq!(request.host, Some("www.Example.com:8443"));
        assert_eq!((request.path, request.query), ("/a%2f", "b=1"));
        assert_eq!(request.headers, [("Cookie", "x=1"), ("accept", "a"), ("accept", "b\t"), ("host", "other")]);
        assert_eq!(Told::ALL.map(|told| request.viewer.get(told)), [None, Some("c"), None]);
        assert_eq!(request.time, Some(Timestamp::from_seconds(1_795_352_400)));
        assert!(matches!(line.url, Cow::Borrowed(_)), "a text without escapes is not copied");
        assert!(matches!(line.cohort, Some(Cow::Borrowed(_))), "nor is an optional one");
        let fields = &line.headers[..2];
        let is_borrowed = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
            matches!((name, value), (Cow::Borrowed(_), Cow::Borrowed(_)))
        };
        assert!(fields.iter().all(is_borrowed), "nor is a header");
    }

    #[test]
    fn cohorts_are_a_text_or_a_list() {
        let rows: [(&str, Option<&str>, &[&str]); 5] = [
            (r#""a""#, Some("a"), &["a"]),
            (r#"["a"]"#, Some("a"), &["a"]),
            (r#"["a","b"]"#, Some("a,b"), &["a", "b"]),
            ("[]", None, &[]),
            ("null", None, &[]),
        ];
        for (cohort, text, values) in rows {
            let line = format!(r#"{{"url":"/","cohort":{cohort}}}"#);
            let line = RequestLine::parse_json(&line).unwrap();
            assert_eq!(line.cohort.as_deref(), text, "{cohort}");
            assert_eq!(line.request().viewer.values(Told::Cohort).collect::<Vec<_>>(), values, "{cohort}");
        }
        let error = RequestLine::parse_json(r#"{"url":"/","cohort":7}"#).unwrap_err();
        assert_eq!(error.to_string(), "key `cohort` must be a text or a list of texts (column 22)");
    }

    #[test]
    fn a_line_written_is_the_line_read() {
        let rows = [
            r#"{"url":"/"}"#,
            r#"{"url":"/a","method":"HEAD","headers":{"a":"1"},"country":"BR","cohort":"c","language":"pt"}"#,
            r#"{"url":"/a","cohort":["c","d"],"time":"2026-11-22T10:00:00Z"}"#,
            r#"{"url":"https://h/é","headers":{"a":["1","2"],"b":""}}"#,
        ];
        for text in rows {
            let line = RequestLine::parse_json(text).unwrap();
            assert_eq!(serde_json::to_string(&line).unwrap(), text);
            assert_eq!(line.clone().into_owned(), line);
        }
        let fields = r#"{"url":"/","headers":{"Cookie":"a=1","b":"1","cookie":"a=2"}}"#;
        let written = serde_json::to_string(&RequestLine::parse_json(fields).unwrap()).unwrap();
        assert_eq!(written, r#"{"url":"/","headers":{"Cookie":["a=1","a=2"],"b":"1"}}"#, "no order is lost");
    }

    #[test]
    fn what_the_url_and_the_headers_say_of_host_and_country() {
        let rows = [
            (r#"{"url":"https://a.example/"}"#, Some("a.example"), None),
            (r#"{"url":"/","headers":{"Host":"b.example"}}"#, Some("b.example"), None),
            (r#"{"url":"https://a.example","headers":{"host":"b"}}"#, Some("a.example"), None),
            (r#"{"url":"/","headers":{"CloudFront-Viewer-Country":"PT"}}"#, None, Some("PT")),
            (r#"{"url":"/","country":"BR","headers":{"cloudfront-viewer-country":"PT"}}"#, None, Some("BR")),
        ];
        for (text, host, country) in rows {
            let line = RequestLine::parse_json(text).unwrap();
            let request = line.request();
            assert_eq!((request.host, request.viewer.get(Told::Country)), (host, country), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_none_says_why() {
        let rows = [
            (r#"{"url":" /a"}"#, "` /a` has spaces around it: write `/a`"),
            (r#"{"url":"GET /a"}"#, "`GET /a` begins with a method: write `/a`"),
            (
                r#"{"url":"GET  a"}"#,
                "`GET  a` is neither a URL nor a path: write `https://GET  a` if it begins with a host, `/GET  a` if it is a path",
            ),
            (" \t", "the line is blank: write an object such as {\"url\": \"https://www.example.com/a\"}"),
            (r#"{"url":"/a","#, "the line is not JSON: EOF while parsing a value (column 12)"),
            (r#"{"url":"/a"} x"#, "the line is not JSON: trailing characters (column 14)"),
            (r#"{"method":"GET"}"#, "key `url` is missing (column 16)"),
            (r#"["/a"]"#, "a list is not a request: write an object with the key `url` (column 1)"),
            (r#""/a""#, "the line must be an object with the key `url`, not a text (column 4)"),
            (r#"{"url":"/a","metod":"GET"}"#, "key `metod` is unknown: did you mean `method`? (column 19)"),
            (
                r#"{"url":"/a","epoch":1}"#,
                "key `epoch` is unknown: the keys are `url`, `method`, `headers`, `country`, `cohort`, `language`, `time` (column 19)",
            ),
            (r#"{"url":"/a","url":"/b"}"#, "key `url` is there twice (column 17)"),
            (r#"{"url":5}"#, "key `url` must be a text, not a number (column 8)"),
            (r#"{"url":null}"#, "key `url` must be a text, not `null` (column 11)"),
            (r#"{"url":"/","method":{}}"#, "key `method` must be a text, not an object (column 20)"),
            (r#"{"url":"/","language":["es"]}"#, "key `language` must be a text, not a list (column 22)"),
            (r#"{"url":"/","country":true,"time":1}"#, "key `country` must be a text, not a boolean (column 25)"),
            (r#"{"url":"/","time":1.5}"#, "key `time` must be a text, not a number (column 21)"),
            (r#"{"url":"/","headers":{"a":1}}"#, "key `headers.a` must be a text or a list of texts (column 28)"),
            (
                r#"{"url":"/","headers":"a: 1"}"#,
                "key `headers` must be an object of header names, each with a text or a list of texts, not a text (column 27)",
            ),
            (r#"{"url":"/","country":"br"}"#, "`br` is not a country code: write `BR`, two capital letters"),
            (r#"{"url":"/","country":"brazil"}"#, "`brazil` is not a country code: write `BR` for Brazil"),
            (r#"{"url":""}"#, "the URL is empty: the path of a home page is `/`"),
            (r#"{"url":"/","method":"GET /"}"#, "`GET /` cannot be a method: write a name such as `GET`"),
            (
                r#"{"url":"/","headers":{"a b":""}}"#,
                "the header name `a b` has a character that header names cannot have",
            ),
            (r#"{"url":"/","headers":{"a":"x\r\ny: z"}}"#, "the value of header `a` has a control character"),
        ];
        for (text, words) in rows {
            let error = RequestLine::parse_json(text).unwrap_err();
            assert_eq!(error.to_string(), words, "{text}");
        }
        let keys = KEYS.map(|key| format!("`{key}`")).join(", ");
        let error = RequestLine::parse_json(r#"{"epoch":1}"#).unwrap_err().to_string();
        assert_eq!(error, format!("key `epoch` is unknown: the keys are {keys} (column 8)"), "the keys are the fields");
        let error = RequestLine::parse_json(r#"{"url":"/","time":"2026-11-22T10:00:00"}"#).unwrap_err().to_string();
        assert!(error.starts_with("`2026-11-22T10:00:00` is not a time: write it as in RFC 3339"), "{error}");
    }

    #[test]
    fn a_url_is_absolute_or_a_path() {
        let rows = [
            ("/", true),
            ("/a:b?c#d", true),
            ("https://www.example.com", true),
            ("HTTP://h:80/a", true),
            ("//h/a", false),
            ("", false),
            ("a/b", false),
            ("www.example.com/a", false),
            ("www.example.com:443/a", false),
            ("https:///a", false),
            ("https://:80/a", false),
            ("https:/a", false),
            ("mailto:a@b", false),
            ("?a=1", false),
            ("*", false),
        ];
        for (url, fine) in rows {
            assert_eq!(RequestLine::parse_url(url).is_ok(), fine, "{url}");
        }
    }

    #[test]
    fn what_begins_with_a_slash_in_a_log_is_a_path() {
        let rows = [
            ("//wp-login.php?a=//b", Some((None, "//wp-login.php", "a=//b"))),
            ("///", Some((None, "///", ""))),
            ("/a:b//c", Some((None, "/a:b//c", ""))),
            ("https://h//x", Some((Some("h"), "//x", ""))),
            ("a//b", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let line = RequestLine::parse_logged(text).ok();
            let request = line.as_ref().map(RequestLine::request);
            assert_eq!(request.map(|request| (request.host, request.path, request.query)), expected, "{text}");
        }
    }

    #[test]
    fn a_text_is_a_url_or_a_method_and_a_url() {
        let rows = [
            ("/a", Some((None, "/a"))),
            ("HEAD /a", Some((Some("HEAD"), "/a"))),
            (" GET   https://h/a b ", Some((Some("GET"), "https://h/a b"))),
            ("/a b", Some((None, "/a b"))),
            ("https://h/a b", Some((None, "https://h/a b"))),
            ("G(T /a", None),
            ("GET a", None),
            ("GET", None),
        ];
        for (text, expected) in rows {
            let line = RequestLine::parse_text(text).ok();
            let found = line.as_ref().map(|line| (line.method.as_deref(), line.url.as_ref()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(url_text(b"/a\xff\xc3\xa7\xc3"), "/a%FF\u{e7}%C3");
        assert!(matches!(url_text(b"/a"), Cow::Borrowed("/a")));
    }

    #[test]
    fn a_request_for_people_is_one_line() {
        let line = r#"{"url":"/a","headers":{"cookie":"b=1"},"country":"BR","cohort":"c","language":"es",
            "time":"2026-11-22T10:00:00Z"}"#;
        let line = RequestLine::parse_json(line).unwrap();
        assert_eq!(
            line.to_string(),
            "GET /a (cookie: b=1, country BR, cohort c, language es, at 2026-11-22T10:00:00Z)"
        );
    }
}
