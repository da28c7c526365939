//! The same PostgreSQL without Seaworthy: what a person would type.

use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tempfile::TempDir;

use crate::Failure;
use crate::command::{command, output};

/// A data folder and the programs for it.
pub(super) struct PlainPostgres {
    bin: PathBuf,
    /// Removed with this value.
    place: TempDir,
    user: Option<(u32, u32)>,
}

/// A running server; it ends with this value.
pub(super) struct Running {
    process: Child,
}

impl PlainPostgres {
    pub(super) fn new(bin: &Path) -> Result<Self, Failure> {
        let place = tempfile::Builder::new()
            .prefix("seaworthy-bench-")
            .tempdir()?;
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755))?;
        let user = unprivileged()?;
        if let Some((uid, gid)) = user {
            chown(place.path(), Some(uid), Some(gid))?;
        }
        Ok(Self {
            bin: bin.to_owned(),
            place,
            user,
        })
    }

    /// `initdb`, with its own defaults but for the superuser's name.
    pub(super) fn initdb(&self) -> Result<(), Failure> {
        let mut initdb = self.program("initdb");
        initdb
            .arg("--pgdata")
            .arg(self.data())
            .args(["--username", "postgres", "--auth", "trust"]);
        output(&mut initdb).map(drop)
    }

    /// Starts the server and returns when it accepts a connection.
    pub(super) fn start(&self) -> Result<Running, Failure> {
        let mut postgres = self.program("postgres");
        postgres
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.place.path())
            .args(["-c", "listen_addresses="]);
        let process = postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let running = Running { process };
        let start = Instant::now();
        while !self.accepts() {
            if start.elapsed() > Duration::from_secs(30) {
                return Err("PostgreSQL does not accept connections".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(running)
    }

    /// Whether the server answers a start-up packet with "authentication ok".
    fn accepts(&self) -> bool {
        let ask = || -> std::io::Result<u8> {
            let mut socket = UnixStream::connect(self.place.path().join(".s.PGSQL.5432"))?;
            let parameters = b"user\0postgres\0database\0postgres\0\0";
            let length = u32::try_from(parameters.len() + 8).expect("a short packet");
            socket.write_all(
                &[
                    &length.to_be_bytes()[..],
                    &196_608_u32.to_be_bytes(),
                    parameters,
                ]
                .concat(),
            )?;
            let mut kind = [0];
            socket.read_exact(&mut kind)?;
            Ok(kind[0])
        };
        ask().is_ok_and(|kind| kind == b'R')
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(self.place.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        // SIGINT is PostgreSQL's fast shutdown: a clean end, so that the next start has nothing to recover.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.process.wait();
    }
}

/// PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`.
fn unprivileged() -> Result<Option<(u32, u32)>, Failure> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        let id = |flag| {
            output(&mut command("id", &[flag, user]))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        if let (Some(uid), Some(gid)) = (id("-u"), id("-g")) {
            return Ok(Some((uid, gid)));
        }
    }
    Err("root cannot run PostgreSQL, and there is neither a user `postgres` nor `nobody`".into())
}
