//! What checkov finds in what is rendered: nothing that is not answered, with a reason.
//!
//! In OpenTofu the answers are `checkov:skip` comments in our modules, so that whoever owns the rendered tree has them, too.
//! `docs/reference/accepted-findings.md` is written from them, and `cargo xtask scan` runs checkov.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command::output;
use crate::{Failure, root, tools};

const MODULES: &str = "modules/aws";

/// The trees that are scanned: those that readers see.
const TREES: [&str; 2] = ["examples/counter", "examples/hello"];

/// What stays in Kubernetes objects, which have no place for a comment that checkov reads and Kubernetes does not keep.
const IN_OBJECTS: [(&str, &str); 6] = [
    (
        "CKV_K8S_11",
        "a limit on processor time slows a pod down while the node is idle; requests share it out",
    ),
    (
        "CKV_K8S_14",
        "a base names the repository only; which build runs stands in each environment's `images`, as a digest",
    ),
    (
        "CKV_K8S_21",
        "these are read by Kustomize and Argo CD where they name no namespace, and never stand in `default`",
    ),
    (
        "CKV_K8S_35",
        "services read variables, on every machine; who may read a pod's variables may read its files, too",
    ),
    (
        "CKV_K8S_40",
        "PostgreSQL's tools need a user that their image knows: 999",
    ),
    (
        "CKV_K8S_43",
        "a base names the repository only; which build runs stands in each environment's `images`, as a digest",
    ),
];

/// By check: where it is accepted, and why.
type Accepted = BTreeMap<String, Vec<(String, String)>>;

/// Runs checkov on the rendered trees, and fails when it finds anything.
pub(crate) fn scan() -> Result<(), Failure> {
    let (checkov, version) = tools::checker("checkov")?;
    println!(
        "checkov {version}; trivy is not among the tools: it can be got from no package registry that is used here"
    );
    let mut occurred = BTreeSet::new();
    for tree in TREES {
        for (framework, folder) in [("terraform", "infra"), ("kubernetes", "gitops")] {
            let report = report(&checkov, framework, &format!("{tree}/{folder}"))?;
            let objects = framework == "kubernetes";
            let (known, new): (Vec<_>, Vec<_>) = failed(&report)
                .into_iter()
                .partition(|failed| objects && why_in_objects(&failed.check).is_some());
            occurred.extend(known.into_iter().map(|failed| failed.check));
            if !new.is_empty() {
                let new: Vec<String> = new.into_iter().map(|failed| failed.told).collect();
                return Err(format!(
                    "checkov finds in {tree}/{folder} what nothing answers:\n{}",
                    new.join("\n")
                )
                .into());
            }
            println!(
                "{tree}/{folder}: {} passed, {} answered beside the line",
                report["summary"]["passed"], report["summary"]["skipped"]
            );
        }
    }
    let gone = IN_OBJECTS
        .iter()
        .find(|(check, _)| !occurred.contains(*check));
    if let Some((check, _)) = gone {
        return Err(format!("{check} is accepted in objects and does not occur any more").into());
    }
    Ok(())
}

fn report(checkov: &Path, framework: &str, folder: &str) -> Result<Value, Failure> {
    let mut command = Command::new(checkov);
    command
        .args(["--directory", folder, "--framework", framework])
        .args(["--output", "json", "--quiet", "--compact"])
        .args(["--skip-download", "--soft-fail"])
        .current_dir(root());
    let report: Value = serde_json::from_str(&output(&mut command)?)?;
    if report["summary"]["passed"].as_u64().unwrap_or(0) == 0 {
        return Err(format!("checkov read nothing in {folder}: {report}").into());
    }
    Ok(report)
}

fn why_in_objects(check: &str) -> Option<&'static str> {
    let found = IN_OBJECTS.iter().find(|(known, _)| *known == check);
    found.map(|(_, why)| *why)
}

/// A check that failed.
struct Failed {
    check: String,
    /// Everything that is known of it, in a line.
    told: String,
}

fn failed(report: &Value) -> Vec<Failed> {
    let failed = report["results"]["failed_checks"].as_array();
    let failed = failed.into_iter().flatten();
    failed
        .map(|check| {
            let text = |key: &str| check[key].as_str().unwrap_or_default();
            Failed {
                check: text("check_id").to_owned(),
                told: format!(
                    "{} {} at {}:{}: {}",
                    text("check_id"),
                    text("resource"),
                    text("file_path"),
                    check["file_line_range"][0],
                    text("check_name")
                ),
            }
        })
        .collect()
}

/// The page about them.
pub(crate) fn page() -> Result<String, Failure> {
    let mut page = String::from(
        "# Accepted findings\n\n<!-- Written by `cargo xtask generate` from the comments in modules/aws. -->\n\n\
         What checkov finds in what Seaworthy renders, and why it stays as it is.\n\
         In OpenTofu each reason stands beside the line, in the rendered modules as well, as `checkov:skip=CHECK:reason`.\n\
         `cargo xtask scan` runs checkov on the examples' trees and fails on anything else.\n\
         trivy is not run: it is in no package registry that the tests use.\n",
    );
    for (check, places) in accepted()? {
        let _ = writeln!(page, "\n## `{check}`\n\n| Module | Why |\n| --- | --- |");
        for (module, why) in places {
            let why = why.replace('|', "\\|");
            let _ = writeln!(page, "| [`{module}`](../../{MODULES}/{module}) | {why} |");
        }
    }
    page.push_str("\n## In Kubernetes objects\n\n| Check | Why |\n| --- | --- |\n");
    for (check, why) in IN_OBJECTS {
        let _ = writeln!(page, "| `{check}` | {why} |");
    }
    Ok(page)
}

fn accepted() -> Result<Accepted, Failure> {
    let mut accepted = Accepted::new();
    for module in fs::read_dir(root().join(MODULES))? {
        let module = module?;
        for file in fs::read_dir(module.path())? {
            let file = file?.path();
            if file.extension().is_none_or(|end| end != "tf") {
                continue;
            }
            for line in fs::read_to_string(&file)?.lines() {
                let Some((_, answer)) = line.split_once("checkov:skip=") else {
                    continue;
                };
                let (check, why) = answer
                    .split_once(':')
                    .filter(|(_, why)| !why.trim().is_empty())
                    .ok_or_else(|| format!("{}: no reason: {line}", file.display()))?;
                let place = (
                    module.file_name().to_string_lossy().into_owned(),
                    why.trim().to_owned(),
                );
                let places = accepted.entry(check.to_owned()).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
    }
    for places in accepted.values_mut() {
        places.sort();
    }
    Ok(accepted)
}
