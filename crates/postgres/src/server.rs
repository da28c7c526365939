//! A running PostgreSQL server on a folder of its own.
//!
//! `postgres` runs directly under this process, not through `pg_ctl`: so its end is seen at once, and it ends when
//! this process does. It listens on 127.0.0.1 only and has no socket file.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use thiserror::Error;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};

use crate::account::{Account, AccountError};
use crate::certificates::CertificateError;
use crate::cluster::{self, Cluster, SUPERUSER};
use crate::connect::{self, ConnectError};
use crate::front::{Front, FrontError};
use crate::installation::Installation;
use crate::leftover;
use crate::log::{self, Cause};
use crate::process::Process;

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
    synced: tokio::task::JoinHandle<()>,
}

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folder could not be made or written.
    #[error("could not prepare `{}` for PostgreSQL", .path.display())]
    PrepareFolder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The log file could not be opened.
    #[error("could not open PostgreSQL's log `{}`", .path.display())]
    OpenLog {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The superuser's password could not be read.
    #[error("could not read the superuser's password from `{}`, which was stored there when the data was made", .path.display())]
    ReadPassword {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// `PG_VERSION` of the data could not be read.
    #[error("could not read the version of the data in `{}`", .path.display())]
    ReadVersion {
        /// The data folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No user to run as, or one that cannot reach the data.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Certificates could not be made.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// A program could not be run at all.
    #[error("could not run `{}`", .program.display())]
    RunProgram {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("`initdb` failed ({status}){}", quoted(.lines))]
    Initdb {
        /// How it ended.
        status: ExitStatus,
        /// Its last lines.
        lines: Vec<String>,
    },
    /// The data belongs to another major version.
    #[error(
        "the data in `{}` belongs to PostgreSQL {data_major}, which PostgreSQL {wanted} cannot open; \
         keep version {data_major}, or upgrade the data to {wanted}",
        .data.display()
    )]
    OtherMajor {
        /// The data folder.
        data: PathBuf,
        /// The major version that wrote it.
        data_major: u32,
        /// The major version that was to open it.
        wanted: u32,
    },
    /// Another server runs on this data already.
    #[error("another PostgreSQL (process {pid}) already runs on `{}`", .data.display())]
    AlreadyRunning {
        /// Its process id.
        pid: u32,
        /// The data folder.
        data: PathBuf,
    },
    /// The wanted port is taken.
    #[error("port {port} on 127.0.0.1 is taken by another program")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// The disk is full.
    #[error("the disk that holds `{}` is full{}", .path.display(), quoted(.lines))]
    DiskFull {
        /// A folder on that disk.
        path: PathBuf,
        /// PostgreSQL's last lines.
        lines: Vec<String>,
    },
    /// The data is damaged.
    #[error(
        "the data in `{}` is damaged; restore it from a copy, or remove the folder to begin anew{}",
        .data.display(), quoted(.lines)
    )]
    Corrupt {
        /// The data folder.
        data: PathBuf,
        /// PostgreSQL's last lines.
        lines: Vec<String>,
    },
    /// TLS in front of a server without it did not start.
    #[error("could not put TLS in front of PostgreSQL")]
    Front(#[from] FrontError),
    /// Something of a killed server is still at work on the data.
    #[error("processes of a killed PostgreSQL still use `{}`; wait a moment, or end them{}", .data.display(), quoted(.lines))]
    StillUsed {
        /// The data folder.
        data: PathBuf,
        /// PostgreSQL's last lines.
        lines: Vec<String>,
    },
    /// The system gives no more shared memory or semaphores.
    #[error("the system gives PostgreSQL no shared memory{}", quoted(.lines))]
    SharedMemory {
        /// PostgreSQL's last lines.
        lines: Vec<String>,
    },
    /// The server's user may not read its files.
    #[error("PostgreSQL may not use its own files{}", quoted(.lines))]
    Permission {
        /// PostgreSQL's last lines.
        lines: Vec<String>,
    },
    /// It ended before it was ready.
    #[error("PostgreSQL ended before it was ready ({status}){}", quoted(.lines))]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Its last lines.
        lines: Vec<String>,
    },
    /// It runs, but does not accept the superuser.
    #[error("PostgreSQL refuses its superuser with the password in `{}`, which was stored there when the data was made", .password_file.display())]
    Refused {
        /// Where the password was read from.
        password_file: PathBuf,
        /// What it said.
        source: tokio_postgres::Error,
    },
    /// It runs, but was not ready in time.
    #[error("PostgreSQL was not ready within {} s{}", .waited.as_secs(), quoted(.lines))]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// Its last lines.
        lines: Vec<String>,
    },
}

/// Recovery after a crash replays what was written since the last checkpoint: at most 1 GB of log by default.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// How long children of a killed server may still hold on to its memory.
const HELD_WITHIN: Duration = Duration::from_secs(10);

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
        let data = cluster.data();
        let data_major = cluster.major().map_err(|source| StartError::ReadVersion {
            path: data.clone(),
            source,
        })?;
        let wanted = installation.version().major();
        if data_major != wanted {
            return Err(StartError::OtherMajor {
                data,
                data_major,
                wanted,
            });
        }
        if let Some(account) = &account {
            account.check_reaches(&data.join("PG_VERSION"))?;
        }
        let password = cluster.superuser_password()?;
        cluster.certificates().prepare(account.as_ref())?;

        // `initdb` left its files to the system's cache. From here on commits are durable one by one, but only on
        // top of files that are: they are forced to disk while the server starts.
        let synced = force_to_disk(&data, created && durability == Durability::Durable);

        let starting = Starting {
            installation: &installation,
            account: account.as_ref(),
            cluster,
            durability,
            log,
        };
        let fronted = !installation.serves_tls();
        let (process, backend_port, log_from) =
            starting.start(port.filter(|_| !fronted), &password).await?;
        let Starting { cluster, log, .. } = starting;
        let front = if fronted {
            Some(start_front(port, backend_port, &cluster).await?)
        } else {
            None
        };
        Ok(Self {
            port: front.as_ref().map_or(backend_port, Front::port),
            ca_file: cluster.certificates().ca_file(),
            process,
            front,
            cluster,
            backend_port,
            password,
            log,
            log_from,
            created,
            synced,
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
    pub async fn synced(&mut self) {
        if !self.synced.is_finished() {
            let _ = (&mut self.synced).await;
        }
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
        self.synced().await;
        self.front = None;
        self.process.signal(Signal::INT);
        if let Ok(status) = tokio::time::timeout(patience, self.process.exited()).await {
            return status;
        }
        self.process.signal(Signal::QUIT);
        // The postmaster itself kills children that do not listen within five seconds.
        if let Ok(status) =
            tokio::time::timeout(Duration::from_secs(7), self.process.exited()).await
        {
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

struct Starting<'a> {
    installation: &'a Installation,
    account: Option<&'a Account>,
    cluster: Cluster,
    durability: Durability,
    log: PathBuf,
}

impl Starting<'_> {
    /// Tries again where the reason goes away by itself: a free port that was snatched, a killed server's children.
    async fn start(
        &self,
        wanted: Option<u16>,
        password: &str,
    ) -> Result<(Process, u16, u64), StartError> {
        let give_up = Instant::now() + HELD_WITHIN;
        let mut snatched = 0;
        loop {
            if let Some(pid) = leftover::running(&self.cluster) {
                let pid = pid.as_raw_nonzero().get().unsigned_abs();
                return Err(StartError::AlreadyRunning {
                    pid,
                    data: self.cluster.data(),
                });
            }
            leftover::remove_misleading_lock(&self.cluster).map_err(|source| {
                StartError::PrepareFolder {
                    path: self.cluster.data(),
                    source,
                }
            })?;
            let port = match wanted {
                Some(port) => port,
                None => free_port().map_err(|source| StartError::PrepareFolder {
                    path: self.cluster.data(),
                    source,
                })?,
            };
            match self.start_once(port, password).await {
                Ok((process, log_from)) => return Ok((process, port, log_from)),
                Err(Failure::Held) if Instant::now() < give_up => {
                    leftover::end_orphans(&self.cluster);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(Failure::Other(StartError::PortTaken { .. }))
                    if wanted.is_none() && snatched < 5 =>
                {
                    snatched += 1;
                }
                Err(Failure::Held) => {
                    let lines = log::last_lines(&self.log, 0, 5);
                    return Err(StartError::StillUsed {
                        data: self.cluster.data(),
                        lines,
                    });
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }

    async fn start_once(&self, port: u16, password: &str) -> Result<(Process, u64), Failure> {
        let open_log = |source| StartError::OpenLog {
            path: self.log.clone(),
            source,
        };
        let (file, log_from) = cluster::open_log(&self.log).map_err(open_log)?;
        let program = self.installation.program("postgres");
        let mut command = Command::new(&program);
        command
            .arg("-D")
            .arg(self.cluster.data())
            .args(self.settings(port));
        cluster::prepare_environment(&mut command);
        cluster::attach(&mut command, file).map_err(open_log)?;
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        // SIGINT is PostgreSQL's fast shutdown.
        let process = Process::spawn(command, Signal::INT)
            .await
            .map_err(|source| StartError::RunProgram { program, source })?;
        self.until_ready(&process, port, password, log_from).await?;
        Ok((process, log_from))
    }

    /// What the local run relies on. On the command line, where neither `ALTER SYSTEM` nor a file can change it.
    fn settings(&self, port: u16) -> Vec<String> {
        let certificates = self.cluster.certificates();
        let on = if self.durability == Durability::Durable {
            "on"
        } else {
            "off"
        };
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            "logging_collector=off".to_owned(),
            "log_destination=stderr".to_owned(),
            "lc_messages=C".to_owned(),
            "log_line_prefix=%m [%p] %q%u@%d ".to_owned(),
            // Statements may hold secrets: none is logged, not even one that fails.
            "log_statement=none".to_owned(),
            "log_min_duration_statement=-1".to_owned(),
            "log_min_error_statement=panic".to_owned(),
            "log_parameter_max_length=0".to_owned(),
            "synchronous_commit=on".to_owned(),
            format!("fsync={on}"),
            format!("full_page_writes={on}"),
        ];
        if self.installation.serves_tls() {
            settings.extend([
                "ssl=on".to_owned(),
                format!(
                    "ssl_cert_file={}",
                    certificates.server_certificate().display()
                ),
                format!("ssl_key_file={}", certificates.server_key().display()),
            ]);
        }
        settings
            .into_iter()
            .flat_map(|setting| ["-c".to_owned(), setting])
            .collect()
    }

    /// PostgreSQL writes to `postmaster.pid` when it is ready; asking earlier would only fill its log. Whoever answers on
    /// the port then must be this server, because it could not be ready without the port.
    async fn until_ready(
        &self,
        process: &Process,
        port: u16,
        password: &str,
        log_from: u64,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + READY_WITHIN;
        let config = errand_config(port, password, "postgres");
        loop {
            if let Some(status) = process.ended() {
                return Err(self.ended(status, port, log_from));
            }
            if leftover::is_ready(&self.cluster, process.pid()) {
                let answer = match connect::connect_plainly(&config).await {
                    Ok(client) => client.simple_query("SELECT 1").await.map(drop),
                    Err(error) => Err(error),
                };
                match answer {
                    Ok(()) => return Ok(()),
                    Err(source) if is_refusal(&source) => {
                        return Err(StartError::Refused {
                            password_file: self.cluster.password_file(),
                            source,
                        }
                        .into());
                    }
                    Err(_) => {}
                }
            }
            if Instant::now() > deadline {
                let lines = log::last_lines(&self.log, log_from, 10);
                return Err(StartError::NotReady {
                    waited: READY_WITHIN,
                    lines,
                }
                .into());
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    fn ended(&self, status: ExitStatus, port: u16, log_from: u64) -> Failure {
        let lines = log::last_lines(&self.log, log_from, 10);
        let data = self.cluster.data();
        Failure::Other(match log::cause(&lines) {
            Some(Cause::StillRunning) => return Failure::Held,
            Some(Cause::PortTaken) => StartError::PortTaken { port },
            Some(Cause::DiskFull) => StartError::DiskFull { path: data, lines },
            Some(Cause::Corrupt) => StartError::Corrupt { data, lines },
            Some(Cause::SharedMemory) => StartError::SharedMemory { lines },
            Some(Cause::Permission) => StartError::Permission { lines },
            Some(Cause::OtherMajor) | None => StartError::Ended { status, lines },
        })
    }
}

async fn start_front(
    port: Option<u16>,
    backend: u16,
    cluster: &Cluster,
) -> Result<Front, StartError> {
    Front::start(port.unwrap_or(0), backend, &cluster.certificates())
        .await
        .map_err(|error| match error {
            FrontError::Listen { port, source } if source.kind() == io::ErrorKind::AddrInUse => {
                StartError::PortTaken { port }
            }
            error => StartError::Front(error),
        })
}

enum Failure {
    /// Something of a killed server is still there.
    Held,
    Other(StartError),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Other(error)
    }
}

/// Straight to PostgreSQL on loopback, without TLS.
fn errand_config(port: u16, password: &str, database: &str) -> Config {
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

/// Whether the server was reached and said no, rather than not yet.
fn is_refusal(error: &tokio_postgres::Error) -> bool {
    use tokio_postgres::error::SqlState;
    error.code().is_some_and(|code| {
        [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        ]
        .contains(code)
    })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

fn force_to_disk(data: &Path, needed: bool) -> tokio::task::JoinHandle<()> {
    let data = data.to_owned();
    tokio::task::spawn_blocking(move || {
        if needed {
            // A disk that fails here fails the server's own writes as well, which says so.
            let _ = cluster::force_to_disk(&data);
        }
    })
}

fn quoted(lines: &[String]) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!("; its last lines:\n  {}", lines.join("\n  "))
    }
}
