//! A running edge, viewers that speak raw bytes, and origins that tell what they got.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossfade::route::{
    Action, Behaviors, Canonical, Cohort, Condition, Declared, Definition, Fact, HeaderChanges, HeaderValue, HostRule,
    Languages, Origin, OriginAction, OriginKind, Place, RequestHeader, RespondAction, Route, Share, Side, Table, Told,
    condition::ValueTest, pattern::PathPattern, target::Target,
};
use crossfade::serve::{Edge, Exchange, Mapping, Notice, ServeSettings, Tabled, parse_mapping, serve};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::tables;

/// Longest that any step of a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) edge: Arc<Edge>,
    notices: Arc<Mutex<Vec<Notice>>>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) done: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn with(settings: ServeSettings) -> Running {
        Running::by(tabled(site()), settings).await
    }

    pub(crate) async fn by(tabled: Tabled, settings: ServeSettings) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        let edge = Edge::new(tabled, settings, Arc::new(move |notice| told.lock().unwrap().push(notice)));
        let edge = Arc::new(edge);
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(serve(listener, Arc::clone(&edge), async { drop(stopped.await) }));
        Running { address, edge, notices, stop: Some(stop), done }
    }

    pub(crate) async fn mapped(maps: &[String]) -> Running {
        Running::by(tabled_with(site(), maps), ServeSettings::default()).await
    }

    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    /// One request on a connection of its own; the whole answer.
    pub(crate) async fn ask(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        Answer::read(&mut stream).await
    }

    /// A GET with `Connection: close` and these further lines.
    pub(crate) async fn get(&self, target: &str, lines: &str) -> Answer {
        self.ask(&head("GET", target, lines)).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    /// The last request that was told of; waits for it.
    pub(crate) async fn exchange(&self, number: usize) -> Exchange {
        for _ in 0..200 {
            let exchanges = self.notices().into_iter().filter_map(|notice| match notice {
                Notice::Exchange(exchange) => Some(*exchange),
                _ => None,
            });
            if let Some(exchange) = exchanges.into_iter().nth(number) {
                return exchange;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("request {number} was never told of: {:?}", self.notices());
    }
}

pub(crate) fn head(method: &str, target: &str, lines: &str) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n{lines}\r\n").into_bytes()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Everything until the other side closes.
    pub(crate) async fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
        let ended = read.expect("the answer ends");
        assert!(ended.is_ok() || !bytes.is_empty(), "{ended:?}");
        Answer::parse(&bytes)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Answer {
        let split = bytes.windows(4).position(|end| end == b"\r\n\r\n");
        let split = split.unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = &bytes[split + 4..];
        Answer { status, headers, body: if chunked { unchunked(body) } else { body.to_vec() } }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|end| end == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 || rest.len() < end + 2 + size {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}

/// An HTTP server that answers with `answer`; its port.
pub(crate) async fn origin<F, A>(answer: F) -> u16
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answering = answer(request);
                async move { Ok::<_, Infallible>(answering.await) }
            });
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    port
}

/// An origin that answers with what it got: the request line, the headers sorted, the number of body bytes.
pub(crate) async fn mirror() -> u16 {
    origin(|request: Request<Incoming>| async {
        let (parts, mut body) = request.into_parts();
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        let mut headers: Vec<String> = parts
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", value.as_bytes().escape_ascii()))
            .collect();
        headers.sort();
        let text = format!("{} {}\n{}\n{bytes} bytes\n", parts.method, parts.uri, headers.concat());
        let mut response = Response::new(Full::new(Bytes::from(text)));
        response.headers_mut().insert("x-origin-says", "hello".parse().unwrap());
        response.headers_mut().insert("x-crossfade-route", "forged".parse().unwrap());
        response
    })
    .await
}

/// A server that speaks raw bytes: what it is given is done on every connection.
pub(crate) async fn raw_origin<F, A>(serve: F) -> u16
where
    F: Fn(TcpStream) -> A + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    port
}

/// Reads the head of a request from a raw connection.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A table whose origins are all played by stand-ins.
pub(crate) fn tabled(definition: Definition) -> Tabled {
    tabled_with(definition, &[])
}

pub(crate) fn tabled_with(definition: Definition, maps: &[String]) -> Tabled {
    Tabled::new(Table::compile(definition).unwrap(), mapping(maps), |_| "hush".to_owned()).unwrap()
}

fn mapping(maps: &[String]) -> Mapping {
    parse_mapping(maps.iter().map(String::as_str)).unwrap()
}

/// The cookie of a viewer in the cohort of [`site`], and of one that is not: `hash("early:6")` is below its share.
pub(crate) const EARLY: &str = "Cookie: crossfade-draw=6\r\n";
pub(crate) const NOT_EARLY: &str = "Cookie: crossfade-draw=0\r\n";

/// What most tests are served by.
pub(crate) fn site() -> Definition {
    Definition {
        canonical: Canonical { refuse: vec!["..;".to_owned()].into(), ..Canonical::default() },
        origins: vec![legacy(), cms(), tables::bucket("site")],
        default: 0,
        behaviors: Behaviors::one(2),
        declared: Declared {
            cohorts: vec![Cohort { name: "early".to_owned(), share: Share(50_000) }],
            languages: Languages {
                offered: vec!["pt-BR".to_owned(), "es".to_owned()],
                cookie: Some("lang".to_owned()),
            },
            ..Declared::default()
        },
        routes: routes(),
        files: vec!["routes.toml".to_owned()],
        ..Definition::default()
    }
}

/// The same with origins that may take as long as any step of a test: for what keeps a busy machine busy.
pub(crate) fn patient(mut definition: Definition) -> Definition {
    for origin in &mut definition.origins {
        if let OriginKind::Custom(custom) = &mut origin.kind {
            custom.read_timeout = 20;
        }
    }
    definition
}

/// An origin that proves itself, and that gives up after a second.
fn custom(id: &str, side: Side, host: HostRule, path: &str) -> Origin {
    let mut origin = tables::custom(id, side, host);
    origin.headers = vec![("x-origin-verify".to_owned(), HeaderValue::Secret("VERIFY".to_owned()))];
    if let OriginKind::Custom(custom) = &mut origin.kind {
        (custom.path, custom.read_timeout) = (path.to_owned(), 1);
    }
    origin
}

fn legacy() -> Origin {
    custom("legacy", Side::Legacy, HostRule::Viewer, "")
}

fn cms() -> Origin {
    custom("cms", Side::New, HostRule::Origin, "/base")
}

fn route(id: &str, path: PathPattern, action: Action) -> Route {
    Route { place: Place { file: 0, line: 7 }, ..tables::route(id, path, action) }
}

fn to(origin: usize, rewrite: Option<&str>) -> Action {
    let request_headers = HeaderChanges {
        set: vec![
            ("x-from".to_owned(), RequestHeader::literal("edge")),
            ("x-token".to_owned(), RequestHeader::Secret("VERIFY".to_owned())),
        ],
        add: Vec::new(),
        remove: vec!["x-debug".to_owned()],
    };
    Action::Origin(OriginAction { rewrite: rewrite.map(Target::literal), request_headers, ..tables::to(origin) })
}

fn routes() -> Vec<Route> {
    let prefix = |text: &str| PathPattern::Prefix(text.to_owned());
    let exact = |text: &str| PathPattern::Exact(text.to_owned());
    let mut early = route("early-home", exact("/home"), to(1, Some("/early")));
    early.conditions.push(Condition { fact: Fact::Told(Told::Cohort), test: ValueTest::Equal("early".to_owned()) });
    let mut brazil = route("brazil", exact("/home"), to(1, Some("/br")));
    brazil.conditions.push(Condition { fact: Fact::Told(Told::Country), test: ValueTest::Equal("BR".to_owned()) });
    let mut spanish = route("spanish", exact("/home"), to(1, Some("/es")));
    let es = ValueTest::AnyOf(vec!["es".to_owned()]);
    spanish.conditions.push(Condition { fact: Fact::Told(Told::Language), test: es });
    let moved = tables::redirect(Target::literal("/new"), 301);
    let content_type = Some("text/plain; charset=utf-8".to_owned());
    let gone = RespondAction { content_type, ..tables::respond(410, "gone\n") };
    vec![
        early,
        brazil,
        spanish,
        route("cms", prefix("/cms"), to(1, None)),
        route("assets", prefix("/assets"), to(2, None)),
        route("moved", exact("/old"), Action::Redirect(moved)),
        route("retired", prefix("/loja"), Action::Respond(gone)),
    ]
}
