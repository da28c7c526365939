//! A running PostgreSQL server on a folder of its own.
//!
//! `postgres` runs directly under this process, not through `pg_ctl`: so its end is seen at once, and it ends when
//! this process does. It listens on 127.0.0.1 only and has no socket file.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};

use crate::account::Account;
use crate::cluster::{Cluster, SUPERUSER};
use crate::connect::{self, ConnectError};
use crate::disk::Syncing;
use crate::front::Front;
use crate::installation::Installation;
use crate::log;
use crate::process::Process;
use crate::start::{StartError, Starting, start_front};

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The programs to run.
    pub installation: Installation,
    /// The cluster's folder: data, certificates and the superuser's password. Made if it is not there.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; a free one if `None`.
    pub port: Option<u16>,
    /// What a crash of the machine may cost.
    pub durability: Durability,
    /// The file that PostgreSQL's log is appended to.
    pub log: PathBuf,
}

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed. `fsync` and `synchronous_commit` stay on.
    Durable,
    /// Everything: for tests. What was committed still survives the death of any process, just not of the machine.
    Throwaway,
}

/// A running server. Dropping it ends it at once; [`stop`](Server::stop) ends it in order.
pub struct Server {
    process: Process,
    /// Where the server has no TLS of its own.
    front: Option<Front>,
    cluster: Cluster,
    port: u16,
    /// Where PostgreSQL itself listens.
    backend_port: u16,
    password: String,
    ca_file: PathBuf,
    log: PathBuf,
    log_from: u64,
    created: bool,
    syncing: Syncing,
}

impl Server {
    /// Starts a server, with a new cluster if the folder holds none, and returns when it answers `SELECT 1`.
    pub async fn start(options: ServerOptions) -> Result<Self, StartError> {
        let ServerOptions {
            installation,
            folder,
            port,
            durability,
            log,
        } = options;
        // PostgreSQL works in its data folder, so nothing that it is told may be relative to this process.
        let absolute = |path: PathBuf| {
            std::path::absolute(&path).map_err(|source| StartError::PrepareFolder { path, source })
        };
        let (folder, log) = (absolute(folder)?, absolute(log)?);
        let cluster = Cluster::in_folder(&folder);
        let account = Account::for_data(&cluster.data())?;
        if let Some(account) = &account {
            account.check_reaches(&installation.program("postgres"))?;
        }

        let created = !cluster.exists();
        if created {
            cluster
                .create(&installation, account.as_ref(), &log)
                .await?;
        }
        cluster.check_opens_with(&installation)?;
        if let Some(account) = &account {
            account.check_reaches(&cluster.data().join("PG_VERSION"))?;
        }
        let password = cluster.superuser_password()?;
        cluster.certificates().prepare(account.as_ref())?;
        let syncing = if created && durability == Durability::Durable {
            Syncing::start(folder)
        } else {
            Syncing::done()
        };

        let starting = Starting {
            installation: &installation,
            account: account.as_ref(),
            cluster: &cluster,
            durability,
            log: &log,
        };
        let fronted = !installation.serves_tls();
        let started = starting.start(port.filter(|_| !fronted), &password).await?;
        let front = if fronted {
            Some(start_front(port, started.port, &cluster).await?)
        } else {
            None
        };
        Ok(Self {
            port: front.as_ref().map_or(started.port, Front::port),
            ca_file: cluster.certificates().ca_file(),
            process: started.process,
            front,
            cluster,
            backend_port: started.port,
            password,
            log,
            log_from: started.log_from,
            created,
            syncing,
        })
    }

    /// The address that it listens on.
    pub fn host(&self) -> Ipv4Addr {
        Ipv4Addr::LOCALHOST
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed the server's, for `sslrootcert`.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// PostgreSQL's data folder.
    pub fn data(&self) -> PathBuf {
        self.cluster.data()
    }

    /// The process id of the postmaster.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Whether this start made a new cluster.
    pub fn created(&self) -> bool {
        self.created
    }

    /// How a role connects to a database here; TLS is required.
    pub fn config(&self, database: &str, user: &str, password: &str) -> Config {
        let mut config = Config::new();
        config
            .host(self.host().to_string())
            .port(self.port)
            .user(user)
            .password(password)
            .dbname(database)
            .ssl_mode(SslMode::Require)
            .connect_timeout(Duration::from_secs(5));
        config
    }

    /// How the superuser connects.
    pub fn superuser_config(&self) -> Config {
        self.config("postgres", SUPERUSER, &self.password)
    }

    /// How the superuser connects for this crate's own errands.
    pub(crate) fn errand_config(&self, database: &str) -> Config {
        let mut config = errand_config(self.backend_port, &self.password, database);
        // All of it is repeated at each start, so none of it is worth waiting for the disk.
        config.options("-c synchronous_commit=off");
        config
    }

    pub(crate) fn backend_port(&self) -> u16 {
        self.backend_port
    }

    pub(crate) fn superuser_password(&self) -> &str {
        &self.password
    }

    /// Connects over TLS, verified with [`ca_file`](Self::ca_file).
    pub async fn connect(&self, config: &Config) -> Result<Client, ConnectError> {
        connect::connect(config, &self.ca_file).await
    }

    /// Waits until what `initdb` wrote is on the disk; at once where nothing was new.
    ///
    /// Only a crash of the machine itself before this could cost the new cluster.
    pub async fn synced(&self) {
        self.syncing.wait().await;
    }

    /// Waits until the server ends, by itself or not.
    pub async fn exited(&self) -> ExitStatus {
        self.process.exited().await
    }

    /// The last lines that it logged since its start.
    pub fn last_log_lines(&self, n: usize) -> Vec<String> {
        log::last_lines(&self.log, self.log_from, n)
    }

    /// Ends it: in order, then at once after `patience`. Connections are closed, transactions rolled back.
    pub async fn stop(mut self, patience: Duration) -> ExitStatus {
        self.front = None;
        self.process.signal(Signal::INT);
        // A slow disk may have much else to write; what is not there in time, the system writes out by itself.
        let synced = tokio::time::timeout(patience, self.synced());
        tokio::join!(self.end_within(patience), synced).0
    }

    async fn end_within(&self, patience: Duration) -> ExitStatus {
        if let Ok(status) = tokio::time::timeout(patience, self.process.exited()).await {
            return status;
        }
        self.process.signal(Signal::QUIT);
        // The postmaster itself kills children that do not listen within five seconds.
        let longer = Duration::from_secs(7);
        if let Ok(status) = tokio::time::timeout(longer, self.process.exited()).await {
            return status;
        }
        self.process.signal(Signal::KILL);
        self.process.exited().await
    }

    /// Kills it, as a crash would. For tests.
    pub async fn kill(self) -> ExitStatus {
        self.process.signal(Signal::KILL);
        self.process.exited().await
    }
}

impl fmt::Debug for Server {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("pid", &self.pid())
            .field("port", &self.port)
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}

/// Straight to PostgreSQL on loopback, without TLS.
pub(crate) fn errand_config(port: u16, password: &str, database: &str) -> Config {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(SUPERUSER)
        .password(password)
        .dbname(database);
    config
        .ssl_mode(SslMode::Disable)
        .connect_timeout(Duration::from_secs(5));
    config
}
