//! Bodies that pass through: never held whole, and never awaited for ever.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use crate::text::said;

pub(super) type BodyError = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Body = UnsyncBoxBody<Bytes, BodyError>;
type Polled = Poll<Option<Result<Frame<Bytes>, BodyError>>>;

/// A body that is all there.
pub(super) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The innermost cause: what the system or the parser said.
pub(super) fn root_cause(problem: &(dyn Error + 'static)) -> String {
    let mut cause = problem;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    said(&cause.to_string())
}

/// A viewer's body that did not come to its end; why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the viewer's body broke off: {0}")]
pub(super) struct BrokenUpload(String);

/// Where whoever waits for what comes of a viewer's body is told that it broke off.
#[derive(Clone, Debug, Default)]
pub(super) struct UploadFault(Arc<OnceLock<BrokenUpload>>);

impl UploadFault {
    pub(super) fn get(&self) -> Option<BrokenUpload> {
        self.0.get().cloned()
    }
}

/// A viewer's body. What is left of it when it is let go is read all the same, beside whatever else goes on: a viewer
/// that sends everything before it reads would otherwise find its connection closed, and its answer lost.
pub(super) struct Upload {
    /// Until it is let go.
    inner: Option<Incoming>,
    /// Since when it is the origin's turn; `None` while the viewer's bytes are awaited.
    turn: watch::Sender<Option<Instant>>,
    fault: UploadFault,
}

impl Upload {
    pub(super) fn new(inner: Incoming) -> Upload {
        Upload { inner: Some(inner), turn: watch::Sender::new(Some(Instant::now())), fault: UploadFault::default() }
    }

    /// Where its breaking off is told.
    pub(super) fn fault(&self) -> UploadFault {
        self.fault.clone()
    }

    /// Reads it to its end and keeps nothing but its length.
    pub(super) async fn count(mut self) -> Result<u64, BrokenUpload> {
        let mut bytes = 0;
        while let Some(Ok(frame)) = self.frame().await {
            bytes += length(&frame);
        }
        self.fault.get().map_or(Ok(bytes), Err)
    }

    /// Ends once an origin that gets this body has been silent for too long: time spent waiting for the viewer does
    /// not count.
    pub(super) fn silence(&self, limit: Duration) -> impl Future<Output = ()> + use<> {
        let turn = self.turn.subscribe();
        async move {
            loop {
                let since = turn.borrow().unwrap_or_else(Instant::now);
                if since.elapsed() >= limit {
                    return;
                }
                tokio::time::sleep_until(since + limit).await;
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut rest) = self.inner.take().filter(|rest| !rest.is_end_stream())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { while let Some(Ok(_)) = rest.frame().await {} });
        }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        self.turn.send_replace(polled.is_ready().then(Instant::now));
        polled.map_err(|problem| {
            // Before whoever reads the body can give up because of it.
            self.fault.0.get_or_init(|| BrokenUpload(root_cause(&problem))).clone().into()
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

/// An origin's body on its way to the viewer; fails when the origin is silent for too long, and says whose fault its
/// breaking off is. By hand, because the
/// `TimeoutBody` of tower-http also counts the time in which the viewer takes nothing, and forgets the length.
pub(super) struct Download {
    inner: Incoming,
    source: AnswerSource,
    silence: Option<Pin<Box<Sleep>>>,
}

/// Where an answer comes from.
pub(super) struct AnswerSource {
    /// The id of the origin.
    pub(super) origin: String,
    /// How long it may be silent.
    pub(super) limit: Duration,
    /// Of the request's body, without which no origin can answer.
    pub(super) fault: UploadFault,
}

impl Download {
    pub(super) fn new(inner: Incoming, source: AnswerSource) -> Download {
        Download { inner, source, silence: None }
    }
}

impl AnswerSource {
    fn broken(&self, problem: &hyper::Error) -> BodyError {
        match self.fault.get() {
            Some(broken) => broken.into(),
            None => format!("origin `{}` broke off its answer: {}", self.origin, root_cause(problem)).into(),
        }
    }

    fn silent(&self) -> BodyError {
        let AnswerSource { origin, limit, .. } = self;
        format!("origin `{origin}` broke off its answer: silent for {} s, its `read_timeout`", limit.as_secs()).into()
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.silence = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|problem| this.source.broken(&problem))));
        }
        let limit = this.source.limit;
        let silence = this.silence.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(this.source.silent())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// How a body ended on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// It is all there.
    Whole,
    /// Nobody took the rest.
    Left,
    /// What it comes from failed; why.
    Broken(String),
}

/// Told, once, how many bytes of a body went out and how it ended.
type Tell = Box<dyn FnOnce(u64, BodyEnd) + Send>;

/// The same answer; its end is told once its body is let go.
pub(super) fn metered(answer: Response<Body>, tell: impl FnOnce(u64, BodyEnd) + Send + 'static) -> Response<Body> {
    let said = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    answer.map(|inner| {
        let expected = inner.size_hint().exact().or(said);
        Metered { inner, expected, bytes: 0, end: None, tell: Some(Box::new(tell)) }.boxed_unsync()
    })
}

struct Metered {
    inner: Body,
    /// Its length, where that is known.
    expected: Option<u64>,
    bytes: u64,
    /// Its end, where it was reached.
    end: Option<BodyEnd>,
    tell: Option<Tell>,
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = &mut *self;
        let mut frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        if frame.is_none() && this.expected.is_some_and(|length| this.bytes < length) {
            frame = Some(Err("the answer broke off: it is shorter than it was when it was begun".into()));
        }
        match &frame {
            Some(Ok(frame)) => this.bytes += length(frame),
            Some(Err(problem)) => this.end = Some(BodyEnd::Broken(problem.to_string())),
            None => this.end = Some(BodyEnd::Whole),
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

impl Drop for Metered {
    fn drop(&mut self) {
        // Whoever knows the length does not ask for the end after the last byte.
        let is_whole = self.is_end_stream() || self.expected.is_some_and(|length| self.bytes >= length);
        let end = self.end.take().unwrap_or(if is_whole { BodyEnd::Whole } else { BodyEnd::Left });
        if let Some(tell) = self.tell.take() {
            tell(self.bytes, end);
        }
    }
}

fn length(frame: &Frame<Bytes>) -> u64 {
    frame.data_ref().map_or(0, |data| data.len() as u64)
}
