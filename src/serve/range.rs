//! Which part of a file a request asks for, in the words that `ServeFile` of tower-http reads as RFC 9110 does.
//!
//! By itself it refuses what section 14.2 says to ignore, a suffix that is longer than the file and a number that begins
//! with 0; it gives the first byte of an empty file; and it does not know `If-Range`.

use http::header::{CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE};

/// One run of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// `bytes=5-` and `bytes=5-9`: from the first number to the second.
    From(u64, u64),
    /// `bytes=-5`: so many at the end.
    Last(u64),
}

/// Whether a request asks for a part in words that are understood; all others get the whole file.
pub(super) fn is_asked(request: &HeaderMap) -> bool {
    run(request).is_some()
}

/// The `Range` of a request for a file whose whole answer has the headers `whole`. `None`: all of it.
pub(super) fn of(request: &HeaderMap, whole: &HeaderMap) -> Option<HeaderValue> {
    let run = run(request).filter(|_| is_same(request, whole))?;
    let size: u64 = whole.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    let (from, to) = match run {
        // Neither begins inside the file: the answer is 416.
        Run::From(from, _) if from >= size => (u64::MAX, u64::MAX),
        Run::Last(0) => (u64::MAX, u64::MAX),
        Run::Last(_) if size == 0 => (u64::MAX, u64::MAX),
        Run::From(from, to) => (from, to.min(size - 1)),
        Run::Last(length) => (size.saturating_sub(length), size - 1),
    };
    HeaderValue::from_str(&format!("bytes={from}-{to}")).ok()
}

/// The one run of a `Range`. `None`: there is none, there are several, or they are not understood.
fn run(request: &HeaderMap) -> Option<Run> {
    let mut values = request.get_all(RANGE).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    match value.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')? {
        ("", length) => number(length).map(Run::Last),
        (from, "") => number(from).map(|from| Run::From(from, u64::MAX)),
        (from, to) => {
            let (from, to) = (number(from)?, number(to)?);
            (from <= to).then_some(Run::From(from, to))
        }
    }
}

/// A number of digits; one that is too large is larger than any file.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether the file is the one that the viewer has a part of (RFC 9110 section 13.1.5).
fn is_same(request: &HeaderMap, whole: &HeaderMap) -> bool {
    let mut conditions = request.get_all(IF_RANGE).iter();
    let Some(condition) = conditions.next() else { return true };
    conditions.next().is_none() && [ETAG, LAST_MODIFIED].iter().any(|name| whole.get(name) == Some(condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: &str = "Thu, 26 Nov 2026 11:27:21 GMT";

    /// The range that a file of so many bytes is asked for.
    fn asked(range: &'static str, condition: Option<&'static str>, size: u64) -> Option<String> {
        let mut request = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);
        request.extend(condition.map(|text| (IF_RANGE, HeaderValue::from_static(text))));
        let whole = HeaderMap::from_iter([
            (CONTENT_LENGTH, HeaderValue::from(size)),
            (ETAG, HeaderValue::from_static("\"a\"")),
            (LAST_MODIFIED, HeaderValue::from_static(MODIFIED)),
        ]);
        let range = of(&request, &whole).map(|range| range.to_str().unwrap().to_owned());
        assert!(range.is_none() || is_asked(&request), "{request:?}");
        range
    }

    #[test]
    fn a_range_is_one_run_of_bytes_or_ignored() {
        let outside = Some("bytes=18446744073709551615-18446744073709551615");
        let rows = [
            ("bytes=0-9", 20, Some("bytes=0-9")),
            ("bytes=0-9", 5, Some("bytes=0-4")),
            ("bytes=5-", 20, Some("bytes=5-19")),
            ("bytes=-5", 20, Some("bytes=15-19")),
            ("bytes=-50", 20, Some("bytes=0-19")),
            ("bytes=7-7", 20, Some("bytes=7-7")),
            ("bytes=00-01", 20, Some("bytes=0-1")),
            ("bytes=0-99999999999999999999", 20, Some("bytes=0-19")),
            ("bytes=20-", 20, outside),
            ("bytes=20-21", 20, outside),
            ("bytes=-0", 20, outside),
            ("bytes=0-", 0, outside),
            ("bytes=-1", 0, outside),
            ("bytes=9-0", 20, None),
            ("bytes=-", 20, None),
            ("bytes=", 20, None),
            ("bytes=0-1,3-4", 20, None),
            ("bytes= 0-1", 20, None),
            ("bytes=+1-2", 20, None),
            ("bytes=a-b", 20, None),
            ("BYTES=0-1", 20, None),
            ("items=0-1", 20, None),
        ];
        for (range, size, expected) in rows {
            assert_eq!(asked(range, None, size).as_deref(), expected, "{range} of {size}");
        }
    }

    #[test]
    fn a_part_is_of_the_file_that_the_viewer_has() {
        let rows = [
            ("\"a\"", true),
            (MODIFIED, true),
            ("\"b\"", false),
            ("W/\"a\"", false),
            ("Thu, 26 Nov 2026 11:27:22 GMT", false),
            ("", false),
        ];
        for (condition, is_same) in rows {
            assert_eq!(asked("bytes=0-1", Some(condition), 20).is_some(), is_same, "{condition}");
        }
    }
}
