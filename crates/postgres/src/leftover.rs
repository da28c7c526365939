//! A server that was left running, and the lock file of one that was not.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use thiserror::Error;

use crate::cluster::Cluster;

/// Why a left-over server could not be ended.
#[derive(Debug, Error)]
pub enum LeftoverError {
    /// It did not listen to the signal.
    #[error("could not stop PostgreSQL (process {pid}) on `{data}`")]
    Signal {
        /// The process.
        pid: u32,
        /// The data folder.
        data: String,
        /// Why not.
        source: io::Error,
    },
    /// It is still there after the deadline.
    #[error(
        "PostgreSQL (process {pid}) on `{data}` does not end; `kill -9 {pid}` ends it, and nothing that was committed is lost"
    )]
    DoesNotEnd {
        /// The process.
        pid: u32,
        /// The data folder.
        data: String,
    },
}

/// The process of a server that is running on the cluster in `folder`, whoever started it.
pub fn running_on(folder: &Path) -> Option<u32> {
    running(&Cluster::in_folder(folder)).map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
}

/// Ends a server that was left running on the cluster in `folder`, and says whether there was one.
///
/// First a fast shutdown; after half of `patience` an immediate one, which is as safe as a crash: what was committed
/// is recovered at the next start.
pub async fn stop_leftover(folder: &Path, patience: Duration) -> Result<bool, LeftoverError> {
    let cluster = Cluster::in_folder(folder);
    let Some(pid) = running(&cluster) else {
        return Ok(false);
    };
    let shown = pid.as_raw_nonzero().get().unsigned_abs();
    let data = || cluster.data().display().to_string();
    for signal in [Signal::INT, Signal::QUIT] {
        match rustix::process::kill_process(pid, signal) {
            Ok(()) => {}
            Err(rustix::io::Errno::SRCH) => return Ok(true),
            Err(errno) => {
                return Err(LeftoverError::Signal {
                    pid: shown,
                    data: data(),
                    source: errno.into(),
                });
            }
        }
        let deadline = Instant::now() + patience / 2;
        while Instant::now() < deadline {
            if running(&cluster) != Some(pid) {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Err(LeftoverError::DoesNotEnd {
        pid: shown,
        data: data(),
    })
}

/// The postmaster on this cluster, if the process that `postmaster.pid` names really is one.
pub(crate) fn running(cluster: &Cluster) -> Option<Pid> {
    let text = fs::read_to_string(cluster.data().join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    works_on(pid, &cluster.data()).then_some(pid)
}

/// Whether the postmaster `pid` has said in its lock file that it accepts connections.
pub(crate) fn is_ready(cluster: &Cluster, pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(cluster.data().join("postmaster.pid")) else {
        return false;
    };
    let mut lines = text.lines();
    // The first line is the process id, the eighth the state; the format is the one that `pg_ctl` reads, too.
    lines
        .next()
        .is_some_and(|line| line.trim() == pid.to_string())
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// Removes a lock file whose process id was meanwhile given to a stranger, which PostgreSQL could not tell from a
/// running server.
///
/// In every other case PostgreSQL deals with its lock file itself, and must: through it a new server finds out that
/// children of a killed one still write to the data.
pub(crate) fn remove_misleading_lock(cluster: &Cluster) -> io::Result<()> {
    let path = cluster.data().join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(());
    };
    let pid = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok())
        .and_then(Pid::from_raw);
    let Some(pid) = pid else { return Ok(()) };
    let taken = rustix::process::test_kill_process(pid).is_ok();
    if taken && is_deserted(&cluster.data()) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Kills what a killed postmaster left behind. Its children end by themselves as soon as they wait for anything, but a
/// long computation does not wait.
///
/// Nothing is lost by it: no new server may start before they are gone, and it then recovers what was committed.
#[cfg(target_os = "linux")]
pub(crate) fn end_orphans(cluster: &Cluster) {
    if running(cluster).is_some() {
        return;
    }
    for pid in processes_on(&cluster.data()) {
        // Only children call themselves so; a postmaster shows its command line, and one may just be starting.
        let title = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        if title.starts_with(b"postgres: ") {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
}

/// Without `/proc` they cannot be told from other servers' children.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_orphans(_cluster: &Cluster) {}

/// Whether no PostgreSQL process at all works in this data folder.
#[cfg(target_os = "linux")]
fn is_deserted(data: &Path) -> bool {
    processes_on(data).next().is_none()
}

#[cfg(target_os = "linux")]
fn processes_on(data: &Path) -> impl Iterator<Item = Pid> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .filter(|pid| works_on(*pid, data))
}

/// Not known without `/proc`, so left to PostgreSQL.
#[cfg(not(target_os = "linux"))]
fn is_deserted(_data: &Path) -> bool {
    false
}

/// The working directory of PostgreSQL's processes is their data folder, which nothing else has by chance.
#[cfg(target_os = "linux")]
fn works_on(pid: Pid, data: &Path) -> bool {
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    // A process that has ended but was not reaped has no working directory any more.
    let here = fs::read_link(process.join("cwd")).ok();
    name.trim() == "postgres" && here.is_some() && here == fs::canonicalize(data).ok()
}

#[cfg(not(target_os = "linux"))]
fn works_on(pid: Pid, data: &Path) -> bool {
    let Ok(output) = std::process::Command::new("ps")
        .args([
            "-ww",
            "-o",
            "command=",
            "-p",
            &pid.as_raw_nonzero().to_string(),
        ])
        .output()
    else {
        return false;
    };
    let command = String::from_utf8_lossy(&output.stdout).into_owned();
    command.contains("postgres") && command.contains(&format!("-D {}", data.display()))
}
