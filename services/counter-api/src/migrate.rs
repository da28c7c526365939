//! `counter-api migrate`: makes or updates the schema, then narrows what the serving role may do.
//!
//! It runs under the role that owns the tables, once before a new version takes traffic. Everything happens in one
//! transaction under an advisory lock, so that five at once are as good as one, and a failure leaves nothing half-done.

use std::process::ExitCode;
use std::time::Duration;

use service_kit::log::{self, chain};
use service_kit::{Environment, Program, program};
use tokio_postgres::{Client, Transaction};

use crate::config::DatabaseConfig;
use crate::database::{Connector, target};

/// In order; a number is never used twice and a text never changes once released.
const MIGRATIONS: [(i32, &str, &str); 3] = [
    (
        1,
        "counters",
        include_str!("../migrations/0001_counters.sql"),
    ),
    (
        2,
        "wide_counter",
        include_str!("../migrations/0002_wide_counter.sql"),
    ),
    (3, "one_row", include_str!("../migrations/0003_one_row.sql")),
];

/// Of the advisory lock: "counters" in ASCII.
const LOCK: i64 = 0x636f_756e_7465_7273;

/// How long a statement (waiting for the others included) may take.
const TIME: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
enum MigrateError {
    #[error("cannot connect to the database")]
    Connect(#[source] tokio_postgres::Error),
    #[error("the database accepts the connection and then says nothing for {} s", TIME.as_secs())]
    ConnectTime,
    #[error("cannot take the migrations' lock")]
    Lock(#[source] tokio_postgres::Error),
    #[error("cannot read which migrations were applied")]
    ReadApplied(#[source] tokio_postgres::Error),
    #[error("migration {number} `{name}` failed")]
    Apply {
        number: i32,
        name: &'static str,
        source: tokio_postgres::Error,
    },
    #[error("cannot narrow the rights of `{role}`")]
    Narrow {
        role: String,
        source: tokio_postgres::Error,
    },
    #[error("cannot commit")]
    Commit(#[source] tokio_postgres::Error),
    #[error("the runtime cannot start")]
    Runtime(#[source] std::io::Error),
}

/// Runs the command to its exit code: 0, 1 when it failed, 2 when the configuration is not usable.
pub(crate) fn run(of: &Program) -> ExitCode {
    let mut env = Environment::of_the_process();
    let level = program::level(&mut env);
    let database = DatabaseConfig::read(&mut env);
    let role = env.optional("DB_APP_ROLE");
    log::start(of.name, level);
    if let Err(error) = env.finish() {
        tracing::error!("{error}");
        return ExitCode::from(2);
    }
    match migrate(&database, role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn migrate(config: &DatabaseConfig, role: Option<String>) -> Result<(), MigrateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(MigrateError::Runtime)?;
    runtime.block_on(async {
        let (connector, target) = (Connector::new(config), target(config));
        let (mut client, connection) = tokio::time::timeout(TIME, connector.open(&target))
            .await
            .map_err(|_| MigrateError::ConnectTime)?
            .map_err(MigrateError::Connect)?;
        let transaction = locked(&mut client).await?;
        apply(&transaction).await?;
        narrow(&transaction, config, role).await?;
        transaction.commit().await.map_err(MigrateError::Commit)?;
        drop(client);
        // Says goodbye to the server.
        let _ = connection.await;
        Ok(())
    })
}

async fn locked(client: &mut Client) -> Result<Transaction<'_>, MigrateError> {
    let transaction = client.transaction().await.map_err(MigrateError::Lock)?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL statement_timeout = {}; SELECT pg_advisory_xact_lock({LOCK})",
            TIME.as_millis()
        ))
        .await
        .map_err(MigrateError::Lock)?;
    Ok(transaction)
}

async fn apply(transaction: &Transaction<'_>) -> Result<(), MigrateError> {
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 number integer PRIMARY KEY,
                 name text NOT NULL,
                 applied_at timestamptz NOT NULL DEFAULT now()
             )",
        )
        .await
        .map_err(MigrateError::ReadApplied)?;
    let applied: Vec<i32> = transaction
        .query("SELECT number FROM schema_migrations ORDER BY number", &[])
        .await
        .map_err(MigrateError::ReadApplied)?
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(MigrateError::ReadApplied)?;

    let newest = MIGRATIONS[MIGRATIONS.len() - 1].0;
    if let Some(ahead) = applied.last().filter(|number| **number > newest) {
        // A rollback of the program: the schema stays, since migrations only ever add what old programs can ignore.
        tracing::warn!("the schema is at {ahead}, this program knows {newest}: left as it is");
        return Ok(());
    }
    for (number, name, statements) in MIGRATIONS {
        if applied.contains(&number) {
            continue;
        }
        let failed = |source| MigrateError::Apply {
            number,
            name,
            source,
        };
        transaction
            .batch_execute(statements)
            .await
            .map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO schema_migrations (number, name) VALUES ($1, $2)",
                &[&number, &name],
            )
            .await
            .map_err(failed)?;
        tracing::info!("applied migration {number} `{name}`");
    }
    tracing::info!("the schema is at {newest}");
    Ok(())
}

/// The serving role may read and update the counter, nothing else.
async fn narrow(
    transaction: &Transaction<'_>,
    config: &DatabaseConfig,
    asked: Option<String>,
) -> Result<(), MigrateError> {
    let role = asked
        .clone()
        .unwrap_or_else(|| format!("{}_readwrite", config.name));
    let failed = |source| MigrateError::Narrow {
        role: role.clone(),
        source,
    };
    let exists = transaction
        .query_opt(
            "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1",
            &[&role],
        )
        .await
        .map_err(failed)?;
    let Some(row) = exists else {
        if asked.is_some() {
            tracing::warn!(
                "the role `{role}` of `DB_APP_ROLE` does not exist: no rights were given"
            );
        }
        return Ok(());
    };
    let quoted: String = row.try_get(0).map_err(failed)?;
    transaction
        .batch_execute(&format!(
            "REVOKE ALL ON counters, schema_migrations FROM {quoted};
             GRANT SELECT, UPDATE ON counters TO {quoted}"
        ))
        .await
        .map_err(failed)?;
    tracing::info!("`{role}` may read and update the counter, nothing else");
    Ok(())
}
