//! The program itself: what it prints, how it ends, what it reloads, how much memory it takes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::depth::size;

use crate::harness::{Answer, PATIENCE, head};

const TABLE: &str = r#"
schema = 1
default = "legacy"
include = ["routes/*.toml"]

[[behavior]]
configured_origin = "site"

[origins.legacy]
side = "legacy"
type = "custom"
domain = "legacy.example.com"
host = "viewer"

[origins.site]
side = "new"
type = "s3"
domain = "site.s3.sa-east-1.amazonaws.com"
region = "sa-east-1"

[[route]]
id = "assets"
prefix = "/assets"
origin = "site"

[[route]]
id = "moved"
redirect_map = "moved.csv"
"#;

/// A folder with a table, its map and an included file.
fn table() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("routes")).unwrap();
    let files = [("routes.toml", TABLE), ("moved.csv", "/old,/new,301\n"), ("routes/a.toml", &gone("shop"))];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn gone(prefix: &str) -> String {
    format!("[[route]]\nid = \"gone-{prefix}\"\nprefix = \"/{prefix}\"\ngone = true\n")
}

/// A started program, ended when it goes out of scope.
struct Program {
    child: Child,
    address: SocketAddr,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Program {
    fn start(folder: &Path, arguments: &[&str]) -> Program {
        let mut child = command(folder, arguments).spawn().unwrap();
        let (lines, errors) = (follow(child.stdout.take().unwrap()), follow(child.stderr.take().unwrap()));
        let first = if arguments.contains(&"json") { &errors } else { &lines };
        let banner =
            first.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{:?}", errors.try_iter().collect::<Vec<_>>()));
        let address = banner.split("http://").nth(1).unwrap_or_else(|| panic!("{banner}")).parse().unwrap();
        Program { child, address, lines, errors }
    }

    fn ask(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&bytes)
    }

    fn get(&self, target: &str) -> Answer {
        self.ask(&head("GET", target, ""))
    }

    /// The next line with this text; those before it are passed over.
    fn line(&self, text: &str) -> String {
        wait_for(&self.lines, text)
    }

    fn error(&self, text: &str) -> String {
        wait_for(&self.errors, text)
    }

    /// Most memory that it ever had in use, kB.
    #[cfg(target_os = "linux")]
    fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends a signal and returns the exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        self.signal(signal);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossfade"));
    command.arg("serve").args(arguments).current_dir(folder);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CROSSFADE_ROUTES"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn follow(source: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn wait_for(lines: &Receiver<String>, text: &str) -> String {
    let mut seen = Vec::new();
    let start = Instant::now();
    while let Ok(line) = lines.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
        if line.contains(text) {
            return line;
        }
        seen.push(line);
    }
    panic!("no `{text}` in {seen:#?}");
}

#[test]
fn it_says_where_it_listens_and_tells_of_every_request() {
    let folder = table();
    let program = Program::start(folder.path(), &["--port", "0", "--map", "site=."]);
    assert!(program.line("routes.toml").ends_with("· 3 routes"));
    assert!(program.line("legacy").ends_with(" default"));
    assert!(program.line("site").contains("configured"));
    assert_eq!(program.get("/?token=1").status, 200);
    assert_eq!(program.line("200  GET ").split_whitespace().next_back(), Some("/"));
    assert_eq!(program.get("/old").status, 301);
    let line = program.line("301  GET ");
    assert_eq!(line.split_whitespace().take(4).collect::<Vec<_>>(), ["301", "GET", "-", "moved"]);
    assert_eq!(program.get("/assets/none").status, 404);
    program.line("404  GET      site");
    assert_eq!(program.end("-TERM"), Some(0));
}

#[test]
fn a_quiet_one_says_only_what_is_wrong() {
    let folder = table();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = command(folder.path(), &["-q", "--port", &free.port().to_string()]).spawn().unwrap();
    let (lines, errors) = (follow(child.stdout.take().unwrap()), follow(child.stderr.take().unwrap()));
    let program = Program { child, address: free, lines, errors };
    let start = Instant::now();
    while TcpStream::connect(free).is_err() {
        assert!(start.elapsed() < PATIENCE, "{:?}", program.errors.try_iter().collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(program.get("/old").status, 301);
    std::fs::write(folder.path().join("routes/b.toml"), "x").unwrap();
    program.error("the last good table stays in use");
    std::fs::write(folder.path().join("routes/b.toml"), gone("club")).unwrap();
    while program.get("/club").status != 410 {
        assert!(start.elapsed() < PATIENCE, "it is not reloaded");
    }
    let said = program.lines.try_iter().collect::<Vec<_>>();
    assert_eq!((said, program.end("-INT")), (Vec::<String>::new(), Some(0)));
}

#[test]
fn for_programs_stdout_is_json_and_nothing_else() {
    let folder = table();
    let program = Program::start(folder.path(), &["--port", "0", "--format", "json"]);
    program.get("/shop/1");
    let line = program.lines.recv_timeout(PATIENCE).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let expected = [
        ("schema", 1.into()),
        ("status", 410.into()),
        ("method", "GET".into()),
        ("host", "www.example.com".into()),
        ("path", "/shop/1".into()),
        ("origin", serde_json::Value::Null),
        ("route", "gone-shop".into()),
    ];
    for (key, value) in expected {
        assert_eq!(line[key], value, "{key}");
    }
    assert_eq!(program.end("-INT"), Some(0));
}

/// An origin that never answers; where it tells that it was asked.
fn silent_origin() -> (u16, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, told) = channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1_000]);
            let _ = asked.send(());
            open.push(stream);
        }
    });
    (port, told)
}

#[test]
fn it_says_what_it_waits_for_and_a_second_signal_ends_it_at_once() {
    for format in ["text", "json"] {
        let folder = table();
        let (port, asked) = silent_origin();
        let map = format!("legacy={port}");
        let program = Program::start(folder.path(), &["--port", "0", "--map", &map, "--format", format]);
        let viewers = [1, 2].map(|_| {
            let mut viewer = TcpStream::connect(program.address).unwrap();
            viewer.write_all(&head("GET", "/", "")).unwrap();
            asked.recv_timeout(PATIENCE).unwrap();
            viewer
        });
        program.signal("-INT");
        let said = if format == "json" { program.error("waiting") } else { program.line("waiting") };
        assert_eq!(said, "waiting for 2 open requests, 10 s at most; Ctrl-C again ends now");
        let second = Instant::now();
        assert_eq!(program.end("-INT"), Some(0));
        assert!(second.elapsed() < Duration::from_secs(8), "at once, not when the ten seconds are over");
        drop(viewers);
    }
}

#[test]
fn without_a_request_under_way_it_ends_without_a_word() {
    let folder = table();
    let program = Program::start(folder.path(), &["--port", "0"]);
    let _unused = TcpStream::connect(program.address).unwrap();
    program.line("site");
    program.signal("-INT");
    let rest: Vec<String> = program.lines.iter().filter(|line| !line.is_empty()).collect();
    assert_eq!(rest, [""; 0]);
    assert_eq!(program.errors.iter().next(), None);
}

#[test]
fn a_reload_that_loses_a_mapped_origin_leaves_the_last_table_in_use() {
    let folder = table();
    let write = |text: &str| std::fs::write(folder.path().join("routes.toml"), text).unwrap();
    let program = Program::start(folder.path(), &["--port", "0", "--map", "site=."]);
    assert_eq!(program.get("/assets/none").status, 404);
    let renamed = TABLE.replace("origins.site", "origins.files").replace("\"site\"", "\"files\"");
    write(&renamed);
    assert_eq!(program.error("error"), "error: --map the table has no origin `site`");
    assert_eq!(program.error("help"), "help: it has `legacy` and `files`");
    program.error("the last good table stays in use");
    let answer = program.get("/assets/none");
    assert_eq!((answer.status, answer.header("x-crossfade-origin")), (404, "site"));
    write(&TABLE.replace("id = \"assets\"", "id = \"renamed\""));
    program.line("reloaded: 3 routes");
    assert_eq!(program.get("/assets/none").header("x-crossfade-route"), "renamed");
    assert_eq!(program.errors.try_iter().next(), None, "it is said once");
}

#[test]
fn a_request_that_cannot_be_read_is_a_line_for_people_and_for_programs() {
    let folder = table();
    let sent = b"hello there\r\n\r\n";
    let program = Program::start(folder.path(), &["--port", "0"]);
    assert_eq!(program.ask(sent).status, 400);
    let line = program.line("400  -  ");
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!((&words[..4], words[6]), (&["400", "-", "-", "-"][..], "-"), "{line}");
    assert!(line.ends_with("sent a request that cannot be read (invalid URI): `hello there`"), "{line}");
    let program = Program::start(folder.path(), &["--port", "0", "--format", "json"]);
    assert_eq!(program.ask(sent).status, 400);
    let line: serde_json::Value = serde_json::from_str(&program.line("schema")).unwrap();
    assert_eq!((&line["status"], &line["method"], &line["path"]), (&400.into(), &"".into(), &"".into()), "{line}");
    assert!(line["trouble"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
}

#[test]
fn a_change_of_any_file_is_taken_up_and_a_broken_one_is_told_of() {
    let folder = table();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let program = Program::start(folder.path(), &["--port", "0"]);
    assert_eq!(program.get("/club").status, 200);
    write("routes/b.toml", &gone("club"));
    program.line("reloaded: 4 routes");
    assert_eq!(program.get("/club").status, 410);
    write("moved.csv", "/old,/new,301\n/older,/new,308\n");
    program.line("reloaded: 4 routes");
    assert_eq!(program.get("/older").status, 308);
    write("routes/b.toml", "[[route]]\nid = \"club\"\nprefx = \"/club\"\ngone = true\n");
    program.error("prefx");
    program.error("the last good table stays in use");
    assert_eq!(program.get("/club").status, 410);
    std::fs::remove_file(folder.path().join("routes/b.toml")).unwrap();
    program.line("reloaded: 3 routes");
    assert_eq!(program.get("/club").status, 200);
    std::fs::rename(folder.path().join("routes.toml"), folder.path().join("away.toml")).unwrap();
    program.error("there is no `routes.toml`");
    std::fs::rename(folder.path().join("away.toml"), folder.path().join("routes.toml")).unwrap();
    program.line("reloaded: 3 routes");
    let _said = program.errors.try_iter().count();
    write("routes/note.txt", "of no interest");
    write("routes.toml", TABLE);
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(program.lines.try_iter().all(|line| !line.contains("reloaded")), "the same text is no new table");
    assert_eq!(program.errors.try_iter().next(), None);
}

#[test]
fn what_cannot_be_served_is_said_with_a_cure() {
    let folder = table();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let taken = format!("error: cannot listen on `127.0.0.1:{port}`: address already in use\nhelp: another program");
    let rows: [(&[&str], &str); 16] = [
        (&["--port", &port], &taken),
        (&["--map", "legcy=9001"], "error: --map the table has no origin `legcy`\nhelp: did you mean `legacy`?\n"),
        (&["--map", "zzz=9001"], "error: --map the table has no origin `zzz`\nhelp: it has `legacy` and `site`\n"),
        (
            &["--map", "site=https://a.example"],
            "error: --map `https://a.example`: only `http://` servers can be mapped\n",
        ),
        (&["--map", "site=nowhere"], "error: --map `nowhere` is not a folder\n"),
        (&["--map", "site=localhost:3000"], "help: a server is written `http://localhost:3000`\n"),
        (&["--map", "site=:3000"], "help: a server is written `http://127.0.0.1:3000`\n"),
        (&["--map", "site=127.0.0.1"], "help: a server is written `http://127.0.0.1`\n"),
        (&["--map", "site=routes.toml"], "error: --map `routes.toml` is not a folder\nhelp: a target is"),
        (&["--listen", "8080"], "it takes HOST:PORT; a port alone is given with `--port 8080`"),
        (&["--map", "9001"], "error: --map `9001` is not of the form `ID=TARGET`\n"),
        (&["--country", "br"], "`br` is not a country code: write `BR`, two capital letters"),
        (&["--listen", "http://localhost"], "it takes HOST:PORT"),
        (&["--listen", "localhost:http"], "it takes HOST:PORT"),
        (&["--routes", "none.toml"], "error: there is no `none.toml`\n"),
        (&["--routes", "moved.csv"], "error"),
    ];
    for (arguments, expected) in rows {
        let output = command(folder.path(), arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn who_stops_reading_the_lines_still_has_a_server() {
    let folder = table();
    let mut child = command(folder.path(), &["--port", "0"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut banner = String::new();
    stdout.read_line(&mut banner).unwrap();
    let address = banner.trim_end().split("http://").nth(1).unwrap().parse().unwrap();
    drop::<BufReader<ChildStdout>>(stdout);
    let errors = follow(child.stderr.take().unwrap());
    let program = Program { child, address, lines: channel().1, errors };
    for _ in 0..3 {
        assert_eq!(program.get("/").status, 200);
    }
    assert_eq!(program.end("-TERM"), Some(0));
}

/// Bytes of each transfer: enough to fill 64 MB four times; in a deep run 1 GB.
fn transfer_bytes() -> u64 {
    size(256_000_000, 1_000_000_000)
}

/// An origin that takes any upload, answering its size, and gives any download that a path asks for.
fn bulk_origin() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || bulk(stream));
        }
    });
    port
}

fn bulk(mut stream: TcpStream) {
    let mut reader = BufReader::with_capacity(256 * 1024, stream.try_clone().unwrap());
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let length: u64 = length.map_or(0, |length| length.parse().unwrap());
    let got = std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
    let wanted: u64 = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap_or(0);
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {wanted}\r\nX-Got: {got}\r\nConnection: close\r\n\r\n");
    let _ = std::io::copy(&mut std::io::repeat(0).take(wanted), &mut stream);
}

#[cfg(target_os = "linux")]
#[test]
#[expect(clippy::print_stdout, reason = "the figure is what the test is for")]
fn a_gigabyte_each_way_takes_less_than_64_mb() {
    let folder = table();
    let bytes = transfer_bytes();
    let program = Program::start(folder.path(), &["--port", "0", "--map", &format!("legacy={}", bulk_origin())]);
    let mut stream = TcpStream::connect(program.address).unwrap();
    stream.write_all(&head("POST", "/0", &format!("Content-Length: {bytes}\r\n"))).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(bytes), &mut stream).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(Answer::parse(&answer).header("x-got"), bytes.to_string());
    let mut stream = TcpStream::connect(program.address).unwrap();
    stream.write_all(&head("GET", &format!("/{bytes}"), "")).unwrap();
    let read = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!(read > bytes && read < bytes + 1_000, "{read}");
    assert_eq!(over_http_2(program.address, bytes), bytes);
    let peak = program.peak_kb();
    println!("{peak} kB for {bytes} bytes each way");
    assert!(peak < 64 * 1024, "{peak} kB");
}

/// Downloads over HTTP/2 and returns how much came.
fn over_http_2(address: SocketAddr, bytes: u64) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let io = TokioIo::new(tokio::net::TcpStream::connect(address).await.unwrap());
        let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(format!("http://www.example.com/{bytes}")).body(Empty::<Bytes>::new()).unwrap();
        let mut body = client.send_request(request).await.unwrap().into_body();
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            read += frame.unwrap().data_ref().map_or(0, |data| data.len() as u64);
        }
        read
    })
}
