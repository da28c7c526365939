//! Programs of a PostgreSQL that is already on this machine.
//!
//! Looks in the folder that the user set, on `PATH`, in the folders of the distributions, and in
//! Seaworthy's own cache, in this order. What a folder holds is asked of the program itself, never
//! read from the path. Getting one that is not here is [`obtain`](crate::Installation::obtain)'s work.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::process::Command;

use crate::account::Account;
use crate::packages;

/// Where PostgreSQL may be looked for and kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A folder that the user named: the one with `postgres` and `initdb`, or the one above its `bin`.
    pub folder: Option<PathBuf>,
    /// Seaworthy's cache folder; `postgres/` below it holds what was obtained.
    pub cache: PathBuf,
}

/// The programs of one PostgreSQL, known to run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    bin: PathBuf,
    version: Version,
    tls: bool,
    origin: Origin,
    /// Where further tools may be and are put.
    cache: PathBuf,
}

/// A PostgreSQL version as the program prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    major: u32,
    text: String,
}

/// How an installation was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user's setting.
    Setting,
    /// A folder on `PATH`.
    Path,
    /// A folder where a distribution's packages put it.
    Distribution,
    /// Seaworthy's cache.
    Cache,
}

/// Why looking for PostgreSQL failed. Not finding any is not an error, but what the user named must be there.
#[derive(Debug, Error)]
pub enum FindError {
    /// The folder that the user set holds no PostgreSQL.
    #[error("the folder set for PostgreSQL, `{}`, holds no `postgres` and `initdb`, neither directly nor in `bin`", .0.display())]
    SettingWithoutPrograms(PathBuf),
    /// The folder that the user set holds another major version than the one that is wanted.
    #[error(
        "the folder set for PostgreSQL, `{}`, holds version {found}, but version {wanted} is wanted; \
         set a folder with version {wanted}, or unset it and let it be found or obtained",
        .folder.display()
    )]
    SettingOfOtherMajor {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        found: Version,
        /// The major version that is wanted.
        wanted: u32,
    },
    /// The programs of the folder that the user set do not run.
    #[error("`{} {arguments}` does not run", .program.display())]
    RunProgram {
        /// The program.
        program: PathBuf,
        /// What it was asked.
        arguments: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A program's version could not be understood.
    #[error("`{} --version` printed `{printed}`, which is not a PostgreSQL version", .program.display())]
    UnderstandVersion {
        /// The program.
        program: PathBuf,
        /// Its output.
        printed: String,
    },
    /// The programs cannot be reached by the user that they must run as.
    #[error("the folder set for PostgreSQL cannot be used")]
    Account(#[source] crate::AccountError),
}

impl Installation {
    /// Finds the programs of PostgreSQL `major` on this machine.
    ///
    /// A folder on the way that is broken, of another major version, or out of reach for the user that the
    /// server will run as is passed over; the folder that the user set is not: there it is an error.
    pub async fn find(major: u32, settings: &Settings) -> Result<Option<Self>, FindError> {
        if let Some(folder) = &settings.folder {
            return Self::in_setting(major, folder, &settings.cache)
                .await
                .map(Some);
        }
        for (bin, origin) in candidates(major, settings) {
            let Ok(version) = Version::of(&bin).await else {
                continue;
            };
            if version.major != major {
                continue;
            }
            let installation = Self::of(bin, version, origin, &settings.cache).await;
            if installation.reachable().is_ok() {
                return Ok(Some(installation));
            }
        }
        Ok(None)
    }

    /// The folder of the programs.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The version that `postgres --version` printed.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// How it was found.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether this build can serve TLS itself. Some packaged builds leave it out; for them a [`Server`](crate::Server)
    /// does it in front.
    pub fn serves_tls(&self) -> bool {
        self.tls
    }

    /// A program that goes with the server, such as `psql` or `pg_dumpall`, if it is on this machine.
    ///
    /// Packaged builds often lack some; then a newer PostgreSQL's in the cache serves as well.
    /// [`obtain_tool`](Self::obtain_tool) gets what is missing.
    pub fn tool(&self, name: &str) -> Option<PathBuf> {
        let cached = packages::with_tools(self.version.major)
            .into_iter()
            .map(|package| package.bin_in(&self.cache));
        [self.bin.clone()]
            .into_iter()
            .chain(cached)
            .map(|bin| bin.join(name))
            .find(|path| path.is_file())
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// A program that every installation has; [`Installation::read`] looked.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    async fn in_setting(major: u32, folder: &Path, cache: &Path) -> Result<Self, FindError> {
        let bin = [folder.to_owned(), folder.join("bin")]
            .into_iter()
            .find(|bin| holds_programs(bin))
            .ok_or_else(|| FindError::SettingWithoutPrograms(folder.to_owned()))?;
        let installation = Self::read(&bin, Origin::Setting, cache).await?;
        if installation.version.major != major {
            return Err(FindError::SettingOfOtherMajor {
                folder: folder.to_owned(),
                found: installation.version,
                wanted: major,
            });
        }
        installation.reachable().map_err(FindError::Account)?;
        Ok(installation)
    }

    /// Asks the programs in `bin` what they are.
    pub(crate) async fn read(bin: &Path, origin: Origin, cache: &Path) -> Result<Self, FindError> {
        let version = Version::of(bin).await?;
        Ok(Self::of(bin.to_owned(), version, origin, cache).await)
    }

    async fn of(bin: PathBuf, version: Version, origin: Origin, cache: &Path) -> Self {
        // The only way to ask a build whether it has TLS without a data folder: it prints the library's name
        // or nothing. Root may ask too.
        let program = bin.join("postgres");
        let library = run(
            &program,
            "-C ssl_library",
            Command::new(&program)
                .args(["-C", "ssl_library", "-c", "config_file=/dev/null", "-D"])
                .arg(&bin),
        )
        .await
        .unwrap_or_default();
        Self {
            bin,
            version,
            tls: !library.is_empty(),
            origin,
            cache: cache.to_owned(),
        }
    }

    fn reachable(&self) -> Result<(), crate::AccountError> {
        match Account::for_data(Path::new(""))? {
            Some(account) => account.check_reaches(&self.program("postgres")),
            None => Ok(()),
        }
    }
}

impl Version {
    /// The major version, such as 18.
    pub fn major(&self) -> u32 {
        self.major
    }

    async fn of(bin: &Path) -> Result<Self, FindError> {
        let program = bin.join("postgres");
        let printed = run(
            &program,
            "--version",
            Command::new(&program).arg("--version"),
        )
        .await?;
        Self::parse(&printed).ok_or(FindError::UnderstandVersion { program, printed })
    }

    /// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `… 18beta1`, `… 19devel`.
    fn parse(printed: &str) -> Option<Self> {
        let text = printed
            .trim()
            .strip_prefix("postgres (PostgreSQL) ")?
            .split_whitespace()
            .next()?;
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self {
            major: digits.parse().ok()?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setting => "the setting",
            Self::Path => "`PATH`",
            Self::Distribution => "the distribution",
            Self::Cache => "the cache",
        })
    }
}

fn candidates(major: u32, settings: &Settings) -> Vec<(PathBuf, Origin)> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Homebrew and Nix link the programs one by one; the libraries and `share` stand beside the real ones.
    let on_path = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| {
            std::fs::canonicalize(folder.join("postgres"))
                .ok()
                .and_then(|program| program.parent().map(Path::to_owned))
                .filter(|real| holds_programs(real))
                .unwrap_or(folder)
        });
    let distribution = [
        format!("/usr/lib/postgresql/{major}/bin"),
        format!("/usr/pgsql-{major}/bin"),
        format!("/opt/homebrew/opt/postgresql@{major}/bin"),
        format!("/usr/local/opt/postgresql@{major}/bin"),
        format!("/Applications/Postgres.app/Contents/Versions/{major}/bin"),
    ];
    let cached = packages::pinned(major)
        .into_iter()
        .map(|package| package.bin_in(&settings.cache));

    on_path
        .map(|bin| (bin, Origin::Path))
        .chain(
            distribution
                .into_iter()
                .map(|bin| (PathBuf::from(bin), Origin::Distribution)),
        )
        .chain(cached.map(|bin| (bin, Origin::Cache)))
        .filter(|(bin, _)| holds_programs(bin))
        .collect()
}

fn holds_programs(bin: &Path) -> bool {
    bin.join("postgres").is_file() && bin.join("initdb").is_file()
}

async fn run(
    program: &Path,
    arguments: &'static str,
    command: &mut Command,
) -> Result<String, FindError> {
    let failed = |source| FindError::RunProgram {
        program: program.to_owned(),
        arguments,
        source,
    };
    let output = command
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(failed)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(failed(io::Error::other(format!(
            "{}: {said}",
            output.status
        ))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_versions_as_they_are_printed() {
        for (printed, major, text) in [
            ("postgres (PostgreSQL) 18.4", 18, "18.4"),
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                15,
                "15.18",
            ),
            ("postgres (PostgreSQL) 19beta2", 19, "19beta2"),
        ] {
            let version = Version::parse(printed).expect(printed);
            assert_eq!(
                (version.major(), version.to_string().as_str()),
                (major, text)
            );
        }
        assert_eq!(Version::parse("psql (PostgreSQL) 18.4"), None);
        assert_eq!(Version::parse("postgres (PostgreSQL) devel"), None);
    }
}
