//! Tests of what is rendered.

mod determinism;
mod modules;
mod platforms;
mod provider;
mod states;
