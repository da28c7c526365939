//! Tests of what is rendered.

mod determinism;
mod gitops;
mod modules;
mod platforms;
mod provider;
mod readmes;
mod states;
