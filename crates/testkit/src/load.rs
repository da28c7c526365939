//! Load over HTTP/1.1, for tests that must not lose a request and for the benchmark.
//!
//! Two shapes. The [open loop](open_loop) sends at a constant rate whatever the answers do, and measures
//! each request from the moment at which it *should* have started, so that a server which stalls for a
//! second shows a second and not one slow request (no coordinated omission). The [closed loop](closed_loop)
//! keeps a number of connections busy, each waiting for its answer before it asks again, as `pgbench` does.
//!
//! Neither retries: an answer that did not arrive is a [`Failure`] in the [`Report`]. The one thing that is
//! sent anew is a request of which nothing was written, because its idle connection had been closed before.
//! Connections are the generator's own and are kept alive; nothing of a client library's pool is between.

mod connection;
mod report;
mod target;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use connection::{Pool, ask, ask_pool, within};
pub use report::{Answer, Failure, FailureKind, Outcome, Report};
pub use target::Target;

/// A constant rate, whatever the answers do.
#[derive(Clone, Copy, Debug)]
pub struct OpenLoop {
    /// Requests per second.
    pub rate: f64,
    /// How many requests are sent in all; the run lasts `total / rate` seconds and the last answers.
    pub total: u64,
    /// How many requests may be under way at once. What is due beyond waits, and its waiting counts as latency.
    pub connections: usize,
    /// How long one request may take, connecting included, from the moment it is really sent.
    pub timeout: Duration,
}

impl OpenLoop {
    /// `rate` requests a second for `duration`, at most 1024 at once, each with 30 seconds to be answered.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of requests, far below 2^53"
    )]
    pub fn new(rate: f64, duration: Duration) -> Self {
        let total = (rate * duration.as_secs_f64()).round() as u64;
        Self {
            rate,
            total,
            connections: 1024,
            timeout: Duration::from_secs(30),
        }
    }
}

/// A number of connections, each asking again as soon as it was answered.
#[derive(Clone, Copy, Debug)]
pub struct ClosedLoop {
    /// How many connections ask at once.
    pub connections: usize,
    /// How long answers are ignored first, so that connecting and warming up are not measured.
    pub warm_up: Duration,
    /// How long answers are counted after that.
    pub duration: Duration,
    /// How long one request may take, connecting included.
    pub timeout: Duration,
}

impl ClosedLoop {
    /// `connections` busy for `duration`, counted from the start, each request with 30 seconds to be answered.
    pub fn new(connections: usize, duration: Duration) -> Self {
        Self {
            connections,
            warm_up: Duration::ZERO,
            duration,
            timeout: Duration::from_secs(30),
        }
    }
}

/// Sends at a constant rate and counts.
pub async fn open_loop(target: &Target, plan: OpenLoop) -> Report {
    open_loop_with(target, plan, |_| {}).await
}

/// Sends at a constant rate, counts, and shows every outcome to `observe` as it happens.
pub async fn open_loop_with(
    target: &Target,
    plan: OpenLoop,
    observe: impl Fn(&Outcome) + Send + Sync + 'static,
) -> Report {
    let observe = Arc::new(observe);
    let pools: Vec<Arc<Pool>> = target
        .addresses
        .iter()
        .map(|address| Arc::new(Pool::new(*address)))
        .collect();
    let room = Arc::new(Semaphore::new(plan.connections.max(1)));
    let report = Arc::new(Mutex::new(Report::default()));
    let start = Instant::now();
    let mut under_way = JoinSet::new();
    for (number, pool) in (0..plan.total).zip(pools.iter().cycle()) {
        let intended = start + Duration::from_secs_f64(number as f64 / plan.rate);
        tokio::time::sleep_until(intended.into()).await;
        let (observe, pool, room, report) = (
            Arc::clone(&observe),
            Arc::clone(pool),
            Arc::clone(&room),
            Arc::clone(&report),
        );
        let request = target.request();
        under_way.spawn(async move {
            let place = room
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            let result = within(plan.timeout, ask_pool(&pool, request)).await;
            drop(place);
            let outcome = Outcome {
                intended,
                finished: Instant::now(),
                result,
            };
            observe(&outcome);
            report
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .record(&outcome);
        });
        // Finished tasks are collected as we go, so that a long run does not keep them all.
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
    let mut report = std::mem::take(&mut *report.lock().unwrap_or_else(PoisonError::into_inner));
    report.elapsed = start.elapsed();
    report
}

/// Keeps connections busy and counts.
pub async fn closed_loop(target: &Target, plan: ClosedLoop) -> Report {
    closed_loop_with(target, plan, |_| {}).await
}

/// Keeps connections busy, counts, and shows every outcome to `observe`, those of the warm-up included.
pub async fn closed_loop_with(
    target: &Target,
    plan: ClosedLoop,
    observe: impl Fn(&Outcome) + Send + Sync + 'static,
) -> Report {
    let observe = Arc::new(observe);
    let counted_from = Instant::now() + plan.warm_up;
    let end = counted_from + plan.duration;
    let mut workers = JoinSet::new();
    for (_, address) in (0..plan.connections).zip(target.addresses.iter().cycle()) {
        let (target, address, observe) = (target.clone(), *address, Arc::clone(&observe));
        workers.spawn(async move {
            let mut report = Report::default();
            let mut connection = None;
            loop {
                let intended = Instant::now();
                if intended >= end {
                    return report;
                }
                let asked = ask(&mut connection, address, target.request());
                let result = within(plan.timeout, asked).await;
                let failed = result.is_err();
                let outcome = Outcome {
                    intended,
                    finished: Instant::now(),
                    result,
                };
                observe(&outcome);
                if (counted_from..end).contains(&outcome.finished) {
                    report.record(&outcome);
                }
                if failed {
                    // A server that is gone refuses at once; without a pause this loop would only burn its processor.
                    connection = None;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        });
    }
    let mut report = Report::default();
    while let Some(worker) = workers.join_next().await {
        report.merge(worker.expect("a worker of the load generator does not panic"));
    }
    report.elapsed = plan.duration;
    report
}
