//! A counter in PostgreSQL: `GET /` adds one and answers the number.
//!
//! `counter-api` serves; `counter-api migrate` makes or updates the schema, under a role of its own. The serving
//! process never creates anything. Where what lives: [`config`] reads the variables, [`database`] talks to PostgreSQL,
//! [`batch`] lets waiting callers share a statement, [`monitor`] decides readiness, [`routes`] answers.

mod batch;
mod config;
mod database;
mod metrics;
mod migrate;
mod monitor;
mod routes;
mod tls;

use std::process::ExitCode;

use service_kit::{App, Kit, Program};

use crate::config::Config;
use crate::database::Database;
use crate::metrics::Metrics;

const PROGRAM: Program = Program {
    name: "counter-api",
    version: env!("CARGO_PKG_VERSION"),
    port: 3030,
    admin_port: Some(9090),
};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.as_slice() {
        [] => service_kit::run(&PROGRAM, Config::read, build),
        [verb] if verb == "migrate" => migrate::run(&PROGRAM),
        _ => {
            service_kit::log::start(PROGRAM.name, tracing::Level::INFO);
            tracing::error!(
                "usage: `counter-api` to serve, `counter-api migrate` to update the schema"
            );
            ExitCode::from(2)
        }
    }
}

/// What the variables could not tell.
#[derive(Debug, thiserror::Error)]
enum BuildError {
    #[error("the metrics cannot be registered")]
    Metrics(#[from] service_kit::prometheus::Error),
    #[error("the connection pool cannot be made")]
    Pool(#[from] deadpool_postgres::BuildError),
}

async fn build(config: Config, kit: Kit) -> Result<App, BuildError> {
    let metrics = Metrics::register(&kit.registry)?;
    kit.requests.expect_errors(
        "/",
        &[
            "db_update_failed",
            "db_select_failed",
            "response_write_failed",
        ],
    );
    let database = Database::new(&config, metrics.clone())?;
    Metrics::watch(&kit.registry, &database)?;
    let watch = monitor::start(database.clone(), kit.health.clone(), metrics.clone());
    let counter = batch::start(&config, database, watch.clone(), &kit, metrics);
    Ok(App {
        router: routes::router(counter, kit.traces),
        endpoint: routes::endpoint,
        log_requests: false,
    })
}
