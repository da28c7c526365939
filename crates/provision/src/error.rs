//! What goes wrong on the way to AWS and back.

use std::path::PathBuf;

use semver::Version;

use crate::{Holder, Orphan};

/// Why a verb did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to plan with.
    #[error("neither `tofu` nor `terraform` is on PATH")]
    FindProgram,
    /// It does not say its version.
    #[error("`{}` does not say its version: {why}", path.display())]
    AskVersion {
        /// The program.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// It cannot do what is rendered.
    #[error("`{}` is version {version}, and {oldest} or newer is needed", path.display())]
    OldProgram {
        /// The program.
        path: PathBuf,
        /// Its version.
        version: Version,
        /// The oldest that will do.
        oldest: Version,
    },
    /// Who we are cannot be asked.
    #[error("AWS was not asked who you are")]
    AskIdentity(#[source] seaworthy_aws::Error),
    /// The credentials are another account's.
    #[error(
        "your credentials are of account {found} ({arn}), and `{environment}` is in account {wanted}"
    )]
    WrongAccount {
        /// The account of the credentials.
        found: String,
        /// Whose they are.
        arn: String,
        /// The environment.
        environment: String,
        /// Its account.
        wanted: String,
    },
    /// The settings name another region.
    #[error("{setting} says region {found}, and `{environment}` is in {wanted}")]
    WrongRegion {
        /// The region of the settings.
        found: String,
        /// Which setting it is.
        setting: String,
        /// The environment.
        environment: String,
        /// Its region.
        wanted: String,
    },
    /// A file of our working folder.
    #[error("`{}` cannot be read or written", path.display())]
    Work {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A root is not on disk.
    #[error("there is no `{folder}`")]
    FindRoot {
        /// Its folder.
        folder: String,
    },
    /// The bucket of the states.
    #[error("the states in bucket `{bucket}` cannot be read or written")]
    States {
        /// The bucket.
        bucket: String,
        /// Why.
        #[source]
        source: seaworthy_aws::Error,
    },
    /// A state is not as OpenTofu writes it.
    #[error("`{key}` in bucket `{bucket}` is no state of OpenTofu")]
    ReadState {
        /// The bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
    /// Somebody else is at it.
    #[error("{what} is locked by {holder}")]
    Locked {
        /// The environment or the root.
        what: String,
        /// Who.
        holder: Box<Holder>,
    },
    /// Another of our runs is at it in this folder.
    #[error("another `seaworthy` works on `{environment}` in this folder{}", of_process(*process))]
    Busy {
        /// The environment.
        environment: String,
        /// Its process, where it is known.
        process: Option<u32>,
    },
    /// No lock of this id.
    #[error("no lock has the id `{id}`; {}", there_are(locks))]
    FindLock {
        /// The id.
        id: String,
        /// What is locked.
        locks: Vec<String>,
    },
    /// OpenTofu does not start.
    #[error("`{program}` does not start")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// OpenTofu says no.
    #[error("`{command}` failed in `{root}`")]
    Tofu {
        /// The command.
        command: String,
        /// The root.
        root: String,
        /// What it says, each with its place.
        diagnostics: Vec<String>,
        /// Everything it said.
        log: PathBuf,
    },
    /// It was interrupted on purpose.
    #[error("interrupted in `{root}`; what was under way is done and recorded")]
    Interrupted {
        /// The root.
        root: String,
    },
    /// Its answer is not as documented.
    #[error("what `{command}` said about `{root}` cannot be read: {why}")]
    ReadAnswer {
        /// The command.
        command: String,
        /// The root.
        root: String,
        /// What is wrong.
        why: String,
    },
    /// Something stateful would be lost.
    #[error("{} would lose what is in it: {}", if addresses.len() == 1 { "one thing" } else { "several things" }, addresses.join(", "))]
    Stateful {
        /// The addresses that nobody named.
        addresses: Vec<String>,
    },
    /// Kubernetes goes up one minor version at a time.
    #[error(
        "`{address}` cannot go from Kubernetes {from} to {to}: EKS goes up one minor version at a time, and never down"
    )]
    ClusterVersion {
        /// The cluster.
        address: String,
        /// Its version.
        from: String,
        /// The version in the files.
        to: String,
        /// The versions on the way; empty: there is no way.
        steps: Vec<String>,
    },
    /// What would be applied is not what was reviewed.
    #[error("`{root}` is not what was reviewed: {why}")]
    NotReviewed {
        /// The root.
        root: String,
        /// What differs.
        why: String,
    },
    /// Nobody said yes.
    #[error("nothing was applied: nobody approved it")]
    NotApproved,
    /// OpenTofu was killed, and made what it did not record.
    #[error("an earlier run ended inside `{root}`, and made what its state does not know")]
    Orphans {
        /// The root.
        root: String,
        /// What it made.
        orphans: Vec<Orphan>,
    },
    /// Destroying is refused.
    #[error("`{environment}` is protected")]
    Protected {
        /// The environment.
        environment: String,
    },
    /// What controllers made does not go.
    #[error("what controllers made in `{environment}` is not gone")]
    Sweep {
        /// The environment.
        environment: String,
        /// Why.
        #[source]
        source: Box<seaworthy_aws::sweep::SweepError>,
    },
}

impl Error {
    /// Whether nothing was changed, on purpose.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::WrongAccount { .. }
                | Self::WrongRegion { .. }
                | Self::Locked { .. }
                | Self::Busy { .. }
                | Self::FindLock { .. }
                | Self::Stateful { .. }
                | Self::ClusterVersion { .. }
                | Self::NotReviewed { .. }
                | Self::NotApproved
                | Self::Orphans { .. }
                | Self::Protected { .. }
        )
    }

    /// What to do about it, each a sentence.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::FindProgram => {
                vec!["install OpenTofu: https://opentofu.org/docs/intro/install".to_owned()]
            }
            Self::WrongAccount { wanted, .. } => vec![format!(
                "choose credentials of account {wanted}, with `AWS_PROFILE` for example"
            )],
            Self::WrongRegion { wanted, .. } => vec![format!(
                "set `AWS_REGION={wanted}`, or unset what says otherwise"
            )],
            Self::FindRoot { .. } => vec!["write it with `seaworthy render`".to_owned()],
            Self::Locked { holder, .. } => vec![
                "wait until they are done, or ask them".to_owned(),
                format!("if nobody is at it any more: `--unlock {}`", holder.id),
            ],
            Self::Stateful { addresses } => vec![format!(
                "if that is meant, name each: {}",
                addresses
                    .iter()
                    .map(|address| format!("`--allow '{address}'`"))
                    .collect::<Vec<_>>()
                    .join(" ")
            )],
            Self::ClusterVersion { steps, .. } if !steps.is_empty() => vec![format!(
                "set `cluster.kubernetes` to each of these, and apply before the next: {}",
                steps.join(", ")
            )],
            Self::ClusterVersion { from, .. } => {
                vec![format!("keep `cluster.kubernetes: \"{from}\"`")]
            }
            Self::NotReviewed { .. } => vec!["review it with `seaworthy plan`".to_owned()],
            Self::NotApproved => {
                vec!["where nobody can be asked, `--yes` approves what was planned".to_owned()]
            }
            Self::Orphans { orphans, .. } => {
                let mut hints = vec!["take each into the state, or delete it; `--import` runs these commands, in the root's folder:".to_owned()];
                hints.extend(orphans.iter().map(ToString::to_string));
                hints
            }
            Self::Protected { environment } => vec![format!(
                "set `environments.{environment}.protected: false`, render and apply that, then destroy"
            )],
            Self::Tofu { log, .. } => vec![format!("everything it said: {}", log.display())],
            Self::Interrupted { .. } => vec!["the same command goes on from here".to_owned()],
            _ => Vec::new(),
        }
    }
}

fn of_process(process: Option<u32>) -> String {
    process.map_or_else(String::new, |process| format!(" (process {process})"))
}

fn there_are(locks: &[String]) -> String {
    if locks.is_empty() {
        "nothing is locked".to_owned()
    } else {
        format!("there is: {}", locks.join("; "))
    }
}
