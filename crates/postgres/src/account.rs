//! Which user PostgreSQL runs as.
//!
//! PostgreSQL refuses to run as root, so a root caller hands it to an unprivileged user. That user must
//! be able to enter every folder on the way to the data and to the programs; where it cannot, the error
//! names the folder that is in the way.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

/// An unprivileged user that PostgreSQL runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Why no user could be found for the server.
#[derive(Debug, Error)]
pub enum AccountError {
    /// The machine has neither a user `postgres` nor a user `nobody`.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody` to run it as; \
         create one (`useradd --system postgres`) or start as another user"
    )]
    NoUnprivilegedUser,
    /// A folder above the wanted path cannot be entered by the server's user.
    #[error(
        "PostgreSQL runs as user `{user}`, who cannot enter `{}` (mode {mode:04o}) and so cannot reach `{}`; \
         choose a place outside of it, or `chmod o+x {}`",
        .folder.display(), .wanted.display(), .folder.display()
    )]
    CannotEnter {
        /// The user that the server would run as.
        user: String,
        /// The folder whose mode is in the way.
        folder: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What was to be reached.
        wanted: PathBuf,
    },
    /// A folder on the way could not be looked at.
    #[error("could not look at `{}`", .path.display())]
    Look {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Account {
    /// The user for a server on `data`, or `None` where the caller is not root and runs it itself.
    ///
    /// Existing data stays with its owner: a user `postgres` that was installed after the first run must
    /// not lock the platform out of its own data.
    pub(crate) fn for_data(data: &Path) -> Result<Option<Self>, AccountError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        match fs::metadata(data) {
            Ok(metadata) if metadata.uid() != 0 => {
                let name = named_in_passwd(|entry| entry.uid == metadata.uid())
                    .map_or_else(|| metadata.uid().to_string(), |account| account.name);
                return Ok(Some(Self {
                    name,
                    uid: metadata.uid(),
                    gid: metadata.gid(),
                }));
            }
            _ => {}
        }
        ["postgres", "_postgres", "nobody"]
            .iter()
            .find_map(|name| named_in_passwd(|entry| entry.name == **name && entry.uid != 0))
            .map(Some)
            .ok_or(AccountError::NoUnprivilegedUser)
    }

    /// Makes `command` run as this user. The standard library also drops the supplementary groups.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives `path` to this user.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
    }

    /// Checks that this user may enter every folder above `wanted`.
    pub(crate) fn check_reaches(&self, wanted: &Path) -> Result<(), AccountError> {
        let resolved = fs::canonicalize(wanted).map_err(|source| AccountError::Look {
            path: wanted.to_owned(),
            source,
        })?;
        for folder in resolved.ancestors().skip(1) {
            let metadata = fs::metadata(folder).map_err(|source| AccountError::Look {
                path: folder.to_owned(),
                source,
            })?;
            let execute = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & execute == 0 {
                return Err(AccountError::CannotEnter {
                    user: self.name.clone(),
                    folder: folder.to_owned(),
                    mode: metadata.mode() & 0o7777,
                    wanted: wanted.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Reads `/etc/passwd` rather than asking the C library: system users are local, and it needs no unsafe code.
fn named_in_passwd(wanted: impl Fn(&Account) -> bool) -> Option<Account> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    passwd
        .lines()
        .filter_map(parse_passwd_line)
        .find(|entry| wanted(entry))
}

fn parse_passwd_line(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let _password = fields.next()?;
    // macOS writes `nobody` as -2; as an id that is 4294967294.
    let id = |field: &str| {
        field
            .parse::<i64>()
            .ok()
            .and_then(|id| u32::try_from(id & 0xffff_ffff).ok())
    };
    Some(Account {
        name,
        uid: id(fields.next()?)?,
        gid: id(fields.next()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_passwd_lines() {
        let postgres = parse_passwd_line(
            "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash",
        );
        assert_eq!(
            postgres,
            Some(Account {
                name: "postgres".into(),
                uid: 101,
                gid: 104
            })
        );
        let nobody =
            parse_passwd_line("nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false")
                .map(|a| a.uid);
        assert_eq!(nobody, Some(4_294_967_294));
        assert_eq!(parse_passwd_line("# User Database"), None);
    }
}
