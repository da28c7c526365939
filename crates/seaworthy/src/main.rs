//! The command line: one file a verb under `commands`, everything else in the crates below.
//!
//! Only this crate prints ([`printer`]), reads the environment ([`settings`]) and decides exit codes ([`exit`]).

mod arguments;
mod commands;
mod environment;
mod exit;
mod git;
mod kubectl;
mod linked;
mod platform;
mod printer;
mod progress;
mod provisioning;
mod released;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = commands::run(arguments);
    exit::finish(result)
}
