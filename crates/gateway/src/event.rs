//! What happened to each request, told to whoever listens.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Method;
use tokio::sync::broadcast;

/// One finished request, or one finished tunnel.
#[derive(Debug, Clone)]
pub struct AccessEvent {
    /// When its head was read.
    pub began: SystemTime,
    /// Who asked.
    pub client: SocketAddr,
    /// Its method.
    pub method: Method,
    /// The host it named, as it named it.
    pub host: String,
    /// Its path. The query is left out: secrets travel in queries.
    pub path: String,
    /// The service it was for, if a route matched.
    pub pool: Option<Arc<str>>,
    /// The replica that was asked, if any.
    pub replica: Option<Arc<str>>,
    /// The status the client got, or 499 when it left before it got one.
    pub status: u16,
    /// Until the answer's head was there; `None` when the client left before.
    pub to_head: Option<Duration>,
    /// Until the end of the answer, or of the tunnel.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered to the end, whatever its status.
    Answered,
    /// The gateway answered instead, with this reason.
    Refused(String),
    /// The service's answer began and broke off.
    BrokeOff(String),
    /// The client went away. Nobody's error.
    ClientGone,
}

/// The sending side; does nothing while nobody listens.
#[derive(Clone)]
pub(crate) struct Events(broadcast::Sender<Arc<AccessEvent>>);

impl Events {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<AccessEvent>> {
        self.0.subscribe()
    }

    pub(crate) fn anyone_listens(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn send(&self, event: AccessEvent) {
        // Fails when the last listener just left.
        let _ = self.0.send(Arc::new(event));
    }
}
