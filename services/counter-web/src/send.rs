//! `/send`: one increment, and a status that says whose fault it is when there is none.
//!
//! | what happened | status |
//! | --- | --- |
//! | a number | 200 |
//! | breaker open, no connection, the api says 503 | 503 with `Retry-After`: nothing was counted, try again |
//! | no answer in time | 504: it may have counted |
//! | any other answer, or one that broke off | 502 |

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use service_kit::log::chain;
use service_kit::metrics::ErrorType;
use service_kit::trace::Span;

use crate::api::{Api, ApiError};

pub(crate) async fn send(State(api): State<Api>, Extension(server): Extension<Span>) -> Response {
    match api.next(&server).await {
        Ok(number) => plain(StatusCode::OK, number.to_string()),
        Err(error) => failed(&error, &server),
    }
}

pub(crate) async fn not_allowed() -> Response {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(header::ALLOW, HeaderValue::from_static("GET, POST"))],
    )
        .into_response()
}

fn failed(error: &ApiError, server: &Span) -> Response {
    let kind = error.kind();
    let reason = chain(error);
    let trace = server.trace_id();
    if let ApiError::BreakerOpen(_) = error {
        // The opening was logged; a line for each refused click would bury it.
        tracing::debug!(kind, trace, reason, "no number");
    } else {
        tracing::warn!(kind, trace, reason, "no number");
    }
    let (status, wait) = match error {
        ApiError::BreakerOpen(wait) => (StatusCode::SERVICE_UNAVAILABLE, wait.as_secs() + 1),
        ApiError::Connect(_) | ApiError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, 1),
        ApiError::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, 0),
        _ => (StatusCode::BAD_GATEWAY, 0),
    };
    // The error's own words, without what lies beneath: addresses are nobody's business outside.
    let mut response = plain(status, format!("{error}\n"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response.extensions_mut().insert(ErrorType(kind));
    response
}

fn plain(status: StatusCode, text: String) -> Response {
    (
        status,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        text,
    )
        .into_response()
}
