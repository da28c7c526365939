//! A platform as plain files that its team owns: OpenTofu and Kubernetes.
//!
//! [`render`] is the only door: resolved platforms in, a [`FileTree`] out, the same bytes each time. Nothing here reads
//! a file; comparing and writing is `seaworthy-tree`'s business. One function for each resource takes the few values of
//! the model that it needs and gives a typed value; `hcl` and the Kubernetes printer turn values into text. One resource
//! has the same file name in every layer.

mod awake;
mod controllers;
pub mod gitops;
mod input;
pub mod kubernetes;
mod names;
pub mod opentofu;
mod provenance;

use seaworthy_tree::FileTree;

pub use input::{Input, Note, Patch, Scope};
pub use names::Names;

/// What was rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The files, relative to the platform's folder.
    pub tree: FileTree,
    /// What was left out, and what it needs.
    pub notes: Vec<Note>,
}

/// Renders everything that the definition asks for.
pub fn render(input: &Input<'_>) -> Rendered {
    let mut rendered = Rendered::default();
    opentofu::render(input, &mut rendered);
    kubernetes::render(input, &mut rendered);
    gitops::render(input, &mut rendered);
    rendered
}
