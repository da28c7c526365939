//! Looks at the database all the time and decides readiness by it.
//!
//! The look is the statement that needs what serving needs: a connection, the table, the row, the right to read it.
//! A database that goes away is noticed by the next look ([`CALM`]) or by the first statement that breaks, whichever
//! comes first; its return is noticed within [`ANXIOUS`] of the first connection that it would accept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use service_kit::health::Health;
use service_kit::log::chain;
use tokio::sync::Notify;

use crate::database::{Database, DatabaseError};
use crate::metrics::{Metrics, Operation};

/// Between two looks while all is well.
const CALM: Duration = Duration::from_millis(500);

/// Between two looks while it is not.
const ANXIOUS: Duration = Duration::from_millis(200);

/// At least between two looks, however often somebody asks for one.
const APART: Duration = Duration::from_millis(20);

/// What the monitor knows, for those who would use the database; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    up: AtomicBool,
    look: Notify,
    health: Health,
    metrics: Metrics,
}

impl Watch {
    /// Whether the last that was seen of the database was good.
    pub(crate) fn is_up(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    /// Tells of a failure somewhere else: look now, and until then assume the worst if the database is away.
    pub(crate) fn failed(&self, error: &DatabaseError) {
        if error.is_away() {
            self.down(error);
        }
        self.0.look.notify_one();
    }

    fn down(&self, error: &DatabaseError) {
        let reason = chain(error);
        if self.0.up.swap(false, Ordering::Relaxed) {
            tracing::warn!(reason, "not ready");
        }
        self.0.metrics.connected.set(0);
        self.0.health.not_ready(reason);
    }

    fn up(&self) {
        if !self.0.up.swap(true, Ordering::Relaxed) {
            tracing::info!("ready");
        }
        self.0.metrics.connected.set(1);
        self.0.health.ready();
    }
}

/// Starts looking.
pub(crate) fn start(database: Database, health: Health, metrics: Metrics) -> Watch {
    let watch = Watch(Arc::new(Inner {
        up: AtomicBool::new(false),
        look: Notify::new(),
        health,
        metrics,
    }));
    tokio::spawn(run(database, watch.clone()));
    watch
}

async fn run(database: Database, watch: Watch) {
    let mut operation = Operation::InitTable;
    let mut said = None;
    loop {
        let pause = match database.get(operation).await {
            Ok(_) => {
                watch.up();
                said = None;
                operation = Operation::GetCounter;
                CALM
            }
            Err(error) => {
                // At the start there is no change to tell, and why it never gets ready must be in the log, once.
                let reason = chain(&error);
                if !watch.is_up() && said.as_ref() != Some(&reason) {
                    tracing::warn!(reason, "not ready");
                }
                said = Some(reason);
                watch.down(&error);
                ANXIOUS
            }
        };
        watch.0.health.started();
        tokio::time::sleep(APART).await;
        let _ = tokio::time::timeout(pause, watch.0.look.notified()).await;
    }
}
