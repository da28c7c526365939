//! `cargo xtask compare`: who tells the rules' failing examples from the fixed ones.
//!
//! Every rule's page shows a small repository that fails and the same put right. A checker *tells them apart* when it
//! reports something at a marked line of the failing one that it does not report in the fixed one. That is generous
//! to the others: what they say need not be about the disagreement. The corpus is ours, so ours does well on it by
//! construction; what it shows is how many of these relations others have at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seaworthy_check::page::Example;
use seaworthy_link::World;
use serde_json::Value;

use crate::{Failure, tools};

/// What a checker said: the example's folder, the file in it, the line, and the name of its check.
type Said = BTreeSet<(String, String, usize, String)>;

/// A checker and how its answers are read.
struct Other {
    program: &'static str,
    run: fn(&Path, &Path) -> Result<Said, Failure>,
}

const OTHERS: &[Other] = &[
    Other {
        program: "checkov",
        run: checkov,
    },
    Other {
        program: "kube-linter",
        run: kube_linter,
    },
    Other {
        program: "actionlint",
        run: actionlint,
    },
    Other {
        program: "zizmor",
        run: zizmor,
    },
];

pub(crate) fn run() -> Result<(), Failure> {
    let corpus = tempfile::tempdir()?;
    // Tools name files by their real path.
    let folder = corpus.path().canonicalize()?;
    let mut pairs = Vec::new();
    for rule in seaworthy_check::all() {
        let failing = Example::of(rule.page, "Failing").ok_or("every page has failing files")?;
        let fixed = Example::of(rule.page, "Fixed").ok_or("every page has fixed files")?;
        write(&folder.join(format!("{}.failing", rule.name)), &failing)?;
        write(&folder.join(format!("{}.fixed", rule.name)), &fixed)?;
        pairs.push((rule.name, failing, fixed));
    }
    println!(
        "{} rules, each with a failing and a fixed repository",
        pairs.len()
    );
    println!();
    println!(
        "| checker | version | tells apart | says something at a marked line | says in the fixed ones |"
    );
    println!("| --- | --- | --- | --- | --- |");
    line(
        "seaworthy check",
        env!("CARGO_PKG_VERSION"),
        &pairs,
        &ours(&pairs),
    );
    for other in OTHERS {
        match tools::checker(other.program) {
            Ok((path, version)) => {
                let said = (other.run)(&path, &folder)?;
                line(other.program, &version, &pairs, &said);
            }
            Err(failure) => println!(
                "| {} | left out: {} | | | |",
                other.program,
                first_line(&failure)
            ),
        }
    }
    Ok(())
}

fn first_line(failure: &Failure) -> String {
    failure
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn line(name: &str, version: &str, pairs: &[(&'static str, Example, Example)], said: &Said) {
    let mut by_folder: BTreeMap<&str, Vec<(&str, usize, &str)>> = BTreeMap::new();
    for (folder, file, line, check) in said {
        by_folder
            .entry(folder)
            .or_default()
            .push((file, *line, check));
    }
    let of = |folder: String| by_folder.get(folder.as_str()).cloned().unwrap_or_default();
    let (mut apart, mut touches, mut noise) = (0, 0, 0);
    for (rule, failing, _) in pairs {
        let fixed: BTreeSet<(&str, &str)> = of(format!("{rule}.fixed"))
            .into_iter()
            .map(|(file, _, check)| (file, check))
            .collect();
        let marks = failing.marks();
        let at_marks: Vec<_> = of(format!("{rule}.failing"))
            .into_iter()
            .filter(|(file, line, _)| {
                marks
                    .iter()
                    .any(|(path, marked, _)| path == file && marked.abs_diff(*line) <= 1)
            })
            .collect();
        touches += usize::from(!at_marks.is_empty());
        apart += usize::from(
            at_marks
                .iter()
                .any(|(file, _, check)| !fixed.contains(&(*file, *check))),
        );
        noise += of(format!("{rule}.fixed")).len();
    }
    let all = pairs.len();
    println!("| {name} | {version} | {apart} of {all} | {touches} of {all} | {noise} |");
}

fn write(folder: &Path, example: &Example) -> Result<(), Failure> {
    for file in &example.files {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().ok_or("a file has a folder")?)?;
        std::fs::write(path, &file.text)?;
    }
    Ok(())
}

/// Ours, on the same examples, all rules at once.
fn ours(pairs: &[(&'static str, Example, Example)]) -> Said {
    let mut said = Said::new();
    for (rule, failing, fixed) in pairs {
        for (example, which) in [(failing, "failing"), (fixed, "fixed")] {
            let today = "2026-11-21".parse().expect("it is a date");
            let world = World::new(example.sources(), today);
            for finding in seaworthy_check::check(&world) {
                for label in &finding.diagnostic.labels {
                    said.insert((
                        format!("{rule}.{which}"),
                        world.sources.path(label.span.file).to_owned(),
                        world.sources.line(label.span),
                        finding.rule.to_owned(),
                    ));
                }
            }
        }
    }
    said
}

/// Runs a program that ends with any code when it has findings, and reads its JSON.
fn json(command: &mut Command) -> Result<Value, Failure> {
    let output = command.stdin(Stdio::null()).output()?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("its output is no JSON ({error}): {said}").into()
    })
}

/// `folder/file` of a path below the corpus.
fn place(folder: &Path, path: &str) -> Option<(String, String)> {
    let path = PathBuf::from(path);
    let below = path.strip_prefix(folder).unwrap_or(&path);
    let below = below.strip_prefix(".").unwrap_or(below);
    let below = below.to_str()?.trim_start_matches('/');
    let (example, file) = below.split_once('/')?;
    Some((example.to_owned(), file.to_owned()))
}

fn number(value: &Value) -> usize {
    value
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(0)
}

fn checkov(program: &Path, folder: &Path) -> Result<Said, Failure> {
    let answer = json(
        Command::new(program)
            .args(["--directory", "."])
            .args(["--output", "json", "--quiet", "--compact"])
            .args(["--skip-download", "--soft-fail"])
            .current_dir(folder),
    )?;
    let reports = match &answer {
        Value::Array(reports) => reports.iter().collect(),
        report => vec![report],
    };
    let mut said = Said::new();
    for failed in reports
        .iter()
        .filter_map(|report| report["results"]["failed_checks"].as_array())
        .flatten()
    {
        let check = failed["check_id"].as_str().unwrap_or_default();
        let Some((example, file)) = failed["file_path"]
            .as_str()
            .and_then(|path| place(folder, path))
        else {
            continue;
        };
        // It names a block; each of its lines counts as said.
        let first = number(&failed["file_line_range"][0]);
        let last = number(&failed["file_line_range"][1]).min(first + 200);
        for line in first..=last {
            said.insert((example.clone(), file.clone(), line, check.to_owned()));
        }
    }
    Ok(said)
}

fn kube_linter(program: &Path, folder: &Path) -> Result<Said, Failure> {
    let answer = json(
        Command::new(program)
            .args(["lint", ".", "--format", "json", "--add-all-built-in"])
            .current_dir(folder),
    )?;
    let mut said = Said::new();
    for report in answer["Reports"].as_array().into_iter().flatten() {
        let check = report["Check"].as_str().unwrap_or_default();
        let Some((example, file)) = report["Object"]["Metadata"]["FilePath"]
            .as_str()
            .and_then(|path| place(folder, path))
        else {
            continue;
        };
        // It names a file and no line; every line of it counts as said.
        let text = std::fs::read_to_string(folder.join(&example).join(&file)).unwrap_or_default();
        for line in 1..=text.lines().count() {
            said.insert((example.clone(), file.clone(), line, check.to_owned()));
        }
    }
    Ok(said)
}

fn actionlint(program: &Path, folder: &Path) -> Result<Said, Failure> {
    let mut said = Said::new();
    for example in folders(folder)? {
        let workflows = example.join(".github").join("workflows");
        if !workflows.is_dir() {
            continue;
        }
        let files: Vec<PathBuf> = std::fs::read_dir(workflows)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yml" || extension == "yaml")
            })
            .collect();
        if files.is_empty() {
            continue;
        }
        let answer = json(
            Command::new(program)
                .args(["-format", "{{json .}}", "-shellcheck=", "-pyflakes="])
                .args(files)
                .current_dir(folder),
        )?;
        for problem in answer.as_array().into_iter().flatten() {
            let path = problem["filepath"].as_str().unwrap_or_default();
            if let Some((example, file)) = place(folder, path) {
                let check = problem["kind"].as_str().unwrap_or_default().to_owned();
                said.insert((example, file, number(&problem["line"]), check));
            }
        }
    }
    Ok(said)
}

fn zizmor(program: &Path, folder: &Path) -> Result<Said, Failure> {
    let answer = json(
        Command::new(program)
            .args(["--offline", "--no-progress", "--format", "json-v1"])
            .args(["--collect=all", "."])
            .current_dir(folder),
    )?;
    let mut said = Said::new();
    for finding in answer.as_array().into_iter().flatten() {
        let check = finding["ident"].as_str().unwrap_or_default();
        for location in finding["locations"].as_array().into_iter().flatten() {
            let path = &location["symbolic"]["key"]["Local"]["verbatim_path"];
            let Some((example, file)) = path.as_str().and_then(|path| place(folder, path)) else {
                continue;
            };
            // It names a block, related ones too; each of their lines, counted from 0, counts as said.
            let lines = &location["concrete"]["location"];
            let first = number(&lines["start_point"]["row"]);
            let last = number(&lines["end_point"]["row"]).min(first + 200);
            for line in first..=last {
                said.insert((example.clone(), file.clone(), line + 1, check.to_owned()));
            }
        }
    }
    Ok(said)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}
