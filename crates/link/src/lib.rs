//! Relates what the readers found: who uses, reaches, trusts and applies what.
//!
//! [`World`] is what every rule is given: the files, the facts, the tables, and the day.

mod world;

pub use world::World;
