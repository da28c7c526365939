//! Tidy tests: habits of this repository that a compiler does not see. Each says what to do when it fails.

mod architecture;
mod documents;
mod repository;
mod sources;
