//! A job downloads an artifact that no job of its workflow uploads.

use seaworthy_facts::delivery::{Step, Workflow};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::akin::akin;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "artifact-never-uploaded",
    severity: Severity::Breaks,
    page: include_str!("artifact-never-uploaded.md"),
    check,
};

/// What an artifact is called where nobody says it. Documentation of actions/upload-artifact, read 2026-11-21.
const DEFAULT: &str = "artifact";

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: Vec<Span> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        // Who calls it may have uploaded; a job that is not seen may, too.
        let is_called = workflow
            .triggers
            .iter()
            .any(|trigger| &*trigger.event == "workflow_call");
        if is_called || workflow.jobs.iter().any(|job| job.uses.is_some()) {
            continue;
        }
        let Some(uploaded) = uploaded(workflow) else {
            continue;
        };
        let wanted: Vec<(&str, Span)> = steps(workflow).filter_map(wanted).collect();
        for (name, span) in &wanted {
            if uploaded.iter().any(|(own, _)| own == name) || told.contains(span) {
                continue;
            }
            // Another action may upload what it makes: something must have been meant.
            let spare: Vec<(&str, Span)> = uploaded
                .iter()
                .filter(|(own, _)| wanted.iter().all(|(other, _)| other != own))
                .copied()
                .collect();
            let near = match (
                akin(name, spare.iter().map(|(own, _)| *own)),
                spare.as_slice(),
            ) {
                (Some(near), _) => spare.iter().find(|(own, _)| *own == near),
                (None, [only]) => Some(only),
                _ => None,
            };
            let Some((near, place)) = near else { continue };
            told.push(*span);
            findings.push(
                Finding::new(format!(
                    "workflow `{}` downloads artifact `{name}`, which none of its jobs uploads",
                    workflow.name
                ))
                .at(*span, "nothing uploads it")
                .and(
                    *place,
                    format!("`{near}` is uploaded, and never downloaded"),
                )
                .hint(format!("did you mean `{near}`?"))
                .about([workflow.name.to_string(), (*name).to_owned()]),
            );
        }
    }
}

fn steps(workflow: &Workflow) -> impl Iterator<Item = &Step> {
    workflow.jobs.iter().flat_map(|job| &job.steps)
}

fn is_action(step: &Step, name: &str) -> bool {
    let uses = step.uses.as_ref().and_then(Value::str).unwrap_or_default();
    uses.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(['@', '/']))
}

/// What a workflow uploads; nothing where a name is not known.
fn uploaded(workflow: &Workflow) -> Option<Vec<(&str, Span)>> {
    let mut found = Vec::new();
    for step in steps(workflow).filter(|step| is_action(step, "actions/upload-artifact")) {
        match step.with.get("name") {
            None => found.push((DEFAULT, step.span)),
            Some(name) => found.push((name.str()?, name.span)),
        }
    }
    Some(found)
}

/// The artifact of its own run that a step downloads by name.
fn wanted(step: &Step) -> Option<(&str, Span)> {
    if !is_action(step, "actions/download-artifact") {
        return None;
    }
    let of_another = [
        "run-id",
        "repository",
        "github-token",
        "pattern",
        "artifact-ids",
    ];
    if of_another.iter().any(|key| step.with.get(key).is_some()) || step.continue_on_error.is_some()
    {
        return None;
    }
    let name = step.with.get("name")?;
    Some((name.str()?, name.span))
}
