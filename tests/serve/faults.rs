//! Whose fault it is that an exchange breaks off: each place where a viewer or an origin can fail, over real sockets.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crossfade::serve::ServeSettings;
use hyper::Request;
use hyper::body::{Body, Bytes, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::harness::{Answer, PATIENCE, Running, head, mirror, raw_origin, read_head, site, tabled_with};

/// How a side ends after it has sent what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It says no more, and reads on.
    Stay,
    /// It closes its sending side, and reads on.
    Shut,
    /// It closes the connection.
    Close,
    /// It tears the connection down.
    Reset,
}

/// Ends a side; the connection where it is still there.
async fn end(mut stream: TcpStream, then: Then) -> Option<TcpStream> {
    match then {
        Then::Stay => {}
        Then::Shut => stream.shutdown().await.unwrap(),
        Then::Close => return None,
        Then::Reset => {
            stream.set_zero_linger().unwrap();
            return None;
        }
    }
    Some(stream)
}

/// An origin that reads the head of a request, sends this and ends.
async fn scripted(answer: &'static [u8], then: Then) -> u16 {
    raw_origin(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(answer).await.unwrap();
        if let Some(mut stream) = end(stream, then).await {
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_viewers_fault() {
    let (chunked, ten) = ("Transfer-Encoding: chunked\r\n", "Content-Length: 10\r\n");
    let rows = [
        (chunked, "zz\r\n", Then::Stay, "invalid chunk size line: missing size digit"),
        (chunked, "3\r\nabc\r\nzz\r\n", Then::Stay, "invalid chunk size line: missing size digit"),
        (chunked, "5\r\nab", Then::Shut, "end of file before message length reached"),
        (chunked, "2\r\nab\r\n", Then::Shut, "unexpected EOF during chunk size line"),
        (ten, "abc", Then::Shut, "end of file before message length reached"),
        (ten, "abc", Then::Close, "end of file before message length reached"),
        (ten, "abc", Then::Reset, "connection reset by peer"),
    ];
    // A server, and the stand-in page.
    for maps in [vec![format!("legacy={}", mirror().await)], Vec::new()] {
        let running = Running::mapped(&maps).await;
        for (at, (lines, body, then, why)) in rows.into_iter().enumerate() {
            let mut stream = running.connect().await;
            stream.write_all(&head("POST", "/", lines)).await.unwrap();
            stream.write_all(body.as_bytes()).await.unwrap();
            if then == Then::Reset {
                // A request that is torn down at once might never be read.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let told = format!("the viewer's body broke off: {why}");
            if let Some(mut stream) = end(stream, then).await {
                let answer = Answer::read(&mut stream).await;
                let expected = (400, format!("the request broke off\n{told}\n"));
                assert_eq!((answer.status, answer.text()), expected, "{maps:?} {body:?} {then:?}");
            }
            let exchange = running.exchange(at).await;
            let found = (exchange.status, exchange.origin.as_deref(), exchange.trouble);
            assert_eq!(found, (400, Some("legacy"), Some(told)), "{maps:?} {body:?} {then:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_under_the_answer_is_the_viewers_fault_too() {
    let early = scripted(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", Then::Stay).await;
    let running = Running::mapped(&[format!("legacy={early}")]).await;
    for (at, then) in [Then::Shut, Then::Close, Then::Reset].into_iter().enumerate() {
        let mut stream = running.connect().await;
        stream.write_all(&head("POST", "/", "Content-Length: 10\r\n")).await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        stream.write_all(b"abc").await.unwrap();
        let _stream = end(stream, then).await;
        let exchange = running.exchange(at).await;
        let trouble = exchange.trouble.unwrap_or_default();
        assert!(exchange.status == 200 && trouble.contains("the viewer"), "{then:?}: {trouble}");
    }
}

/// An origin that never answers, and tells each time that it was asked.
async fn silent_origin() -> (u16, mpsc::UnboundedReceiver<()>) {
    let (asked, arrived) = mpsc::unbounded_channel();
    let port = raw_origin(move |mut stream| {
        let asked = asked.clone();
        async move {
            read_head(&mut stream).await;
            asked.send(()).unwrap();
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    })
    .await;
    (port, arrived)
}

#[tokio::test]
async fn a_viewer_that_leaves_is_told_of() {
    let (silent, mut arrived) = silent_origin().await;
    let endless = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[0; 10_000]).await.is_ok() {}
    })
    .await;
    let running = Running::mapped(&[format!("legacy={silent}"), format!("cms={endless}")]).await;
    let mut told = 0;
    for then in [Then::Shut, Then::Close, Then::Reset] {
        let mut stream = running.connect().await;
        stream.write_all(&head("GET", "/", "")).await.unwrap();
        tokio::time::timeout(PATIENCE, arrived.recv()).await.unwrap();
        let _stream = end(stream, then).await;
        let exchange = running.exchange(told).await;
        let found = (exchange.status, exchange.path.as_str(), exchange.trouble.as_deref());
        assert_eq!(found, (0, "/", Some("the viewer left before there was an answer")), "{then:?}");
        told += 1;
    }
    for then in [Then::Close, Then::Reset] {
        let mut stream = running.connect().await;
        stream.write_all(&head("GET", "/cms", "")).await.unwrap();
        read_head(&mut stream).await;
        let _stream = end(stream, then).await;
        let exchange = running.exchange(told).await;
        let found = (exchange.status, exchange.trouble.as_deref());
        assert_eq!(found, (200, Some("the viewer left before the end")), "{then:?}");
        told += 1;
    }
}

/// A body that begins, and ends or fails once it is told to.
struct Begun {
    beginning: Option<Bytes>,
    fail: Option<oneshot::Receiver<()>>,
}

impl Body for Begun {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if let Some(bytes) = self.beginning.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.fail {
            Some(fail) => Pin::new(fail).poll(cx).map(|_| Some(Err("failed"))),
            None => Poll::Ready(None),
        }
    }
}

#[tokio::test]
async fn a_stream_of_http_2_that_is_reset_is_told_of() {
    let (silent, mut arrived) = silent_origin().await;
    let half = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Then::Stay).await;
    let running = Running::mapped(&[format!("legacy={silent}"), format!("cms={half}")]).await;
    let io = TokioIo::new(running.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let (tell, fail) = oneshot::channel();
    let body = Begun { beginning: Some(Bytes::from_static(b"abc")), fail: Some(fail) };
    let upload = Request::post("http://www.example.com/").body(body).unwrap();
    let answer = tokio::spawn(sender.send_request(upload));
    tokio::time::timeout(PATIENCE, arrived.recv()).await.unwrap();
    tell.send(()).unwrap();
    assert!(answer.await.unwrap().is_err());
    let exchange = running.exchange(0).await;
    let trouble = exchange.trouble.unwrap();
    assert!([0, 400].contains(&exchange.status) && trouble.starts_with("the viewer"), "{trouble}");
    let download = Request::get("http://www.example.com/cms").body(Begun { beginning: None, fail: None }).unwrap();
    drop(sender.send_request(download).await.unwrap());
    let exchange = running.exchange(1).await;
    assert_eq!((exchange.status, exchange.trouble.as_deref()), (200, Some("the viewer left before the end")));
}

#[tokio::test]
async fn an_origin_without_a_whole_head_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let rows: [(&[u8], Then, u16, &str); 11] = [
        (b"", Then::Close, 502, "sent no answer: connection closed before message completed"),
        (b"", Then::Reset, 502, "sent no answer: connection reset by peer"),
        (b"", Then::Stay, 504, "was silent for 1 s, its `read_timeout`"),
        (b"HTTP/1.1 200 OK\r\nx: ", Then::Close, 502, "sent no answer: connection closed before message completed"),
        (b"HTTP/1.1 200 OK\r\nx: ", Then::Stay, 504, "was silent for 1 s, its `read_timeout`"),
        (b"nonsense\r\n\r\n", Then::Stay, 502, "sent no answer: invalid HTTP version parsed"),
        (b"\x16\x03\x01\x02", Then::Stay, 502, "sent no answer: invalid HTTP version parsed"),
        (b"HTTP/1.1 20 Short\r\n\r\n", Then::Stay, 502, "sent no answer: invalid HTTP status-code parsed"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            Then::Stay,
            502,
            "sent no answer: invalid content-length parsed",
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\n",
            Then::Close,
            502,
            "sent no answer: connection closed before message completed",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            Then::Stay,
            502,
            "answered 101 to a request that asked for no other protocol",
        ),
    ];
    let mut origins = vec![(closed, 502, format!("no connection to 127.0.0.1:{closed}: connection refused"))];
    for (answer, then, status, why) in rows {
        let port = scripted(answer, then).await;
        origins.push((port, status, format!("127.0.0.1:{port} {why}")));
    }
    for (port, status, why) in origins {
        let running = Running::mapped(&[format!("legacy={port}")]).await;
        let answer = running.get("/", "").await;
        let expected = (status, format!("origin `legacy` did not answer\n{why}\n"));
        assert_eq!((answer.status, answer.text()), expected);
        assert_eq!(answer.header("x-crossfade-origin"), "legacy");
        let exchange = running.exchange(0).await;
        assert_eq!((exchange.status, exchange.trouble), (status, Some(why)));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_origin_that_takes_no_connection_in_time_is_unreachable() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let address = full.local_addr().unwrap();
    // Connections wait to be accepted until there is no room for more.
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    let tabled = tabled_with(site(), &[format!("legacy={}", address.port())]);
    let connect_timeout = Duration::from_millis(300);
    let running = Running::by(tabled, ServeSettings { connect_timeout, ..ServeSettings::default() }).await;
    let answer = running.get("/", "").await;
    let expected = (504, format!("origin `legacy` did not answer\nno connection to {address} in time\n"));
    assert_eq!((answer.status, answer.text()), expected);
}

#[tokio::test]
async fn an_origin_that_breaks_off_its_answer_is_named() {
    let length = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let garbled = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n";
    let rows: [(&[u8], Then, &str); 6] = [
        (length, Then::Close, "end of file before message length reached"),
        (length, Then::Reset, "connection reset by peer"),
        (length, Then::Stay, "silent for 1 s, its `read_timeout`"),
        (chunks, Then::Close, "unexpected EOF during chunk size line"),
        (chunks, Then::Stay, "silent for 1 s, its `read_timeout`"),
        (garbled, Then::Stay, "invalid chunk size line: missing size digit"),
    ];
    for (answer, then, why) in rows {
        let port = scripted(answer, then).await;
        let running = Running::mapped(&[format!("legacy={port}")]).await;
        let answer = running.get("/", "").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "half"), "it is not made to look whole");
        let exchange = running.exchange(0).await;
        assert_eq!(exchange.trouble, Some(format!("origin `legacy` broke off its answer: {why}")));
    }
}

#[tokio::test]
async fn an_origin_that_fails_under_an_upload_is_named() {
    let deaf = raw_origin(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let fickle = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.read_exact(&mut [0; 1_000]).await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let rows = [(deaf, 504, "was silent for 1 s, its `read_timeout`"), (fickle, 502, "sent no answer: ")];
    for (port, status, why) in rows {
        let running = Running::mapped(&[format!("legacy={port}")]).await;
        let mut stream = running.connect().await;
        stream.write_all(&head("POST", "/", "Content-Length: 20000000\r\n")).await.unwrap();
        let (mut from, mut to) = stream.split();
        let mut answer = [0; 12];
        let sending = async { tokio::join!(to.write_all(&[0; 20_000_000]), std::future::pending::<()>()) };
        tokio::select! {
            read = from.read_exact(&mut answer) => drop(read.unwrap()),
            _ = sending => unreachable!("it never ends"),
        }
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
        let trouble = running.exchange(0).await.trouble.unwrap();
        assert!(trouble.starts_with(&format!("127.0.0.1:{port} {why}")), "{trouble}");
    }
}
