//! How far a listener is on its way to the end.
//!
//! Every connection looks at it at every step, so looking is one atomic load. A
//! `CancellationToken` would lock, and all connections would meet at that lock.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::{Notify, futures::Notified};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    /// No new connections and requests.
    Stopping,
    /// Nothing at all.
    Cut,
}

pub(crate) struct Phases {
    now: AtomicU8,
    changed: Notify,
}

impl Phases {
    pub(crate) fn new() -> Self {
        Self {
            now: AtomicU8::new(Phase::Serving as u8),
            changed: Notify::new(),
        }
    }

    /// Goes on to `phase`; there is no way back.
    pub(crate) fn enter(&self, phase: Phase) {
        self.now.fetch_max(phase as u8, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(crate) fn now(&self) -> Phase {
        match self.now.load(Ordering::SeqCst) {
            0 => Phase::Serving,
            1 => Phase::Stopping,
            _ => Phase::Cut,
        }
    }

    /// Wakes whoever polled it before the next change. Look at [`Phases::now`] after polling.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Waits for `phase`.
    pub(crate) async fn reached(&self, phase: Phase) {
        loop {
            let changed = self.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.now() >= phase {
                return;
            }
            changed.await;
        }
    }
}
