//! Messages about the user's files: where, what, why, and what to do.
//!
//! Here live source files with their lines, byte spans, [`Diagnostic`] with labels in one or several files, and the
//! renderers, which return strings: [`text`] as rustc looks, [`json`] as a stable wire form. Nothing here prints,
//! reads a file or knows what the files mean. Readers of a format (`seaworthy-yaml`, `seaworthy-definition`) make
//! diagnostics; the command line shows them.

mod diagnostic;
pub mod json;
mod source;
mod suggest;
pub mod text;

pub use diagnostic::{Diagnostic, Edit, Fix, Label, LabelKind, Severity, sort};
pub use source::{FileId, Position, SourceFile, Span};
pub use suggest::suggest;
