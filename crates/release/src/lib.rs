//! Which build each environment runs, and how a build moves to the next environment.
//!
//! The record is a file of the team's, `gitops/environments/<environment>/images/kustomization.yaml`: robots and people
//! write it, too. [`ImagesFile`] changes one entry of it and leaves every other byte as it is. What follows from a
//! change is the cluster's business: Argo CD or Flux sees the commit.

mod images;

pub use images::{Build, Digest, ImagesFile, ImagesFileError};
