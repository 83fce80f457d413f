//! A folder plays an origin: the file that a path names, and nothing outside the folder.
//!
//! Paths are read as a bucket reads keys: percent-decoded, no segment has a meaning of its own.

use std::io;
use std::path::{Path, PathBuf};

use http::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RANGE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower_http::services::ServeFile;

use super::body::{Body, BodyError};
use super::outgoing::Outgoing;
use super::page::{Form, WebPage};
use super::range;
use crate::text::{percent, said};

/// What plays the directory itself, for every path that ends in `/`.
const INDEX: &str = "index.html";

/// Answers a request for an origin with a file of its folder.
pub(super) async fn answer(root: &Path, origin: &str, outgoing: &Outgoing) -> Response<Body> {
    let page = |status, title, lead| WebPage::trouble(status, title, lead).response(Form::wanted(&outgoing.headers));
    if outgoing.method != Method::GET && outgoing.method != Method::HEAD {
        let lead = format!("the folder that plays `{origin}` answers GET and HEAD");
        let mut response = page(StatusCode::METHOD_NOT_ALLOWED, "method not allowed", lead);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let path = format!("{}{}", outgoing.origin_path, outgoing.uri);
    let given = match find(root, &path).await {
        Some(file) => give(&file, outgoing).await,
        None => None,
    };
    let Some(response) = given else {
        if tokio::fs::metadata(root).await.is_err() {
            let lead = format!("the folder that plays `{origin}` is gone: `{}`", root.display());
            return page(StatusCode::BAD_GATEWAY, "no folder", lead);
        }
        let lead = format!("the folder that plays `{origin}` has no file for `{path}`");
        return page(StatusCode::NOT_FOUND, "not found", lead);
    };
    response
}

/// The file, or the part of it that is asked for; `None` where it cannot be read.
async fn give(file: &Path, outgoing: &Outgoing) -> Option<Response<Body>> {
    let mut headers = outgoing.headers.clone();
    headers.remove(RANGE);
    if range::is_asked(&outgoing.headers) {
        let whole = serve_file(file, &Method::HEAD, HeaderMap::new()).await?;
        headers.extend(range::of(&outgoing.headers, whole.headers()).map(|range| (RANGE, range)));
    }
    let mut response = serve_file(file, &outgoing.method, headers).await?;
    say_utf_8(response.headers_mut());
    Some(response)
}

async fn serve_file(file: &Path, method: &Method, headers: HeaderMap) -> Option<Response<Body>> {
    let mut request = Request::new(());
    request.method_mut().clone_from(method);
    *request.headers_mut() = headers;
    let response = ServeFile::new(file).try_call(request).await.ok()?;
    Some(response.map(|body| body.map_err(broken).boxed_unsync()))
}

fn broken(error: io::Error) -> BodyError {
    format!("the file cannot be read to its end: {}", said(&error.to_string())).into()
}

/// Text in a folder is taken for UTF-8.
fn say_utf_8(headers: &mut HeaderMap) {
    if let Some(text) = headers.get_mut(CONTENT_TYPE)
        && text.as_bytes().starts_with(b"text/")
        && let Ok(said) = HeaderValue::from_bytes(&[text.as_bytes(), b"; charset=utf-8"].concat())
    {
        *text = said;
    }
}

/// The file that a path names, relative to the folder. `None` for a path with a segment that is empty, `.` or `..`, or
/// that decodes to something which is no plain file name.
fn inside(path: &str) -> Option<PathBuf> {
    let mut segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let file = segments.pop().filter(|file| !file.is_empty()).unwrap_or(INDEX);
    segments.into_iter().chain([file]).map(name).collect()
}

fn name(segment: &str) -> Option<String> {
    let name = decode(segment)?;
    let plain = !name.is_empty() && name != "." && name != "..";
    (plain && !name.contains(['/', '\\', ':', '\0'])).then_some(name)
}

/// Percent-decodes once; `None` where that is not UTF-8. A `%` that begins no escape stays.
fn decode(segment: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = percent::leading(rest);
        decoded.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(decoded).ok()
}

/// Where a path's file is: a regular file whose real place, links followed, is in the folder.
async fn find(root: &Path, path: &str) -> Option<PathBuf> {
    let root = tokio::fs::canonicalize(root).await.ok()?;
    let file = root.join(inside(path)?);
    let place = tokio::fs::canonicalize(&file).await.ok()?;
    // Not opened before it is known to be a file: opening a named pipe would wait for its writer.
    (place.starts_with(&root) && tokio::fs::metadata(&place).await.ok()?.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_one_file_of_the_folder_or_none() {
        let rows = [
            ("/", Some("index.html")),
            ("/a.css", Some("a.css")),
            ("/a/b/", Some("a/b/index.html")),
            ("/a%20b/c%2Dd.txt", Some("a b/c-d.txt")),
            ("/promo%C3%A7%C3%B5es", Some("promoções")),
            ("/promoções", Some("promoções")),
            ("/100%", Some("100%")),
            ("/a%2", Some("a%2")),
            ("/...", Some("...")),
            ("//", None),
            ("//a", None),
            ("/a//b", None),
            ("/../a", None),
            ("/a/..", None),
            ("/a/./b", None),
            ("/%2e%2E/a", None),
            ("/a/%2e%2e%2fb", None),
            ("/a%5c..%5cb", None),
            ("/a%00.html", None),
            ("/c:/x", None),
            ("/%ff", None),
            ("a", None),
            ("", None),
        ];
        for (path, expected) in rows {
            assert_eq!(inside(path), expected.map(PathBuf::from), "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_found() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "s").unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("in.txt"), "12345").unwrap();
        std::fs::create_dir(root.path().join("folder")).unwrap();
        #[cfg(unix)]
        for (target, link) in
            [(outside.path().join("secret"), "out"), (outside.path().to_owned(), "dir"), ("in.txt".into(), "ok")]
        {
            std::os::unix::fs::symlink(target, root.path().join(link)).unwrap();
        }
        let rows = [("/in.txt", true), ("/out", false), ("/dir/secret", false), ("/folder", false), ("/none", false)];
        for (path, is_there) in rows {
            assert_eq!(find(root.path(), path).await.is_some(), is_there, "{path}");
        }
        #[cfg(unix)]
        assert!(find(root.path(), "/ok").await.is_some());
    }

    #[tokio::test]
    async fn a_file_is_given_with_its_type_whole_or_in_part() {
        let root = tempfile::tempdir().unwrap();
        let rows = [
            ("a.html", "", 200, "text/html; charset=utf-8", "12345"),
            ("a.js", "", 200, "text/javascript; charset=utf-8", "12345"),
            ("a.mjs", "", 200, "application/javascript", "12345"),
            ("a.json", "", 200, "application/json", "12345"),
            ("a.svg", "", 200, "image/svg+xml", "12345"),
            ("a.woff2", "", 200, "font/woff2", "12345"),
            ("a.webmanifest", "", 200, "application/manifest+json", "12345"),
            ("a.unknown", "", 200, "application/octet-stream", "12345"),
            ("a.mp4", "bytes=1-2", 206, "video/mp4", "23"),
            ("a.mp4", "bytes=0-0,2-2", 200, "video/mp4", "12345"),
            ("a.mp4", "bytes=9-", 416, "", ""),
        ];
        for (name, range, status, content_type, text) in rows {
            let file = root.path().join(name);
            std::fs::write(&file, "12345").unwrap();
            let mut outgoing = Outgoing::default();
            if !range.is_empty() {
                outgoing.headers.insert(RANGE, HeaderValue::from_static(range));
            }
            let response = give(&file, &outgoing).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{name} {range}");
            let said = response.headers().get(CONTENT_TYPE).map_or("", |said| said.to_str().unwrap());
            assert_eq!(said, content_type, "{name} {range}");
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), text, "{name} {range}");
        }
    }
}
