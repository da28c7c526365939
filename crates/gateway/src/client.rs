//! What the gateway knows of one client's connection: where it comes from, and
//! whether it is in the middle of sending a request head.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use http::HeaderValue;

/// One accepted connection.
pub(crate) struct Client {
    pub(crate) addr: SocketAddr,
    opened: Instant,
    /// Microseconds after `opened` (plus one) when the first byte of an
    /// unfinished head arrived; 0 when there is none.
    head_since: AtomicU64,
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
            let now = u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX - 1);
            self.head_since.store(now + 1, Ordering::Relaxed);
        }
    }

    /// A whole head was read.
    pub(crate) fn request_began(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
    }

    /// Its answer was sent, or given up.
    pub(crate) fn request_ended(&self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }

    /// When the unfinished head, if any, is overdue.
    pub(crate) fn head_deadline(&self, limit: Duration) -> Option<Instant> {
        match self.head_since.load(Ordering::Relaxed) {
            0 => None,
            since => Some(self.opened + Duration::from_micros(since - 1) + limit),
        }
    }
}
