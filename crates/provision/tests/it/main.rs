//! The verbs against an emulator of AWS, with the real OpenTofu and provider, on small roots.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of a session is not general enough over its lifetime"
)]

mod adopt;
mod interrupted;
mod journey;
mod locks;
mod planted;
mod platform;
mod refusals;
