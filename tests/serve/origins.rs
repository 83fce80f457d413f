//! Servers that play origins.

use std::sync::Arc;
use std::time::Duration;

use crossfade::serve::{Edge, ServeSettings, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::harness::{Answer, PATIENCE, Running, head, mirror, raw_origin, read_head, site, tabled_with};

#[tokio::test]
async fn an_origin_gets_the_request_with_its_bytes() {
    let port = mirror().await;
    let running = Running::mapped(&[format!("legacy={port}"), format!("cms=http://127.0.0.1:{port}/under/")]).await;
    let rows = [
        ("/", "GET / "),
        ("/a%2fb//c/.d/%7e/%zz", "GET /a%2fb//c/.d/%7e/%zz "),
        // But for dots: no origin resolves what was decided otherwise.
        ("/a%2fb//c/../d/%2e/%zz", "GET /a%2Fb/d/%25zz "),
        ("//evil.example/x", "GET //evil.example/x "),
        ("/a?x=%20+&&y=?/", "GET /a?x=%20+&&y=?/ "),
        ("/{}|\"~!$&'()*+,;=:@", "GET /{}|\"~!$&'()*+,;=:@ "),
        ("/promoções", "GET /promoções "),
        ("/cms/a?b", "GET /under/base/cms/a?b "),
    ];
    for (target, expected) in rows {
        let answer = running.get(target, "").await;
        let text = answer.text().replacen('\n', " \n", 1);
        assert!(text.starts_with(expected), "{target}: {text}");
        assert_eq!((answer.status, answer.header("x-origin-says")), (200, "hello"), "{target}");
    }
}

#[tokio::test]
async fn an_origin_gets_the_headers_that_cloudfront_would_send() {
    let port = mirror().await;
    let running = Running::mapped(&[format!("legacy={port}"), format!("cms={port}")]).await;
    let sent = "Cookie: crossfade-draw=0\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\
                Connection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Real-IP: 1\r\nX-Origin-Verify: forged\r\n\
                x-latin: caf\u{e9}\r\nX-Two: 1\r\nX-Two: 2\r\nX-Debug: 1\r\n";
    let mut request = head("GET", "/cms", sent);
    // `é` in ISO-8859-1: one byte that is no UTF-8.
    let at = request.windows(2).position(|bytes| bytes == "é".as_bytes()).unwrap();
    request.splice(at..at + 2, [0xe9]);
    let answer = running.ask(&request).await;
    let text = answer.text();
    let rows = [
        "host: cms.example.com\n",
        "x-forwarded-for: 203.0.113.9, 127.0.0.1\n",
        "user-agent: Amazon CloudFront\n",
        "cookie: crossfade-draw=0\n",
        "x-latin: caf\\xe9\n",
        "x-two: 1\nx-two: 2\n",
        "x-from: edge\n",
        "x-origin-verify: hush\n",
        "x-crossfade-host: www.example.com\n",
        "via: 1.1 ",
    ];
    for row in rows {
        assert!(text.contains(row), "{row}: {text}");
    }
    for absent in
        ["x-forwarded-proto", "x-hop", "x-real-ip", "te:", "forged", "x-debug", "connection", "content-length"]
    {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    assert_eq!(answer.header("x-crossfade-route"), "cms");
    let viewer = running.get("/", "").await.text();
    assert!(viewer.contains("host: www.example.com\n"), "`host = \"viewer\"`: {viewer}");
}

#[tokio::test]
async fn bodies_go_through_in_every_framing() {
    let port = mirror().await;
    let mapped = Running::mapped(&[format!("legacy={port}")]).await;
    let played = Running::mapped(&[]).await;
    let rows = [
        ("length", head("POST", "/", "Content-Length: 5\r\n"), "hello", ["content-length: 5\n", "5 bytes\n"]),
        (
            "chunks",
            head("PUT", "/", "Transfer-Encoding: chunked\r\n"),
            "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            ["PUT", "5 bytes\n"],
        ),
        ("expect", head("POST", "/", "Expect: 100-continue\r\nContent-Length: 1\r\n"), "x", ["", "1 bytes\n"]),
        ("empty", head("POST", "/", "Content-Length: 0\r\n"), "", ["POST", "0 bytes\n"]),
        ("none", head("DELETE", "/", ""), "", ["DELETE", "0 bytes\n"]),
    ];
    for (name, head, body, expected) in rows {
        let request = [head.as_slice(), body.as_bytes()].concat();
        let raw = mapped.ask(&request).await;
        let answer = if raw.status == 100 { Answer::parse(&raw.body) } else { raw };
        assert_eq!(answer.status, 200, "{name}");
        for text in expected {
            assert!(answer.text().contains(text), "{name}: {}", answer.text());
        }
        let raw = played.ask(&request).await;
        let answer = if raw.status == 100 { Answer::parse(&raw.body) } else { raw };
        assert!(answer.text().contains(expected[1]), "{name}, by the stand-in: {}", answer.text());
    }
}

#[tokio::test]
async fn a_map_that_leads_back_here_is_a_loop_and_is_named() {
    let running = Running::mapped(&[]).await;
    let port = running.address.port();
    // The port is known only once the edge listens: a second edge in front of the first would be none.
    let relay = raw_origin(move |mut stream| async move {
        let mut onward = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    let tabled = tabled_with(site(), &[format!("legacy={own}")]);
    let edge = Edge::new(tabled, ServeSettings::default(), Arc::new(|_| {}));
    tokio::spawn(serve(listener, Arc::new(edge), std::future::pending()));
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", own)).await.unwrap();
    stream.write_all(&head("GET", "/", "")).await.unwrap();
    let answer = Answer::read(&mut stream).await;
    assert_eq!(answer.status, 508, "{}", answer.text());
    // Two different edges behind each other are no loop.
    let front = Running::mapped(&[format!("legacy={relay}")]).await;
    assert_eq!(front.get("/", "").await.status, 200);
}

#[tokio::test]
async fn a_slow_viewer_is_not_the_origins_fault() {
    let port = mirror().await;
    let running = Running::mapped(&[format!("legacy={port}")]).await;
    let mut stream = running.connect().await;
    stream.write_all(&head("POST", "/", "Content-Length: 4\r\n")).await.unwrap();
    for byte in *b"slow" {
        // In all longer than the origin's `read_timeout` of one second.
        tokio::time::sleep(Duration::from_millis(600)).await;
        stream.write_all(&[byte]).await.unwrap();
    }
    let answer = Answer::read(&mut stream).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("4 bytes\n"), "{}", answer.text());
}

#[tokio::test]
async fn head_of_an_origin_keeps_the_length_that_it_tells() {
    let rows = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "5"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "5"),
    ];
    for (head_of_answer, length) in rows {
        let port = raw_origin(move |mut stream| async move {
            read_head(&mut stream).await;
            stream.write_all(head_of_answer.as_bytes()).await.unwrap();
            // It stays open: the answer must not be waited for.
            std::future::pending::<()>().await;
        })
        .await;
        let running = Running::mapped(&[format!("legacy={port}")]).await;
        let answer = running.ask(&head("HEAD", "/", "")).await;
        assert_eq!((answer.header("content-length"), answer.text().as_str()), (length, ""), "{head_of_answer}");
    }
}

#[tokio::test]
async fn an_early_answer_to_an_upload_reaches_its_viewer() {
    let port = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\nConnection: close\r\n\r\nstop").await.unwrap();
        // What was sent is read, so that the answer is not lost to a reset.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let running = Running::mapped(&[format!("legacy={port}")]).await;
    let mut stream = running.connect().await;
    stream.write_all(&head("POST", "/", "Content-Length: 50000000\r\n")).await.unwrap();
    stream.write_all(&[0; 100_000]).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, async {
        let head = read_head(&mut stream).await;
        let mut body = [0; 4];
        stream.read_exact(&mut body).await.unwrap();
        (Answer::parse(head.as_bytes()).status, body)
    });
    assert_eq!(answer.await.unwrap(), (413, *b"stop"));
}

#[tokio::test]
async fn an_origin_that_closes_each_connection_is_asked_anew() {
    let port = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    })
    .await;
    let running = Running::mapped(&[format!("legacy={port}")]).await;
    for turn in 0..50 {
        let answer = running.get("/", "").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{turn}");
    }
}

#[tokio::test]
async fn whoever_sends_a_whole_upload_first_still_gets_its_answer() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let hasty = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let maps = [format!("legacy={closed}"), format!("cms={hasty}"), "site=.".to_owned()];
    let running = Running::mapped(&maps).await;
    let body = vec![0; 20_000_000];
    for (target, statuses) in [("/old", [301, 301]), ("/assets/a", [405, 405]), ("/", [502, 502]), ("/cms", [413, 502])]
    {
        let mut stream = running.connect().await;
        stream.write_all(&head("POST", target, "Content-Length: 20000000\r\n")).await.unwrap();
        let sent = stream.write_all(&body).await;
        assert!(sent.is_ok(), "{target}: {sent:?}");
        let answer = Answer::read(&mut stream).await;
        assert!(statuses.contains(&answer.status), "{target}: {}", answer.text());
    }
}
