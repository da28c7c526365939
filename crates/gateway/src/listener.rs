//! Listening addresses and the connections of clients.

use std::{future::poll_fn, io, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use arc_swap::ArcSwap;
use bytes::Bytes;
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustix::net::Shutdown;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::broadcast,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    client::{Client, Due},
    event::{AccessEvent, Events},
    phase::{Phase, Phases},
    pool::Pool,
    proxy::{self, Context, Target},
    route::{Destination, RouteTable, Timeouts},
    socket::Socket,
};

/// Of one head. Of headers there may be a hundred, hyper's default and Envoy's.
const MOST_HEADER_BYTES: usize = 64 * 1024;
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The data plane of one process: opens listeners, and tells what passes through them.
#[derive(Clone)]
pub struct Gateway {
    events: Events,
    limits: Limits,
}

/// How patient listeners are with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a request's head, from its first byte to its last.
    pub head: Duration,
    /// For the next request on an idle connection.
    pub idle: Duration,
}

impl Default for Limits {
    /// 10 s for a head. 2 min of idleness: longer than clients keep their connections (Go 90 s),
    /// so that it is they who close, and no request crosses a close on the wire.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(2),
        }
    }
}

/// What a listener serves.
pub enum Routes {
    /// The public gateway: by host and path, adding `X-Forwarded-*` and `X-Request-Id` as a
    /// load balancer does.
    Table(RouteTable),
    /// The address of one service: every request goes to its pool, with the headers the client
    /// sent, as between two services of a cluster. See [`Timeouts::between_services`].
    Service(Arc<Pool>, Timeouts),
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has it.
    #[error("the address {0} is taken")]
    Taken(SocketAddr),
    /// Reachable from other machines.
    #[error("{0} is not a loopback address, and the gateway listens on nothing else")]
    NotLoopback(SocketAddr),
    /// Anything else: a privileged port, no IPv6 …
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every request was answered.
    Clean,
    /// The deadline passed first.
    Cut {
        /// Connections closed in the middle of a request.
        connections: usize,
    },
}

impl Default for Gateway {
    fn default() -> Self {
        Self::new()
    }
}

impl Gateway {
    /// A gateway without listeners.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A gateway with other limits than the defaults.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            events: Events::new(),
            limits,
        }
    }

    /// Every request that ends from now on, on any listener. A receiver that falls more than
    /// a thousand behind loses the oldest; requests never wait for receivers.
    pub fn events(&self) -> broadcast::Receiver<Arc<AccessEvent>> {
        self.events.subscribe()
    }

    /// Listens on a loopback address (port 0: any free port) and serves until shut down.
    ///
    /// Needs a tokio runtime around it.
    pub fn bind(&self, addr: SocketAddr, routes: Routes) -> Result<Listener, BindError> {
        if !addr.ip().to_canonical().is_loopback() {
            return Err(BindError::NotLoopback(addr));
        }
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken(addr),
            _ => BindError::Listen { addr, source },
        };
        let socket = listen(addr).map_err(failed)?;
        let local_addr = socket.local_addr().map_err(failed)?;
        let target = match routes {
            Routes::Table(table) => Target::Table(ArcSwap::from_pointee(table)),
            Routes::Service(pool, timeouts) => {
                Target::Service(Arc::new(Destination { pool, timeouts }))
            }
        };
        let listener = Listener {
            local_addr,
            connections: TaskTracker::new(),
            context: Arc::new(Context {
                target,
                local_addr,
                events: self.events.clone(),
                limits: self.limits,
                tunnels: TaskTracker::new(),
                phases: Phases::new(),
            }),
        };
        tokio::spawn(accept(
            socket,
            Arc::clone(&listener.context),
            listener.connections.clone(),
        ));
        Ok(listener)
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of the run before in TIME_WAIT do not keep the next run out.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(1024)
}

/// One listening address. Dropping it closes everything at once; see [`Listener::shutdown`].
pub struct Listener {
    local_addr: SocketAddr,
    connections: TaskTracker,
    context: Arc<Context>,
}

impl Listener {
    /// The address, with the port that was free if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves by another table from the next request on; those under way are not touched.
    /// `false` if this listener serves one service and has no table.
    pub fn replace_routes(&self, table: RouteTable) -> bool {
        match &self.context.target {
            Target::Table(current) => {
                current.store(Arc::new(table));
                true
            }
            Target::Service(_) => false,
        }
    }

    /// Stops accepting, lets requests in flight end (`connection: close`), at most for
    /// `deadline`, then closes what is left. Tunnels have no end to wait for; they are closed
    /// as soon as the requests are done.
    pub async fn shutdown(self, deadline: Duration) -> Stopped {
        self.context.phases.enter(Phase::Stopping);
        self.connections.close();
        let stopped = match timeout(deadline, self.connections.wait()).await {
            Ok(()) => Stopped::Clean,
            Err(_) => Stopped::Cut {
                connections: self.connections.len(),
            },
        };
        self.context.phases.enter(Phase::Cut);
        self.connections.wait().await;
        self.context.tunnels.close();
        self.context.tunnels.wait().await;
        stopped
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.context.phases.enter(Phase::Cut);
    }
}

async fn accept(socket: TcpListener, context: Arc<Context>, connections: TaskTracker) {
    // Counts as a connection, so that a shutdown waits until the port is free.
    let accepting = connections.token();
    loop {
        let accepted = tokio::select! {
            biased;
            () = context.phases.reached(Phase::Stopping) => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, addr)) => {
                let serving = serve(stream, addr, Arc::clone(&context));
                connections.spawn(serving);
            }
            // The client was gone before it was greeted, or the process has no descriptors
            // left; a short rest keeps the latter from spinning.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop(socket);
    drop(accepting);
}

/// How a connection ended.
enum End {
    Served,
    Failed,
    SlowHead,
    Idle,
    Cut,
}

async fn serve(stream: TcpStream, addr: SocketAddr, context: Arc<Context>) {
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
        End::Served | End::Idle | End::Cut => {}
        End::Failed => linger(&stream).await,
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
        let mut waste = [0; 4096];
        let mut left = 4 * 1024 * 1024_usize;
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut waste) {
                Ok(0) => return,
                Ok(n) if n >= left => return,
                Ok(n) => left -= n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = timeout(Duration::from_secs(1), rest).await;
}
