//! What was done to an environment from this folder, step by step, so that an interrupted run is known to the next.
//!
//! One JSON object a line in `.seaworthy/<environment>/journal.jsonl`, on disk before the step begins. It holds no value
//! of the platform: times, roots and steps only.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{Error, Target};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, as RFC 3339.
    pub time: String,
    /// Which run it belongs to.
    pub run: String,
    /// `apply` or `destroy`.
    pub verb: String,
    /// The folder of the root; empty: the run itself.
    #[serde(default)]
    pub root: String,
    /// What of it: `apply`, `destroy`, `sweep`; empty: the run itself.
    #[serde(default)]
    pub step: String,
    /// What became of it.
    pub event: Mark,
}

/// What a line says about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It begins now.
    Begin,
    /// It is done.
    Done,
    /// It failed, and that was said.
    Failed,
}

/// Writes down one run.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    path: std::path::PathBuf,
    run: String,
    verb: &'static str,
}

/// A step that began and of whose end nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// The folder of the root.
    pub(crate) root: String,
    /// When it began.
    pub(crate) since: String,
}

impl Journal {
    /// Begins a run.
    pub(crate) fn begin(target: &Target, verb: &'static str) -> Result<Self, Error> {
        let folder = target.environment_work();
        let path = folder.join("journal.jsonl");
        let failed = |source| Error::Work {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed)?;
        let mut journal = Self {
            file,
            path: path.clone(),
            run: format!("{}-{}", now().replace([':', '-'], ""), std::process::id()),
            verb,
        };
        journal.write("", "", Mark::Begin)?;
        Ok(journal)
    }

    /// Writes a line, and returns when it is on disk.
    pub(crate) fn write(&mut self, root: &str, step: &str, event: Mark) -> Result<(), Error> {
        let entry = Entry {
            time: now(),
            run: self.run.clone(),
            verb: self.verb.to_owned(),
            root: root.to_owned(),
            step: step.to_owned(),
            event,
        };
        let mut line = serde_json::to_string(&entry).unwrap_or_default();
        line.push('\n');
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data());
        written.map_err(|source| Error::Work {
            path: self.path.clone(),
            source,
        })
    }
}

/// Every line, oldest first. A line that a crash cut off is left out.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn entries(target: &Target) -> Result<Vec<Entry>, Error> {
    let path = target.environment_work().join("journal.jsonl");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(Error::Work { path, source }),
    }
}

/// The steps that began and did not end, the last of each root.
pub(crate) fn unfinished(entries: &[Entry]) -> Vec<Unfinished> {
    let mut open: Vec<Unfinished> = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.root.is_empty()) {
        open.retain(|step| step.root != entry.root);
        if entry.event == Mark::Begin {
            open.push(Unfinished {
                root: entry.root.clone(),
                since: entry.time.clone(),
            });
        }
    }
    open
}

/// The folders of the roots whose last step did not succeed, so that a part of their plan may be applied.
pub(crate) fn partly_applied(entries: &[Entry]) -> Vec<String> {
    let mut partly: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.root.is_empty()) {
        partly.retain(|root| *root != entry.root);
        if entry.event != Mark::Done {
            partly.push(entry.root.clone());
        }
    }
    partly
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(root: &str, event: Mark) -> Entry {
        Entry {
            time: "2026-11-21T19:20:57Z".to_owned(),
            run: "r".to_owned(),
            verb: "apply".to_owned(),
            root: root.to_owned(),
            step: "apply".to_owned(),
            event,
        }
    }

    #[test]
    fn only_what_began_and_did_not_end_is_unfinished() {
        let entries = [
            entry("", Mark::Begin),
            entry("infra/a", Mark::Begin),
            entry("infra/a", Mark::Done),
            entry("infra/b", Mark::Begin),
            entry("infra/b", Mark::Failed),
            entry("infra/c", Mark::Begin),
        ];
        let unfinished = unfinished(&entries);
        assert_eq!(unfinished.len(), 1);
        assert_eq!(unfinished[0].root, "infra/c");
        assert_eq!(partly_applied(&entries), ["infra/b", "infra/c"]);
    }
}
