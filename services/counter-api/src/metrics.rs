//! What counter-api measures beside its requests: the database and the callers that wait for it.

use std::time::Duration;

use deadpool_postgres::Pool;
use service_kit::prometheus::core::{Collector, Desc};
use service_kit::prometheus::proto::MetricFamily;
use service_kit::prometheus::{
    self, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use crate::database::Database;

/// The metrics; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    operations: HistogramVec,
    outcomes: IntCounterVec,
    pub(crate) connected: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) batch: Histogram,
}

/// What is asked of the database, as the `operation` label.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    /// The first look whether the schema is there (making it is `migrate`'s).
    InitTable,
    UpdateCounter,
    GetCounter,
}

impl Operation {
    const ALL: [Self; 3] = [Self::InitTable, Self::UpdateCounter, Self::GetCounter];

    fn label(self) -> &'static str {
        match self {
            Self::InitTable => "init_table",
            Self::UpdateCounter => "update_counter",
            Self::GetCounter => "get_counter",
        }
    }
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            operations: HistogramVec::new(
                HistogramOpts::new(
                    "db_operation_duration_seconds",
                    "Time of an operation on the database, well or not.",
                ),
                &["operation"],
            )?,
            outcomes: IntCounterVec::new(
                Opts::new(
                    "db_operations_total",
                    "Operations on the database by outcome.",
                ),
                &["operation", "outcome"],
            )?,
            connected: IntGauge::new(
                "db_connection_status",
                "1 when the last look at the database was good, else 0.",
            )?,
            waiting: IntGauge::new(
                "counter_waiting_callers",
                "Callers that wait for the statement after the one in flight.",
            )?,
            batch: Histogram::with_opts(
                HistogramOpts::new(
                    "counter_batch_size",
                    "Increments that shared one statement.",
                )
                .buckets(vec![
                    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0,
                ]),
            )?,
        };
        for operation in Operation::ALL {
            metrics.operations.with_label_values(&[operation.label()]);
            for outcome in ["ok", "error"] {
                metrics
                    .outcomes
                    .with_label_values(&[operation.label(), outcome]);
            }
        }
        registry.register(Box::new(metrics.operations.clone()))?;
        registry.register(Box::new(metrics.outcomes.clone()))?;
        registry.register(Box::new(metrics.connected.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        registry.register(Box::new(metrics.batch.clone()))?;
        Ok(metrics)
    }

    /// Adds the state of the pool, read at each scrape.
    pub(crate) fn watch(registry: &Registry, database: &Database) -> Result<(), prometheus::Error> {
        registry.register(Box::new(PoolCollector::new(database.pool())?))
    }

    pub(crate) fn operation(&self, operation: Operation, took: Duration, good: bool) {
        let label = operation.label();
        self.operations
            .with_label_values(&[label])
            .observe(took.as_secs_f64());
        self.outcomes
            .with_label_values(&[label, if good { "ok" } else { "error" }])
            .inc();
    }
}

struct PoolCollector {
    pool: Pool,
    connections: IntGaugeVec,
    most: IntGauge,
    waiting: IntGauge,
}

impl PoolCollector {
    fn new(pool: Pool) -> Result<Self, prometheus::Error> {
        Ok(Self {
            pool,
            connections: IntGaugeVec::new(
                Opts::new("db_pool_connections", "Connections of the pool by state."),
                &["state"],
            )?,
            most: IntGauge::new(
                "db_pool_connections_max",
                "Connections the pool may have at most.",
            )?,
            waiting: IntGauge::new(
                "db_pool_waiting",
                "Operations that wait for a connection of the pool.",
            )?,
        })
    }

    fn parts(&self) -> [&dyn Collector; 3] {
        [&self.connections, &self.most, &self.waiting]
    }
}

impl Collector for PoolCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.parts().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let status = self.pool.status();
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.connections
            .with_label_values(&["idle"])
            .set(gauge(status.available));
        self.connections
            .with_label_values(&["in_use"])
            .set(gauge(status.size.saturating_sub(status.available)));
        self.most.set(gauge(status.max_size));
        self.waiting.set(gauge(status.waiting));
        self.parts()
            .into_iter()
            .flat_map(Collector::collect)
            .collect()
    }
}
