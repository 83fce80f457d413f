//! What is told of a connection that no request tells of: what the parser refuses, and heads that never end.
//!
//! hyper answers these by itself and says why only once the connection is over. A viewer that leaves without a word is
//! no news.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;

use super::body::root_cause;
use super::forward::MAX_BUFFER;
use super::notice::Exchange;
use crate::text::shown;

/// So much of what a viewer sent is kept to tell it by.
const LONGEST: usize = 40;
/// A viewer of HTTP/2 begins with this, whether it has a request or not.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection began with, until there is a request.
#[derive(Debug)]
pub(super) struct Opening {
    bytes: Mutex<Vec<u8>>,
    since: Instant,
    /// The first request has come.
    ended: AtomicBool,
}

impl Default for Opening {
    fn default() -> Opening {
        Opening { bytes: Mutex::default(), since: Instant::now(), ended: AtomicBool::new(false) }
    }
}

/// What a viewer sent and nobody could read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// What hyper answered.
    status: Option<StatusCode>,
    /// What is wrong with it, to follow the name of the viewer.
    what: String,
    took: Duration,
}

impl Opening {
    /// Bytes have come.
    pub(super) fn note(&self, bytes: &[u8]) {
        if !self.has_ended() {
            let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            let room = LONGEST.saturating_sub(kept.len());
            kept.extend(bytes.iter().take(room));
        }
    }

    /// A request has come.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// No request came in time; told of where one had begun.
    pub(super) fn abandoned(&self, limit: Duration) -> Option<Unread> {
        self.has_begun().then(|| {
            let what = format!("did not end the head of its request within {} s", limit.as_secs());
            self.unread(None, what)
        })
    }

    /// The connection failed; told of where no request can tell of it.
    pub(super) fn failed(&self, problem: &(dyn Error + 'static), limit: Duration) -> Option<Unread> {
        let Some(error) = problem.downcast_ref::<hyper::Error>() else {
            // Before the version of HTTP was known: the socket failed, or the program ends.
            return self.left_early().filter(|_| !is_interrupted(problem));
        };
        if error.is_parse_too_large() {
            let what = format!("sent a request whose head is longer than {MAX_BUFFER} bytes");
            Some(self.unread(Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE), what))
        } else if error.is_parse() {
            Some(self.unread(Some(StatusCode::BAD_REQUEST), self.no_request(error)))
        } else if error.is_timeout() {
            self.abandoned(limit)
        } else if is_of_http_2(error) {
            // It began with the preface, which tells nothing.
            let what = format!("lost its HTTP/2 connection: {}", root_cause(error));
            Some(Unread { status: None, what, took: self.took() })
        } else {
            self.left_early()
        }
    }

    fn left_early(&self) -> Option<Unread> {
        self.has_begun().then(|| self.unread(None, "left before the head of its request was whole".to_owned()))
    }

    fn no_request(&self, error: &hyper::Error) -> String {
        // A handshake of TLS: the type of its record, the first byte of its version.
        if self.kept().is_some_and(|kept| kept.starts_with(&[0x16, 0x03])) {
            "speaks TLS, and this port plain HTTP: ask with `http://`".to_owned()
        } else {
            format!("sent a request that cannot be read ({error})")
        }
    }

    /// Whether a first request had begun and is not there.
    fn has_begun(&self) -> bool {
        self.kept().is_some_and(|kept| !kept.is_empty() && !kept.starts_with(PREFACE))
    }

    /// The first bytes, while there is no request.
    fn kept(&self) -> Option<Vec<u8>> {
        (!self.has_ended()).then(|| self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn unread(&self, status: Option<StatusCode>, mut what: String) -> Unread {
        let beginning = self.kept().map(|kept| beginning(&kept)).filter(|beginning| !beginning.is_empty());
        if let Some(beginning) = beginning {
            what.push_str(&format!(": `{beginning}`"));
        }
        Unread { status, what, took: self.took() }
    }

    /// Since the connection began; it tells nothing of a later request.
    fn took(&self) -> Duration {
        if self.has_ended() { Duration::ZERO } else { self.since.elapsed() }
    }
}

impl Unread {
    /// As it is told, among the requests.
    pub(super) fn exchange(self, peer: SocketAddr) -> Exchange {
        let Unread { status, what, took } = self;
        let status = status.map_or(0, |status| status.as_u16());
        Exchange { status, took, trouble: Some(format!("{peer} {what}")), ..Exchange::default() }
    }
}

/// The beginning of a first line as it may be shown: no query, no password before a host, nothing but text.
fn beginning(kept: &[u8]) -> String {
    let line = kept.split(|&byte| b"?\r\n".contains(&byte)).next().unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let text = text.split("://").next().unwrap_or_default();
    if text.chars().any(|char| char.is_control() || char == char::REPLACEMENT_CHARACTER) {
        return String::new();
    }
    shown(text).into_owned()
}

fn is_interrupted(problem: &(dyn Error + 'static)) -> bool {
    problem.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::Interrupted)
}

/// Whether a connection broke off by a rule of HTTP/2. hyper has no question for it: of what else fails, some is asked
/// for here, and the rest are failures of the socket.
fn is_of_http_2(error: &hyper::Error) -> bool {
    let is_else = error.is_user() || error.is_canceled() || error.is_closed() || error.is_incomplete_message();
    !is_else && !error.is_shutdown() && error.source().is_some_and(|cause| !cause.is::<io::Error>())
}
