//! Moving a cluster's data to a newer major version.
//!
//! By dump and restore with the newer version's tools: it works between any two versions and builds, and the old data
//! stays as it is. What is new appears by a rename when it is complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::cluster::{self, Cluster, SUPERUSER};
use crate::connect;
use crate::disk;
use crate::installation::Installation;
use crate::obtain::ObtainError;
use crate::roles;
use crate::server::{Durability, Server, ServerOptions};
use crate::start::StartError;

/// Why data could not be moved to a newer version. The old data is as it was.
#[derive(Debug, Error)]
pub enum UpgradeError {
    /// There is something at the new place already.
    #[error("`{}` is there already; move it away first", .0.display())]
    NewFolderExists(PathBuf),
    /// A file or folder could not be made or moved.
    #[error("could not prepare `{}`", .path.display())]
    PrepareFolder {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A tool that reads or writes dumps could not be had.
    #[error("could not get `{tool}`, which moves the data")]
    GetTool {
        /// The tool.
        tool: &'static str,
        /// Why not.
        source: Box<ObtainError>,
    },
    /// The old version does not start on its data.
    #[error("could not start the old PostgreSQL")]
    StartOld(#[source] Box<StartError>),
    /// The new version does not start.
    #[error("could not start the new PostgreSQL")]
    StartNew(#[source] Box<StartError>),
    /// The servers run, but do not answer.
    #[error("could not ask PostgreSQL about its databases")]
    Ask(#[source] tokio_postgres::Error),
    /// A tool could not be run.
    #[error("could not run `{tool}`")]
    RunTool {
        /// The tool.
        tool: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A tool failed.
    #[error("`{tool}` failed on {what}: {said}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// What it worked on.
        what: String,
        /// Its last lines.
        said: String,
    },
}

const STOP: Duration = Duration::from_mins(1);

/// Copies everything in the cluster in `old_folder` into a new cluster of the newer version in `new_folder`.
///
/// Roles keep their passwords; the new cluster's superuser has a new one. Neither server may be running.
pub async fn upgrade(
    old: &Installation,
    old_folder: &Path,
    new: &Installation,
    new_folder: &Path,
) -> Result<(), UpgradeError> {
    if Cluster::in_folder(new_folder).exists() {
        return Err(UpgradeError::NewFolderExists(new_folder.to_owned()));
    }
    let tools = Tools::of(new).await?;

    let mut unfinished = new_folder.as_os_str().to_owned();
    unfinished.push(".upgrading");
    let unfinished = PathBuf::from(unfinished);
    let prepare = |path: &Path| {
        let path = path.to_owned();
        move |source| UpgradeError::PrepareFolder { path, source }
    };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(prepare(&unfinished))?;
    }
    let options = |installation: &Installation, folder: &Path, durability| ServerOptions {
        installation: installation.clone(),
        folder: folder.to_owned(),
        port: None,
        durability,
        log: folder.join("upgrade.log"),
    };
    let old_server = Server::start(options(old, old_folder, Durability::Durable))
        .await
        .map_err(|error| UpgradeError::StartOld(Box::new(error)))?;
    // Nothing in it is worth anything before the end; then all of it is forced to disk at once.
    let new_server = Server::start(options(new, &unfinished, Durability::Throwaway))
        .await
        .map_err(|error| UpgradeError::StartNew(Box::new(error)))?;

    let moved = move_everything(&tools, &old_server, &new_server).await;
    let _ = tokio::join!(old_server.stop(STOP), new_server.stop(STOP));
    moved?;

    // An empty folder may be there: callers make it to put other things into.
    if new_folder.exists() {
        fs::remove_dir(new_folder).map_err(prepare(new_folder))?;
    }
    disk::force_to_disk(&unfinished).map_err(prepare(&unfinished))?;
    fs::rename(&unfinished, new_folder).map_err(prepare(new_folder))
}

struct Tools {
    psql: PathBuf,
    pg_dump: PathBuf,
    pg_dumpall: PathBuf,
}

impl Tools {
    async fn of(installation: &Installation) -> Result<Self, UpgradeError> {
        let get = async |tool: &'static str| {
            let found = installation.obtain_tool(tool, &|_| {}).await;
            found.map_err(|error| UpgradeError::GetTool {
                tool,
                source: Box::new(error),
            })
        };
        Ok(Self {
            psql: get("psql").await?,
            pg_dump: get("pg_dump").await?,
            pg_dumpall: get("pg_dumpall").await?,
        })
    }
}

async fn move_everything(tools: &Tools, old: &Server, new: &Server) -> Result<(), UpgradeError> {
    let globals = run(
        "pg_dumpall",
        "the roles",
        tool(&tools.pg_dumpall, old).arg("--globals-only"),
    )
    .await?;
    let globals: String = globals
        .lines()
        .filter(|line| !is_about_superuser(line))
        .flat_map(|l| [l, "\n"])
        .collect();
    restore(tools, new, "the roles", globals.into_bytes()).await?;

    let admin = connect::connect_plainly(&old.errand_config("postgres"))
        .await
        .map_err(UpgradeError::Ask)?;
    let databases = admin
        .query("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname", &[])
        .await
        .map_err(UpgradeError::Ask)?;
    for row in databases {
        let database: String = row.get(0);
        move_database(tools, old, new, &database).await?;
    }
    Ok(())
}

/// The dump goes straight from one process into the other; neither memory nor disk holds it.
async fn move_database(
    tools: &Tools,
    old: &Server,
    new: &Server,
    database: &str,
) -> Result<(), UpgradeError> {
    let what = format!("database `{database}`");
    let mut dump = tool(&tools.pg_dump, old);
    dump.arg("--format=plain");
    // That one every cluster has.
    if database != "postgres" {
        dump.arg("--create");
    }
    // A name may look like an option or a connection string.
    dump.arg("--dbname")
        .arg(format!("dbname={}", quoted(database)));
    dump.stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |tool| move |source| UpgradeError::RunTool { tool, source };
    let mut dump = dump.spawn().map_err(failed("pg_dump"))?;
    let out = dump.stdout.take().expect("it is piped");
    let out: Stdio = out.try_into().map_err(failed("pg_dump"))?;

    let mut psql = restoring(tools, new);
    let psql = psql.stdin(out).output();
    let (dumped, restored) = tokio::join!(dump.wait_with_output(), psql);
    let restored = restored.map_err(failed("psql"))?;
    let dumped = dumped.map_err(failed("pg_dump"))?;
    // Whichever failed first takes the other with it; psql's words are the ones that tell, where it has any.
    if !restored.status.success() {
        return Err(UpgradeError::Tool {
            tool: "psql",
            what,
            said: last_lines(&restored.stderr),
        });
    }
    if !dumped.status.success() {
        return Err(UpgradeError::Tool {
            tool: "pg_dump",
            what,
            said: last_lines(&dumped.stderr),
        });
    }
    analyze(new, database).await.map_err(UpgradeError::Ask)
}

/// The planner knows nothing of restored tables until somebody looks at them.
async fn analyze(new: &Server, database: &str) -> Result<(), tokio_postgres::Error> {
    connect::connect_plainly(&new.errand_config(database))
        .await?
        .batch_execute("ANALYZE")
        .await
}

async fn restore(
    tools: &Tools,
    new: &Server,
    what: &str,
    text: Vec<u8>,
) -> Result<(), UpgradeError> {
    let failed = |source| UpgradeError::RunTool {
        tool: "psql",
        source,
    };
    let mut psql = restoring(tools, new)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = psql.stdin.take().expect("it is piped");
    let write = async move {
        // psql that gave up has closed its end; why, it says itself.
        let _ = input.write_all(&text).await;
    };
    let ((), output) = tokio::join!(write, psql.wait_with_output());
    let output = output.map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    Err(UpgradeError::Tool {
        tool: "psql",
        what: what.to_owned(),
        said: last_lines(&output.stderr),
    })
}

fn restoring(tools: &Tools, new: &Server) -> Command {
    let mut psql = tool(&tools.psql, new);
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--dbname=postgres",
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::piped());
    psql
}

/// A client tool that connects as superuser. The password goes by the environment, which only the same user can see.
fn tool(program: &Path, server: &Server) -> Command {
    let mut command = std::process::Command::new(program);
    cluster::prepare_environment(&mut command);
    command
        .env("PGHOST", server.host().to_string())
        .env("PGPORT", server.backend_port().to_string())
        .env("PGUSER", SUPERUSER)
        .env("PGPASSWORD", server.superuser_password())
        .env("PGSSLMODE", "disable")
        .stdin(Stdio::null());
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    command
}

async fn run(
    tool: &'static str,
    what: &str,
    command: &mut Command,
) -> Result<String, UpgradeError> {
    let output = command
        .output()
        .await
        .map_err(|source| UpgradeError::RunTool { tool, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(UpgradeError::Tool {
        tool,
        what: what.to_owned(),
        said: last_lines(&output.stderr),
    })
}

/// The new cluster has a superuser already, with a password of its own.
fn is_about_superuser(line: &str) -> bool {
    let name = roles::identifier(SUPERUSER);
    [SUPERUSER, &name].iter().any(|name| {
        line == format!("CREATE ROLE {name};")
            || line.starts_with(&format!("ALTER ROLE {name} WITH "))
    })
}

/// A value in a connection string.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_the_superuser_and_nobody_else() {
        assert!(is_about_superuser("CREATE ROLE postgres;"));
        assert!(is_about_superuser(
            "ALTER ROLE postgres WITH SUPERUSER INHERIT LOGIN PASSWORD 'SCRAM-SHA-256$…';"
        ));
        assert!(!is_about_superuser("CREATE ROLE postgres_exporter;"));
        assert!(!is_about_superuser(
            "ALTER ROLE postgres SET work_mem TO '64MB';"
        ));
    }

    #[test]
    fn quotes_names_in_connection_strings() {
        assert_eq!(quoted("it's a \\ name"), r"'it\'s a \\ name'");
    }
}
