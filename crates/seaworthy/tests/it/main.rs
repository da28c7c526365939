//! Tests of the command line, through the real program.
#![expect(
    clippy::print_stderr,
    reason = "what a failed test needs to be understood"
)]

mod bootstrap;
mod browser;
mod daily;
mod diagnosis;
mod foreign;
mod orphans;
mod platform;
mod promote;
mod render;
mod rolling;
