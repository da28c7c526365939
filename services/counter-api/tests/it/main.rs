//! counter-api as a black box, against a real PostgreSQL.
//!
//! Tests are named after the rows of the counter's specification (`c_10_…` shows row C-10); which row is shown where
//! is in `docs/reference/counter-rows.md`, and `rows.rs` compares the two.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a test says so by failing, prints what it measured, and counts in the floats of Prometheus"
)]

mod answers;
mod configuration;
mod connections;
mod counting;
mod hostile;
mod kill;
mod load;
mod logs;
mod measured;
mod outages;
mod proxy;
mod rights;
mod rows;
mod setup;
mod stopping;
mod traces;
