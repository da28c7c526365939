//! The smallest service: `/` says `ok` (ready), `/hello` says `world` (alive).
//!
//! Everything else it does (one JSON line per request, drain, exit codes) is the kit's.

use std::convert::Infallible;
use std::process::ExitCode;

use axum::Router;
use axum::routing::get;
use service_kit::{App, Program};

const PROGRAM: Program = Program {
    name: "hello",
    version: env!("CARGO_PKG_VERSION"),
    port: 8080,
    admin_port: None,
};

fn main() -> ExitCode {
    service_kit::run(
        &PROGRAM,
        |_| (),
        |(), kit| async move {
            kit.health.ready();
            kit.health.started();
            Ok::<_, Infallible>(App {
                router: Router::new()
                    .route("/", get(|| async { "ok" }))
                    .route("/hello", get(|| async { "world" })),
                endpoint: |path| match path {
                    "/" => "/",
                    "/hello" => "/hello",
                    _ => "other",
                },
                log_requests: true,
            })
        },
    )
}
