//! Requests that CloudFront, or this program, does not take.

use http::header::{HOST, HeaderValue, UPGRADE, VIA};
use http::request::Parts;
use http::{Method, StatusCode, Version};

use super::gate::host_of;
use super::page::WebPage;
use crate::platform::limits::MAX_URL;

/// Request line and headers longer than this are answered 494. `cloudfront-limits`.
const MAX_HEAD: usize = 32_768;

/// Refuses a request, or lets it pass. `via` is this very server.
pub(super) fn check(parts: &Parts, via: &HeaderValue) -> Result<(), Box<WebPage>> {
    let Parts { method, uri, headers, .. } = parts;
    let refuse = |status: u16, title: &str, lead: String| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Err(Box::new(WebPage::trouble(status, title, lead)))
    };
    let (url, head) = sizes(parts);
    let is_nameless = parts.version == Version::HTTP_11 && !headers.contains_key(HOST);
    if *method == Method::CONNECT || !uri.path().starts_with('/') {
        refuse(400, "no path to answer", format!("`{method} {uri}` names no path, so there is nothing to decide"))
    } else if url > MAX_URL {
        refuse(414, "request too long", format!("the URL is {url} bytes long, CloudFront takes {MAX_URL}"))
    } else if head > MAX_HEAD {
        let lead = format!("the request line and headers are {head} bytes long, CloudFront takes {MAX_HEAD}");
        refuse(494, "request too long", lead)
    } else if is_nameless || host_of(uri, headers).is_err() {
        refuse(400, "which host?", "there must be one `Host` header that names a host".to_owned())
    } else if headers.get_all(UPGRADE).iter().any(names_websocket) {
        refuse(501, "no WebSockets here", "`serve` passes requests and answers, not WebSockets".to_owned())
    } else if headers.get_all(VIA).iter().any(|hop| hop == via) {
        let lead = "the request came back to the server that sent it on: a `--map` points at this very address";
        refuse(508, "loop", lead.to_owned())
    } else {
        Ok(())
    }
}

/// Bytes of the request target, and of the whole head.
fn sizes(parts: &Parts) -> (usize, usize) {
    let url = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let fields = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    (url, parts.method.as_str().len() + url + "  HTTP/1.1\r\n\r\n".len() + fields.sum::<usize>())
}

fn names_websocket(value: &HeaderValue) -> bool {
    value.as_bytes().windows(9).any(|part| part.eq_ignore_ascii_case(b"websocket"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_cloudfronts() {
        let rows = [(8_192, 0, 0), (8_193, 0, 414), (1, 32_768 - 3 - 1 - 14 - 5, 0), (1, 32_768 - 3 - 1 - 14 - 4, 494)];
        for (url, value, expected) in rows {
            let request =
                http::Request::builder().uri(format!("/{}", "a".repeat(url - 1))).header("x", "y".repeat(value));
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.version = Version::HTTP_2;
            let status =
                check(&parts, &HeaderValue::from_static("here")).map_or_else(|page| page.status.as_u16(), |()| 0);
            assert_eq!(status, expected, "{url} {value}");
        }
    }
}
