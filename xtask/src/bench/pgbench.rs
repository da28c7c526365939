//! pgbench on the counter's own row: one `UPDATE … RETURNING` for each transaction.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use seaworthy_testkit::tools::find;

use super::CLIENTS;
use crate::Failure;
use crate::command::output;

/// What the counter does for one request, as one statement.
const STATEMENT: &str =
    "UPDATE counters SET counter = counter + 1 WHERE id = 0 RETURNING counter;\n";

/// Transactions per second, and their 99th percentile.
pub(super) struct Outcome {
    pub(super) rate: f64,
    pub(super) p99: Duration,
}

/// The machine's pgbench. The one in the package that `up` gets tools from was built without TLS, and the service
/// that we compare with speaks TLS.
pub(super) fn program() -> Result<PathBuf, Failure> {
    find("pgbench").ok_or_else(|| {
        "`pgbench` is not on PATH; it comes with PostgreSQL's server (Debian: `apt-get install postgresql`)".into()
    })
}

/// Runs it for `duration` as the role that `variables` name, over TLS as the service does.
pub(super) fn run(
    program: &Path,
    variables: &[(String, String)],
    duration: Duration,
) -> Result<Outcome, Failure> {
    let value = |name: &str| -> Result<&str, Failure> {
        let found = variables.iter().find(|(found, _)| found == name);
        Ok(found
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| format!("the service has no `{name}`"))?)
    };
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("increment.sql");
    fs::write(&script, STATEMENT)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut command =
        crate::command::command(program, &["--no-vacuum", "--protocol", "prepared", "--log"]);
    command
        .args([
            "--client",
            &CLIENTS.to_string(),
            "--jobs",
            &threads.to_string(),
        ])
        .args(["--time", &duration.as_secs().to_string()])
        .arg("--file")
        .arg(&script)
        .current_dir(folder.path())
        .env("PGHOST", value("DB_HOST")?)
        .env("PGPORT", value("DB_PORT")?)
        .env("PGDATABASE", value("DB_NAME")?)
        .env("PGUSER", value("DB_USERNAME")?)
        .env("PGPASSWORD", value("DB_PASSWORD")?)
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", value("DB_SSLROOTCERT")?);
    let said = output(&mut command)?;
    let rate = said
        .lines()
        .find_map(|line| {
            line.strip_prefix("tps = ")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .ok_or_else(|| format!("pgbench names no rate:\n{said}"))?;
    Ok(Outcome {
        rate,
        p99: p99(folder.path())?,
    })
}

/// From the transaction logs: the third column is the latency in microseconds.
fn p99(folder: &Path) -> Result<Duration, Failure> {
    let mut latencies: Vec<u64> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("pgbench_log."))
        {
            let log = fs::read_to_string(path)?;
            latencies.extend(
                log.lines()
                    .filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()),
            );
        }
    }
    latencies.sort_unstable();
    let rank = (latencies.len() * 99).div_ceil(100).saturating_sub(1);
    latencies
        .get(rank)
        .map(|micros| Duration::from_micros(*micros))
        .ok_or_else(|| "pgbench logged nothing".into())
}
