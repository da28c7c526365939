//! The words that tests of several crates share.
//!
//! Each module is one noun of the test vocabulary. Nothing here is part of the product, and what only one
//! crate's tests need stays with that crate.

pub mod browser;
pub mod cluster;
pub mod collector;
pub mod emulator;
pub mod gitops;
pub mod load;
pub mod postgres;
mod process;
pub mod provider;
pub mod service;
pub mod tofu;
pub mod tools;

pub use tools::cache;
