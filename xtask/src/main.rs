//! The chores of this repository, one file each: `cargo xtask tools | test | bench | score | generate`.
//!
//! Continuous integration calls the same chores and knows nothing else; see `.ci/run`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "chores talk to the person or the CI that runs them"
)]

mod bench;
mod children;
mod command;
mod compare;
mod findings;
mod generate;
mod provider;
mod score;
mod slips;
mod test;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, in words for the person who ran the chore.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The chores of this repository")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Get what the tests need, once per machine, and say what there is and where it is from
    Tools,
    /// Check format, lints and docs, then run every test
    Test(test::Options),
    /// Measure against what a user would use instead, side by side (method: docs/benchmarks.md)
    Bench(bench::Options),
    /// Hold `check` and other checkers against the rules' own examples, and print who tells them apart
    Compare,
    /// Run checkov on what is rendered, and fail on what no comment answers
    Scan,
    /// Make small slips in public repositories, one at a time, and print which of them `check` notices
    Slips(slips::Options),
    /// Serve a constant, for the benchmark to compare with
    #[command(hide = true)]
    Constant(bench::constant::Options),
    /// Write down what two versions of the AWS provider accept, for the test of our modules
    Provider(provider::Options),
    /// Count what `check` finds of the defects that people found by reading
    Score(score::Options),
    /// Write what is generated: the schemas and the references
    Generate(generate::Options),
}

fn main() -> ExitCode {
    let chore = match Arguments::parse().chore {
        Chore::Tools => tools::run(),
        Chore::Test(options) => test::run_phases(&options),
        Chore::Bench(options) => bench::run_chore(&options),
        Chore::Compare => compare::run(),
        Chore::Scan => findings::scan(),
        Chore::Slips(options) => slips::run(&options),
        Chore::Constant(options) => bench::constant::serve(&options),
        Chore::Provider(options) => provider::run_chore(&options),
        Chore::Score(options) => score::run_chore(&options),
        Chore::Generate(options) => generate::run_chore(&options),
    };
    match chore {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask stands in the root")
        .to_owned()
}
