//! A stand-in for Lambda's Runtime API, written from "Using the Lambda runtime API for custom runtimes" of the Lambda
//! Developer Guide. It gives out one invocation at a time, records everything, and notes every breach of the protocol.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const BASE: &str = "/2018-06-01/runtime";

/// The API on a free port; ends with the value.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Waiting to be given out.
    queued: VecDeque<Invocation>,
    /// Given out and not yet answered.
    running: Option<String>,
    /// Somebody waits in `next`.
    polling: bool,
    polls: usize,
    /// Processes that were ended: what one of them polls for is given to no one.
    processes: usize,
    outcomes: BTreeMap<String, Reply>,
    init_errors: Vec<serde_json::Value>,
    violations: Vec<String>,
    connections: Vec<TcpStream>,
    refuses: bool,
    /// What `next` answers in the place of an event.
    next_status: Option<u16>,
    closed: bool,
    count: u64,
    /// When the last event was given out, and how long its reply took.
    given: Option<Instant>,
    took: Duration,
    /// Every invocation is of one trace.
    one_trace: bool,
}

struct Invocation {
    id: String,
    event: Vec<u8>,
    deadline: Duration,
}

/// What a runtime posted for an invocation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// To `response`: the body, byte for byte.
    Response(Vec<u8>),
    /// To `error`: the body.
    Error(serde_json::Value),
}

/// How many traces invocations belong to.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Traces {
    One,
    Each,
}

struct HttpRequest {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl RuntimeApi {
    pub(crate) fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let mut state = served.state.lock().unwrap();
                if state.closed {
                    return;
                }
                if state.refuses {
                    continue;
                }
                state.connections.push(stream.try_clone().unwrap());
                drop(state);
                let shared = Arc::clone(&served);
                thread::spawn(move || serve(&shared, stream));
            }
        });
        RuntimeApi { address, shared }
    }

    /// Puts an event where the next poll finds it; its request id.
    pub(crate) fn queue(&self, event: &[u8], deadline: Duration) -> String {
        let mut state = self.state();
        state.count += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", state.count);
        state.queued.push_back(Invocation { id: id.clone(), event: event.to_vec(), deadline });
        self.shared.changed.notify_all();
        id
    }

    /// The reply for an invocation, if it comes in time.
    pub(crate) fn reply(&self, id: &str, timeout: Duration) -> Option<Reply> {
        self.wait(timeout, |state| state.outcomes.remove(id))
    }

    /// Waits until a runtime polls for the next event; whether one does.
    pub(crate) fn polled(&self, timeout: Duration) -> bool {
        self.wait(timeout, |state| state.polling.then_some(())).is_some()
    }

    /// All invocations from now on are of one trace, or each has its own.
    pub(crate) fn trace(&self, traces: Traces) {
        self.state().one_trace = traces == Traces::One;
    }

    /// How often `next` was asked.
    pub(crate) fn polls(&self) -> usize {
        self.state().polls
    }

    /// From the last event's being given out to its reply's being there.
    pub(crate) fn took(&self) -> Duration {
        self.state().took
    }

    /// Every breach of the protocol so far.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Bodies posted to `init/error`.
    pub(crate) fn init_errors(&self) -> Vec<serde_json::Value> {
        self.state().init_errors.clone()
    }

    /// The process behind it was ended: what it had taken is lost.
    pub(crate) fn forget_running(&self) {
        let mut state = self.state();
        state.running = None;
        state.polling = false;
        state.queued.clear();
        state.processes += 1;
        self.shared.changed.notify_all();
    }

    /// Every `next` from now on is answered with this status and nothing else.
    pub(crate) fn answer_next_with(&self, status: Option<u16>) {
        self.state().next_status = status;
        self.shared.changed.notify_all();
    }

    /// Closes every connection, and every new one, as a sandbox that is taken down does.
    pub(crate) fn hang_up(&self) {
        let mut state = self.state();
        state.refuses = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    fn wait<T>(&self, timeout: Duration, mut found: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let until = Instant::now() + timeout;
        let mut state = self.state();
        loop {
            if let Some(value) = found(&mut state) {
                return Some(value);
            }
            let left = until.checked_duration_since(Instant::now())?;
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.state().closed = true;
        self.hang_up();
        let _ = TcpStream::connect(self.address);
        self.shared.changed.notify_all();
    }
}

fn serve(shared: &Shared, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let request = match read_request(&mut reader) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(why) => return shared.breach(why),
        };
        let Some(answer) = shared.answer(&request) else { return };
        if writer.write_all(&answer).is_err() {
            return;
        }
    }
}

impl Shared {
    fn breach(&self, what: impl Into<String>) {
        self.state.lock().unwrap().violations.push(what.into());
    }

    fn answer(&self, request: &HttpRequest) -> Option<Vec<u8>> {
        if !request.headers.contains_key("host") {
            self.breach("a request without a host");
        }
        let path = request.path.strip_prefix(BASE).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["invocation", "next"]) => self.next(request),
            ("POST", ["invocation", id, "response"]) => Some(self.response(request, id)),
            ("POST", ["invocation", id, "error"]) => Some(self.error(request, id)),
            ("POST", ["init", "error"]) => Some(self.init_error(request)),
            (method, _) => {
                self.breach(format!("{method} {} is no call of the API", request.path));
                Some(write_answer(404, &[], b"{}"))
            }
        }
    }

    /// Waits for an event. The real one lets a runtime wait for as long as it takes.
    fn next(&self, request: &HttpRequest) -> Option<Vec<u8>> {
        let mut state = self.state.lock().unwrap();
        if !request.body.is_empty() {
            state.violations.push("a body on `next`".into());
        }
        if let Some(id) = &state.running {
            let breach = format!("`next` before {id} was answered");
            state.violations.push(breach);
        }
        if state.polling {
            state.violations.push("two polls at once".into());
        }
        state.polling = true;
        state.polls += 1;
        let process = state.processes;
        self.changed.notify_all();
        let invocation = loop {
            if state.closed || state.refuses || state.processes != process {
                return None;
            }
            if let Some(status) = state.next_status {
                state.polling = false;
                return Some(write_answer(status, &[], b"{}"));
            }
            match state.queued.pop_front() {
                Some(invocation) => break invocation,
                None => state = self.changed.wait(state).unwrap(),
            }
        };
        state.polling = false;
        state.running = Some(invocation.id.clone());
        state.given = Some(Instant::now());
        let trace = if state.one_trace { 0 } else { state.count };
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + invocation.deadline;
        let headers = [
            ("Lambda-Runtime-Aws-Request-Id", invocation.id.clone()),
            ("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string()),
            (
                "Lambda-Runtime-Invoked-Function-Arn",
                "arn:aws:lambda:us-east-1:123456789012:function:us-east-1.crossfade:7".into(),
            ),
            ("Lambda-Runtime-Trace-Id", format!("Root=1-5bef4de7-{trace:024};Parent=9a9197af755a6419;Sampled=0")),
            ("Content-Type", "application/json".into()),
        ];
        Some(write_answer(200, &headers, &invocation.event))
    }

    fn response(&self, request: &HttpRequest, id: &str) -> Vec<u8> {
        let what = format!("the response to {id}");
        self.expect_json(request, &what);
        self.close(id, Reply::Response(request.body.clone()))
    }

    fn error(&self, request: &HttpRequest, id: &str) -> Vec<u8> {
        let body = self.expect_error(request, &format!("the error of {id}"));
        self.close(id, Reply::Error(body))
    }

    fn init_error(&self, request: &HttpRequest) -> Vec<u8> {
        let body = self.expect_error(request, "the init error");
        let mut state = self.state.lock().unwrap();
        if state.polls > 0 {
            state.violations.push("an init error after the first poll".into());
        }
        state.init_errors.push(body);
        self.changed.notify_all();
        accepted()
    }

    fn close(&self, id: &str, reply: Reply) -> Vec<u8> {
        let mut state = self.state.lock().unwrap();
        if state.running.as_deref() != Some(id) {
            let breach = format!("a reply to {id}, which is not running");
            state.violations.push(breach);
            return write_answer(400, &[], br#"{"errorType":"InvalidRequestID"}"#);
        }
        state.running = None;
        state.took = state.given.take().map(|given| given.elapsed()).unwrap_or_default();
        state.outcomes.insert(id.to_owned(), reply);
        self.changed.notify_all();
        accepted()
    }

    fn expect_json(&self, request: &HttpRequest, what: &str) -> serde_json::Value {
        // AWS's own Rust client sends none.
        let kind = request.headers.get("content-type").map_or("application/json", String::as_str);
        if !kind.starts_with("application/json") && !kind.starts_with("application/vnd.aws.lambda.error+json") {
            self.breach(format!("{what} has the content type `{kind}`"));
        }
        serde_json::from_slice(&request.body).unwrap_or_else(|error| {
            self.breach(format!("{what} is not JSON: {error}"));
            serde_json::Value::Null
        })
    }

    fn expect_error(&self, request: &HttpRequest, what: &str) -> serde_json::Value {
        let body = self.expect_json(request, what);
        for key in ["errorType", "errorMessage"] {
            if !body[key].is_string() {
                self.breach(format!("{what} has no `{key}`"));
            }
        }
        body
    }
}

fn accepted() -> Vec<u8> {
    write_answer(202, &[("Content-Type", "application/json".into())], br#"{"status":"OK"}"#)
}

fn write_answer(status: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status} {}\r\n", if status < 300 { "OK" } else { "Error" }).into_bytes();
    for (name, value) in headers {
        answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    answer.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    answer.extend_from_slice(body);
    answer
}

fn read_request(reader: &mut impl BufRead) -> Result<Option<HttpRequest>, String> {
    let mut line = String::new();
    let read = |line: &mut String, reader: &mut dyn BufRead| {
        line.clear();
        reader.read_line(line)
    };
    match read(&mut line, reader) {
        Ok(0) | Err(_) => return Ok(None),
        Ok(_) => {}
    }
    let mut words = line.trim_end().split(' ').map(str::to_owned);
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(format!("a bad request line: {line:?}"));
    };
    if version != "HTTP/1.1" || !line.ends_with("\r\n") {
        return Err(format!("a bad request line: {line:?}"));
    }
    let mut headers = BTreeMap::new();
    loop {
        if !matches!(read(&mut line, reader), Ok(1..)) || !line.ends_with("\r\n") {
            return Err("a request that ends in its headers".into());
        }
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.trim_end().split_once(':').ok_or_else(|| format!("a bad header: {line:?}"))?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let body = read_body(&headers, reader)?;
    Ok(Some(HttpRequest { method, path, headers, body }))
}

fn read_body(headers: &BTreeMap<String, String>, reader: &mut dyn BufRead) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().map_err(|_| format!("a bad content-length: {length:?}"))?, 0);
        reader.read_exact(&mut body).map_err(|error| format!("a body that is cut off: {error}"))?;
    } else if headers.contains_key("transfer-encoding") {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(|error| format!("a chunk that is cut off: {error}"))?;
            let length = usize::from_str_radix(line.trim(), 16).map_err(|_| format!("a bad chunk: {line:?}"))?;
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).map_err(|error| format!("a chunk that is cut off: {error}"))?;
            if length == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..length]);
        }
    }
    Ok(body)
}
