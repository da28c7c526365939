//! What counter-web measures beside its requests: the calls to counter-api and the breaker before them.

use std::time::Duration;

use service_kit::prometheus::core::{Collector, Desc};
use service_kit::prometheus::proto::MetricFamily;
use service_kit::prometheus::{
    self, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry,
};

use crate::breaker::Breaker;

/// The metrics; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    errors: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
    statuses: IntCounterVec,
}

/// A call that is out; it ends with a status (0 when there was no answer), also when its caller goes away.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    metrics: &'a Metrics,
    began: std::time::Instant,
    status: u16,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            errors: IntCounterVec::new(
                Opts::new("api_call_errors_total", "Calls to the api that failed."),
                &["error_type"],
            )?,
            duration: HistogramVec::new(
                HistogramOpts::new(
                    "api_call_duration_seconds",
                    "Time of a call to the api; status 0 when there was no answer.",
                ),
                &["status"],
            )?,
            in_flight: IntGauge::new("api_calls_in_flight", "Calls to the api that are out.")?,
            statuses: IntCounterVec::new(
                Opts::new("api_response_status_total", "Answers of the api by status."),
                &["status_code"],
            )?,
        };
        registry.register(Box::new(metrics.errors.clone()))?;
        registry.register(Box::new(metrics.duration.clone()))?;
        registry.register(Box::new(metrics.in_flight.clone()))?;
        registry.register(Box::new(metrics.statuses.clone()))?;
        metrics.errors.with_label_values(&["connection_error"]);
        Ok(metrics)
    }

    /// Adds the state of the breaker, read at each scrape.
    pub(crate) fn watch(registry: &Registry, breaker: Breaker) -> Result<(), prometheus::Error> {
        registry.register(Box::new(BreakerCollector {
            breaker,
            level: IntGauge::new(
                "api_breaker_state",
                "The circuit breaker before the api: 0 closed, 1 half-open, 2 open.",
            )?,
        }))
    }

    pub(crate) fn call(&self) -> Call<'_> {
        self.in_flight.inc();
        Call {
            metrics: self,
            began: std::time::Instant::now(),
            status: 0,
        }
    }

    pub(crate) fn error(&self, error_type: &str) {
        self.errors.with_label_values(&[error_type]).inc();
    }
}

impl Call<'_> {
    pub(crate) fn answered(&mut self, status: http::StatusCode) {
        self.status = status.as_u16();
        self.metrics
            .statuses
            .with_label_values(&[status.as_str()])
            .inc();
    }

    pub(crate) fn took(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.metrics
            .duration
            .with_label_values(&[self.status.to_string().as_str()])
            .observe(self.took().as_secs_f64());
    }
}

struct BreakerCollector {
    breaker: Breaker,
    level: IntGauge,
}

impl Collector for BreakerCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.level.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.level.set(self.breaker.level());
        self.level.collect()
    }
}
