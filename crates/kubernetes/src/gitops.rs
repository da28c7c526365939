//! What Flux and Argo CD apply: from their objects to the folders they name.

pub(crate) mod argo;
pub(crate) mod flux;
mod generators;

use std::sync::Arc;

use seaworthy_facts::kubernetes::Release;

use crate::manifest::Manifest;

/// What goes to one cluster, on the way to a [`seaworthy_facts::kubernetes::Cluster`].
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its environment.
    pub(crate) environment: Option<Arc<str>>,
    /// The objects.
    pub(crate) objects: Vec<Manifest>,
    /// Charts that are known before objects are: those of kustomizations and Applications.
    pub(crate) releases: Vec<Release>,
    /// Something was not seen.
    pub(crate) incomplete: bool,
    /// A GitOps controller applies it: what lies elsewhere in the tree does not come here by itself.
    pub(crate) gitops: bool,
    /// It says again what another group says, or only shows how something is done.
    pub(crate) alternative: bool,
}
