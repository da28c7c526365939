//! Relates what the readers found: who uses, reaches, trusts and applies what.
//!
//! [`World`] is what every rule is given: the files, the facts, the tables, and the day. [`LinkGraph`] shows the same
//! as nodes and relations.

pub mod addresses;
pub mod built;
pub mod clusters;
pub mod collections;
pub mod containers;
pub mod environment;
pub mod exposure;
pub mod graph;
pub mod iam;
pub mod images;
pub mod made_secrets;
pub mod network;
pub mod nodes;
pub mod references;
pub mod services;
pub mod volumes;
pub mod why;
mod world;

pub use graph::LinkGraph;
pub use world::World;
