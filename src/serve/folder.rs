//! A folder plays an origin: the file that a path names, and nothing outside the folder.
//!
//! Paths are read as a bucket reads keys: percent-decoded, no segment has a meaning of its own.

use std::path::{Path, PathBuf};

use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;

use super::body::{Body, FileBody, full};

/// What plays the directory itself, for every path that ends in `/`.
const INDEX: &str = "index.html";

/// Why a folder has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No such file in the folder.
    File,
    /// Neither GET nor HEAD.
    Method,
}

/// Answers a request with a file.
pub(super) async fn answer(root: &Path, method: &Method, path: &str) -> Result<Response<Body>, Missing> {
    if *method != Method::GET && *method != Method::HEAD {
        return Err(Missing::Method);
    }
    let wanted = inside(path).ok_or(Missing::File)?;
    let (file, length) = open(root, &wanted).await.ok_or(Missing::File)?;
    let body = if *method == Method::HEAD { full("") } else { FileBody::new(file, length).boxed_unsync() };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&wanted)));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

impl Missing {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Missing::File => StatusCode::NOT_FOUND,
            Missing::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// What an answer of this status must carry.
    pub(super) fn amend(self, response: &mut Response<Body>) {
        if self == Missing::Method {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
    }
}

/// The file that a path names, relative to the folder. `None` for a path with a segment that is empty, `.` or `..`, or
/// that decodes to something which is no plain file name.
fn inside(path: &str) -> Option<PathBuf> {
    let (folder, file) = path.strip_prefix('/')?.rsplit_once('/').unwrap_or(("", path.get(1..)?));
    let mut wanted = PathBuf::new();
    if !folder.is_empty() {
        for segment in folder.split('/') {
            wanted.push(name(segment)?);
        }
    } else if path.starts_with("//") {
        return None;
    }
    wanted.push(if file.is_empty() { INDEX.to_owned() } else { name(file)? });
    Some(wanted)
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
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escape
            .filter(|digits| byte == b'%' && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(decoded).ok()
}

/// Opens a regular file whose real place, links followed, is in the folder.
async fn open(root: &Path, wanted: &Path) -> Option<(tokio::fs::File, u64)> {
    let root = tokio::fs::canonicalize(root).await.ok()?;
    let place = tokio::fs::canonicalize(root.join(wanted)).await.ok()?;
    // Not opened before it is known to be a file: opening a named pipe would wait for its writer.
    if !place.starts_with(&root) || !tokio::fs::metadata(&place).await.ok()?.is_file() {
        return None;
    }
    let file = tokio::fs::File::open(&place).await.ok()?;
    let length = file.metadata().await.ok()?.len();
    Some((file, length))
}

fn content_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "application/xml",
        "txt" | "md" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "pdf" => "application/pdf",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
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
    async fn nothing_outside_the_folder_is_opened() {
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
        let rows = [("in.txt", Some(5)), ("out", None), ("dir/secret", None), ("folder", None), ("none", None)];
        for (path, length) in rows {
            let opened = open(root.path(), Path::new(path)).await.map(|(_, length)| length);
            assert_eq!(opened, length, "{path}");
        }
        #[cfg(unix)]
        assert!(open(root.path(), Path::new("ok")).await.is_some());
    }
}
