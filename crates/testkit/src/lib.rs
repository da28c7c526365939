//! The words that tests of several crates share.
//!
//! Each module is one noun of the test vocabulary. Nothing here is part of the product, and what only one
//! crate's tests need stays with that crate.

pub mod load;
pub mod tools;
