//! YAML with a span for every node, and diagnostics instead of failure.
//!
//! [`parse()`] turns bytes into a [`Tree`]: documents of nodes with byte spans, scalar style, tag, anchor and comments,
//! and whatever is wrong as diagnostics. It never fails and never panics: a broken document is reported and the next
//! one is read. [`scalar`] says what an unquoted word means in YAML 1.2, and where other readers see something else.
//!
//! What the keys mean is no business of this crate: definitions, Kubernetes objects and workflows are all read
//! through it. Deserializing into types is left out on purpose, since it loses places and stops at the first error.

mod bytes;
mod parse;
pub mod scalar;
mod syntax;
mod tree;

pub use parse::{Limits, Parsed, parse};
pub use tree::{
    Anchor, Comment, Document, Entry, Layout, Node, NodeId, NodeKind, Style, Tag, Tree,
};
