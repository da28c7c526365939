//! What is to be created or destroyed: an environment, and the roots that it consists of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An environment of a platform in its place.
#[derive(Debug, Clone)]
pub struct Target {
    /// The platform's folder, absolute; the rendered tree and our working folder are in it.
    pub folder: PathBuf,
    /// The platform's name.
    pub platform: String,
    /// The environment's name.
    pub environment: String,
    /// The only account that may be touched.
    pub account: String,
    /// The only region.
    pub region: String,
    /// Whether destroying is refused.
    pub protected: bool,
    /// What begins the name of everything of this environment.
    pub name_prefix: String,
    /// The Kubernetes cluster's name, by which controllers mark what they make.
    pub cluster: String,
    /// The tags that everything of this environment carries.
    pub tags: BTreeMap<String, String>,
    /// The roots, in the order in which they are applied.
    pub roots: Vec<Root>,
}

/// A folder that is planned and applied on its own, with a state of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// What people call it: `network`, or `shared`.
    pub name: String,
    /// Its folder below the platform's: `infra/production/network`.
    pub folder: String,
    /// What becomes of it with the environment.
    pub kind: RootKind,
    /// The bucket of its state.
    pub bucket: String,
    /// The key of its state.
    pub key: String,
    /// The folders of the roots whose outputs it reads.
    pub reads: Vec<String>,
}

/// Whose a root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootKind {
    /// The account's bucket of states, which must exist before any other.
    State,
    /// Shared by the environments of an account.
    Account,
    /// The environment's own.
    Environment,
}

impl Root {
    /// The key of the object by which OpenTofu locks its state.
    pub(crate) fn lock_key(&self) -> String {
        format!("{}.tflock", self.key)
    }
}

impl Target {
    /// A root's folder.
    pub(crate) fn root_folder(&self, root: &Root) -> PathBuf {
        self.folder.join(&root.folder)
    }

    /// Our working folder: never part of the team's repository.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.join(".seaworthy")
    }

    /// The working folder of this environment.
    pub(crate) fn environment_work(&self) -> PathBuf {
        self.work().join(&self.environment)
    }

    /// The working folder of a root.
    pub(crate) fn root_work(&self, root: &Root) -> PathBuf {
        let below = Path::new(&root.folder);
        self.work()
            .join(below.strip_prefix("infra").unwrap_or(below))
    }

    /// The root of a folder.
    pub(crate) fn root(&self, folder: &str) -> Option<&Root> {
        self.roots.iter().find(|root| root.folder == folder)
    }

    /// The environment's own roots, in the order in which they are applied.
    pub(crate) fn own_roots(&self) -> impl DoubleEndedIterator<Item = &Root> {
        self.roots
            .iter()
            .filter(|root| root.kind == RootKind::Environment)
    }

    /// The key of the object that locks the whole environment while it is changed.
    pub(crate) fn lock_key(&self) -> Option<String> {
        let key = &self.own_roots().next()?.key;
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(format!("{folder}/environment.lock"))
    }

    /// The bucket of the environment's states.
    pub(crate) fn bucket(&self) -> Option<&str> {
        let root = self.own_roots().next().or_else(|| self.roots.first());
        root.map(|root| root.bucket.as_str())
    }
}
