//! `cargo xtask test`: everything that must hold, in phases, each with its duration.
//!
//! A phase that fails does not keep the next ones from telling what they know, unless they build on it.
//! The last line is the verdict: `test: passed …` or `test: FAILED: <phases>`.

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use clap::Args;
use seaworthy_testkit::tools::{cache, cached_programs};

use crate::command::{cargo, run};
use crate::{Failure, children, findings, generate, root, tools};

#[derive(Args)]
pub(crate) struct Options {
    /// Only what needs no outside tool and starts no server; names what it leaves out
    #[arg(long)]
    quick: bool,
}

/// Packages whose tests need nothing from outside. The others start PostgreSQL, a browser or whole platforms.
const WITHOUT_TOOLS: &[&str] = &[
    "seaworthy-diagnostics",
    "seaworthy-yaml",
    "seaworthy-definition",
    "seaworthy-gateway",
    "xtask",
];

pub(crate) fn run_phases(options: &Options) -> Result<(), Failure> {
    let start = Instant::now();
    let mut phases = Phases::default();
    if !options.quick {
        phases.run("tools", tools::run);
        if phases.failed() {
            return phases.verdict(start);
        }
    }
    phases.run("format", || run(&mut cargo(&["fmt", "--all", "--check"])));
    phases.run("lints", || {
        run(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "--deny",
            "warnings",
        ]))
    });
    phases.run("docs", || {
        let mut doc = cargo(&[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--locked",
        ]);
        // Our readers are contributors, so a crate's front page may link to its private rooms.
        let flags = "--deny warnings --allow rustdoc::private_intra_doc_links";
        run(doc.env("RUSTDOCFLAGS", flags))
    });
    let built = phases.run("build", || build(options.quick));
    if built {
        phases.run("generated", generate::check);
        phases.run("tests", || {
            children::run_and_leave_nothing(&mut tests(options.quick))
        });
    }
    if !options.quick {
        phases.run("scan", findings::scan);
    }
    if options.quick {
        for package in left_out()? {
            println!("left out by --quick: {package}");
        }
    }
    phases.verdict(start)
}

/// Builds everything that a test starts, so that no test waits for a compiler.
fn build(quick: bool) -> Result<(), Failure> {
    run(&mut cargo(&[
        "build",
        "--workspace",
        "--all-targets",
        "--locked",
    ]))?;
    if quick {
        return Ok(());
    }
    // Together and apart, as `up` of the examples asks for them: cargo chooses features by what is built together.
    for packages in [&["counter-api", "counter-web"][..], &["hello"]] {
        let mut release = cargo(&["build", "--release", "--bins", "--locked"]);
        run(release.args(packages.iter().flat_map(|package| ["--package", package])))?;
    }
    Ok(())
}

/// The command that runs the tests, with what they find their tools by.
fn tests(quick: bool) -> Command {
    let mut command = cargo(&["test", "--locked", "--no-fail-fast"]);
    if quick {
        command.args(
            WITHOUT_TOOLS
                .iter()
                .flat_map(|package| ["--package", package]),
        );
    } else {
        command.arg("--workspace");
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(env::split_paths(&path).chain([cached_programs()]));
    command
        .env("PATH", path.unwrap_or_else(|_| OsString::new()))
        .env("SEAWORTHY_CACHE", cache());
    command
}

/// The packages whose tests `--quick` does not run, by their folders.
fn left_out() -> Result<Vec<String>, Failure> {
    let mut packages = Vec::new();
    for group in ["crates", "services"] {
        for entry in fs::read_dir(root().join(group))? {
            let manifest = fs::read_to_string(entry?.path().join("Cargo.toml"))?;
            let name = manifest
                .lines()
                .find_map(|line| line.strip_prefix("name = "))
                .ok_or("a package has no name")?;
            let name = name.trim_matches('"').to_owned();
            if !WITHOUT_TOOLS.contains(&name.as_str()) {
                packages.push(name);
            }
        }
    }
    packages.sort();
    Ok(packages)
}

#[derive(Default)]
struct Phases {
    done: Vec<(&'static str, Duration, Option<Failure>)>,
}

impl Phases {
    /// Runs a phase and says how long it took; whether it passed.
    fn run(&mut self, name: &'static str, phase: impl FnOnce() -> Result<(), Failure>) -> bool {
        println!("── {name}");
        let start = Instant::now();
        let failure = phase().err();
        let passed = failure.is_none();
        if let Some(failure) = &failure {
            println!("{name} failed: {failure}");
        }
        self.done.push((name, start.elapsed(), failure));
        passed
    }

    fn failed(&self) -> bool {
        self.done.iter().any(|(_, _, failure)| failure.is_some())
    }

    fn verdict(self, start: Instant) -> Result<(), Failure> {
        println!("── summary");
        for (name, duration, failure) in &self.done {
            let verdict = if failure.is_none() {
                "passed"
            } else {
                "FAILED"
            };
            println!("{name:<10} {:>7.1} s  {verdict}", duration.as_secs_f64());
        }
        let took = start.elapsed().as_secs();
        let took = format!("{} min {:02} s", took / 60, took % 60);
        let failed: Vec<&str> = self
            .done
            .iter()
            .filter(|(_, _, failure)| failure.is_some())
            .map(|(name, ..)| *name)
            .collect();
        if failed.is_empty() {
            println!("test: passed {} phases in {took}", self.done.len());
            return Ok(());
        }
        Err(format!("test: FAILED: {} (after {took})", failed.join(", ")).into())
    }
}
