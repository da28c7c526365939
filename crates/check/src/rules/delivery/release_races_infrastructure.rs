//! One push starts a release and the apply that it needs, side by side.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::{Trigger, Workflow};
use seaworthy_link::{World, images};

use super::runs;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "release-races-infrastructure",
    severity: Severity::Unreliable,
    page: include_str!("release-races-infrastructure.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let mut seen: Vec<(Span, Span)> = Vec::new();
    for repository in images::repositories(world) {
        let applying: Vec<&Workflow> = runs::of(world, repository.root, &["apply"])
            .into_iter()
            .filter_map(|(doer, _)| match doer {
                seaworthy_facts::delivery::Doer::Step { workflow, .. } => Some(workflow),
                _ => None,
            })
            .collect();
        for push in pushes.iter().filter(|push| push.fills(&repository)) {
            let seaworthy_facts::delivery::Doer::Step { workflow, .. } = push.doer else {
                continue;
            };
            for apply in &applying {
                let (Some(release), Some(infrastructure)) = (started(workflow), started(apply))
                else {
                    continue;
                };
                if std::ptr::eq(*apply, workflow)
                    || !same_branch(release, infrastructure)
                    || waits(workflow, apply)
                    || waits(apply, workflow)
                    || seen.contains(&(release.span, infrastructure.span))
                {
                    continue;
                }
                seen.push((release.span, infrastructure.span));
                findings.push(
                    Finding::new(format!(
                        "one push starts `{}` and `{}` side by side: images are pushed to a registry that may not be there yet",
                        workflow.name, apply.name
                    ))
                    .at(release.span, "starts the push of images")
                    .and(infrastructure.span, "starts the apply that makes their registry")
                    .link(push.deed.span, "pushes")
                    .link(repository.resource.span, "to this repository")
                    .confidence(Confidence::Likely)
                    .hint("let the release wait: `workflow_run`, or both in one workflow with `needs`")
                    .about([workflow.name.to_string(), apply.name.to_string()]),
                );
            }
        }
    }
}

fn started(workflow: &Workflow) -> Option<&Trigger> {
    workflow.triggers.iter().find(|trigger| {
        &*trigger.event == "push" && (trigger.tags.is_empty() || !trigger.branches.is_empty())
    })
}

/// Whether one push can start both.
fn same_branch(one: &Trigger, other: &Trigger) -> bool {
    let literal = |trigger: &Trigger| -> Vec<String> {
        trigger
            .branches
            .iter()
            .filter_map(|branch| branch.str().map(str::to_owned))
            .collect()
    };
    let (one_branches, other_branches) = (literal(one), literal(other));
    let branches = one_branches.is_empty()
        || other_branches.is_empty()
        || one_branches
            .iter()
            .any(|branch| other_branches.contains(branch));
    // Filters that share no start share no file.
    let paths = one.paths.is_empty()
        || other.paths.is_empty()
        || one
            .paths
            .iter()
            .any(|path| other.paths.iter().any(|other| path.str() == other.str()));
    branches && paths
}

fn waits(workflow: &Workflow, other: &Workflow) -> bool {
    let name = other.name.to_string();
    let by_event = workflow.triggers.iter().any(|trigger| {
        &*trigger.event == "workflow_run"
            && trigger
                .body
                .get("workflows")
                .is_some_and(|list| list.each().iter().any(|item| item.str() == Some(&name)))
    });
    // One concurrency group makes them queue.
    let group = |workflow: &Workflow| {
        let concurrency = workflow.body.get("concurrency")?;
        concurrency
            .get("group")
            .unwrap_or(concurrency)
            .str()
            .map(str::to_owned)
    };
    let queue = group(workflow).is_some_and(|own| {
        group(other) == Some(own)
            && !group(workflow).is_some_and(|own| own.contains("github.workflow"))
    });
    let dispatches = other.jobs.iter().flat_map(|job| &job.steps).any(|step| {
        step.commands.iter().any(|command| {
            command
                .words
                .iter()
                .any(|word| word.str() == Some("workflow"))
        })
    });
    by_event || queue || dispatches
}
