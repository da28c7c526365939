//! `/send`: one increment, and a status that says whose fault it is when there is none.
//!
//! | what happened | status |
//! | --- | --- |
//! | a number | 200 |
//! | breaker open, no connection, the api says 503 with `Retry-After` | 503 with `Retry-After`: nothing was counted |
//! | the api says 503 without it | 503: it may have counted |
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
        ApiError::BreakerOpen(wait) => {
            let wait = HeaderValue::from(wait.as_secs() + 1);
            (StatusCode::SERVICE_UNAVAILABLE, Some(wait))
        }
        ApiError::Connect(_) => (StatusCode::SERVICE_UNAVAILABLE, Some(HeaderValue::from(1))),
        ApiError::Unavailable(wait) => (StatusCode::SERVICE_UNAVAILABLE, Some(wait.clone())),
        ApiError::Unknown => (StatusCode::SERVICE_UNAVAILABLE, None),
        ApiError::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, None),
        _ => (StatusCode::BAD_GATEWAY, None),
    };
    // The error's own words, without what lies beneath: addresses are nobody's business outside.
    let mut response = plain(status, format!("{error}\n"));
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait);
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
