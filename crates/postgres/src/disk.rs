//! Forcing a new cluster to the disk while its server already works.
//!
//! `initdb --no-sync` leaves a thousand files to the system's cache. From its start on the server makes each commit
//! durable, but on top of files that may not be yet. A thread writes them out meanwhile, so that nobody waits for it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::watch;

/// Tells when what was given to the thread is on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Syncing(watch::Receiver<bool>);

impl Syncing {
    /// Begins with `folder`. A thread and not a pool's task: a program that ends does not wait for it.
    pub(crate) fn start(folder: PathBuf) -> Self {
        let (sender, receiver) = watch::channel(false);
        // A disk that fails here fails the server's own writes as well, and the server says so. A thread that cannot
        // be had leaves the work to the system, which does it within half a minute.
        let _ = std::thread::Builder::new()
            .name("postgres-sync".to_owned())
            .spawn(move || {
                let _ = force_to_disk(&folder);
                sender.send_replace(true);
            });
        Self(receiver)
    }

    /// Where there is nothing to do.
    pub(crate) fn done() -> Self {
        Self(watch::channel(true).1)
    }

    /// Waits for the end.
    pub(crate) async fn wait(&self) {
        // An error means that the thread is gone, and nothing more will happen.
        let _ = self.0.clone().wait_for(|done| *done).await;
    }
}

/// Waits until everything in `folder` is on the disk.
///
/// One call for the whole file system. It may have to write out somebody else's data as well, but file by file each one
/// costs a commit of the file system's journal: two seconds instead of a tenth, in the way of the server's own commits.
#[cfg(target_os = "linux")]
pub(crate) fn force_to_disk(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Waits until everything in `folder` is on its way to the disk, as PostgreSQL does it by default on these systems.
#[cfg(not(target_os = "linux"))]
pub(crate) fn force_to_disk(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let done = match entry.file_type() {
            Ok(kind) if kind.is_dir() => force_to_disk(&path),
            Ok(kind) if kind.is_file() => fsync(&path),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        // The server is at work in it: files come and go.
        match done {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fsync(folder)
}

#[cfg(not(target_os = "linux"))]
fn fsync(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::fsync(File::open(path)?)?)
}
