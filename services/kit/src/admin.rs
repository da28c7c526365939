//! Probes and metrics, on a port (and a thread) of their own.
//!
//! The thread matters: when the service's own runtime is saturated or stuck, the probes must still answer, the
//! liveness probe with the truth about it. Traffic never comes here, and none of this is on the main port unless
//! `PROBES_ON_MAIN` says so (without `/metrics` even then).

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::health::Health;

/// `/startup`, `/readiness` and `/liveness`.
pub fn probes(health: &Health) -> Router {
    let answer = |check: fn(&Health) -> Result<(), String>| {
        get(move |State(health): State<Health>| async move { probe(check(&health)) })
    };
    Router::new()
        .route("/startup", answer(Health::startup))
        .route("/readiness", answer(Health::readiness))
        .route("/liveness", answer(Health::liveness))
        .with_state(health.clone())
}

/// The probes and `/metrics`.
pub fn router(health: &Health, registry: &Registry) -> Router {
    let registry = registry.clone();
    probes(health).route("/metrics", get(async move || exposition(&registry)))
}

fn probe(state: Result<(), String>) -> Response {
    let (status, text) = match state {
        Ok(()) => (StatusCode::OK, "OK\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

fn exposition(registry: &Registry) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => {
            let kind = HeaderValue::from_static(prometheus::TEXT_FORMAT);
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
