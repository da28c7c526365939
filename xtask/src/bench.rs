//! `cargo xtask bench`: ratios against what a user would use instead, measured side by side in one run.
//!
//! What is measured, and why so, is told in `docs/benchmarks.md`. Here lives the frame: building for release,
//! alternating the contestants round by round, and printing medians. Absolute numbers belong to the machine;
//! only the ratios are meant to be compared.

mod check;
pub(crate) mod constant;
mod gateway;
mod local;
mod memory;
mod pgbench;
mod plain_postgres;
mod platform;
mod render;
mod report;
mod services;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::Failure;
use crate::command::{cargo, run};

#[derive(Args)]
pub(crate) struct Options {
    /// What to measure; everything when none is named
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// How often each contestant runs; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How long each load lasts, in seconds, after two seconds of warm-up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A folder that `check` and checkov are timed on; may be given several times
    #[arg(long = "repository", value_name = "DIR")]
    repositories: Vec<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// `seaworthy up` against initdb and start of the same PostgreSQL
    Local,
    /// The counter against pgbench and against a constant handler; memory of each service
    Services,
    /// A request through the gateway against the same request without it
    Gateway,
    /// `seaworthy check` against checkov, and on repositories that grow
    Check,
    /// `seaworthy render` against `kustomize build` and `tofu validate` of what it writes
    Render,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How long and how often a suite measures.
#[derive(Clone, Copy)]
struct Plan {
    rounds: u32,
    load: Duration,
    warm_up: Duration,
}

/// Connections, and clients of pgbench.
const CLIENTS: usize = 64;

pub(crate) fn run_chore(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return again_for_release();
    }
    // The same set of packages as the services' own build, so that `up` finds nothing left to do.
    run(&mut cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "seaworthy",
    ]))?;
    let plan = Plan {
        rounds: options.rounds.max(1),
        load: Duration::from_secs(options.seconds.max(1)),
        warm_up: Duration::from_secs(2),
    };
    let wanted = |suite| options.suites.is_empty() || options.suites.contains(&suite);
    let mut sections = Vec::new();
    if wanted(Suite::Local) {
        sections.extend(local::measure(plan)?);
    }
    if wanted(Suite::Services) {
        sections.extend(services::measure(plan)?);
    }
    if wanted(Suite::Gateway) {
        sections.push(gateway::measure(plan)?);
    }
    if wanted(Suite::Check) {
        sections.extend(check::measure(plan, &options.repositories)?);
    }
    if wanted(Suite::Render) {
        sections.push(render::measure(plan, &check::built()?)?);
    }
    match options.format {
        Format::Text => {
            println!("\n{} processors", processors());
            for section in &sections {
                println!("\n{}", section.table());
            }
        }
        Format::Json => {
            let sections: Vec<_> = sections.iter().map(report::Section::json).collect();
            println!(
                "{:#}",
                json!({ "processors": processors(), "sections": sections })
            );
        }
    }
    Ok(())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(0, usize::from)
}

/// A load generator that is not optimised would measure itself.
fn again_for_release() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut command: Command = cargo(&[
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "xtask",
        "--",
    ]);
    let status = command.args(arguments).status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the benchmark did not finish".into())
    }
}
