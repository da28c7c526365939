//! One client's connection: which protocol it speaks, how long it may take, how it ends.

use std::{future::poll_fn, io, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use bytes::Bytes;
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustix::net::Shutdown;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    client::{Client, Due},
    listener::Limits,
    phase::Phase,
    proxy::{self, Context},
    socket::Socket,
};

/// Of one head. Of headers there may be a hundred, hyper's default and Envoy's.
const MOST_HEADER_BYTES: usize = 64 * 1024;
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// For a client to stop sending after its last answer.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How a connection ended.
enum End {
    Served,
    Failed,
    SlowHead,
    Idle,
    Cut,
}

/// Serves one connection to its end.
pub(crate) async fn serve(stream: TcpStream, addr: SocketAddr, context: Arc<Context>) {
    // Fails only on a socket that is already dead.
    let _ = stream.set_nodelay(true);
    let stream = Arc::new(stream);
    let client = Arc::new(Client::new(addr));
    let sniffed = tokio::select! {
        biased;
        sniffed = sniff(&stream, context.limits) => sniffed,
        () = context.phases.reached(Phase::Stopping) => return,
    };
    let end = match sniffed {
        Sniffed::Http1(prefix) => serve_http1(&stream, prefix, client, &context).await,
        Sniffed::Http2(prefix) => {
            serve_http2(&stream, prefix, client, &context).await;
            return;
        }
        Sniffed::Silent => return,
        Sniffed::Slow => End::SlowHead,
    };
    match end {
        // A tunnel has taken the stream over, or nobody has time to be polite.
        _ if Arc::strong_count(&stream) > 1 || context.phases.now() > Phase::Serving => {}
        End::Idle | End::Cut => {}
        End::Served | End::Failed => linger(&stream).await,
        End::SlowHead => {
            let text = format!(
                "the request's head did not arrive within {:?}\n",
                context.limits.head
            );
            let answer = format!(
                "HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = stream.try_write(answer.as_bytes());
            linger(&stream).await;
        }
    }
}

enum Sniffed {
    Http1(Bytes),
    Http2(Bytes),
    /// The client closed, or said nothing for long.
    Silent,
    /// The client began, and did not go on.
    Slow,
}

/// Tells HTTP/2 with prior knowledge from HTTP/1 by the first bytes.
async fn sniff(stream: &TcpStream, limits: Limits) -> Sniffed {
    let mut first = [0; HTTP2_PREFACE.len()];
    let mut have = 0;
    let mut until = Instant::now() + limits.idle;
    loop {
        let Ok(ready) = tokio::time::timeout_at(until, stream.readable()).await else {
            return if have == 0 {
                Sniffed::Silent
            } else {
                Sniffed::Slow
            };
        };
        if ready.is_err() {
            return Sniffed::Silent;
        }
        match stream.try_read(&mut first[have..]) {
            Ok(0) => return Sniffed::Silent,
            Ok(n) => {
                if have == 0 {
                    until = Instant::now() + limits.head;
                }
                have += n;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Sniffed::Silent,
        }
        let seen = &first[..have];
        if !HTTP2_PREFACE.starts_with(seen) {
            return Sniffed::Http1(Bytes::copy_from_slice(seen));
        }
        if have == HTTP2_PREFACE.len() {
            return Sniffed::Http2(Bytes::copy_from_slice(seen));
        }
    }
}

async fn serve_http1(
    stream: &Arc<TcpStream>,
    prefix: Bytes,
    client: Arc<Client>,
    context: &Arc<Context>,
) -> End {
    client.bytes_arrived();
    let io = TokioIo::new(Socket::of_client(
        Arc::clone(stream),
        prefix,
        Arc::clone(&client),
    ));
    let service =
        service_fn(|request| proxy::serve(Arc::clone(context), Arc::clone(&client), request));
    let connection = http1::Builder::new()
        .max_header_size(MOST_HEADER_BYTES)
        .max_buf_size(2 * MOST_HEADER_BYTES)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut phase = Phase::Serving;
    let mut change = pin!(context.phases.changed());
    let mut is_watching = false;
    let limits = context.limits;
    let mut timer = pin!(sleep_until(Instant::now() + limits.head));
    poll_fn(|cx| {
        if !is_watching {
            is_watching = change.as_mut().poll(cx).is_pending();
        }
        if let Poll::Ready(served) = connection.as_mut().poll(cx) {
            return Poll::Ready(match served {
                Ok(()) => End::Served,
                Err(_) => End::Failed,
            });
        }
        if phase != context.phases.now() {
            phase = context.phases.now();
            if phase == Phase::Cut {
                return Poll::Ready(End::Cut);
            }
            change.set(context.phases.changed());
            let _ = change.as_mut().poll(cx);
            if context.phases.now() == Phase::Cut {
                return Poll::Ready(End::Cut);
            }
            connection.as_mut().graceful_shutdown();
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(End::Served);
            }
        }
        // One timer for all limits of the connection, set anew when it must ring earlier or has
        // rung too early: a busy connection never touches it.
        loop {
            let due = client
                .due(limits)
                .map(|(what, when)| (what, Instant::from_std(when)));
            if let Some((_, when)) = due
                && when < timer.deadline()
            {
                timer.as_mut().reset(when);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            match due {
                Some((what, when)) if when <= Instant::now() => {
                    return Poll::Ready(match what {
                        Due::RestOfHead => End::SlowHead,
                        Due::Request => End::Idle,
                    });
                }
                Some((_, when)) => timer.as_mut().reset(when),
                None => timer.as_mut().reset(Instant::now() + limits.idle),
            }
        }
    })
    .await
}

async fn serve_http2(
    stream: &Arc<TcpStream>,
    prefix: Bytes,
    client: Arc<Client>,
    context: &Arc<Context>,
) {
    let io = TokioIo::new(Socket::new(Arc::clone(stream)).after(prefix));
    let service = {
        let context = Arc::clone(context);
        service_fn(move |request| proxy::serve(Arc::clone(&context), Arc::clone(&client), request))
    };
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(MOST_HEADER_BYTES).unwrap_or(u32::MAX))
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = context.phases.reached(Phase::Stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = context.phases.reached(Phase::Cut) => {}
    }
}

/// Closes so that the client can still read the answer: a socket closed with unread bytes
/// in it is reset, and a reset throws away what was sent before.
async fn linger(stream: &TcpStream) {
    let _ = rustix::net::shutdown(stream, Shutdown::Write);
    let rest = async {
        let mut waste = [0; 8192];
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut waste) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = timeout(LAST_WORDS, rest).await;
}
