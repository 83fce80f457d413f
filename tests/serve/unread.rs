//! What no parser of HTTP takes, and heads that never end: each is told of, with what is known of it.

use std::time::Duration;

use crossfade::serve::ServeSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{PATIENCE, Running};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// A frame `SETTINGS` that sets nothing.
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
/// A frame `GOAWAY` that blames nobody.
const GOAWAY: &[u8] = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What a viewer sends, the status and what is said of the viewer.
type Row<'a> = (&'a [u8], u16, &'a str);

#[tokio::test]
async fn what_the_parser_refuses_gets_a_line() {
    let running = Running::mapped(&[]).await;
    let long_header = [b"GET /a?x=1 HTTP/1.1\r\nx: ".as_slice(), &[b'x'; 100_000]].concat();
    let long_url = [b"GET /a".as_slice(), &[b'x'; 100_000]].concat();
    let no_http_2 = [PREFACE, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let head = "sent a request whose head is longer than 65536 bytes";
    let rows: [Row<'_>; 11] = [
        (b"hello there\r\n\r\n", 400, "sent a request that cannot be read (invalid URI): `hello there`"),
        (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 400, "speaks TLS, and this port plain HTTP: ask with `http://`"),
        (b"\0\0\0\r\n\r\n", 400, "sent a request that cannot be read (invalid HTTP method parsed)"),
        // No query is shown, and no password.
        (
            b"GET /a b?secret=1 HTTP/1.1\r\n\r\n",
            400,
            "sent a request that cannot be read (invalid HTTP version parsed): `GET /a b`",
        ),
        (
            b"GET http://me:secret@a/ HTTP/1.1\r\nA b: c\r\n\r\n",
            400,
            "sent a request that cannot be read (invalid HTTP header parsed): `GET http`",
        ),
        (
            b"GET /a?secret=1 HTTP/1.1\r\nA b: c\r\n\r\n",
            400,
            "sent a request that cannot be read (invalid HTTP header parsed): `GET /a`",
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            400,
            "sent a request that cannot be read (invalid content-length parsed): `POST / HTTP/1.1`",
        ),
        (
            b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
            400,
            "sent a request that cannot be read (invalid HTTP version parsed): `PRI * HTTP/2.0`",
        ),
        (&long_header, 431, &format!("{head}: `GET /a`")),
        (&long_url, 431, &format!("{head}: `GET /a{}`", "x".repeat(34))),
        (&no_http_2, 0, "lost its HTTP/2 connection: connection error detected: frame with invalid size"),
    ];
    for (at, (bytes, status, what)) in rows.into_iter().enumerate() {
        let mut stream = running.connect().await;
        let peer = stream.local_addr().unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        let answered = String::from_utf8_lossy(&answer).starts_with(&format!("HTTP/1.1 {status} "));
        let exchange = running.exchange(at).await;
        assert_eq!(exchange.trouble, Some(format!("{peer} {what}")));
        assert_eq!((exchange.status, answered), (status, status != 0), "{what}");
        assert_eq!((exchange.method.as_str(), exchange.path.as_str(), exchange.host), ("", "", None));
    }
}

#[tokio::test]
async fn a_second_request_that_cannot_be_read_is_told_of_beside_the_first() {
    let running = Running::mapped(&[]).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET /loja HTTP/1.1\r\nHost: a\r\n\r\nhello\r\n\r\n").await.unwrap();
    let mut answers = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answers)).await.unwrap().unwrap();
    assert_eq!(running.exchange(0).await.status, 410);
    let second = running.exchange(1).await;
    let trouble = second.trouble.unwrap();
    assert!(second.status == 400 && trouble.ends_with("(invalid HTTP method parsed)"), "{trouble}");
}

#[tokio::test]
async fn who_leaves_within_a_head_is_told_of_and_who_leaves_without_a_word_is_not() {
    let running = Running::mapped(&[]).await;
    let spoken = [PREFACE, SETTINGS].concat();
    let ended = [PREFACE, SETTINGS, GOAWAY].concat();
    let answered = b"GET /loja HTTP/1.1\r\nHost: a\r\n\r\n".as_slice();
    for bytes in [b"".as_slice(), b"\r\n\r\n", PREFACE, &spoken, &ended, answered] {
        for is_reset in [false, true] {
            let mut stream = running.connect().await;
            stream.write_all(bytes).await.unwrap();
            if !bytes.is_empty() && bytes != b"\r\n\r\n" {
                // It has been understood.
                stream.read_exact(&mut [0; 9]).await.unwrap();
            }
            if is_reset {
                stream.set_zero_linger().unwrap();
            }
        }
    }
    for (at, (begun, shown)) in [("P", "P"), ("GET /a?x=", "GET /a")].into_iter().enumerate() {
        let mut stream = running.connect().await;
        let peer = stream.local_addr().unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        drop(stream);
        // The two before are those that were answered.
        let exchange = running.exchange(2 + at).await;
        let expected = format!("{peer} left before the head of its request was whole: `{shown}`");
        assert_eq!((exchange.status, exchange.trouble), (0, Some(expected)));
    }
    assert_eq!(running.notices().len(), 4, "{:?}", running.notices());
}

#[tokio::test]
async fn a_head_that_does_not_end_in_time_is_told_of_and_an_unused_connection_is_not() {
    let head_timeout = Duration::from_millis(300);
    let running = Running::with(ServeSettings { head_timeout, ..ServeSettings::default() }).await;
    let begun = ["PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: a\r\nx:"];
    let unused = ["", "GET /loja HTTP/1.1\r\nHost: a\r\n\r\n"];
    for bytes in begun.into_iter().chain(unused) {
        let mut stream = running.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
    for (at, shown) in ["PRI * HTTP/2.0", "GET / HTTP/1.1"].into_iter().enumerate() {
        let exchange = running.exchange(at).await;
        let trouble = exchange.trouble.unwrap();
        let expected = format!("did not end the head of its request within 0 s: `{shown}`");
        assert!(exchange.status == 0 && trouble.ends_with(&expected), "{trouble}");
    }
    assert_eq!(running.exchange(2).await.status, 410);
    assert_eq!(running.notices().len(), 3, "{:?}", running.notices());
}
