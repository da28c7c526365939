//! The replicas of one service, changed while requests flow.
//!
//! Whoever starts and probes the processes says here which addresses exist and
//! which are ready; the gateway picks. Connections to a replica live in
//! [`crate::upstream`].

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::{sync::Notify, time::Instant};

use crate::{
    stats::{Counters, PoolSnapshot, ReplicaSnapshot},
    upstream::Connections,
};

/// The replicas of one service.
pub struct Pool {
    name: Arc<str>,
    replicas: ArcSwap<Vec<Arc<Replica>>>,
    /// Makes changes of the list one at a time; readers never take it.
    change: Mutex<()>,
    reason: ArcSwapOption<Arc<str>>,
    hint: ArcSwap<Arc<str>>,
    turn: AtomicUsize,
    pub(crate) counters: Counters,
}

/// Whether a replica gets requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicaState {
    /// Known, but not asked.
    NotReady,
    /// Gets its share of the requests.
    Ready,
    /// Finishes what it has, gets nothing new, and never becomes ready again under this id.
    Draining,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Nothing is in flight any more: the replica may be stopped unnoticed.
    Clean,
    /// The deadline passed first; so many requests and tunnels would be cut.
    Late {
        /// Requests and upgraded connections still open.
        in_flight: usize,
    },
    /// No replica has this id.
    Unknown,
}

impl Pool {
    /// An empty pool for the service `name`, the name that error pages use.
    pub fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            replicas: ArcSwap::default(),
            change: Mutex::new(()),
            reason: ArcSwapOption::empty(),
            hint: ArcSwap::from_pointee(
                format!("see its output with `seaworthy logs {name}`").into(),
            ),
            turn: AtomicUsize::new(0),
            counters: Counters::default(),
        })
    }

    /// The service's name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Adds a replica, not ready yet. An older one of the same id is removed first.
    pub fn add(&self, id: &str, addr: SocketAddr) {
        let replica = Arc::new(Replica::new(id.into(), addr));
        self.change_replicas(|list| {
            if let Some(old) = take(list, id) {
                old.retire();
            }
            list.push(replica);
        });
    }

    /// Says whether a replica may get requests. Without effect on one that drains, so
    /// that a late answer of a probe cannot call it back. `false` if there is no such replica.
    pub fn set_ready(&self, id: &str, ready: bool) -> bool {
        let Some(replica) = self.find(id) else {
            return false;
        };
        let (from, to) = if ready {
            (ReplicaState::NotReady, ReplicaState::Ready)
        } else {
            (ReplicaState::Ready, ReplicaState::NotReady)
        };
        // Failure means: already so, or draining.
        let _ = replica.state.compare_exchange(
            from as u8,
            to as u8,
            Ordering::SeqCst,
            Ordering::SeqCst,
        );
        true
    }

    /// Gives a replica no new requests, closes its idle connections, and waits until its
    /// requests and upgraded connections are done, at most for `deadline`.
    pub async fn drain(&self, id: &str, deadline: Duration) -> Drained {
        let Some(replica) = self.find(id) else {
            return Drained::Unknown;
        };
        replica.retire();
        let until = Instant::now() + deadline;
        loop {
            let settled = replica.settled.notified();
            tokio::pin!(settled);
            // Registered before the count is read, so that no wake-up is lost.
            settled.as_mut().enable();
            if replica.in_flight() == 0 {
                return Drained::Clean;
            }
            if tokio::time::timeout_at(until, settled).await.is_err() {
                return match replica.in_flight() {
                    0 => Drained::Clean,
                    in_flight => Drained::Late { in_flight },
                };
            }
        }
    }

    /// Forgets a replica. What is in flight goes on for as long as the replica answers.
    pub fn remove(&self, id: &str) {
        self.change_replicas(|list| {
            if let Some(old) = take(list, id) {
                old.retire();
            }
        });
    }

    /// Says why no replica is ready (`starting, startup probe /startup answers 503`);
    /// shown to whoever asks meanwhile.
    pub fn set_reason(&self, reason: &str) {
        self.reason.store(Some(Arc::new(reason.into())));
    }

    /// Takes the reason back.
    pub fn clear_reason(&self) {
        self.reason.store(None);
    }

    /// Replaces the advice that error answers end with (`see its output with …`).
    pub fn set_hint(&self, hint: &str) {
        self.hint.store(Arc::new(hint.into()));
    }

    /// The pool as it is now.
    pub fn snapshot(&self) -> PoolSnapshot {
        PoolSnapshot {
            name: Arc::clone(&self.name),
            reason: self.reason.load().as_deref().cloned(),
            totals: self.counters.snapshot(),
            replicas: self.replicas.load().iter().map(|r| r.snapshot()).collect(),
        }
    }

    pub(crate) fn hint(&self) -> String {
        self.hint.load().to_string()
    }

    /// Why nobody is there to answer, starting with the service's name.
    pub(crate) fn why_not_ready(&self) -> String {
        let name = &self.name;
        if let Some(reason) = self.reason.load().as_deref() {
            return if reason.starts_with(&format!("{name}:")) {
                reason.to_string()
            } else {
                format!("{name}: {reason}")
            };
        }
        match self.replicas.load().len() {
            0 => format!("{name}: no replica is running"),
            1 => format!("{name}: its replica is not ready"),
            n => format!("{name}: none of its {n} replicas is ready"),
        }
    }

    /// The ready replica with the fewest requests in flight; among equals they take turns.
    pub(crate) fn pick(self: &Arc<Self>) -> Option<Lease> {
        let replicas = self.replicas.load();
        if replicas.is_empty() {
            return None;
        }
        let start = self.turn.fetch_add(1, Ordering::Relaxed);
        loop {
            let mut best: Option<(usize, &Arc<Replica>)> = None;
            for offset in 0..replicas.len() {
                let replica = &replicas[start.wrapping_add(offset) % replicas.len()];
                if replica.state() != ReplicaState::Ready {
                    continue;
                }
                let in_flight = replica.in_flight();
                if best.is_none_or(|(fewest, _)| in_flight < fewest) {
                    best = Some((in_flight, replica));
                }
            }
            let (_, replica) = best?;
            // Counted first and looked at again after: either a drain that begins now
            // sees this request, or this request sees the drain.
            let lease = Lease::new(Arc::clone(replica));
            if replica.state() == ReplicaState::Ready {
                replica.counters.began();
                return Some(lease);
            }
        }
    }

    fn find(&self, id: &str) -> Option<Arc<Replica>> {
        let replicas = self.replicas.load();
        replicas.iter().find(|r| &*r.id == id).cloned()
    }

    fn change_replicas(&self, change: impl FnOnce(&mut Vec<Arc<Replica>>)) {
        let _one_at_a_time = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = Vec::clone(&self.replicas.load());
        change(&mut list);
        self.replicas.store(Arc::new(list));
    }
}

fn take(list: &mut Vec<Arc<Replica>>, id: &str) -> Option<Arc<Replica>> {
    let at = list.iter().position(|r| &*r.id == id)?;
    Some(list.remove(at))
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .field("replicas", &self.snapshot().replicas)
            .finish_non_exhaustive()
    }
}

/// One process of a service.
pub(crate) struct Replica {
    pub(crate) id: Arc<str>,
    pub(crate) addr: SocketAddr,
    state: AtomicU8,
    in_flight: AtomicUsize,
    settled: Notify,
    pub(crate) connections: Connections,
    pub(crate) counters: Counters,
}

impl Replica {
    fn new(id: Arc<str>, addr: SocketAddr) -> Self {
        Self {
            id,
            addr,
            state: AtomicU8::new(ReplicaState::NotReady as u8),
            in_flight: AtomicUsize::new(0),
            settled: Notify::new(),
            connections: Connections::default(),
            counters: Counters::default(),
        }
    }

    pub(crate) fn state(&self) -> ReplicaState {
        match self.state.load(Ordering::SeqCst) {
            x if x == ReplicaState::Ready as u8 => ReplicaState::Ready,
            x if x == ReplicaState::Draining as u8 => ReplicaState::Draining,
            _ => ReplicaState::NotReady,
        }
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    fn retire(&self) {
        self.state
            .store(ReplicaState::Draining as u8, Ordering::SeqCst);
        self.connections.close_idle();
    }

    fn snapshot(&self) -> ReplicaSnapshot {
        ReplicaSnapshot {
            id: Arc::clone(&self.id),
            addr: self.addr,
            state: self.state(),
            in_flight: self.in_flight(),
            totals: self.counters.snapshot(),
        }
    }
}

/// A request or tunnel in flight at one replica; dropping it ends it.
pub(crate) struct Lease(Arc<Replica>);

impl Lease {
    fn new(replica: Arc<Replica>) -> Self {
        replica.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(replica)
    }

    pub(crate) fn replica(&self) -> &Arc<Replica> {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.settled.notify_waiters();
        }
    }
}
