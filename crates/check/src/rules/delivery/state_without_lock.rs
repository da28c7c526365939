//! Several can write one state at once, and nothing locks it.

use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::{Span, Text, normalized};
use seaworthy_link::World;

use super::runs;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "state-without-lock",
    severity: Severity::Unreliable,
    page: include_str!("state-without-lock.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for root in &world.facts.terraform.roots {
        let Some(backend) = &root.backend else {
            continue;
        };
        let set = |name: &str| {
            backend
                .body
                .get(name)
                .is_some_and(|value| !value.is_null() && value.bool() != Some(false))
        };
        if &*backend.kind != "s3"
            || set("dynamodb_table")
            || set("use_lockfile")
            || set("dynamodb_endpoint")
            || seen.contains(&backend.span)
            // Settings that are not here are given to `init`, and a lock may be among them.
            || !(set("bucket") && set("key"))
        {
            continue;
        }
        // What `init` is told may name the table.
        let folder = Text::from(normalized(&root.folder));
        let told = world.facts.delivery.deeds().any(|(_, deed)| {
            matches!(&deed.what, What::Terraform { verb, folder: at, arguments }
                if &**verb == "init"
                    && at.same(&folder) != seaworthy_facts::Same::Never
                    && arguments.iter().any(|word| word.text().is_some_and(|text| text.to_string().contains("backend-config"))))
        });
        let writers = runs::of(world, root, &["apply", "destroy"]);
        let mut places: Vec<(Span, String)> = Vec::new();
        let mut serial = true;
        let mut files = Vec::new();
        for (doer, deed) in &writers {
            let place = runs::place(*doer, deed);
            if places.iter().any(|(other, _)| *other == place) {
                continue;
            }
            let says = match doer {
                Doer::Step { workflow, job, .. } => {
                    let waits = job.concurrency.is_some();
                    serial &= waits;
                    if waits {
                        format!("`{}` writes it", workflow.name)
                    } else {
                        format!(
                            "`{}` writes it, and two of its runs can overlap",
                            workflow.name
                        )
                    }
                }
                Doer::Pipeline(pipeline) => format!("the {} pipeline writes it", pipeline.system),
                Doer::Script(_) => "whoever runs this writes it".to_owned(),
            };
            files.push(doer.file());
            places.push((place, says));
        }
        files.sort_unstable();
        files.dedup();
        let by_pipeline = writers
            .iter()
            .any(|(doer, _)| !matches!(doer, Doer::Script(_)));
        // One script that one person runs, or one pipeline that runs alone, needs no lock.
        if told || places.is_empty() || files.len() < 2 && (serial || !by_pipeline) {
            continue;
        }
        seen.push(backend.span);
        let mut finding = Finding::new(
            "nothing locks this state, and more than one run can write it at the same time",
        )
        .at(backend.span, "no `use_lockfile` and no `dynamodb_table`")
        .hint("set `use_lockfile = true` (OpenTofu and Terraform 1.10 or newer)")
        .about([root.folder.clone()]);
        for (place, says) in places.into_iter().take(5) {
            finding = finding.and(place, says);
        }
        findings.push(finding);
    }
}
