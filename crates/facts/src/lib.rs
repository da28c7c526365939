//! What a platform's files say, in types that every reader fills and every rule asks.
//!
//! [`Sources`] holds the files; [`Value`] and [`Text`] are what files say, with places and holes; [`Facts`] holds what
//! each language's reader found: [`terraform`], [`kubernetes`], [`delivery`], [`code`], [`documents`]. Nothing here
//! reads a language or judges anything: readers live in crates of their own (`seaworthy-hcl`, `seaworthy-kubernetes`,
//! `seaworthy-delivery`, `seaworthy-code`), relations in `seaworthy-link`, judgement in `seaworthy-check`.

pub mod code;
pub mod delivery;
pub mod documents;
mod image;
mod kind;
pub mod kubernetes;
pub mod objects;
mod sources;
pub mod terraform;
mod text;
mod unseen;
mod value;
pub mod yaml;

pub use image::ImageReference;
pub use kind::{Language, SourceKind};
pub use seaworthy_diagnostics::{FileId, Span};
pub use sources::{
    Source, SourceRoot, Sources, Unread, file_name, is_under, join, normalized, parent,
};
pub use text::{Part, Same, Text, Unknown, UnknownKind};
pub use unseen::{Subject, Unseen};
pub use value::{Data, Entry, Map, Number, Trail, TrailStep, Value};

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Facts {
    /// Configurations.
    pub terraform: terraform::Terraform,
    /// Objects and charts.
    pub kubernetes: kubernetes::Kubernetes,
    /// Pipelines, scripts, images.
    pub delivery: delivery::Delivery,
    /// Programs.
    pub code: code::Code,
    /// Prose, dashboards, settings.
    pub documents: documents::Documents,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
    /// What could not be read: parse errors, each with its place.
    pub broken: Vec<seaworthy_diagnostics::Diagnostic>,
}
