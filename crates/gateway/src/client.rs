//! What the gateway knows of one client's connection: where it comes from, and
//! whether it is in the middle of sending a request head.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use http::HeaderValue;

use crate::listener::Limits;

/// One accepted connection.
pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    opened: Instant,
    /// Microseconds after `opened` (plus one) when the first byte of an
    /// unfinished head arrived; 0 when there is none.
    head_since: AtomicU64,
    /// Microseconds after `opened` when the last answer was finished.
    idle_since: AtomicU64,
    /// Requests that were read and whose answers are not finished.
    busy: AtomicU64,
    /// Its address as `X-Forwarded-For` has it, made once.
    ip: HeaderValue,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            opened: Instant::now(),
            head_since: AtomicU64::new(0),
            idle_since: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            // `::ffff:127.0.0.1` would be news to whoever reads it.
            ip: HeaderValue::try_from(addr.ip().to_canonical().to_string())
                .expect("an address is visible ASCII"),
        }
    }

    pub(crate) fn ip_header(&self) -> HeaderValue {
        self.ip.clone()
    }

    /// Bytes came in; outside of a request they start a head.
    pub(crate) fn bytes_arrived(&self) {
        if self.busy.load(Ordering::Relaxed) == 0 && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.micros() + 1, Ordering::Relaxed);
        }
    }

    /// A whole head was read.
    pub(crate) fn request_began(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
    }

    /// Its answer was sent, or given up.
    pub(crate) fn request_ended(&self) {
        self.idle_since.store(self.micros(), Ordering::Relaxed);
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }

    /// What the client has to do next, and until when; `None` while it waits for an answer.
    pub(crate) fn due(&self, limits: Limits) -> Option<(Due, Instant)> {
        let at = |micros, limit| self.opened + Duration::from_micros(micros) + limit;
        match self.head_since.load(Ordering::Relaxed) {
            _ if self.busy.load(Ordering::Relaxed) > 0 => None,
            0 => {
                let since = self.idle_since.load(Ordering::Relaxed);
                Some((Due::Request, at(since, limits.idle)))
            }
            since => Some((Due::RestOfHead, at(since - 1, limits.head))),
        }
    }
}

/// What a client owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Request,
    RestOfHead,
}
