//! The tree and what is said about broken YAML.

mod limits;
mod properties;
mod tree;
