//! `GET /` and nothing else.

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use opentelemetry::KeyValue;
use service_kit::metrics::ErrorType;
use service_kit::trace::{Span, Traces};

use crate::batch::{Counter, Refusal};

#[derive(Clone)]
struct Shared {
    counter: Counter,
    traces: Traces,
}

/// The routes of the main port.
pub(crate) fn router(counter: Counter, traces: Traces) -> Router {
    Router::new()
        // HEAD would otherwise be answered by GET's handler, and would count.
        .route("/", get(next).head(not_allowed).fallback(not_allowed))
        .with_state(Shared { counter, traces })
}

/// The name of a path in metrics and spans.
pub(crate) fn endpoint(path: &str) -> &'static str {
    if path == "/" { "/" } else { "other" }
}

async fn not_allowed() -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(header::ALLOW, HeaderValue::from_static("GET"))],
    )
        .into_response()
}

async fn next(State(shared): State<Shared>, Extension(server): Extension<Span>) -> Response {
    let span = shared.traces.client(&server, "UPDATE counters", || {
        vec![
            KeyValue::new("db.system.name", "postgresql"),
            KeyValue::new("db.operation.name", "UPDATE"),
            KeyValue::new("db.collection.name", "counters"),
        ]
    });
    let answer = shared.counter.next().await;
    span.end_client(answer.err().map(reason), Vec::new);
    match answer {
        Ok(number) => (
            [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            number.to_string(),
        )
            .into_response(),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: Refusal) -> Response {
    let (status, kind) = match refusal {
        Refusal::Full => (StatusCode::INTERNAL_SERVER_ERROR, "counter_full"),
        Refusal::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        Refusal::NotCounted | Refusal::Unknown => {
            (StatusCode::SERVICE_UNAVAILABLE, "db_update_failed")
        }
    };
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        format!("{}\n", reason(refusal)),
    )
        .into_response();
    // Who may have been counted is not told to try again.
    if matches!(refusal, Refusal::NotCounted | Refusal::Overloaded) {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response.extensions_mut().insert(ErrorType(kind));
    response
}

/// What a caller is told; nothing of the database's own words.
fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotCounted => "the database is not available; this request was not counted",
        Refusal::Unknown => {
            "the database did not answer; this request may have been counted or not"
        }
        Refusal::Full => "the counter is at its end",
        Refusal::Overloaded => "too many requests wait; this one was not counted",
    }
}
