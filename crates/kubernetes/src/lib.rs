//! Objects and charts as they arrive at a cluster: Kustomize, Helm, Flux, Argo CD.
//!
//! [`read()`] fills [`seaworthy_facts::kubernetes`]. It comes after the readers of OpenTofu and of scripts, whose
//! releases and manifests it takes in.

use seaworthy_facts::{Facts, Sources};
use seaworthy_knowledge::Knowledge;

/// Reads every object and chart, renders them, and notes what could not be read or seen.
pub fn read(_sources: &Sources, _knowledge: &Knowledge, _facts: &mut Facts) {}
