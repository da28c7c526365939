//! Tests of what is rendered.

mod determinism;
mod platforms;
mod provider;
mod states;
