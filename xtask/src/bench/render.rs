//! `seaworthy render` against the tools that read what it wrote: `kustomize build` of every overlay, `tofu validate`
//! of every root.

mod hundred;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use seaworthy_testkit::{tofu, tools};

use super::Plan;
use super::report::{Section, Series};
use crate::Failure;
use crate::command::output;

/// A round of the others takes minutes.
const ROUNDS: u32 = 3;

pub(super) fn measure(plan: Plan, seaworthy: &Path) -> Result<Section, Failure> {
    let platform = tempfile::tempdir()?;
    let platform = platform.path();
    hundred::write(platform)?;
    render(seaworthy, platform)?;
    let overlays = overlays(platform)?;
    let roots = roots(platform)?;
    println!(
        "render: {} services in {} environments, {} overlays, {} roots",
        hundred::SERVICES,
        hundred::ENVIRONMENTS.len(),
        overlays.len(),
        roots.len()
    );
    for root in &roots {
        tofu(root, &["init", "-backend=false"])?;
    }
    let mut first = Series::new("seaworthy render, nothing there", "s");
    let mut again = Series::new("seaworthy render, nothing differs", "s");
    let mut builds = Series::new("kustomize build of every overlay", "s");
    let mut validations = Series::new("tofu validate of every root", "s");
    let rounds = plan.rounds.min(ROUNDS);
    for round in 1..=rounds {
        println!("render: round {round} of {rounds}");
        let empty = tempfile::tempdir()?;
        hundred::write(empty.path())?;
        first
            .values
            .push(timed(|| render(seaworthy, empty.path()))?);
        again
            .values
            .push(timed(|| render(seaworthy, empty.path()))?);
        builds.values.push(timed(|| {
            overlays.iter().try_for_each(|overlay| build(overlay))
        })?);
        validations.values.push(timed(|| {
            roots.iter().try_for_each(|root| tofu(root, &["validate"]))
        })?);
    }
    let ratios = vec![
        // Neither writes a file.
        builds.over(&again, "kustomize build / nothing differs", "at least 50"),
        builds.over(
            &first,
            "kustomize build / nothing there",
            "as it is: the rest is making files",
        ),
        validations.over(&first, "tofu validate / nothing there", "at least 100"),
    ];
    Ok(Section {
        title: "Rendering 100 services in 3 environments",
        series: vec![first, again, builds, validations],
        ratios,
    })
}

fn render(seaworthy: &Path, platform: &Path) -> Result<(), Failure> {
    output(Command::new(seaworthy).arg("render").arg(platform)).map(drop)
}

fn build(overlay: &Path) -> Result<(), Failure> {
    output(
        Command::new(tools::program("kustomize"))
            .arg("build")
            .arg(overlay),
    )
    .map(drop)
}

fn tofu(root: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new(tools::program("tofu"));
    command
        .args(arguments)
        .arg("-no-color")
        .envs(tofu::variables())
        .current_dir(root);
    output(&mut command).map(drop)
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<f64, Failure> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

/// The folders of services, databases and the platform that an environment's cluster applies.
fn overlays(platform: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folders = ["gitops/services", "gitops/databases", "gitops/platform"];
    let mut overlays = Vec::new();
    for folder in folders.map(|folder| platform.join(folder)) {
        // A platform whose databases keep no dumps has no folder of them.
        if folder.is_dir() {
            find(&folder, "kustomization.yaml", &mut overlays)?;
        }
    }
    overlays.retain(|folder| {
        hundred::ENVIRONMENTS
            .iter()
            .any(|environment| folder.ends_with(environment))
    });
    Ok(overlays)
}

/// The root modules.
fn roots(platform: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut roots = Vec::new();
    find(&platform.join("infra"), "versions.tf", &mut roots)?;
    roots.retain(|root| !root.starts_with(platform.join("infra/modules")));
    Ok(roots)
}

/// Every folder at or below one that holds a file of that name.
fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if folder.join(name).is_file() {
        found.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, name, found)?;
        }
    }
    found.sort();
    Ok(())
}
