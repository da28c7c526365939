//! The crate against real PostgreSQL servers: version 18 as it is obtained, and version 15 for what concerns
//! older data.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that panics has failed, and one that plays another process talks to its parent"
)]

mod durability;
mod ending;
mod front;
mod place;
mod rights;
mod starting;
mod tls;
mod upgrade;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use seaworthy_postgres::{Durability, Installation, Server, ServerOptions};
use seaworthy_testkit::postgres::{installation, put_cluster, world_readable_tempdir};
use tempfile::TempDir;

/// A place for one cluster, removed with the value.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: world_readable_tempdir(),
        }
    }

    /// With an empty cluster in it, for tests that are not about making one.
    async fn with_cluster(installation: &Installation) -> Self {
        let place = Self::new();
        put_cluster(installation, &place.cluster()).await;
        place
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn cluster(&self) -> PathBuf {
        self.path().join("cluster")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("postgres.log")).unwrap()
    }

    fn options(&self, installation: &Installation) -> ServerOptions {
        ServerOptions {
            installation: installation.clone(),
            folder: self.cluster(),
            port: None,
            durability: Durability::Throwaway,
            log: self.path().join("postgres.log"),
        }
    }
}

async fn eighteen() -> Installation {
    installation(18).await
}

async fn fifteen() -> Installation {
    installation(15).await
}

async fn execute(server: &Server, statement: &str) {
    let client = server.connect(&server.superuser_config()).await.unwrap();
    client.batch_execute(statement).await.unwrap();
}

async fn number(server: &Server, query: &str) -> i32 {
    let client = server.connect(&server.superuser_config()).await.unwrap();
    client.query_one(query, &[]).await.unwrap().get(0)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Lets a command run as the user that owns `path`.
fn as_owner_of(path: &Path, command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    if is_root() {
        let metadata = path.metadata().unwrap();
        command.uid(metadata.uid()).gid(metadata.gid());
    }
}
