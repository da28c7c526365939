//! The folder of one cluster, and making a new one.
//!
//! ```text
//! <folder>/data                PostgreSQL's own, of the user that it runs as
//! <folder>/tls                 the local authority and the server's certificate
//! <folder>/superuser-password  only for its owner
//! ```
//!
//! `data` appears by a rename when it is complete: a killed `initdb` leaves `data.new`, which the next start removes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::account::Account;
use crate::certificates::{Certificates, write_private};
use crate::installation::Installation;
use crate::log::{self, Cause};
use crate::process::Process;
use crate::start::StartError;

/// The superuser's name, the usual one.
pub(crate) const SUPERUSER: &str = "postgres";

/// The folder of one cluster.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub(crate) fn certificates(&self) -> Certificates {
        Certificates::in_folder(self.folder.join("tls"))
    }

    /// Whether there is data, or something that must not be taken for none: another user's, or what is left of it.
    pub(crate) fn exists(&self) -> bool {
        match fs::read_dir(self.data()) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// One major version never opens another's data.
    pub(crate) fn check_opens_with(&self, installation: &Installation) -> Result<(), StartError> {
        let data = self.data();
        let wanted = installation.version().major();
        match self.major() {
            Ok(major) if major == wanted => Ok(()),
            Ok(data_major) => Err(StartError::OtherMajor {
                data,
                data_major,
                wanted,
            }),
            Err(source) => Err(StartError::ReadVersion { path: data, source }),
        }
    }

    fn major(&self) -> io::Result<u32> {
        let text = fs::read_to_string(self.data().join("PG_VERSION"))?;
        text.trim()
            .parse()
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("it says {text:?}")))
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder.join("superuser-password")
    }

    pub(crate) fn superuser_password(&self) -> Result<String, StartError> {
        let path = self.password_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(source) => Err(StartError::ReadPassword { path, source }),
        }
    }

    /// Makes the folder and a new, empty cluster in it.
    pub(crate) async fn create(
        &self,
        installation: &Installation,
        account: Option<&Account>,
        log: &Path,
    ) -> Result<(), StartError> {
        let in_folder = |source| StartError::PrepareFolder {
            path: self.folder.clone(),
            source,
        };
        self.make_folder(account).map_err(in_folder)?;
        self.clear_unfinished().await.map_err(in_folder)?;
        if let Some(account) = account {
            account.check_reaches(&self.password_file().with_file_name("."))?;
        }

        let password = random_password();
        write_private(&self.password_file(), password.as_bytes(), 0o600, None)
            .map_err(in_folder)?;
        // As root, initdb runs as another user, who must be able to read it; the file that stays is the caller's.
        let handed_over = self.folder.join("superuser-password.initdb");
        write_private(&handed_over, password.as_bytes(), 0o600, account).map_err(in_folder)?;
        let result = self
            .run_initdb(installation, account, &handed_over, log)
            .await;
        let _ = fs::remove_file(&handed_over);
        result?;

        let unfinished = self.unfinished();
        let configuration = unfinished.join("postgresql.conf");
        append(&configuration, CONFIGURATION).map_err(in_folder)?;
        fs::rename(&unfinished, self.data()).map_err(in_folder)
    }

    fn unfinished(&self) -> PathBuf {
        self.folder.join("data.new")
    }

    fn make_folder(&self, account: Option<&Account>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        if account.is_some() {
            // Whatever the umask was: the server's user must get through.
            let mode = fs::metadata(&self.folder)?.permissions().mode();
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(mode | 0o111))?;
        }
        Ok(())
    }

    /// Removes what a killed `initdb` left. One that was killed a moment ago may have a child that still writes.
    async fn clear_unfinished(&self) -> io::Result<()> {
        let unfinished = self.unfinished();
        let give_up = Instant::now() + Duration::from_secs(5);
        loop {
            match fs::remove_dir_all(&unfinished) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !unfinished.exists() => {
                    return Ok(());
                }
                Err(error) if Instant::now() > give_up => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn run_initdb(
        &self,
        installation: &Installation,
        account: Option<&Account>,
        password: &Path,
        log: &Path,
    ) -> Result<(), StartError> {
        let unfinished = self.unfinished();
        let in_folder = |source| StartError::PrepareFolder {
            path: unfinished.clone(),
            source,
        };
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&unfinished)
            .map_err(in_folder)?;
        if let Some(account) = account {
            account.own(&unfinished).map_err(in_folder)?;
        }

        let program = installation.program("initdb");
        let mut command = Command::new(&program);
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(password)
            .args([
                "--username",
                SUPERUSER,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
            ])
            // Nothing in it is worth anything yet. The caller forces it to disk once, in the background, while the
            // server already starts (see `Server::start`), instead of file by file while everybody waits.
            .args(["--no-sync", "--no-instructions"]);
        if installation.version().major() >= 16 {
            // A disk that is full at the wrong moment must not bring the statement that sets the password into the log.
            command.args(["--set", "log_min_error_statement=panic"]);
        }
        if installation.version().major() >= 17 {
            // The same order and the same `upper('é')` on every machine, without the C library or ICU.
            command.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        }
        let (file, from) = open_log(log).map_err(|source| StartError::OpenLog {
            path: log.to_owned(),
            source,
        })?;
        prepare_environment(&mut command);
        attach(&mut command, file).map_err(|source| StartError::OpenLog {
            path: log.to_owned(),
            source,
        })?;
        if let Some(account) = account {
            account.apply(&mut command);
        }
        let failed = |source| StartError::RunProgram {
            program: program.clone(),
            source,
        };
        let process = Process::spawn(command, Signal::KILL)
            .await
            .map_err(failed)?;
        let status = process.exited().await;
        if status.success() {
            return Ok(());
        }
        let lines = log::last_lines(log, from, 6);
        Err(match log::cause(&lines) {
            Some(Cause::DiskFull) => StartError::DiskFull {
                path: unfinished,
                lines,
            },
            _ => StartError::Initdb { status, lines },
        })
    }
}

/// Suits a laptop. Kept in the file and not on the command line, so that a user may change it with `ALTER SYSTEM`.
const CONFIGURATION: &str = "
# Written by Seaworthy when it made this cluster; change it with ALTER SYSTEM.
shared_buffers = 128MB
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
";

fn append(path: &Path, text: &str) -> io::Result<()> {
    use io::Write as _;
    File::options()
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// Opens a log to append to, and says where it ends now.
pub(crate) fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // Values may be in its messages, and those are nobody else's.
    let file = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    let end = file.metadata()?.len();
    Ok((file, end))
}

pub(crate) fn attach(command: &mut Command, log: File) -> io::Result<()> {
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    Ok(())
}

/// PostgreSQL gets nothing of the caller's environment but what it needs to be found and loaded: `PG…` variables
/// would change what it does, and the others may hold secrets.
pub(crate) fn prepare_environment(command: &mut Command) {
    command.env_clear();
    for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // A fixed language, because failures are understood by their text; a fixed zone, because initdb otherwise reads
    // the whole time zone database to name the local one.
    command.env("LC_ALL", "C").env("TZ", "UTC");
}

/// 32 characters, 190 bits: letters and digits only, so that it survives every URL and shell.
pub(crate) fn random_password() -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut password = String::with_capacity(32);
    let mut bytes = [0_u8; 64];
    while password.len() < 32 {
        getrandom::fill(&mut bytes).expect("the system has randomness");
        // 248 is the largest multiple of 62 in a byte; the rest is thrown away, or some letters would be likelier.
        let letters = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % 62]));
        password.extend(letters.take(32 - password.len()));
    }
    password
}
