//! A request on its way to the server that plays an origin, and the answer on its way back; both streamed.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::{AnswerSource, Body, BrokenUpload, Download, Upload, root_cause};
use super::headers::drop_hop_by_hop;
use super::outgoing::Outgoing;
use super::target::HttpServer;

/// Unused connections are kept this long, as CloudFront's default is.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of a message may wait in memory on one connection.
pub(super) const MAX_BUFFER: usize = 64 * 1024;

pub(super) type Client = legacy::Client<HttpConnector, Upload>;

pub(super) fn client(connect_timeout: Duration) -> Client {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(connect_timeout));
    connector.set_nodelay(true);
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http1_max_buf_size(MAX_BUFFER)
        .build(connector)
}

/// Why there is no answer of an origin.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForwardError {
    #[error("no connection to {address}: {cause}")]
    Connect { address: String, cause: String },
    /// CloudFront answers 504 where nothing at all comes back, as from behind a firewall.
    #[error("no connection to {0} in time")]
    Unreachable(String),
    #[error("{address} sent no answer: {cause}")]
    Exchange { address: String, cause: String },
    #[error("{address} was silent for {} s, its `read_timeout`", .limit.as_secs())]
    Silent { address: String, limit: Duration },
    #[error("{0} answered 101 to a request that asked for no other protocol")]
    Switched(String),
    #[error("the path `{0}` cannot be sent in a request")]
    Path(String),
    /// The origin never had all of the request.
    #[error(transparent)]
    Upload(#[from] BrokenUpload),
}

impl ForwardError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            ForwardError::Silent { .. } | ForwardError::Unreachable(_) => StatusCode::GATEWAY_TIMEOUT,
            ForwardError::Upload(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// A server that plays an origin.
pub(super) struct Played<'a> {
    /// The id of the origin.
    pub(super) origin: &'a str,
    pub(super) server: &'a HttpServer,
}

/// Sends a request on and returns the answer once its head is there.
pub(super) async fn send(
    client: &Client,
    Played { origin, server }: Played<'_>,
    outgoing: Outgoing,
    body: Upload,
) -> Result<Response<Body>, ForwardError> {
    let address = server.authority.to_string();
    let source = AnswerSource { origin: origin.to_owned(), limit: outgoing.read_timeout, fault: body.fault() };
    let silence = body.silence(source.limit);
    let request = http_request(server, outgoing, body)?;
    let answer = tokio::select! {
        answer = client.request(request) => answer,
        () = silence => return Err(ForwardError::Silent { address, limit: source.limit }),
    };
    // An exchange fails in many ways once its request has; the first cause counts.
    let answer = answer.map_err(|problem| match source.fault.get() {
        Some(broken) => broken.into(),
        None => failed(&problem, address.clone()),
    })?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(ForwardError::Switched(address));
    }
    let (mut parts, body) = answer.into_parts();
    drop_hop_by_hop(&mut parts.headers);
    // What the origin speaks is between it and us; the viewer's connection keeps its own version.
    parts.version = Version::default();
    Ok(Response::from_parts(parts, Download::new(body, source).boxed_unsync()))
}

fn failed(problem: &legacy::Error, address: String) -> ForwardError {
    let cause = root_cause(problem);
    if problem.is_connect() && is_timeout(problem) {
        ForwardError::Unreachable(address)
    } else if problem.is_connect() {
        ForwardError::Connect { address, cause }
    } else {
        ForwardError::Exchange { address, cause }
    }
}

fn is_timeout(problem: &legacy::Error) -> bool {
    let causes = std::iter::successors(problem.source(), |&cause| cause.source());
    let mut errors = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    errors.any(|error| error.kind() == io::ErrorKind::TimedOut)
}

fn http_request(server: &HttpServer, outgoing: Outgoing, upload: Upload) -> Result<Request<Upload>, ForwardError> {
    let target = target(&server.base, &outgoing);
    let path: PathAndQuery = target.parse().map_err(|_| ForwardError::Path(target))?;
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(server.authority.clone());
    uri.path_and_query = Some(path);
    let mut request = Request::new(upload);
    *request.uri_mut() = Uri::from_parts(uri).map_err(|problem| ForwardError::Path(problem.to_string()))?;
    *request.method_mut() = outgoing.method;
    *request.headers_mut() = outgoing.headers;
    request.headers_mut().extend(outgoing.custom_headers);
    drop_hop_by_hop(request.headers_mut());
    // The body knows its own length, where the viewer gave one.
    request.headers_mut().remove(CONTENT_LENGTH);
    Ok(request)
}

/// The request target at the server: its base, the origin's own path, the path, the query.
fn target(base: &str, outgoing: &Outgoing) -> String {
    let Outgoing { origin_path, uri, query, .. } = outgoing;
    if query.is_empty() { format!("{base}{origin_path}{uri}") } else { format!("{base}{origin_path}{uri}?{query}") }
}
