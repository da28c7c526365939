//! The page of the counter, and the one place that calls counter-api.
//!
//! [`page`] holds the embedded page, [`send`] answers `/send`, [`api`] is the call behind it with its limits, and
//! [`breaker`] stops calling an api that keeps failing.

mod api;
mod breaker;
mod metrics;
mod page;
mod send;

use std::process::ExitCode;
use std::time::Duration;

use axum::routing::get;
use service_kit::{App, Environment, Kit, Program};

use crate::api::Api;
use crate::breaker::Breaker;
use crate::metrics::Metrics;

const PROGRAM: Program = Program {
    name: "counter-web",
    version: env!("CARGO_PKG_VERSION"),
    port: 8080,
    admin_port: Some(9090),
};

/// What counter-web is configured by.
struct Config {
    api: http::Uri,
    timeout: Duration,
    /// Failures in a row that open the breaker.
    failures: u32,
    /// How long it stays open before one call tries again.
    open: Duration,
}

impl Config {
    fn read(env: &mut Environment) -> Self {
        let url = env.required(
            "API_URL",
            "the address of counter-api, such as `http://api:3030`",
        );
        let api = url.parse::<http::Uri>().ok().filter(|uri| {
            uri.scheme_str() == Some("http")
                && uri.authority().is_some_and(|at| !at.as_str().contains('@'))
        });
        if api.is_none() && !url.is_empty() {
            env.problem(
                "`API_URL` is not an `http://host:port` (TLS inside the platform is the network's work, and \
                 credentials do not belong into an address)",
            );
        }
        Self {
            api: api.unwrap_or_default(),
            timeout: env.milliseconds("API_TIMEOUT_MS", 10..=60_000, 3_000),
            failures: u32::try_from(env.number("API_BREAKER_FAILURES", 1..=1_000, 5)).unwrap_or(5),
            open: env.milliseconds("API_BREAKER_OPEN_MS", 10..=60_000, 1_000),
        }
    }
}

fn main() -> ExitCode {
    service_kit::run(&PROGRAM, Config::read, build)
}

async fn build(config: Config, kit: Kit) -> Result<App, service_kit::prometheus::Error> {
    let metrics = Metrics::register(&kit.registry)?;
    kit.requests.expect_errors("/send", api::ERROR_TYPES);
    let breaker = Breaker::new(config.failures, config.open);
    Metrics::watch(&kit.registry, breaker.clone())?;
    let api = Api::new(
        config.api,
        config.timeout,
        breaker,
        kit.traces.clone(),
        metrics,
    );
    // It depends on nothing to serve its page; an api that is away shows in the answer of `/send`.
    kit.health.ready();
    kit.health.started();
    let send = get(send::send)
        .post(send::send)
        .head(send::not_allowed)
        .fallback(send::not_allowed)
        .with_state(api);
    Ok(App {
        router: page::router().route("/send", send),
        endpoint: |path| match path {
            "/send" => "/send",
            path => page::endpoint(path),
        },
        log_requests: false,
    })
}
