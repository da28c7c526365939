//! The call to counter-api: one attempt, a limit on its time and on the size of its answer, a breaker before it.
//!
//! It is never repeated: an increment whose answer was lost may have counted, and only the person at the page can
//! decide to click again. (The client below sends a request anew only when a kept connection turned out closed before
//! the first byte was written.)

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry::KeyValue;
use service_kit::trace::{Span, Traces};

use crate::breaker::Breaker;
use crate::metrics::Metrics;

/// The longest answer that is read; a number has 20 characters at most.
const ANSWER_BYTES: usize = 64;

/// Kept connections are closed after this, well before counter-api (75 s) or a balancer between (60 s) would.
const KEEP: Duration = Duration::from_secs(20);

/// counter-api from here; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client<HttpConnector, Empty<Bytes>>,
    uri: Uri,
    timeout: Duration,
    breaker: Breaker,
    traces: Traces,
    metrics: Metrics,
}

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the api keeps failing and is not called for a while")]
    BreakerOpen(Duration),
    #[error("no connection to the api")]
    Connect(#[source] hyper_util::client::legacy::Error),
    #[error("the connection to the api broke before its answer")]
    Broken(#[source] hyper_util::client::legacy::Error),
    #[error("the api did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// It says that nothing was counted, and when to try again.
    #[error("the api is not available")]
    Unavailable(HeaderValue),
    /// It does not say that nothing was counted.
    #[error("the api lost the counter's database; this click may have counted")]
    Unknown,
    #[error("the api answered {0}")]
    Status(StatusCode),
    #[error("the api's answer broke off")]
    Read(#[source] hyper::Error),
    #[error("the api's answer is longer than {ANSWER_BYTES} bytes")]
    TooLarge,
    #[error("the api's answer is not a number")]
    NotANumber,
}

/// Every `error_type` that a failed call can have.
pub(crate) const ERROR_TYPES: &[&str] = &[
    "api_breaker_open",
    "api_call_failed",
    "api_timeout",
    "api_unavailable",
    "api_non_ok_status",
    "response_read_failed",
    "response_too_large",
    "response_not_a_number",
    "response_write_failed",
];

impl ApiError {
    /// The `error_type` of `request_errors_total`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::BreakerOpen(_) => "api_breaker_open",
            Self::Connect(_) | Self::Broken(_) => "api_call_failed",
            Self::Timeout(_) => "api_timeout",
            Self::Unavailable(_) | Self::Unknown => "api_unavailable",
            Self::Status(_) => "api_non_ok_status",
            Self::Read(_) => "response_read_failed",
            Self::TooLarge => "response_too_large",
            Self::NotANumber => "response_not_a_number",
        }
    }

    /// Whether the api is ill; a status below 500 is a mistake, not an illness.
    fn is_illness(&self) -> bool {
        !matches!(self, Self::Status(status) if !status.is_server_error())
    }
}

impl Api {
    pub(crate) fn new(
        uri: Uri,
        timeout: Duration,
        breaker: Breaker,
        traces: Traces,
        metrics: Metrics,
    ) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .build(connector);
        Self {
            client,
            uri,
            timeout,
            breaker,
            traces,
            metrics,
        }
    }

    /// Adds one and gives the number.
    pub(crate) async fn next(&self, server: &Span) -> Result<i64, ApiError> {
        let permit = self.breaker.ask().map_err(ApiError::BreakerOpen)?;
        let span = self.traces.client(server, "GET", || {
            vec![
                KeyValue::new("http.request.method", "GET"),
                KeyValue::new("url.full", self.uri.to_string()),
            ]
        });
        let limited = tokio::time::timeout(self.timeout, self.call(&span));
        let result = limited.await.unwrap_or_else(|_| {
            self.metrics.error("timeout");
            Err(ApiError::Timeout(self.timeout))
        });
        span.end_client(result.as_ref().err().map(ApiError::kind), Vec::new);
        match &result {
            Err(error) if error.is_illness() => permit.failed(),
            _ => permit.succeeded(),
        }
        result
    }

    async fn call(&self, span: &Span) -> Result<i64, ApiError> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = self.uri.clone();
        span.pass_on(request.headers_mut());

        let mut call = self.metrics.call();
        let response = self.client.request(request).await.map_err(|error| {
            self.metrics.error("connection_error");
            if error.is_connect() {
                ApiError::Connect(error)
            } else {
                ApiError::Broken(error)
            }
        })?;
        let status = response.status();
        call.answered(status);
        if status != StatusCode::OK {
            self.metrics.error(&format!("status_{}", status.as_str()));
            return Err(match status {
                StatusCode::SERVICE_UNAVAILABLE => {
                    match response.headers().get(header::RETRY_AFTER) {
                        Some(wait) => ApiError::Unavailable(wait.clone()),
                        None => ApiError::Unknown,
                    }
                }
                status => ApiError::Status(status),
            });
        }
        let number = read(response.into_body()).await;
        if number.is_err() {
            self.metrics.error("bad_answer");
        }
        number
    }
}

async fn read(body: Incoming) -> Result<i64, ApiError> {
    let text = match Limited::new(body, ANSWER_BYTES).collect().await {
        Ok(text) => text.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(ApiError::TooLarge),
        Err(error) => {
            return Err(match error.downcast::<hyper::Error>() {
                Ok(error) => ApiError::Read(*error),
                Err(_) => ApiError::NotANumber,
            });
        }
    };
    let digits = std::str::from_utf8(&text).ok().map(str::trim_end);
    digits
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(ApiError::NotANumber)
}
