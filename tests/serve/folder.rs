//! A folder plays an origin, as a bucket would answer.

use tokio::io::AsyncWriteExt;

use crate::harness::{Running, head, read_head};

#[tokio::test]
async fn a_folder_plays_an_origin() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("index.html", "<h1>home"), ("assets/a.css", "a{}"), ("assets/b b.js", "1"), ("assets/empty.bin", "")];
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let running = Running::mapped(&[format!("site={}", folder.path().display())]).await;
    let rows = [
        ("GET", "/assets/a.css", 200, "text/css; charset=utf-8", "a{}"),
        ("GET", "/assets/a.css?v=1", 200, "text/css; charset=utf-8", "a{}"),
        ("HEAD", "/assets/a.css", 200, "text/css; charset=utf-8", ""),
        ("GET", "/assets/b%20b.js", 200, "text/javascript; charset=utf-8", "1"),
        ("GET", "/assets/empty.bin", 200, "application/octet-stream", ""),
        ("GET", "/assets/none", 404, "text/plain; charset=utf-8", "has no file for `/assets/none`"),
        ("GET", "/assets/", 404, "text/plain; charset=utf-8", "has no file"),
        ("GET", "/assets/%2e%2e/index.html", 200, "text/plain; charset=utf-8", "origin `legacy`"),
        ("GET", "/assets/..%2findex.html", 404, "text/plain; charset=utf-8", "has no file"),
        ("GET", "/assets/..%2f..%2f..%2f..%2fetc/passwd", 404, "text/plain; charset=utf-8", "has no file"),
        ("GET", "/assets/%00", 404, "text/plain; charset=utf-8", "has no file"),
        ("POST", "/assets/a.css", 405, "text/plain; charset=utf-8", "answers GET and HEAD"),
    ];
    for (method, target, status, content_type, text) in rows {
        let answer = running.ask(&head(method, target, "")).await;
        let found = (answer.status, answer.header("content-type"));
        assert_eq!(found, (status, content_type), "{target}: {}", answer.text());
        assert!(answer.text().contains(text), "{target}: {}", answer.text());
        if method == "HEAD" {
            assert_eq!((answer.header("content-length"), answer.text().as_str()), ("3", ""));
        }
    }
}

#[tokio::test]
async fn a_file_is_given_whole_or_in_part_and_how_it_ended_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("assets/a.bin"), vec![7; 20_000_000]).unwrap();
    let running = Running::mapped(&[format!("site={}", folder.path().display())]).await;
    let whole = running.get("/assets/a.bin", "").await;
    let same = format!("If-None-Match: {}\r\n", whole.header("etag"));
    let rows = [("", 200, 20_000_000), ("Range: bytes=5-104857\r\n", 206, 104_853), (same.as_str(), 304, 0)];
    for (at, (lines, status, bytes)) in rows.into_iter().enumerate() {
        let answer = running.get("/assets/a.bin", lines).await;
        assert_eq!((answer.status, answer.body.len()), (status, bytes), "{lines}");
        let told = running.exchange(at + 1).await;
        assert_eq!((told.status, told.bytes, told.trouble), (status, bytes as u64, None), "{lines}");
    }
    let mut leaver = running.connect().await;
    leaver.write_all(&head("GET", "/assets/a.bin", "")).await.unwrap();
    read_head(&mut leaver).await;
    drop(leaver);
    assert_eq!(running.exchange(4).await.trouble.as_deref(), Some("the viewer left before the end"));
}

#[tokio::test]
async fn a_folder_that_is_gone_is_a_dead_origin_until_it_is_back() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("dist");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    let running = Running::mapped(&[format!("site={}", folder.display())]).await;
    assert_eq!(running.get("/assets/a.css", "").await.status, 404);
    std::fs::remove_dir_all(&folder).unwrap();
    let answer = running.get("/assets/a.css", "").await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("the folder that plays `site` is gone: `"), "{}", answer.text());
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join("assets/a.css"), "a{}").unwrap();
    assert_eq!(running.get("/assets/a.css", "").await.text(), "a{}");
}

#[tokio::test]
async fn a_part_of_a_file_is_given_as_a_bucket_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, content) in [("ten.txt", "0123456789"), ("empty.txt", "")] {
        std::fs::write(folder.path().join("assets").join(name), content).unwrap();
    }
    let running = Running::mapped(&[format!("site={}", folder.path().display())]).await;
    let whole = running.get("/assets/ten.txt", "").await;
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let (tag, date) = (whole.header("etag"), whole.header("last-modified"));
    let part = |condition: &str| format!("Range: bytes=0-3\r\n{condition}\r\n");
    let plain = |range: &str| format!("Range: {range}\r\n");
    let rows = [
        ("GET", "ten", plain("bytes=0-3"), 206, "bytes 0-3/10", "0123"),
        ("GET", "ten", plain("bytes=8-99"), 206, "bytes 8-9/10", "89"),
        ("GET", "ten", plain("bytes=5-"), 206, "bytes 5-9/10", "56789"),
        ("GET", "ten", plain("bytes=-3"), 206, "bytes 7-9/10", "789"),
        ("GET", "ten", plain("bytes=-30"), 206, "bytes 0-9/10", "0123456789"),
        ("GET", "ten", plain("bytes=10-"), 416, "bytes */10", ""),
        ("GET", "ten", plain("bytes=-0"), 416, "bytes */10", ""),
        ("GET", "empty", plain("bytes=0-"), 416, "bytes */0", ""),
        ("GET", "ten", plain("bytes=3-1"), 200, "", "0123456789"),
        ("GET", "ten", plain("bytes=0-1,3-4"), 200, "", "0123456789"),
        ("GET", "ten", plain("lines=0-1"), 200, "", "0123456789"),
        ("HEAD", "ten", plain("bytes=0-3"), 206, "bytes 0-3/10", ""),
        ("HEAD", "ten", plain("bytes=10-"), 416, "bytes */10", ""),
        ("GET", "ten", part(&format!("If-Range: {tag}")), 206, "bytes 0-3/10", "0123"),
        ("GET", "ten", part(&format!("If-Range: {date}")), 206, "bytes 0-3/10", "0123"),
        ("GET", "ten", part("If-Range: \"another\""), 200, "", "0123456789"),
        ("GET", "ten", part("If-Range: Thu, 01 Jan 1970 00:00:00 GMT"), 200, "", "0123456789"),
        ("GET", "ten", part(&format!("If-None-Match: {tag}")), 304, "", ""),
        ("GET", "ten", part("If-Match: \"another\""), 412, "", ""),
    ];
    for (method, name, lines, status, range, text) in rows {
        let answer = running.ask(&head(method, &format!("/assets/{name}.txt"), &lines)).await;
        let found = (answer.status, answer.header("content-range"), answer.text());
        assert_eq!(found, (status, range, text.to_owned()), "{method} {name} {lines}");
        if method == "HEAD" && status == 206 {
            assert_eq!(answer.header("content-length"), "4", "{lines}");
        }
    }
}
