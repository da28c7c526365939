//! Tests of what is rendered.

mod determinism;
mod gitops;
mod modules;
mod planted;
mod platforms;
mod provider;
mod readmes;
mod states;
mod written;
