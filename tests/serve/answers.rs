//! What a viewer is answered: by the stand-in, by the edge itself, and where a request is refused.

use crossfade::serve::ServeSettings;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::harness::{EARLY, NOT_EARLY, Running, head};

#[tokio::test]
async fn each_request_goes_where_the_table_says() {
    let running = Running::mapped(&[]).await;
    let rows = [
        ("/", "", 200, "legacy", "-", "origin `legacy`"),
        ("/cms/a?b=%20&c", "", 200, "cms", "cms", "path    /base/cms/a\n  query   b=%20&c\n"),
        ("/cms/a", "", 200, "cms", "cms", "written  routes.toml:7\n"),
        ("/assets/a.css", "", 200, "site", "assets", "host    site-bucket.s3.sa-east-1.amazonaws.com\n"),
        ("/cms", "X-Debug: 1\r\n", 200, "cms", "cms", "x-from "),
        ("/cms", "", 200, "cms", "cms", "x-origin-verify  (not shown)\n"),
        ("/old?x=1", "", 301, "-", "moved", ""),
        ("/loja/1", "", 410, "-", "retired", "gone\n"),
        ("/a/..;/b", "", 400, "-", "-", "bad request\n"),
        ("/home", EARLY, 200, "cms", "early-home", "/base/early"),
        ("/home", NOT_EARLY, 200, "legacy", "-", ""),
        ("/home", "Cookie: crossfade-draw=0; crossfade-draw=6\r\n", 200, "legacy", "-", ""),
        ("/home", "Cookie: crossfade-draw=0\r\nX-Crossfade-Cohort: early\r\n", 200, "legacy", "-", ""),
        ("/home", "Cookie: crossfade-draw=0\r\nCloudFront-Viewer-Country: BR\r\n", 200, "cms", "brazil", "/base/br"),
        (
            "/home",
            "Cookie: crossfade-draw=0\r\nAccept-Language: fr, es-MX;q=0.9, pt;q=0.8\r\n",
            200,
            "cms",
            "spanish",
            "/base/es",
        ),
        ("/home", "Accept-Language: es\r\nCookie: lang=pt; crossfade-draw=0\r\n", 200, "legacy", "-", ""),
        ("/home", "Cookie: crossfade-draw=0; lang=es\r\n", 200, "cms", "spanish", "/base/es"),
        ("/home", "Cookie: crossfade-draw=0\r\nX-Crossfade-Language: es\r\n", 200, "legacy", "-", ""),
        (
            "/home",
            "Cookie: crossfade-draw=0\r\nX-Crossfade-Host: evil.example\r\n",
            200,
            "legacy",
            "-",
            "www.example.com\n",
        ),
    ];
    for (target, lines, status, origin, route, text) in rows {
        let answer = running.get(target, lines).await;
        let choice = (answer.status, answer.header("x-crossfade-origin"), answer.header("x-crossfade-route"));
        assert_eq!(choice, (status, origin, route), "{target} {lines}");
        assert!(answer.text().contains(text), "{target} {lines}: {}", answer.text());
        assert!(!answer.text().contains("hush") && !answer.text().contains("x-debug"), "{}", answer.text());
    }
    let moved = running.get("/old?x=1", "").await;
    assert_eq!(moved.header("location"), "/new?x=1");
    assert!(moved.header("cache-control").contains("max-age=300"), "{moved:?}");
}

#[tokio::test]
async fn a_page_is_html_for_browsers_and_nothing_of_a_request_is_markup() {
    let running = Running::mapped(&[]).await;
    let browser = "Accept: text/html,application/xhtml+xml\r\nX-Evil: <script>alert(1)</script>\r\n";
    let answer = running.get("/cms?<b>", browser).await;
    let text = answer.text();
    assert_eq!(answer.status, 400, "hyper refuses what no URL may hold: {text}");
    let answer = running.get("/cms/'x'", browser).await;
    let text = answer.text();
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(text.starts_with("<!doctype html>") && text.contains("&lt;script&gt;"), "{text}");
    assert!(text.contains("/base/cms/&#39;x&#39;") && !text.contains("<script"), "{text}");
}

#[tokio::test]
async fn the_country_of_the_settings_holds_where_a_viewer_says_none() {
    let running = Running::with(ServeSettings { country: Some("BR".to_owned()), ..ServeSettings::default() }).await;
    let rows = [("", "brazil"), ("CloudFront-Viewer-Country: PT\r\n", "-")];
    for (lines, route) in rows {
        assert_eq!(
            running.get("/home", &format!("{NOT_EARLY}{lines}")).await.header("x-crossfade-route"),
            route,
            "{lines}"
        );
    }
}

#[tokio::test]
async fn a_new_viewer_is_given_a_draw_once_and_stays_where_it_puts_it() {
    let running = Running::mapped(&[]).await;
    let mut draws = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let first = running.get("/home", "").await;
        let (draw, rest) = first.header("set-cookie").split_once(';').unwrap();
        assert_eq!(rest, " Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", "{first:?}");
        let again = running.get("/home", &format!("Cookie: {draw}\r\n")).await;
        assert_eq!(again.header("set-cookie"), "");
        assert_eq!(again.header("x-crossfade-route"), first.header("x-crossfade-route"), "{draw}");
        draws.insert(draw.to_owned());
    }
    assert!(draws.len() > 40, "each request draws for itself: {draws:?}");
    for target in ["/old", "/loja/1", "/a/..;/b"] {
        assert!(running.get(target, "").await.header("set-cookie").starts_with("crossfade-draw="), "{target}");
    }
}

#[tokio::test]
async fn what_cloudfront_or_serve_does_not_take_is_refused_in_words() {
    let running = Running::mapped(&[]).await;
    let long = |bytes: usize| format!("/{}", "a".repeat(bytes - 1));
    let fields = |count: usize| (0..count).map(|at| format!("x{at}: y\r\n")).collect::<String>();
    let rows = [
        ("8 KB URL", head("GET", &long(8_192), ""), 200, "aaaa"),
        ("longer URL", head("GET", &long(8_193), ""), 414, "the URL is 8193 bytes long, CloudFront takes 8192"),
        ("60 KB URL", head("GET", &long(60_000), ""), 414, "the URL is 60000 bytes long"),
        ("70 KB URL", head("GET", &long(70_000), ""), 431, ""),
        ("3,000 headers", head("GET", "/", &fields(3_000)), 200, "x2999"),
        ("5,000 headers", head("GET", "/", &fields(5_000)), 494, "headers are "),
        ("10,000 headers", head("GET", "/", &fields(10_000)), 431, ""),
        ("a header of 40 KB", head("GET", "/", &format!("x: {}\r\n", "y".repeat(40_000))), 494, "headers are 40"),
        ("a header of 1 MB", head("GET", "/", &format!("x: {}\r\n", "y".repeat(1_000_000))), 431, ""),
        ("websocket", head("GET", "/", "Upgrade: WebSocket\r\n"), 501, "not WebSockets"),
        ("h2c upgrade", head("GET", "/", "Upgrade: h2c\r\nHTTP2-ServeSettings: AAAA\r\n"), 200, "origin `legacy`"),
        ("two hosts", head("GET", "/", "Host: b.example\r\n"), 400, "one `Host` header"),
        ("no host", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(), 400, "one `Host` header"),
        ("asterisk", head("OPTIONS", "*", ""), 400, "`OPTIONS *`"),
        ("connect", head("CONNECT", "a.example:443", ""), 400, "names no path"),
        ("own method", head("PURGE", "/", ""), 200, "method  PURGE"),
        ("not UTF-8", b"GET /\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), 400, ""),
        ("no HTTP", b"hello there\r\n\r\n".to_vec(), 400, ""),
        ("HTTP/1.0", b"GET /cms HTTP/1.0\r\n\r\n".to_vec(), 200, "origin `cms`"),
        (
            "absolute form",
            b"GET http://other.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(),
            200,
            "other.example\n",
        ),
    ];
    for (name, request, status, text) in rows {
        let answer = running.ask(&request).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(text), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn head_has_the_head_of_get_and_no_body() {
    let running = Running::mapped(&[]).await;
    for target in ["/", "/loja", "/old"] {
        let get = running.get(target, NOT_EARLY).await;
        let answer = running.ask(&head("HEAD", target, NOT_EARLY)).await;
        assert_eq!((answer.status, answer.text().as_str()), (get.status, ""), "{target}");
        let length: i64 = answer.header("content-length").parse().unwrap_or(0);
        // The stand-in page tells the method, which is a letter longer.
        assert!((length - get.body.len() as i64).abs() <= 1, "{target}: {answer:?}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_on_the_same_port() {
    let running = Running::mapped(&[]).await;
    let io = TokioIo::new(running.connect().await);
    let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let connection = tokio::spawn(connection);
    let rows = [
        ("GET", "http://www.example.com/cms/%2F//x?y", 200, "cms", "/base/cms/%2F//x"),
        ("GET", "http://www.example.com/", 200, "-", "www.example.com\n"),
        ("HEAD", "http://www.example.com/", 200, "-", ""),
        ("GET", "http://www.example.com/old", 301, "moved", ""),
    ];
    for (method, uri, status, route, text) in rows {
        let request = Request::builder().method(method).uri(uri).header("cookie", "a=1").header("cookie", "b=2");
        let response = client.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{uri}");
        assert_eq!(response.headers()["x-crossfade-route"], route, "{uri}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(text) && (text.is_empty() || body.contains("a=1; b=2")), "{uri}: {body}");
    }
    for (bytes, status) in [(20_000, 200), (100_000, 494)] {
        let request = Request::get("http://www.example.com/").header("x", "y".repeat(bytes));
        let response = client.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{bytes}");
    }
    drop(client);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn every_request_is_told_of_when_its_answer_has_left() {
    let running = Running::mapped(&[]).await;
    running.get("/cms/a?secret=1", "").await;
    running.get("/old", "").await;
    running.ask(&head("GET", &format!("/{}", "a".repeat(9_000)), "")).await;
    let first = running.exchange(0).await;
    assert_eq!((first.status, first.method.as_str(), first.path.as_str()), (200, "GET", "/cms/a"));
    assert_eq!((first.origin.as_deref(), first.route.as_deref()), (Some("cms"), Some("cms")));
    assert_eq!((first.host.as_deref(), first.trouble), (Some("www.example.com"), None));
    let second = running.exchange(1).await;
    assert_eq!((second.status, second.origin, second.route.as_deref()), (301, None, Some("moved")));
    let third = running.exchange(2).await;
    assert_eq!(third.status, 414);
    assert_eq!(third.trouble.as_deref(), Some("the URL is 9001 bytes long, CloudFront takes 8192"));
}
