//! `seaworthy check` against checkov on the same folders, and on generated repositories that grow.

mod generated;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Plan;
use super::report::{Section, Series};
use crate::command::output;
use crate::{Failure, root, tools};

/// A round of checkov takes a minute.
const ROUNDS: u32 = 3;
/// Files of the generated repositories, the smallest first.
const SIZES: [usize; 3] = [2_500, 5_000, 10_000];
/// The largest must have so many references that resolve.
const REFERENCES: usize = 3_000;

pub(super) fn measure(plan: Plan, repositories: &[PathBuf]) -> Result<Vec<Section>, Failure> {
    let seaworthy = built()?;
    let mut sections = Vec::new();
    if repositories.is_empty() {
        println!("check: left out the comparison with checkov: no `--repository DIR` is given");
    } else {
        match tools::checker("checkov") {
            Ok((checkov, version)) => {
                println!("check: checkov {version}");
                for repository in repositories {
                    sections.push(against(plan, &seaworthy, &checkov, repository)?);
                }
            }
            Err(failure) => {
                println!("check: left out the comparison with checkov: {failure}");
            }
        }
    }
    sections.push(growing(plan, &seaworthy)?);
    Ok(sections)
}

/// The program as `cargo build --release` leaves it.
pub(super) fn built() -> Result<PathBuf, Failure> {
    // This chore was built for release as well, and stands beside it.
    let beside = std::env::current_exe()?.with_file_name("seaworthy");
    if beside.is_file() {
        return Ok(beside);
    }
    Err(format!("there is no {}", beside.display()).into())
}

fn against(
    plan: Plan,
    seaworthy: &Path,
    checkov: &Path,
    repository: &Path,
) -> Result<Section, Failure> {
    let name = repository
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap_or("repository");
    let mut ours = Series::new(format!("seaworthy check, {name}"), "s");
    let mut theirs = Series::new(format!("checkov, {name}"), "s");
    let rounds = plan.rounds.min(ROUNDS);
    for round in 1..=rounds {
        println!("check: {name}, round {round} of {rounds}");
        ours.values.push(check(seaworthy, repository)?.seconds);
        let arguments = [
            "--directory",
            ".",
            "--skip-download",
            "--quiet",
            "--compact",
            "--output",
            "json",
        ];
        theirs
            .values
            .push(timed(checkov, &arguments, repository)?.seconds);
    }
    let ratio = theirs.over(&ours, "checkov / seaworthy check", "at least 100");
    Ok(Section {
        title: "Checking a repository",
        series: vec![ours, theirs],
        ratios: vec![ratio],
    })
}

fn growing(plan: Plan, seaworthy: &Path) -> Result<Section, Failure> {
    let (mut series, mut ratios) = (Vec::new(), Vec::new());
    let mut memories = Vec::new();
    for size in SIZES {
        let folder = tempfile::tempdir()?;
        let files = generated::write(folder.path(), size)?;
        let references = references(seaworthy, folder.path())?;
        println!("check: generated {files} files with {references} references");
        if size == SIZES[SIZES.len() - 1] && references < REFERENCES {
            return Err(format!("only {references} references resolve").into());
        }
        let mut time = Series::new(format!("{files} files, {references} references"), "s");
        let mut memory = Series::new(format!("{files} files, at most in memory"), "MiB");
        for _ in 0..plan.rounds {
            let run = check(seaworthy, folder.path())?;
            time.values.push(run.seconds);
            memory.values.push(run.mebibytes);
        }
        memories.push((memory.median(), files));
        series.extend([time, memory]);
    }
    if let (Some((least, few)), Some((most, many))) = (memories.first(), memories.last()) {
        ratios.push(super::report::Ratio {
            name: "memory of a file, largest / smallest".to_owned(),
            value: (most / *many as f64) / (least / *few as f64),
            aim: "about 1",
        });
    }
    Ok(Section {
        title: "Checking generated repositories (aim: 10,000 files in 2 s)",
        series,
        ratios,
    })
}

/// How many edges the graph has.
fn references(seaworthy: &Path, folder: &Path) -> Result<usize, Failure> {
    let mut graph = Command::new(seaworthy);
    graph
        .args(["graph", "--format", "json"])
        .current_dir(folder);
    let graph: serde_json::Value = serde_json::from_str(&output(&mut graph)?)?;
    Ok(graph["edges"].as_array().map_or(0, Vec::len))
}

/// How a run went.
struct Run {
    seconds: f64,
    /// The most that was in memory, as far as looking every millisecond sees.
    mebibytes: f64,
}

fn check(seaworthy: &Path, folder: &Path) -> Result<Run, Failure> {
    timed(
        seaworthy,
        &["check", "--format", "json", "--deny", "none"],
        folder,
    )
}

/// Runs a checker to its end; that it finds something is no failure.
fn timed(program: &Path, arguments: &[&str], folder: &Path) -> Result<Run, Failure> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut kibibytes = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        kibibytes = kibibytes.max(peak(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    };
    let seconds = start.elapsed().as_secs_f64();
    if !matches!(status.code(), Some(0 | 1)) {
        let folder = folder.strip_prefix(root()).unwrap_or(folder);
        return Err(format!("{} in {}: {status}", program.display(), folder.display()).into());
    }
    Ok(Run {
        seconds,
        mebibytes: f64::from(kibibytes) / 1024.0,
    })
}

fn peak(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
