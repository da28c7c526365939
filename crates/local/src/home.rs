//! Where a platform keeps what it must not lose: a folder for each, outside the repository.
//!
//! ```text
//! <data>/counter-1a2b3c4d/
//!     platform       which folder this belongs to
//!     lock           held while a run is alive
//!     ports.json     addresses that stay the same from run to run
//!     secrets.json   generated passwords (0600)
//!     postgres/18/   data, CA and log of PostgreSQL 18
//!     control/       the socket by which other commands reach a run (0700)
//!     logs/          output of the services
//!     processes/     what runs, so that a killed run can be cleared
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::hex::hex;

/// Settings that come from the user's machine. The command line reads them from the environment; nothing here does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder under which each platform gets its own (`SEAWORTHY_DATA`).
    pub data: PathBuf,
    /// Folder of things that can be fetched again (`SEAWORTHY_CACHE`).
    pub cache: PathBuf,
    /// Folder for sockets whose path would be too long beside the data.
    pub runtime: PathBuf,
    /// Folder with PostgreSQL's programs (`SEAWORTHY_POSTGRES`); `None`: they are looked for.
    pub postgres: Option<PathBuf>,
}

/// Marks data that was moved to a newer version: opened again, it would silently lack what was written since.
pub(crate) const MOVED: &str = "moved-to";

/// A socket's path must be shorter than 104 bytes on macOS and 108 on Linux.
const LONGEST_SOCKET: usize = 100;

/// The folder of one platform.
#[derive(Debug, Clone)]
pub struct Home {
    folder: PathBuf,
    socket: PathBuf,
}

impl Home {
    /// The home of the platform in `platform_folder`, which must be an absolute path. Nothing is created.
    ///
    /// It is named after the folder and not after the platform, so that it is found also when the definition cannot
    /// be read.
    pub fn new(settings: &Settings, platform_folder: &Path) -> Self {
        let key = short_hash(platform_folder.as_os_str().as_encoded_bytes());
        let name = platform_folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let folder = settings.data.join(format!("{name}-{key}"));
        let beside = folder.join("control").join("socket");
        let socket = if beside.as_os_str().len() <= LONGEST_SOCKET {
            beside
        } else {
            settings.runtime.join(format!(
                "{}.sock",
                short_hash(folder.as_os_str().as_encoded_bytes())
            ))
        };
        Self { folder, socket }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The control socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder of the services' output.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// What a supervisor in the background prints.
    pub fn supervisor_log(&self) -> PathBuf {
        self.folder.join("supervisor.log")
    }

    pub(crate) fn processes(&self) -> PathBuf {
        self.folder.join("processes")
    }

    pub(crate) fn ports(&self) -> PathBuf {
        self.folder.join("ports.json")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.folder.join("secrets.json")
    }

    /// The folder of one major version of PostgreSQL.
    pub(crate) fn postgres(&self, major: u32) -> PathBuf {
        self.folder.join("postgres").join(major.to_string())
    }

    /// Major versions of PostgreSQL that have data here, oldest first, without what was moved to a newer one.
    pub(crate) fn postgres_majors(&self) -> Vec<u32> {
        let mut majors: Vec<u32> = fs::read_dir(self.folder.join("postgres"))
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .filter(|entry| entry.path().join("data").join("PG_VERSION").exists())
            .filter(|entry| !entry.path().join(MOVED).exists())
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        majors.sort_unstable();
        majors
    }

    /// Makes the folders.
    pub fn create(&self, platform_folder: &Path) -> io::Result<()> {
        create_open(&self.folder)?;
        for folder in [self.logs(), self.processes()] {
            fs::create_dir_all(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        }
        if let Some(folder) = self.socket.parent() {
            fs::create_dir_all(folder)?;
            only_ours(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
        fs::write(
            self.folder.join("platform"),
            platform_folder.as_os_str().as_encoded_bytes(),
        )
    }

    /// Takes the platform for this process, until the lock is dropped or the process ends. `None`: another has it.
    pub fn lock(&self) -> io::Result<Option<Lock>> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes everything that belongs to the platform: data, logs, secrets.
    pub(crate) fn wipe(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The right to run a platform.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Refuses a folder that somebody else made, or a link to one: it could answer in our place.
pub(crate) fn only_ours(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    if found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let what = format!("{} belongs to another user", folder.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// Makes a folder that an unprivileged PostgreSQL may walk through, as it runs under another user when we are root.
fn create_open(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
}

/// Eight hexadecimal digits that tell two folders apart.
fn short_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..4])
}
