//! How changes reach the cluster.

/// Delivery: CI builds, GitOps applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What applies from git.
    pub gitops: GitOps,
    /// What builds and releases.
    pub ci: Ci,
    /// Where the GitOps tree lives when not in the platform's repository.
    pub gitops_repository: Option<GitOpsRepository>,
}

/// What applies from git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitOps {
    /// Argo CD.
    ArgoCd,
    /// Flux.
    Flux,
}

/// What builds and releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions.
    GitHubActions,
    /// Jenkins.
    Jenkins,
}

/// A GitOps tree outside the platform's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitOpsRepository {
    /// `github.com/acme/gitops`.
    pub repository: String,
    /// The folder in it.
    pub path: String,
}
