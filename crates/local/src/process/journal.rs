//! What runs, remembered on disk: a file for each process, so that a killed run can be cleared.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::{inspect, signal_group};

/// A process as remembered. The start time tells it from another that got its number later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its id, which is also its process group's.
    pub(crate) pid: u32,
    /// Its start, in the system's ticks since boot; 0 where the system does not tell.
    pub(crate) started: u64,
    /// What it is, in words for people: `api, replica 1`.
    pub(crate) what: String,
    /// The container that the process is the client of; it lives on when its client is killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<Container>,
}

/// A container that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    /// The program: `docker` or `podman`.
    pub(crate) engine: PathBuf,
    /// The container's name.
    pub(crate) name: String,
}

impl Container {
    /// Ends and removes it; one that is gone already is fine.
    pub(crate) fn remove(&self) -> bool {
        Command::new(&self.engine)
            .args(["rm", "--force", &self.name])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

/// The folder of entries of one platform.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    folder: PathBuf,
}

/// An entry that is forgotten when dropped: the process has ended and was waited for.
#[derive(Debug)]
pub(crate) struct Remembered {
    file: PathBuf,
}

impl Drop for Remembered {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

impl Journal {
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Remembers a process that was just started.
    pub(crate) fn remember(
        &self,
        pid: u32,
        what: &str,
        container: Option<Container>,
    ) -> io::Result<Remembered> {
        let started = inspect::start_time(pid).unwrap_or(0);
        let entry = Entry {
            pid,
            started,
            what: what.to_owned(),
            container,
        };
        let file = self.folder.join(format!("{pid}.json"));
        fs::write(&file, serde_json::to_vec(&entry).map_err(io::Error::other)?)?;
        Ok(Remembered { file })
    }

    /// Ends every remembered process group that is still alive, and says what those were.
    ///
    /// Only called while holding the platform's lock, so that nobody else's processes are taken for leftovers.
    pub(crate) fn clear(&self) -> io::Result<Vec<String>> {
        let mut cleared = Vec::new();
        for file in files(&self.folder)? {
            let entry = fs::read(&file)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Entry>(&bytes).ok());
            if let Some(entry) = entry {
                let alive = inspect::group_is_ours(entry.pid, entry.started);
                if alive {
                    end_group(entry.pid);
                }
                let removed = entry.container.as_ref().is_some_and(Container::remove);
                if alive || removed {
                    cleared.push(format!("{} (process {})", entry.what, entry.pid));
                }
            }
            fs::remove_file(&file)?;
        }
        Ok(cleared)
    }

    /// Ends every remembered process group at once.
    pub(crate) fn kill(&self) {
        for file in files(&self.folder).unwrap_or_default() {
            let entry = fs::read(&file)
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Entry>(&bytes).ok());
            if let Some(entry) = entry
                && inspect::group_is_ours(entry.pid, entry.started)
            {
                signal_group(entry.pid, Signal::KILL);
            }
        }
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    Ok(files)
}

/// SIGTERM, two seconds to finish, SIGKILL.
fn end_group(pid: u32) {
    signal_group(pid, Signal::TERM);
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        if inspect::group_members(pid).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    signal_group(pid, Signal::KILL);
}
