//! One connection: its bytes, its clock, and the account of its requests.
//!
//! hyper tells neither when an answer has really left nor (in a way that could be answered) that a head is late.
//! [`Watched`] sits between hyper and the socket and knows both: it settles exchanges when the socket has taken the
//! last byte, and answers 408 itself.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{Limits, Phase, Served};
use crate::metrics::{ErrorType, Exchange, RequestLine};

/// How often a connection looks at its clocks.
const TICK: Duration = Duration::from_secs(1);

/// How long a connection without a request may stay once the server is closing.
const LAST_WORD: Duration = Duration::from_secs(1);

const TOO_LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What is known about the connection; shared by the socket, the service and the body, all within one task.
#[derive(Debug)]
struct Traffic {
    limits: Limits,
    /// A request is with the service or its answer is on the way.
    busy: bool,
    /// When the first byte of a head came.
    head_since: Option<Instant>,
    /// When the last request ended (or the connection began).
    idle_since: Instant,
    /// Since when the client takes no byte of its answer.
    stalled_since: Option<Instant>,
    /// hyper has encoded an answer and the socket has not taken all of it yet.
    encoded: bool,
    /// The account of that answer.
    leaving: Vec<Exchange>,
}

type Shared = Arc<Mutex<Traffic>>;

fn lock(traffic: &Shared) -> MutexGuard<'_, Traffic> {
    traffic.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) async fn run(stream: TcpStream, served: Arc<Served>, mut phase: watch::Receiver<Phase>) {
    // Answers are small and complete; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let limits = served.limits;
    let traffic = Arc::new(Mutex::new(Traffic {
        limits,
        busy: false,
        head_since: None,
        idle_since: Instant::now(),
        stalled_since: None,
        encoded: false,
        leaving: Vec::new(),
    }));
    let service = hyper::service::service_fn({
        let traffic = Arc::clone(&traffic);
        let phase = phase.clone();
        move |request| {
            answer(
                request,
                Arc::clone(&served),
                Arc::clone(&traffic),
                phase.clone(),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        // Answers are small: one copy into the head's buffer is cheaper than a second piece for the kernel.
        .writev(false)
        .max_buf_size(limits.head_bytes)
        .serve_connection(
            TokioIo::new(Watched {
                stream,
                traffic: Arc::clone(&traffic),
            }),
            service,
        );
    let mut connection = std::pin::pin!(connection);
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            // An error here is the client's (it went away, or spoke no HTTP and was told so); nothing to do about it.
            _ = connection.as_mut() => return,
            () = Phase::Closing.reached(&mut phase), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = tick.tick() => {
                let traffic = lock(&traffic);
                let idle = !traffic.busy && traffic.head_since.is_none();
                if traffic.stalled_since.is_some_and(|since| since.elapsed() > limits.stall)
                    || (idle && closing && traffic.idle_since.elapsed() > LAST_WORD)
                {
                    return;
                }
                if idle && traffic.idle_since.elapsed() > limits.idle {
                    drop(traffic);
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    served: Arc<Served>,
    traffic: Shared,
    phase: watch::Receiver<Phase>,
) -> Result<Response<Counted>, std::convert::Infallible> {
    {
        let mut traffic = lock(&traffic);
        traffic.busy = true;
        traffic.head_since = None;
    }
    let (mut request, exchange) = begin(request, &served);
    let head = request.method() == http::Method::HEAD;
    let mut exchange = exchange.map(|(exchange, span)| {
        request.extensions_mut().insert(span);
        exchange
    });
    let mut response = if too_large(&request, served.limits.body_bytes) {
        let mut response = StatusCode::PAYLOAD_TOO_LARGE.into_response();
        close(&mut response);
        response
    } else {
        match served.router.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    };
    if *phase.borrow() != Phase::Serving {
        close(&mut response);
    }
    if let Some(exchange) = &mut exchange {
        let error = response.extensions().get::<ErrorType>().copied();
        exchange.answered(response.status(), error);
    }
    Ok(response.map(|body| Counted {
        // Of an empty body (or to HEAD) hyper asks nothing.
        finished: head || body.is_end_stream(),
        body,
        exchange,
        traffic,
    }))
}

fn begin(
    request: Request<Incoming>,
    served: &Served,
) -> (Request<Incoming>, Option<(Exchange, crate::trace::Span)>) {
    let Some(metrics) = &served.metrics else {
        return (request, None);
    };
    let endpoint = (served.endpoint)(request.uri().path());
    let span = served
        .traces
        .server(request.method(), endpoint, request.headers());
    let line =
        (served.log_requests || tracing::enabled!(tracing::Level::DEBUG)).then(|| RequestLine {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            loud: served.log_requests,
        });
    let exchange = Exchange::begin(metrics, endpoint, line, span.clone());
    (request, Some((exchange, span)))
}

fn too_large<B>(request: &Request<B>, limit: u64) -> bool {
    request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .is_some_and(|length| length > limit)
}

fn close<B>(response: &mut Response<B>) {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// The body of an answer, which carries the exchange to the moment when it is encoded.
struct Counted {
    body: Body,
    finished: bool,
    exchange: Option<Exchange>,
    traffic: Shared,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            None => self.finished = true,
            Some(Ok(frame)) => {
                if let (Some(data), Some(exchange)) = (frame.data_ref(), &mut self.exchange) {
                    exchange.add_bytes(data.len());
                }
                self.finished = self.body.is_end_stream();
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let exchange = self.exchange.take();
        // Dropped half-way, the exchange counts itself as cut off.
        if self.finished {
            let mut traffic = lock(&self.traffic);
            traffic.encoded = true;
            traffic.leaving.extend(exchange);
        }
    }
}

/// The socket, watched.
struct Watched {
    stream: TcpStream,
    traffic: Shared,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let late = {
            let traffic = lock(&self.traffic);
            traffic
                .head_since
                .is_some_and(|since| since.elapsed() > traffic.limits.head_time)
        };
        if late {
            // Best effort: who does not read it would not have read more patience either.
            let _ = Pin::new(&mut self.stream).poll_write(cx, TOO_LATE);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            let mut traffic = lock(&self.traffic);
            if !traffic.busy && traffic.head_since.is_none() {
                traffic.head_since = Some(Instant::now());
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Watched {
    fn wrote<T>(&self, written: Poll<T>) -> Poll<T> {
        let mut traffic = lock(&self.traffic);
        if written.is_ready() {
            traffic.stalled_since = None;
        } else {
            traffic.stalled_since.get_or_insert_with(Instant::now);
        }
        written
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when the socket has taken everything it had to write.
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        let mut traffic = lock(&self.traffic);
        if std::mem::take(&mut traffic.encoded) {
            for exchange in traffic.leaving.drain(..) {
                exchange.written();
            }
            traffic.busy = false;
            traffic.idle_since = Instant::now();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
