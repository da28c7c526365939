//! Counters of a pool and of each replica, and the snapshots handed out.
//!
//! Everything is a relaxed atomic: a snapshot taken under load may be off by the
//! requests of that instant, and costs the requests nothing.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::pool::ReplicaState;

/// Four buckets per doubling, from 16 µs to beyond an hour.
const BUCKETS: usize = 4 * 28;
const SMALLEST_LOG2: u32 = 4;

#[derive(Default)]
pub(crate) struct Counters {
    requests: AtomicU64,
    /// Answers by hundreds: 1xx … 5xx.
    classes: [AtomicU64; 5],
    /// Answers that the gateway had to write itself, for want of one.
    failures: AtomicU64,
    /// Clients that left before the answer's end.
    abandoned: AtomicU64,
    latency: LatencyBuckets,
}

struct LatencyBuckets([AtomicU64; BUCKETS]);

impl Default for LatencyBuckets {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; BUCKETS])
    }
}

impl Counters {
    pub(crate) fn began(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    /// An answer's head is on its way to the client.
    pub(crate) fn answered(&self, status: u16, after: Duration) {
        if let Some(class) = self.classes.get(usize::from(status / 100).wrapping_sub(1)) {
            class.fetch_add(1, Relaxed);
        }
        self.latency.0[bucket_of(after)].fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn abandoned(&self) {
        self.abandoned.fetch_add(1, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Totals {
        Totals {
            requests: self.requests.load(Relaxed),
            by_class: std::array::from_fn(|i| self.classes[i].load(Relaxed)),
            failures: self.failures.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            latency: Histogram(self.latency.0.iter().map(|n| n.load(Relaxed)).collect()),
        }
    }
}

/// What happened so far, since the pool or replica was made.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Requests taken in, answered or not.
    pub requests: u64,
    /// Answers with status 1xx, 2xx, 3xx, 4xx and 5xx, the gateway's own included.
    pub by_class: [u64; 5],
    /// Answers the gateway wrote itself (502, 503, 504 …) because the service gave none.
    pub failures: u64,
    /// Requests whose client went away before the end of the answer.
    pub abandoned: u64,
    /// Time from the request's head to the answer's head.
    pub latency: Histogram,
}

/// A latency distribution with four buckets per doubling (at most 25 % wide).
#[derive(Debug, Clone)]
pub struct Histogram(Vec<u64>);

impl Histogram {
    /// Number of values recorded.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The upper bound of the bucket that holds quantile `q` (0 to 1), or `None` without values.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank between 1 and count"
        )]
        let rank = ((count as f64 * q.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, n) in self.0.iter().enumerate() {
            seen += n;
            if seen >= rank {
                return Some(upper_bound(index));
            }
        }
        None
    }

    /// Upper bounds and counts, smallest first, empty buckets included.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.0
            .iter()
            .enumerate()
            .map(|(index, n)| (upper_bound(index), *n))
    }
}

fn bucket_of(value: Duration) -> usize {
    let micros = u64::try_from(value.as_micros()).unwrap_or(u64::MAX);
    if micros < 1 << SMALLEST_LOG2 {
        return 0;
    }
    let log2 = micros.ilog2();
    let quarter = (micros >> (log2 - 2)) & 3;
    let index = u64::from(log2 - SMALLEST_LOG2) * 4 + quarter;
    usize::try_from(index)
        .unwrap_or(usize::MAX)
        .min(BUCKETS - 1)
}

fn upper_bound(index: usize) -> Duration {
    let log2 = SMALLEST_LOG2 + u32::try_from(index / 4).unwrap_or(0);
    let quarter = (index % 4) as u64;
    Duration::from_micros((1 << log2) + (quarter + 1) * (1 << (log2 - 2)))
}

/// A pool at one instant.
#[derive(Debug, Clone)]
pub struct PoolSnapshot {
    /// The service's name.
    pub name: Arc<str>,
    /// Why it is not ready, if somebody said so.
    pub reason: Option<Arc<str>>,
    /// All requests for this pool, also those no replica was there for.
    pub totals: Totals,
    /// The replicas it has now, in the order in which they were added.
    pub replicas: Vec<ReplicaSnapshot>,
}

/// A replica at one instant.
#[derive(Debug, Clone)]
pub struct ReplicaSnapshot {
    /// The name its owner gave it.
    pub id: Arc<str>,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Whether it gets requests.
    pub state: ReplicaState,
    /// Requests and tunnels it is working on.
    pub in_flight: usize,
    /// What it did since it was added.
    pub totals: Totals,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_below_its_buckets_bound_and_not_below_the_one_before() {
        for micros in (0..5_000).chain((5_000..80_000_000).step_by(9_973)) {
            let value = Duration::from_micros(micros);
            let index = bucket_of(value);
            assert!(value < upper_bound(index), "{value:?} in bucket {index}");
            if index > 0 {
                assert!(
                    value >= upper_bound(index - 1),
                    "{value:?} in bucket {index}"
                );
            }
        }
    }

    #[test]
    fn quantiles_are_within_a_quarter() {
        let counters = Counters::default();
        for ms in 1..=1000 {
            counters.answered(200, Duration::from_millis(ms));
        }
        let latency = counters.snapshot().latency;
        for (q, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = latency.quantile(q).expect("has values").as_secs_f64() * 1000.0;
            assert!((ms..=ms * 1.26).contains(&found), "q{q}: {found} ms");
        }
    }

    #[test]
    fn an_hour_fits() {
        assert_eq!(bucket_of(Duration::from_hours(24)), BUCKETS - 1);
    }
}
