//! Bodies on their way through: frames pass one by one, never collected, and each
//! is asked for only when the other side has taken the one before.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::{exchange::Exchange, upstream::Connection};

/// Why a body stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body broke off")]
    BrokeOff(#[source] hyper::Error),
    #[error("the body stalled")]
    Stalled,
}

/// A timer that costs nothing until a body has to be waited for.
struct Idle {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Idle {
    fn new(limit: Duration) -> Self {
        Self {
            limit,
            sleep: None,
            armed: false,
        }
    }

    fn moved(&mut self) {
        self.armed = false;
    }

    /// Nothing came; whether that has been so for too long, in the other direction too.
    fn is_over(&mut self, cx: &mut Context<'_>, upload: Option<&Upload>) -> bool {
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.limit)));
        if !self.armed {
            sleep
                .as_mut()
                .reset(tokio::time::Instant::now() + self.limit);
            self.armed = true;
        }
        loop {
            if sleep.as_mut().poll(cx).is_pending() {
                return false;
            }
            match upload.map(|upload| tokio::time::Instant::from_std(upload.last_moved())) {
                Some(moved) if moved + self.limit > tokio::time::Instant::now() => {
                    sleep.as_mut().reset(moved + self.limit);
                }
                _ => return true,
            }
        }
    }
}

/// How far an exchange with a request body got. Shared by both directions: while one moves,
/// the other may be quiet for as long as it likes.
pub(crate) struct Upload {
    started: Instant,
    /// Milliseconds after `started` when the last frame was passed on, in either direction.
    last: AtomicU64,
    /// All of the request was passed on (or will never be).
    ended: AtomicBool,
    /// The replica would take more, the client sends nothing.
    client_is_slow: AtomicBool,
    /// It did so for too long.
    client_stalled: AtomicBool,
    /// What it sent is broken, or broke off.
    client_failed: AtomicBool,
}

impl Upload {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            last: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            client_is_slow: AtomicBool::new(false),
            client_failed: AtomicBool::new(false),
            client_stalled: AtomicBool::new(false),
        })
    }

    fn moved(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Relaxed);
        self.client_is_slow.store(false, Relaxed);
    }

    fn last_moved(&self) -> Instant {
        self.started + Duration::from_millis(self.last.load(Relaxed))
    }

    /// When the replica has had its time: to answer a request it has whole, or to take
    /// the next piece of one. `None` while it is the client who is slow.
    pub(crate) fn replica_deadline(&self, response: Duration, idle: Duration) -> Option<Instant> {
        if self.ended.load(Relaxed) {
            Some(self.last_moved() + response)
        } else if self.client_is_slow.load(Relaxed) {
            None
        } else {
            Some(self.last_moved() + idle)
        }
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    pub(crate) fn client_failed(&self) -> bool {
        self.client_failed.load(Relaxed)
    }

    pub(crate) fn client_stalled(&self) -> bool {
        self.client_stalled.load(Relaxed)
    }
}

/// A request's body on its way to a replica.
pub(crate) struct RequestBody {
    inner: Incoming,
    idle: Idle,
    upload: Option<Arc<Upload>>,
}

impl RequestBody {
    /// `upload` for a body that is not empty.
    pub(crate) fn new(inner: Incoming, idle: Duration, upload: Option<Arc<Upload>>) -> Self {
        Self {
            inner,
            idle: Idle::new(idle),
            upload,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        let Some(upload) = &this.upload else {
            return polled.map_err(BodyError::BrokeOff);
        };
        match polled {
            Poll::Pending => {
                upload.client_is_slow.store(true, Relaxed);
                if this.idle.is_over(cx, Some(upload)) {
                    upload.client_stalled.store(true, Relaxed);
                    return Poll::Ready(Some(Err(BodyError::Stalled)));
                }
                Poll::Pending
            }
            Poll::Ready(Some(Err(error))) => {
                upload.client_failed.store(true, Relaxed);
                Poll::Ready(Some(Err(BodyError::BrokeOff(error))))
            }
            Poll::Ready(Some(Ok(frame))) => {
                this.idle.moved();
                upload.moved();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            upload.moved();
            upload.ended.store(true, Relaxed);
        }
    }
}

/// An answer's body on its way to the client.
pub(crate) enum ResponseBody {
    /// Written by the gateway.
    Own {
        text: Option<Bytes>,
        exchange: Option<Box<Exchange>>,
    },
    /// Written by a replica.
    Passed(Box<Passed>),
}

pub(crate) struct Passed {
    inner: Incoming,
    idle: Idle,
    exchange: Exchange,
    /// Goes back to the replica's idle connections after the last byte.
    connection: Option<Connection>,
    /// Of the request, if it had a body.
    upload: Option<Arc<Upload>>,
    failed: Option<hyper::Error>,
}

impl ResponseBody {
    pub(crate) fn own(text: Bytes, exchange: Exchange) -> Self {
        Self::Own {
            text: Some(text).filter(|text| !text.is_empty()),
            exchange: Some(Box::new(exchange)),
        }
    }

    /// For `101 Switching Protocols`: what follows is not a body.
    pub(crate) fn none() -> Self {
        Self::Own {
            text: None,
            exchange: None,
        }
    }

    pub(crate) fn passed(
        inner: Incoming,
        idle: Duration,
        exchange: Exchange,
        connection: Option<Connection>,
        upload: Option<Arc<Upload>>,
    ) -> Self {
        let mut passed = Box::new(Passed {
            inner,
            idle: Idle::new(idle),
            exchange,
            connection,
            upload,
            failed: None,
        });
        if passed.inner.is_end_stream() {
            passed.ended();
        }
        Self::Passed(passed)
    }
}

impl Passed {
    fn poll_inner(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Some(connection) = &mut self.connection
            && polled.is_pending()
        {
            // Asked for, but nobody else reads it.
            connection.drive(cx);
            return Pin::new(&mut self.inner).poll_frame(cx);
        }
        polled
    }

    fn ended(&mut self) {
        self.exchange.complete();
        if let (Some(connection), Some(lease)) = (self.connection.take(), self.exchange.lease()) {
            connection.give_back(lease.replica());
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let passed = match self.get_mut() {
            Self::Own { text, exchange } => {
                let frame = text.take().map(|text| Ok(Frame::data(text)));
                if frame.is_none() {
                    exchange.take();
                }
                return Poll::Ready(frame);
            }
            Self::Passed(passed) => passed,
        };
        if let Some(error) = passed.failed.take() {
            let reason = "closed the connection in the middle of its answer";
            passed.exchange.broke_off(reason.to_owned());
            return Poll::Ready(Some(Err(BodyError::BrokeOff(error))));
        }
        match passed.poll_inner(cx) {
            Poll::Pending => {
                if passed.idle.is_over(cx, passed.upload.as_deref()) {
                    passed.exchange.broke_off(format!(
                        "sent nothing for {:?} in the middle of its answer",
                        passed.idle.limit
                    ));
                    return Poll::Ready(Some(Err(BodyError::Stalled)));
                }
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                passed.idle.moved();
                if let Some(upload) = &passed.upload {
                    upload.moved();
                }
                if passed.inner.is_end_stream() {
                    passed.ended();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                // hyper forgets what it has not sent yet when a body fails: let it send the
                // piece before first, which may well say why.
                passed.failed = Some(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(None) => {
                passed.ended();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own { text, .. } => text.is_none(),
            Self::Passed(passed) => passed.inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own { text, .. } => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
            Self::Passed(passed) => passed.inner.size_hint(),
        }
    }
}
