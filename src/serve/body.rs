//! Bodies that pass through: never held whole, and never awaited for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

pub(super) type BodyError = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;
type Polled = Poll<Option<Result<Frame<Bytes>, BodyError>>>;

/// How much of a file is read at once.
const FILE_CHUNK: usize = 64 * 1024;

/// A body that is all there.
pub(super) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Reads what is left of a viewer's body and drops it, beside whatever else goes on. A viewer that sends everything
/// before it reads would otherwise find its connection closed, and its answer lost.
pub(super) fn drain(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
    }
}

/// A viewer's body on its way to an origin; notes when it moves. What the origin does not take is drained.
pub(super) struct Upload {
    /// Until it is let go.
    inner: Option<Incoming>,
    progress: Arc<Progress>,
}

/// What is known of an upload while its answer is awaited.
pub(super) struct Progress {
    start: Instant,
    moved_ms: AtomicU64,
    waits_for_viewer: AtomicBool,
}

impl Progress {
    fn moved(&self) {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(ms, Ordering::Relaxed);
    }

    /// Ends once the origin has been silent for that long: time in which the viewer keeps us waiting does not count.
    pub(super) async fn silence(&self, limit: Duration) {
        loop {
            let due = self.start + Duration::from_millis(self.moved_ms.load(Ordering::Relaxed)) + limit;
            if Instant::now() < due {
                tokio::time::sleep_until(due).await;
            } else if self.waits_for_viewer.load(Ordering::Relaxed) {
                self.moved();
            } else {
                return;
            }
        }
    }
}

impl Upload {
    pub(super) fn new(inner: Incoming) -> (Upload, Arc<Progress>) {
        let progress = Arc::new(Progress {
            start: Instant::now(),
            moved_ms: AtomicU64::new(0),
            waits_for_viewer: AtomicBool::new(false),
        });
        (Upload { inner: Some(inner), progress: Arc::clone(&progress) }, progress)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            drain(inner);
        }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        self.progress.waits_for_viewer.store(polled.is_pending(), Ordering::Relaxed);
        let frame = ready!(polled);
        self.progress.moved();
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

/// An origin's body on its way to the viewer; fails when the origin is silent for too long.
pub(super) struct Download {
    inner: Incoming,
    limit: Duration,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Download {
    pub(super) fn new(inner: Incoming, limit: Duration) -> Download {
        Download { inner, limit, silence: None }
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.silence = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)));
        }
        let limit = this.limit;
        let silence = this.silence.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(format!("the origin sent nothing for {} s", limit.as_secs()).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The bytes of a file, as many as it had when it was opened.
pub(super) struct FileBody {
    file: tokio::fs::File,
    left: u64,
    buffer: BytesMut,
}

impl FileBody {
    pub(super) fn new(file: tokio::fs::File, length: u64) -> FileBody {
        FileBody { file, left: length, buffer: BytesMut::new() }
    }
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let want = usize::try_from(this.left).unwrap_or(FILE_CHUNK).min(FILE_CHUNK);
        this.buffer.resize(want, 0);
        let mut chunk = ReadBuf::new(&mut this.buffer);
        if let Err(problem) = ready!(Pin::new(&mut this.file).poll_read(cx, &mut chunk)) {
            return Poll::Ready(Some(Err(problem.into())));
        }
        let read = chunk.filled().len();
        if read == 0 {
            return Poll::Ready(Some(Err("the file became shorter while it was sent".into())));
        }
        this.left = this.left.saturating_sub(read as u64);
        Poll::Ready(Some(Ok(Frame::data(this.buffer.split_to(read).freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// How the body of an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of it was handed over.
    Whole,
    /// Its source failed.
    Broken(String),
    /// The viewer left first.
    Abandoned,
}

/// A body that tells how it ended, once, when it is let go.
pub(super) struct Told<F: FnOnce(End, u64)> {
    inner: Body,
    bytes: u64,
    end: End,
    tell: Option<F>,
}

impl<F: FnOnce(End, u64)> Told<F> {
    pub(super) fn new(inner: Body, tell: F) -> Told<F> {
        let end = if inner.is_end_stream() { End::Whole } else { End::Abandoned };
        Told { inner, bytes: 0, end, tell: Some(tell) }
    }
}

impl<F: FnOnce(End, u64) + Unpin> HttpBody for Told<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => this.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(problem)) => this.end = End::Broken(problem.to_string()),
            None => this.end = End::Whole,
        }
        if this.inner.is_end_stream() && this.end == End::Abandoned {
            this.end = End::Whole;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<F: FnOnce(End, u64)> Drop for Told<F> {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(self.end.clone(), self.bytes);
        }
    }
}
