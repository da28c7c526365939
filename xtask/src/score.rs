//! `cargo xtask score`: what `check` finds of the defects that people found by reading two repositories line by line.
//!
//! Neither the repositories nor the lists of their defects are part of this repository. Where they are says
//! `--repositories` and `--truth`; without them the chore says that it left them out.

mod compare;
mod truth;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use crate::command::{cargo, output, run};
use crate::{Failure, root};
use truth::Truth;

#[derive(Args)]
pub(crate) struct Options {
    /// The folder that holds the repositories, each in a folder of its name
    #[arg(long, value_name = "DIR", env = "SEAWORTHY_REPOSITORIES")]
    repositories: Option<PathBuf>,
    /// The folder that holds the lists of defects, a JSON file for each repository
    #[arg(long, value_name = "DIR", env = "SEAWORTHY_TRUTH")]
    truth: Option<PathBuf>,
    /// Also list what was not found, and what was found and is not in the list
    #[arg(long)]
    verbose: bool,
}

/// The day on which the lists were made.
const DAY: &str = "2026-11-21";

pub(crate) fn run_chore(options: &Options) -> Result<(), Failure> {
    let (Some(repositories), Some(truth)) = (&options.repositories, &options.truth) else {
        println!(
            "left out: nothing says where the repositories and the lists of their defects are \
             (`--repositories DIR --truth DIR`)"
        );
        return Ok(());
    };
    run(&mut cargo(&[
        "build",
        "--quiet",
        "--package",
        "seaworthy",
        "--locked",
    ]))?;
    for truth in truth::in_folder(truth)? {
        let folder = repositories.join(truth.folder());
        if !folder.is_dir() {
            println!("left out: there is no {}", folder.display());
            continue;
        }
        println!("{}", one(&truth, &folder, options.verbose)?);
    }
    Ok(())
}

fn one(truth: &Truth, folder: &Path, verbose: bool) -> Result<String, Failure> {
    let manifest = root().join("Cargo.toml");
    let manifest = manifest.to_str().ok_or("the root's path is no text")?;
    let mut check = cargo(&["run", "--quiet", "--locked", "--manifest-path", manifest]);
    check
        .args(["--package", "seaworthy", "--", "check"])
        .args(["--format", "json", "--deny", "none", "--today", DAY])
        .current_dir(folder);
    let report: Value = serde_json::from_str(&output(&mut check)?)?;
    let findings = compare::findings(&report);
    Ok(compare::score(truth, &findings).table(truth, &findings, verbose))
}
