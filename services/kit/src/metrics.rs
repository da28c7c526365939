//! Counting requests: each once, and only when its answer has left the process (or when it is known that it will not).
//!
//! Every request to the main port is one [`Exchange`]. It ends in exactly one of two ways, so the numbers add up:
//! `received_request_total` = `processed_request_total` + `request_errors_total` + `http_requests_in_flight`.
//! Probes and scrapes live on another port and are in none of them. [`crate::server`] drives the exchanges.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

use crate::trace::Span;

/// What a handler puts into a response's extensions to say why it failed, as the `error_type` label.
#[derive(Clone, Copy, Debug)]
pub struct ErrorType(pub &'static str);

/// The status label of a request whose caller went away before the answer was out, as nginx writes it.
const CALLER_WENT_AWAY: &str = "499";

/// The request metrics of a service.
#[derive(Clone, Debug)]
pub struct RequestMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    received: IntCounter,
    processed: IntCounter,
    errors: IntCounterVec,
    requests: IntCounterVec,
    duration: HistogramVec,
    size: HistogramVec,
    in_flight: IntGauge,
}

impl RequestMetrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let inner = Inner {
            received: IntCounter::new("received_request_total", "Requests received.")?,
            processed: IntCounter::new(
                "processed_request_total",
                "Requests answered well: with a status below 500, completely written.",
            )?,
            errors: IntCounterVec::new(
                Opts::new("request_errors_total", "Requests that failed, by reason."),
                &["endpoint", "error_type"],
            )?,
            requests: IntCounterVec::new(
                Opts::new(
                    "http_requests_total",
                    "Requests by endpoint and status; 499 when the caller went away.",
                ),
                &["endpoint", "status"],
            )?,
            duration: HistogramVec::new(
                HistogramOpts::new(
                    "http_request_duration_seconds",
                    "Time from the request's head to its answer being written.",
                ),
                &["endpoint", "status"],
            )?,
            size: HistogramVec::new(
                HistogramOpts::new("http_response_size_bytes", "Size of the answers' bodies.")
                    .buckets(vec![100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0]),
                &["endpoint"],
            )?,
            in_flight: IntGauge::new(
                "http_requests_in_flight",
                "Requests received and neither answered nor failed yet.",
            )?,
        };
        registry.register(Box::new(inner.received.clone()))?;
        registry.register(Box::new(inner.processed.clone()))?;
        registry.register(Box::new(inner.errors.clone()))?;
        registry.register(Box::new(inner.requests.clone()))?;
        registry.register(Box::new(inner.duration.clone()))?;
        registry.register(Box::new(inner.size.clone()))?;
        registry.register(Box::new(inner.in_flight.clone()))?;
        Ok(Self(Arc::new(inner)))
    }

    /// Makes the errors' series exist from the start, so that their first increase is seen as one.
    pub fn expect_errors(&self, endpoint: &str, types: &[&str]) {
        for error_type in types {
            self.0.errors.with_label_values(&[endpoint, error_type]);
        }
    }

    /// Requests that are neither answered nor failed yet.
    pub fn in_flight(&self) -> i64 {
        self.0.in_flight.get()
    }
}

/// Which request an exchange is about, for its log line.
#[derive(Debug)]
pub(crate) struct RequestLine {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) loud: bool,
}

/// One request, from its head to its end; dropped without an end it counts as cut off.
#[derive(Debug)]
pub(crate) struct Exchange {
    metrics: RequestMetrics,
    endpoint: &'static str,
    began: Instant,
    status: Option<StatusCode>,
    error: Option<&'static str>,
    bytes: u64,
    line: Option<RequestLine>,
    span: Span,
    settled: bool,
}

impl Exchange {
    pub(crate) fn begin(
        metrics: &RequestMetrics,
        endpoint: &'static str,
        line: Option<RequestLine>,
        span: Span,
    ) -> Self {
        metrics.0.received.inc();
        metrics.0.in_flight.inc();
        Self {
            metrics: metrics.clone(),
            endpoint,
            began: Instant::now(),
            status: None,
            error: None,
            bytes: 0,
            line,
            span,
            settled: false,
        }
    }

    /// The handler has answered; nothing is written yet.
    pub(crate) fn answered(&mut self, status: StatusCode, error: Option<ErrorType>) {
        self.status = Some(status);
        self.error = match error {
            Some(ErrorType(name)) => Some(name),
            None if status.is_server_error() => Some("internal"),
            None => None,
        };
    }

    pub(crate) fn add_bytes(&mut self, count: usize) {
        self.bytes += count as u64;
    }

    /// The answer was handed to the kernel completely.
    pub(crate) fn written(mut self) {
        self.settle(true);
    }

    fn settle(&mut self, written: bool) {
        self.settled = true;
        let metrics = &self.metrics.0;
        let took = self.began.elapsed();
        let (status, error) = match (&self.status, written) {
            (Some(status), true) => (status.as_str(), self.error),
            _ => (CALLER_WENT_AWAY, Some("response_write_failed")),
        };
        metrics.in_flight.dec();
        match error {
            None => metrics.processed.inc(),
            Some(error) => metrics
                .errors
                .with_label_values(&[self.endpoint, error])
                .inc(),
        }
        let labels = &[self.endpoint, status];
        metrics.requests.with_label_values(labels).inc();
        metrics
            .duration
            .with_label_values(labels)
            .observe(took.as_secs_f64());
        if written {
            metrics
                .size
                .with_label_values(&[self.endpoint])
                .observe(self.bytes as f64);
        }
        self.span.end_server(status, error);
        if let Some(line) = &self.line {
            log(line, status, error, took);
        }
    }
}

fn log(line: &RequestLine, status: &str, error: Option<&str>, took: Duration) {
    let (method, path) = (line.method.as_str(), line.path.as_str());
    let milliseconds = (took.as_secs_f64() * 1e6).round() / 1e3;
    if line.loud {
        tracing::info!(method, path, status, error, milliseconds, "request");
    } else {
        tracing::debug!(method, path, status, error, milliseconds, "request");
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(false);
        }
    }
}
