//! From a prepared cluster to a server that answers: when it is ready, what is tried again, and what is told.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use thiserror::Error;

use crate::account::{Account, AccountError};
use crate::certificates::CertificateError;
use crate::cluster::{self, Cluster};
use crate::connect;
use crate::front::{Front, FrontError};
use crate::installation::Installation;
use crate::leftover;
use crate::log::{self, Cause};
use crate::process::Process;
use crate::server::{Durability, errand_config};

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

/// What a server is started with, once its cluster is there.
pub(crate) struct Starting<'a> {
    pub(crate) installation: &'a Installation,
    pub(crate) account: Option<&'a Account>,
    pub(crate) cluster: &'a Cluster,
    pub(crate) durability: Durability,
    pub(crate) log: &'a Path,
}

/// A server that answers.
pub(crate) struct Started {
    pub(crate) process: Process,
    pub(crate) port: u16,
    /// Where its part of the log begins.
    pub(crate) log_from: u64,
}

impl Starting<'_> {
    /// Tries again where the reason goes away by itself: a free port that was snatched, a killed server's children.
    pub(crate) async fn start(
        &self,
        wanted: Option<u16>,
        password: &str,
    ) -> Result<Started, StartError> {
        let give_up = Instant::now() + HELD_WITHIN;
        let mut snatched = 0;
        loop {
            if let Some(pid) = leftover::running(self.cluster) {
                let pid = pid.as_raw_nonzero().get().unsigned_abs();
                return Err(StartError::AlreadyRunning {
                    pid,
                    data: self.cluster.data(),
                });
            }
            leftover::remove_misleading_lock(self.cluster).map_err(|source| {
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
                Ok(started) => return Ok(started),
                Err(Failure::Held) if Instant::now() < give_up => {
                    leftover::end_orphans(self.cluster);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(Failure::Other(StartError::PortTaken { .. }))
                    if wanted.is_none() && snatched < 5 =>
                {
                    snatched += 1;
                }
                Err(Failure::Held) => {
                    let lines = log::last_lines(self.log, 0, 5);
                    return Err(StartError::StillUsed {
                        data: self.cluster.data(),
                        lines,
                    });
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }

    async fn start_once(&self, port: u16, password: &str) -> Result<Started, Failure> {
        let open_log = |source| StartError::OpenLog {
            path: self.log.to_owned(),
            source,
        };
        let (file, log_from) = cluster::open_log(self.log).map_err(open_log)?;
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
        Ok(Started {
            process,
            port,
            log_from,
        })
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
            if leftover::is_ready(self.cluster, process.pid()) {
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
                let lines = log::last_lines(self.log, log_from, 10);
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
        let lines = log::last_lines(self.log, log_from, 10);
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

/// Puts TLS before a server that listens on `backend`.
pub(crate) async fn start_front(
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

fn quoted(lines: &[String]) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!("; its last lines:\n  {}", lines.join("\n  "))
    }
}
