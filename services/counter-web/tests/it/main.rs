//! counter-web as a black box: before a real counter-api, and before apis that misbehave on purpose.
//!
//! Tests are named after the rows of the counter's specification; `docs/reference/counter-rows.md` lists them. The page
//! in a real browser is tested with the whole platform.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a test says so by failing, prints what it measured, and counts in the floats of Prometheus"
)]

mod answers;
mod api;
mod breaker;
mod load;
mod measured;
mod page;
mod setup;
mod stopping;
mod traces;
