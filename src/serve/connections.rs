//! Viewers' connections: HTTP/1.1 and HTTP/2 without TLS on one port.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::io::InspectReader;

use super::exchange::answer;
use super::forward::MAX_BUFFER;
use super::live::Edge;
use super::notice::Notice;
use super::unread::Opening;

/// At the end, connections that nothing is under way on close in this time, and nothing is said.
const IDLE_CLOSE: Duration = Duration::from_millis(300);
/// As many header fields as fit into a head that CloudFront takes.
const MAX_HEADERS: usize = 8_192;
/// HTTP/2 refuses a longer head by itself, and nobody is told. What is shorter than that and still too long for
/// CloudFront is refused here.
const MAX_HEADER_LIST: u32 = 256 * 1024;
/// Answers at once on one HTTP/2 connection, as CloudFront allows.
const MAX_STREAMS: u32 = 128;
/// What one HTTP/2 stream may send ahead of its reader.
const STREAM_WINDOW: u32 = 256 * 1024;

/// What every connection of viewers is served with.
struct Service {
    builder: auto::Builder<TokioExecutor>,
    graceful: GracefulShutdown,
    edge: Arc<Edge>,
    /// As many others as there are connections.
    open: Arc<()>,
}

/// Serves viewers until `stop` is done, and then until the answers under way have left or too long has passed.
pub async fn serve(listener: TcpListener, edge: Arc<Edge>, stop: impl Future<Output = ()>) {
    let builder = builder(edge.settings.head_timeout);
    let service = Service { builder, graceful: GracefulShutdown::new(), edge, open: Arc::default() };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => service.attend(stream, peer),
                Err(problem) => pause_after(&problem).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    service.end().await;
}

/// A failed accept is the viewer's trouble; one for lack of descriptors goes on failing until some are free.
async fn pause_after(problem: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};
    if !matches!(problem.kind(), ConnectionAborted | ConnectionReset) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn builder(head_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_BUFFER)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(4 * STREAM_WINDOW)
        .max_send_buf_size(MAX_BUFFER);
    builder
}

impl Service {
    fn attend(&self, stream: TcpStream, peer: SocketAddr) {
        // Without it small answers wait for the viewer's acknowledgements; a socket that refuses it is served anyway.
        let _ = stream.set_nodelay(true);
        let (edge, client) = (Arc::clone(&self.edge), peer.ip().to_canonical());
        let opening = Arc::new(Opening::default());
        let (read, begun) = (Arc::clone(&opening), Arc::clone(&opening));
        let stream = InspectReader::new(stream, move |bytes: &[u8]| read.note(bytes));
        let answers = service_fn(move |request| {
            begun.end();
            let edge = Arc::clone(&edge);
            async move { Ok::<_, Infallible>(answer(edge, client, request).await) }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), answers).into_owned();
        let connection = self.graceful.watch(connection);
        let (edge, open) = (Arc::clone(&self.edge), Arc::clone(&self.open));
        tokio::spawn(async move {
            let _open = open;
            let limit = edge.settings.head_timeout;
            let unread = tokio::select! {
                ended = connection => ended.err().and_then(|problem| opening.failed(&*problem, limit)),
                () = silence(&opening, limit) => opening.abandoned(limit),
            };
            if let Some(unread) = unread {
                (edge.notify)(Notice::Exchange(Box::new(unread.exchange(peer))));
            }
        });
    }

    /// Waits until the answers under way have left or too long has passed.
    async fn end(self) {
        let Service { graceful, edge, open, .. } = self;
        let mut rest = std::pin::pin!(graceful.shutdown());
        if tokio::time::timeout(IDLE_CLOSE, &mut rest).await.is_ok() {
            return;
        }
        // A connection without a request holds the beginning of one, or the end of an answer.
        let connections = Arc::strong_count(&open).saturating_sub(1);
        let open = edge.count_open_requests().max(connections);
        let limit = edge.settings.end_timeout;
        (edge.notify)(Notice::Ending { open, limit });
        if tokio::time::timeout(limit, rest).await.is_err() {
            // The program was asked to end.
            edge.cut_off();
        }
    }
}

/// Ends where no request has come in time: hyper's own limit does not begin before it knows the version of HTTP.
async fn silence(opening: &Opening, limit: Duration) {
    tokio::time::sleep(limit).await;
    if opening.has_ended() {
        std::future::pending::<()>().await;
    }
}
