//! Streams, many viewers at once, slow ones, and the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossfade::serve::{Notice, Reading, ServeSettings, watch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::harness::{
    Answer, PATIENCE, Running, head, mirror, patient, raw_origin, read_head, site, tabled, tabled_with,
};

#[tokio::test]
async fn the_first_byte_of_an_upload_arrives_before_the_last_is_sent() {
    let (seen, mut arrived) = mpsc::unbounded_channel();
    let port = raw_origin(move |mut stream| {
        let seen = seen.clone();
        async move {
            read_head(&mut stream).await;
            let mut byte = [0];
            while stream.read_exact(&mut byte).await.is_ok() {
                seen.send(byte[0]).unwrap();
                if byte == *b"!" {
                    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                }
            }
        }
    })
    .await;
    let running = Running::mapped(&[format!("legacy={port}")]).await;
    let mut stream = running.connect().await;
    stream.write_all(&head("POST", "/", "Content-Length: 3\r\n")).await.unwrap();
    for byte in *b"ab!" {
        stream.write_all(&[byte]).await.unwrap();
        let there = tokio::time::timeout(PATIENCE, arrived.recv()).await;
        assert_eq!(there.unwrap(), Some(byte), "each byte arrives before the next is sent");
    }
    assert_eq!(Answer::read(&mut stream).await.status, 204);
}

#[tokio::test]
async fn the_first_byte_of_a_download_arrives_before_the_last_is_sent() {
    let (more, next) = mpsc::unbounded_channel::<u8>();
    let next = Arc::new(tokio::sync::Mutex::new(next));
    let port = raw_origin(move |mut stream| {
        let next = Arc::clone(&next);
        async move {
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").await.unwrap();
            while let Some(byte) = next.lock().await.recv().await {
                stream.write_all(&[byte]).await.unwrap();
            }
        }
    })
    .await;
    let running = Running::mapped(&[format!("legacy={port}")]).await;
    let mut stream = running.connect().await;
    stream.write_all(&head("GET", "/", "")).await.unwrap();
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    for byte in *b"abc" {
        more.send(byte).unwrap();
        let there = tokio::time::timeout(PATIENCE, stream.read_u8()).await;
        assert_eq!(there.unwrap().unwrap(), byte, "each byte arrives before the next is sent");
    }
}

#[tokio::test]
async fn many_viewers_keep_their_connections() {
    let port = mirror().await;
    let tabled = tabled_with(patient(site()), &[format!("legacy={port}")]);
    let running = Arc::new(Running::by(tabled, ServeSettings::default()).await);
    let mut viewers = tokio::task::JoinSet::new();
    for viewer in 0..200 {
        let running = Arc::clone(&running);
        viewers.spawn(async move {
            let mut stream = running.connect().await;
            for turn in 0..5 {
                let target = if turn % 2 == 0 { format!("/v{viewer}/{turn}") } else { "/loja".to_owned() };
                let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nCookie: crossfade-draw=0\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = one(&mut stream).await;
                let expected =
                    if turn % 2 == 0 { (200, format!("GET {target}\n")) } else { (410, "gone\n".to_owned()) };
                assert_eq!(answer.status, expected.0);
                assert!(answer.text().starts_with(&expected.1), "{}", answer.text());
            }
        });
    }
    while let Some(viewer) = viewers.join_next().await {
        viewer.unwrap();
    }
}

/// One answer with a `Content-Length` from a connection that stays.
async fn one(stream: &mut TcpStream) -> Answer {
    let head = read_head(stream).await;
    let mut answer = Answer::parse(head.as_bytes());
    answer.body = vec![0; answer.header("content-length").parse().unwrap()];
    stream.read_exact(&mut answer.body).await.unwrap();
    answer
}

#[tokio::test]
async fn a_viewer_that_never_ends_its_head_is_let_go() {
    let head_timeout = Duration::from_millis(300);
    let running = Running::with(ServeSettings { head_timeout, ..ServeSettings::default() }).await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nx:"] {
        let mut stream = running.connect().await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let start = Instant::now();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok() && start.elapsed() >= head_timeout / 2, "{beginning:?}");
    }
    assert_eq!(running.get("/", "").await.status, 200);
}

#[tokio::test]
async fn at_the_end_answers_under_way_are_given_whole() {
    let port = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab").await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(b"cd").await.unwrap();
    })
    .await;
    let mut running = Running::mapped(&[format!("legacy={port}")]).await;
    let mut idle = running.connect().await;
    idle.write_all(b"GET /loja HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert_eq!(one(&mut idle).await.status, 410);
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    running.stop();
    let mut body = Vec::new();
    stream.read_to_end(&mut body).await.unwrap();
    assert_eq!(body, b"abcd");
    tokio::time::timeout(PATIENCE, &mut running.done).await.expect("idle connections do not hold it up").unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn at_the_end_what_is_cut_off_is_no_viewers_fault() {
    let silent = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let half = raw_origin(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let end_timeout = Duration::from_millis(300);
    let tabled = tabled_with(site(), &[format!("legacy={silent}"), format!("cms={half}")]);
    let mut running = Running::by(tabled, ServeSettings { end_timeout, ..ServeSettings::default() }).await;
    let mut halved = running.connect().await;
    halved.write_all(&head("GET", "/cms", "")).await.unwrap();
    assert!(read_head(&mut halved).await.starts_with("HTTP/1.1 200 "));
    let mut waiting = running.connect().await;
    waiting.write_all(&head("GET", "/", "")).await.unwrap();
    let mut begun = running.connect().await;
    begun.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop();
    tokio::time::timeout(PATIENCE, &mut running.done).await.unwrap().unwrap();
    assert_eq!(running.notices(), [Notice::Ending { open: 3, limit: end_timeout }]);
    drop(halved);
    assert_eq!(running.exchange(0).await.trouble.as_deref(), Some("cut off: the program ended"));
    drop(waiting);
    let trouble = running.exchange(1).await.trouble;
    assert_eq!(trouble.as_deref(), Some("cut off: the program ended before there was an answer"));
}

#[tokio::test]
async fn a_new_table_decides_and_a_broken_one_changes_nothing() {
    let running = Running::mapped(&[]).await;
    let mut smaller = site();
    smaller.routes.retain(|route| route.id == "retired");
    let smaller = Box::new(tabled(smaller));
    let mut readings =
        vec![Reading::Unchanged, Reading::Changed(smaller), Reading::Broken("error: no table".to_owned())];
    assert_eq!(running.get("/old", "").await.status, 301);
    let watching = tokio::spawn(watch(Arc::clone(&running.edge), move || readings.pop().unwrap_or(Reading::Unchanged)));
    tokio::time::timeout(PATIENCE, async {
        while running.notices().iter().filter(|notice| !matches!(notice, Notice::Exchange(_))).count() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let notices: Vec<_> =
        running.notices().into_iter().filter(|notice| !matches!(notice, Notice::Exchange(_))).collect();
    let expected = [Notice::Kept("error: no table".to_owned()), Notice::Reloaded { routes: 1 }];
    assert_eq!(notices, expected);
    assert_eq!(running.get("/old", "").await.status, 200);
    assert_eq!(running.get("/loja", "").await.status, 410);
    watching.abort();
}
