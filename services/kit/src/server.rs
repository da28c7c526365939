//! Accepting connections and ending them well.
//!
//! What a client may take is bounded: the time and size of a request's head, the size of a declared body, how long a
//! connection idles or refuses to read its answer, how many connections there are. When it drains, a server first
//! goes on as before (balancers need a moment to follow its readiness) but asks every client to leave after its
//! answer, then closes what idles, and finishes what is in flight. [`crate::program`] decides when.
//!
//! HTTP/1.1 only: that is what balancers speak to their backends here.

mod connection;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::metrics::RequestMetrics;
use crate::trace::Traces;

/// How far the server is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not at all.
    Serving,
    /// New connections are still served, but every answer closes its connection.
    Leaving,
    /// Nothing new; what is in flight is finished.
    Closing,
}

impl Phase {
    async fn reached(self, phase: &mut watch::Receiver<Phase>) {
        // Without a sender nobody will ever say more: the end.
        let _ = phase.wait_for(|phase| *phase >= self).await;
    }
}

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first byte of a request's head to its last; then 408.
    pub head_time: Duration,
    /// The size of a request's head; above it 431.
    pub head_bytes: usize,
    /// The size of a declared body; above it 413.
    pub body_bytes: u64,
    /// How long a connection may do nothing. Longer than the idle time of common balancers (60 s), so that it is they
    /// who close.
    pub idle: Duration,
    /// How long a client may refuse to read its answer.
    pub stall: Duration,
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            head_bytes: 16 << 10,
            body_bytes: 64 << 10,
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(30),
            connections: 8192,
        }
    }
}

/// What a server serves, and how it accounts for it.
#[derive(Clone, Debug)]
pub struct Served {
    /// The routes.
    pub router: Router,
    /// Where requests are counted; the admin port counts none.
    pub metrics: Option<RequestMetrics>,
    /// Names a path for labels, from a closed list so that callers cannot make series.
    pub endpoint: fn(&str) -> &'static str,
    /// Where spans go.
    pub traces: Traces,
    /// Whether each request is a line at `info` rather than at `debug`.
    pub log_requests: bool,
    /// What a client may take.
    pub limits: Limits,
}

/// Serves until the phase is [`Phase::Closing`] and the last connection has ended.
pub async fn serve(listener: TcpListener, served: Served, mut phase: watch::Receiver<Phase>) {
    let most = served.limits.connections;
    let places = Arc::new(Semaphore::new(most as usize));
    let served = Arc::new(served);
    let observer = phase.clone();
    let open = |stream| {
        let places = Arc::clone(&places);
        let served = Arc::clone(&served);
        let phase = observer.clone();
        async move {
            // Closed only when this function has ended.
            if let Ok(place) = places.acquire_owned().await {
                tokio::spawn(async move {
                    connection::run(stream, served, phase).await;
                    drop(place);
                });
            }
        }
    };
    loop {
        tokio::select! {
            biased;
            () = Phase::Closing.reached(&mut phase) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => open(stream).await,
                Err(error) => refused(&error).await,
            },
        }
    }
    // Who is in the kernel's queue has been told that the connection stands; a closed listener would reset it.
    while let Ok(Ok((stream, _))) =
        tokio::time::timeout(Duration::from_millis(5), listener.accept()).await
    {
        open(stream).await;
    }
    drop(listener);
    let _all = places.acquire_many(most).await;
}

/// Accepting fails for one client (gone already) or for all (no file descriptors): the latter needs a pause.
async fn refused(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::error!(error = %error, "a connection could not be accepted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
