//! Callers that wait at the same time share one statement.
//!
//! All increments want the same row, so one at a time they would queue for its lock and for the disk, each in turn.
//! Here whoever comes while a statement is in flight waits for the next one, which adds all of them at once; each
//! gets its own number, in the order of arrival, and only after the commit. Nothing is ever sent twice: when the
//! outcome is unknown, the callers are told so.

use std::time::{Duration, Instant};

use service_kit::Kit;
use service_kit::health::Heartbeat;
use service_kit::log::chain;
use service_kit::program::Faults;
use tokio::sync::{mpsc, oneshot};

use crate::config::Config;
use crate::database::{AddError, Added, Database};
use crate::metrics::Metrics;
use crate::monitor::Watch;

/// Callers that may wait; above it they are sent away at once.
const WAITING: usize = 4096;

/// How long a crowd that keeps coming may keep its statement from leaving.
const CROWD: Duration = Duration::from_millis(1);

/// Updates that changed nothing, though there was room, before the worker gives up.
const FUTILE: u32 = 3;

/// Why a caller gets no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The database is away or refused; it was not counted.
    NotCounted,
    /// It may have been counted or not.
    Unknown,
    /// The counter is at its end.
    Full,
    /// Too many wait already; it was not counted.
    Overloaded,
}

struct Caller {
    arrived: Instant,
    answer: oneshot::Sender<Result<i64, Refusal>>,
}

/// Where to ask for the next number; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    callers: mpsc::Sender<Caller>,
    watch: Watch,
    metrics: Metrics,
}

impl Counter {
    /// The next number, committed.
    pub(crate) async fn next(&self) -> Result<i64, Refusal> {
        if !self.watch.is_up() {
            return Err(Refusal::NotCounted);
        }
        let (answer, number) = oneshot::channel();
        let caller = Caller {
            arrived: Instant::now(),
            answer,
        };
        self.metrics.waiting.inc();
        if self.callers.try_send(caller).is_err() {
            self.metrics.waiting.dec();
            return Err(Refusal::Overloaded);
        }
        // The worker can only have died with the statement in flight.
        number.await.unwrap_or(Err(Refusal::Unknown))
    }
}

/// Starts the worker.
pub(crate) fn start(
    config: &Config,
    database: Database,
    watch: Watch,
    kit: &Kit,
    metrics: Metrics,
) -> Counter {
    let (callers, waiting) = mpsc::channel(WAITING);
    // A batch may take a connection, a statement and a look at the room that is left.
    let limit = config.database.timeout * 5 + Duration::from_secs(5);
    let worker = Worker {
        patience: database.timeout(),
        database,
        watch: watch.clone(),
        metrics: metrics.clone(),
        heartbeat: kit.health.heartbeat("counter", limit),
        faults: kit.faults.clone(),
    };
    tokio::spawn(worker.run(waiting));
    Counter {
        callers,
        watch,
        metrics,
    }
}

struct Worker {
    database: Database,
    watch: Watch,
    metrics: Metrics,
    heartbeat: Heartbeat,
    faults: Faults,
    /// How long a caller may wait for its statement to begin.
    patience: Duration,
}

impl Worker {
    async fn run(self, mut waiting: mpsc::Receiver<Caller>) {
        let mut batch = Vec::new();
        loop {
            self.faults.hang_point().await;
            self.heartbeat.beat();
            let received = tokio::time::timeout(
                Duration::from_secs(1),
                waiting.recv_many(&mut batch, WAITING),
            );
            match received.await {
                Err(_) => continue,
                Ok(0) => return,
                Ok(_) => {}
            }
            gather(&mut waiting, &mut batch).await;
            self.metrics.waiting.sub(size(&batch));
            self.serve(&mut batch).await;
        }
    }

    async fn serve(&self, batch: &mut Vec<Caller>) {
        // Who has gone away must not be counted, and who has waited too long is better told than kept.
        batch.retain(|caller| !caller.answer.is_closed());
        let late = batch
            .iter()
            .take_while(|caller| caller.arrived.elapsed() > self.patience)
            .count();
        refuse(batch.drain(..late), Refusal::NotCounted);
        let mut futile = 0;
        while !batch.is_empty() {
            self.heartbeat.beat();
            self.metrics.batch.observe(batch.len() as f64);
            let count = size(batch);
            match self.database.add(count).await {
                Ok(Added::To(last)) => {
                    let first = last - count + 1;
                    for (number, caller) in (first..=last).zip(batch.drain(..)) {
                        let _ = caller.answer.send(Ok(number));
                    }
                }
                Ok(Added::Room(room)) => {
                    let fit = usize::try_from(room.max(0)).unwrap_or(usize::MAX);
                    if fit < batch.len() {
                        tracing::error!(
                            refused = batch.len() - fit,
                            "the counter is at its end: it holds 64 bits"
                        );
                        // Those who still fit try again, fewer each time.
                        refuse(batch.drain(fit..), Refusal::Full);
                    } else if futile < FUTILE {
                        // Somebody has made room in between.
                        futile += 1;
                    } else {
                        tracing::error!(
                            "the counter's row can be read and has room, but an update changes nothing: a trigger or a \
                             policy of the database may be in the way"
                        );
                        refuse(batch.drain(..), Refusal::NotCounted);
                    }
                }
                Err(error) => {
                    let (refusal, cause) = match &error {
                        AddError::NotCounted(cause) => (Refusal::NotCounted, cause),
                        AddError::Unknown(cause) => (Refusal::Unknown, cause),
                    };
                    tracing::warn!(
                        callers = batch.len(),
                        reason = chain(&error),
                        "increments failed"
                    );
                    self.watch.failed(cause);
                    refuse(batch.drain(..), refusal);
                }
            }
        }
    }
}

/// Adds those who are about to ask: answers of the last statement have just left, and their callers ask again. It goes
/// on only while each turn of the runtime brings somebody, so that a lone caller waits for nobody.
async fn gather(waiting: &mut mpsc::Receiver<Caller>, batch: &mut Vec<Caller>) {
    let end = Instant::now() + CROWD;
    loop {
        tokio::task::yield_now().await;
        let before = batch.len();
        while batch.len() < WAITING
            && let Ok(caller) = waiting.try_recv()
        {
            batch.push(caller);
        }
        if batch.len() == before || Instant::now() >= end {
            return;
        }
    }
}

fn size(batch: &[Caller]) -> i64 {
    i64::try_from(batch.len()).expect("a batch is bounded by `WAITING`")
}

fn refuse(callers: impl Iterator<Item = Caller>, refusal: Refusal) {
    for caller in callers {
        let _ = caller.answer.send(Err(refusal));
    }
}
