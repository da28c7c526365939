//! Objects and charts as they arrive at a cluster: Kustomize, Helm, Flux, Argo CD.
//!
//! [`read()`] fills [`seaworthy_facts::kubernetes`]. It comes after the readers of OpenTofu and of scripts, whose
//! releases and manifests it takes in.

mod applied;
mod assembly;
mod clusters;
mod collections;
mod files;
mod gitops;
mod helm;
mod inner;
mod kinds;
mod kustomize;
mod manifest;
mod outside;
mod patch;
mod places;
mod releases;
mod repositories;
mod substitute;
mod summary;

use seaworthy_facts::{Facts, Sources};
use seaworthy_knowledge::Knowledge;

/// Reads every object and chart, renders them, and notes what could not be read or seen.
pub fn read(sources: &Sources, knowledge: &Knowledge, facts: &mut Facts) {
    assembly::assemble(sources, knowledge, facts);
}
