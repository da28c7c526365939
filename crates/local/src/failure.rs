//! Why something did not work, as a person wants to hear it: what, why, the last lines it printed, what to do.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A failure with its explanation. A wire type too: it crosses the control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The service or database it is about; empty: the platform.
    pub subject: String,
    /// What failed, in a sentence that stands alone.
    pub what: String,
    /// Why, as far as the system tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The last lines of output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

impl Failure {
    pub(crate) fn new(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            what: what.into(),
            why: Vec::new(),
            log: Vec::new(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    pub(crate) fn log(mut self, lines: Vec<String>) -> Self {
        self.log = lines;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds an error and its causes as reasons.
    pub(crate) fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.why.push(error.to_string());
            cause = error.source();
        }
        self
    }

    /// A failure to read or write one of our own folders.
    pub(crate) fn of_folder(folder: &Path, error: &std::io::Error) -> Self {
        Self::new(
            "",
            format!("the folder {} cannot be used", folder.display()),
        )
        .caused_by(error)
        .on_disk(folder)
    }

    /// A full disk fails everything at once and each thing in its own words, so it is named first.
    pub(crate) fn on_disk(mut self, folder: &Path) -> Self {
        if let Some(free) = free_bytes(folder)
            && free < FULL
        {
            self.why.insert(
                0,
                format!(
                    "the disk that holds {} is full ({} KiB left)",
                    folder.display(),
                    free / 1024
                ),
            );
            self.hints.insert(
                0,
                "free some space on that disk, or choose another with `SEAWORTHY_DATA`".to_owned(),
            );
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

/// Below this a disk counts as full: PostgreSQL writes its log ahead in files of 16 MiB.
const FULL: u64 = 16 << 20;

/// Bytes that an unprivileged user may still write on the disk of `folder`. `None` where the system does not tell.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
