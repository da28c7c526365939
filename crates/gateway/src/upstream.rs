//! Connections to replicas: made, kept a moment, used again, never retried.
//!
//! A request is written at most once. The one thing that may happen twice is the
//! choice of a connection: when an idle one turns out to be closed before a byte
//! of the request went out, a fresh one takes the request over.
//!
//! Servers close idle connections on their own (gunicorn after 2 s, Node after
//! 5 s), and a request that crosses such a close on the wire is lost without an
//! answer. So an idle connection is used for one second at most, for half of what
//! the server's `Keep-Alive: timeout=` grants if that is less, and only after the
//! kernel said that the server has not closed it.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
    time::{Duration, Instant},
};

use http::{HeaderMap, Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpSocket, TcpStream};

use crate::{
    body::RequestBody,
    pool::Replica,
    socket::{Socket, is_quiet},
};

const IDLE: Duration = Duration::from_secs(1);
/// Beyond this many, a connection is closed instead of kept.
const MOST_IDLE: usize = 1024;

/// The connections of one replica that nobody uses right now.
#[derive(Default)]
pub(crate) struct Connections {
    idle: Mutex<IdleList>,
    http2: Mutex<Option<http2::SendRequest<RequestBody>>>,
}

#[derive(Default)]
struct IdleList {
    list: Vec<Idle>,
    /// The replica is leaving; nothing is kept any more.
    closed: bool,
    reaping: bool,
}

struct Idle {
    connection: Connection,
    until: Instant,
}

/// An HTTP/1.1 connection in use by one request.
///
/// It is driven by whoever waits for something from it, in the task of the client's own
/// connection: no message between tasks, and no other thread to wake, for each piece of a body.
pub(crate) struct Connection {
    sender: http1::SendRequest<RequestBody>,
    /// Gone when the connection is, or when a task of its own drives it.
    driver: Option<Driver>,
    stream: Arc<TcpStream>,
    keep: Duration,
}

type Driver = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) enum SendError {
    Connect(io::Error),
    ConnectTimeout,
    Exchange(hyper::Error),
    /// The replica does not understand HTTP/2, which this request needs.
    Http2(hyper::Error),
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, IdleList> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes what is idle, and from now on everything as it becomes idle.
    pub(crate) fn close_idle(&self) {
        let mut idle = self.lock();
        idle.closed = true;
        idle.list.clear();
        drop(idle);
        self.http2
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// The most recently used connection that is fit for a request.
    fn take(&self) -> Option<Connection> {
        let now = Instant::now();
        loop {
            // Not locked while the kernel is asked.
            let Idle { connection, until } = self.lock().list.pop()?;
            if now < until && connection.sender.is_ready() && is_quiet(&connection.stream) {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: Connection, replica: &Arc<Replica>) {
        let mut idle = self.lock();
        if idle.closed || idle.list.len() >= MOST_IDLE {
            return;
        }
        let until = Instant::now() + connection.keep;
        idle.list.push(Idle { connection, until });
        if !idle.reaping {
            idle.reaping = true;
            tokio::spawn(reap(Arc::clone(replica)));
        }
    }
}

/// Closes connections that nobody wanted, and ends when there are none left.
async fn reap(replica: Arc<Replica>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        let now = Instant::now();
        let mut idle = replica.connections.lock();
        idle.list.retain(|idle| now < idle.until);
        if idle.list.is_empty() {
            idle.reaping = false;
            return;
        }
    }
}

impl Connection {
    /// Reads and writes what can be read and written now.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(cx).is_ready()
        {
            // If that was an error, the request that is on it was told.
            self.driver = None;
        }
    }

    /// Gives the connection a task of its own.
    pub(crate) fn drive_itself(&mut self) {
        if let Some(driver) = self.driver.take() {
            tokio::spawn(driver);
        }
    }

    /// Sends, and waits for the head of the answer.
    async fn exchange(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, TrySendError<Request<RequestBody>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let response = poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(cx)
        })
        .await?;
        Ok(response)
    }

    /// Makes the connection available to the next request, unless the replica or its
    /// answer said otherwise.
    pub(crate) fn give_back(mut self, replica: &Arc<Replica>) {
        if self.sender.is_ready() {
            replica.connections.keep(self, replica);
        } else if !self.sender.is_closed() {
            // It has not seen the end yet, or is still sending the rest of the request.
            self.drive_itself();
            let replica = Arc::clone(replica);
            tokio::spawn(async move {
                if self.sender.ready().await.is_ok() {
                    replica.connections.keep(self, &replica);
                }
            });
        }
    }

    /// Takes in what the answer's head says about the connection.
    fn note(&mut self, headers: &HeaderMap) {
        if let Some(value) = headers.get("keep-alive")
            && let Some(seconds) = value.to_str().ok().and_then(keep_alive_timeout)
        {
            self.keep = IDLE.min(Duration::from_secs(seconds) / 2);
        }
    }
}

fn keep_alive_timeout(value: &str) -> Option<u64> {
    value.split(',').find_map(|part| {
        let (name, seconds) = part.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("timeout") {
            return None;
        }
        seconds.trim().trim_matches('"').parse().ok()
    })
}

/// Sends a request over HTTP/1.1 and waits for the head of the answer.
pub(crate) async fn send(
    replica: &Arc<Replica>,
    mut request: Request<RequestBody>,
    connect_timeout: Duration,
) -> Result<(Response<Incoming>, Connection), SendError> {
    loop {
        let idle = replica.connections.take();
        let was_idle = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => open(replica.addr, connect_timeout).await?,
        };
        match connection.exchange(request).await {
            Ok(response) => {
                connection.note(response.headers());
                return Ok((response, connection));
            }
            Err(mut error) => match error.take_message() {
                // Nothing of it was written: choosing again is no retry.
                Some(unsent) if was_idle => request = unsent,
                _ => return Err(SendError::Exchange(error.into_error())),
            },
        }
    }
}

/// Sends a request over HTTP/2 without TLS, sharing one connection with others.
pub(crate) async fn send_http2(
    replica: &Arc<Replica>,
    request: Request<RequestBody>,
    connect_timeout: Duration,
) -> Result<Response<Incoming>, SendError> {
    let kept = replica
        .connections
        .http2
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
        .filter(|sender| !sender.is_closed());
    let mut sender = match kept {
        Some(sender) => sender,
        None => open_http2(replica, connect_timeout).await?,
    };
    sender.send_request(request).await.map_err(SendError::Http2)
}

async fn open(addr: SocketAddr, timeout: Duration) -> Result<Connection, SendError> {
    let stream = Arc::new(connect(addr, timeout).await?);
    let io = TokioIo::new(Socket::new(Arc::clone(&stream)));
    let (sender, driver) = http1::handshake(io).await.map_err(SendError::Exchange)?;
    Ok(Connection {
        sender,
        driver: Some(Box::pin(driver.with_upgrades())),
        stream,
        keep: IDLE,
    })
}

async fn open_http2(
    replica: &Arc<Replica>,
    timeout: Duration,
) -> Result<http2::SendRequest<RequestBody>, SendError> {
    let stream = Arc::new(connect(replica.addr, timeout).await?);
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .handshake(TokioIo::new(Socket::new(stream)))
        .await
        .map_err(SendError::Http2)?;
    tokio::spawn(async move {
        let _ = connection.await;
    });
    if !replica.connections.lock().closed {
        *replica
            .connections
            .http2
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(sender.clone());
    }
    Ok(sender)
}

async fn connect(addr: SocketAddr, timeout: Duration) -> Result<TcpStream, SendError> {
    let connecting = async {
        let socket = match addr {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_nodelay(true)?;
        socket.connect(addr).await
    };
    match tokio::time::timeout(timeout, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(SendError::Connect(error)),
        Err(_) => Err(SendError::ConnectTimeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keep_alive_header_is_read_as_servers_write_it() {
        for (value, expected) in [
            ("timeout=5", Some(5)),
            ("timeout=5, max=100", Some(5)),
            ("max=100, Timeout=\"2\"", Some(2)),
            ("max=100", None),
            ("timeout=soon", None),
            ("", None),
        ] {
            assert_eq!(keep_alive_timeout(value), expected, "{value}");
        }
    }
}
