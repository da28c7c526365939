//! What was reviewed: a saved plan, and what it was made from. It is applied only while that still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change::{Action, Change};
use crate::{Error, Root, Target};

/// What stands beside a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Review {
    /// When it was made, as RFC 3339.
    pub(crate) made: String,
    /// By whom.
    pub(crate) by: String,
    /// The saved plan's digest.
    plan: String,
    /// The digest of the files that were planned.
    files: String,
    /// The digests of the outputs that it reads, by the folder of their root.
    inputs: BTreeMap<String, String>,
    /// What it does to which address.
    actions: BTreeSet<(String, String)>,
    /// The addresses whose content it loses.
    pub(crate) losses: Vec<String>,
}

/// What a review is made from.
pub(crate) struct Reviewed<'a> {
    pub(crate) by: &'a str,
    pub(crate) inputs: BTreeMap<String, String>,
    pub(crate) changes: &'a [Change],
}

impl Review {
    /// Describes the plan that was saved in `folder`, and writes that beside it.
    pub(crate) fn write(
        target: &Target,
        root: &Root,
        folder: &Path,
        reviewed: Reviewed<'_>,
    ) -> Result<(), Error> {
        let plan = plan_file(folder);
        let review = Self {
            made: humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string(),
            by: reviewed.by.to_owned(),
            plan: digest(&read(&plan)?),
            files: files_digest(target, root)?,
            inputs: reviewed.inputs,
            actions: actions(reviewed.changes),
            losses: reviewed
                .changes
                .iter()
                .filter(|change| change.loses_content)
                .map(|change| change.address.clone())
                .collect(),
        };
        // A saved plan holds values that no screen shows.
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&plan, private).map_err(|source| work(&plan, source))?;
        let path = review_file(folder);
        let text = serde_json::to_string_pretty(&review).unwrap_or_default();
        fs::write(&path, text).map_err(|source| work(&path, source))
    }

    /// The review in `folder`; `None`: there is none.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(review_file(folder)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Takes the review and its plan away, once it is applied or void.
    pub(crate) fn remove(folder: &Path) {
        let _ = fs::remove_file(review_file(folder));
        let _ = fs::remove_file(plan_file(folder));
    }

    /// Why the saved plan can no longer be applied as it is; `None`: it can.
    pub(crate) fn stale(
        &self,
        target: &Target,
        root: &Root,
        folder: &Path,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Option<&'static str>, Error> {
        let plan = plan_file(folder);
        Ok(if !plan.exists() || digest(&read(&plan)?) != self.plan {
            Some("the saved plan is another")
        } else if files_digest(target, root)? != self.files {
            Some("the files have changed since")
        } else if *inputs != self.inputs {
            Some("the outputs that it reads have changed since")
        } else {
            None
        })
    }

    /// How many things it changes.
    pub(crate) fn n_changes(&self) -> usize {
        self.actions.len()
    }

    /// Whether there was nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Whether a new plan of the same files does nothing that was not reviewed.
    pub(crate) fn covers(
        &self,
        target: &Target,
        root: &Root,
        changes: &[Change],
    ) -> Result<bool, Error> {
        let reviewed = |(address, action): &(String, String)| {
            // What was made and taken over half-way is finished by a change.
            let finishes = action == word(Action::Update)
                && self
                    .actions
                    .contains(&(address.clone(), word(Action::Create).to_owned()));
            finishes || self.actions.contains(&(address.clone(), action.clone()))
        };
        Ok(files_digest(target, root)? == self.files && actions(changes).iter().all(reviewed))
    }
}

/// The saved plan in a folder.
pub(crate) fn plan_file(folder: &Path) -> PathBuf {
    folder.join("plan.tfplan")
}

fn review_file(folder: &Path) -> PathBuf {
    folder.join("review.json")
}

fn actions(changes: &[Change]) -> BTreeSet<(String, String)> {
    changes
        .iter()
        .map(|change| (change.address.clone(), word(change.action).to_owned()))
        .collect()
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Forget => "forget",
        Action::Move => "move",
    }
}

/// The digest of everything that decides a root's plan: its own files and the modules.
pub(crate) fn files_digest(target: &Target, root: &Root) -> Result<String, Error> {
    let mut files = Vec::new();
    list(&target.root_folder(root), &mut files)?;
    list(&target.folder.join("infra/modules"), &mut files)?;
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let below = file.strip_prefix(&target.folder).unwrap_or(&file);
        hasher.update(below.to_string_lossy().as_bytes());
        hasher.update([0]);
        hasher.update(read(&file)?);
        hasher.update([0]);
    }
    Ok(data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

/// Files below a folder; hidden ones are OpenTofu's own.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|source| work(folder, source))?;
    for entry in entries {
        let path = entry.map_err(|source| work(folder, source))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// A name for bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| work(path, source))
}

pub(crate) fn work(path: &Path, source: std::io::Error) -> Error {
    Error::Work {
        path: path.to_owned(),
        source,
    }
}
