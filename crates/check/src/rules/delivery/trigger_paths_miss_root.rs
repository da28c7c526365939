//! The paths that start a workflow and the configurations that it works on are not the same.

use seaworthy_facts::delivery::{Job, Trigger, What, Workflow};
use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Text, normalized};
use seaworthy_link::World;

use super::runs::{fits, paths_take};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "trigger-paths-miss-root",
    severity: Severity::Unreliable,
    page: include_str!("trigger-paths-miss-root.md"),
    check,
};

/// A workflow, the trigger that starts it, and a place where it works.
type Start<'a> = (&'a Workflow, &'a Trigger, Span);

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut by_root: Vec<(&Root, Vec<Start<'_>>)> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        let runs = folders(workflow);
        if runs.is_empty() || runs.iter().any(|(folder, _)| folder.literal().is_none()) {
            continue;
        }
        let top = &world.sources.root_of(workflow.file).repository;
        for trigger in &workflow.triggers {
            if trigger.paths.is_empty() {
                continue;
            }
            missed(world, workflow, trigger, top, &runs, findings);
            for root in &world.facts.terraform.roots {
                // What lies among modules is called by others, whether or not that was seen.
                if root.folder.split('/').any(|part| {
                    matches!(
                        part,
                        "modules" | "module" | "examples" | "example" | "tests" | "test"
                    )
                }) {
                    continue;
                }
                let own = normalized(&root.folder);
                if runs
                    .iter()
                    .any(|(folder, _)| folder.literal() == Some(&own))
                    || !starts(world, trigger, top, &own)
                {
                    continue;
                }
                match by_root
                    .iter_mut()
                    .find(|(other, _)| other.folder == root.folder)
                {
                    Some((_, found)) => found.push((workflow, trigger, runs[0].1)),
                    None => by_root.push((root, vec![(workflow, trigger, runs[0].1)])),
                }
            }
        }
    }
    for (root, found) in by_root {
        // Somebody else may work on it.
        let own = Text::from(normalized(&root.folder));
        let elsewhere = world.facts.delivery.deeds().any(|(doer, deed)| {
            !doer.is_document()
                && matches!(&deed.what, What::Terraform { folder, .. } if folder.same(&own) != seaworthy_facts::Same::Never)
        });
        let Some(place) = first_line(world, root).filter(|_| !elsewhere) else {
            continue;
        };
        let (workflow, trigger, _) = found[0];
        let mut finding = Finding::new(format!(
            "changes in `{}` start `{}`, which never plans or applies it",
            root.folder, workflow.name
        ))
        .at(
            trigger.paths[0].span,
            format!("takes files of `{}` too", root.folder),
        )
        .and(place, "no workflow works on this configuration")
        .hint(format!(
            "add a run in `{}`, or take it out of the paths",
            root.folder
        ))
        .about([root.folder.clone()]);
        let mut places = vec![trigger.paths[0].span];
        for (_, trigger, run) in &found {
            for place in [trigger.paths[0].span, *run] {
                if !places.contains(&place) {
                    places.push(place);
                    finding = finding.and(
                        place,
                        if place == *run {
                            "it only works here"
                        } else {
                            "so do these paths"
                        },
                    );
                }
            }
        }
        findings.push(finding);
    }
}

/// A configuration that a workflow works on, and that no path of its filter takes.
fn missed(
    world: &World,
    workflow: &Workflow,
    trigger: &Trigger,
    top: &str,
    runs: &[(Text, Span)],
    findings: &mut Vec<Finding>,
) {
    for (folder, run) in runs {
        let Some(own) = folder.literal() else {
            continue;
        };
        let Some(root) = world
            .facts
            .terraform
            .roots
            .iter()
            .find(|root| normalized(&root.folder) == own)
        else {
            continue;
        };
        // A filter that takes nothing of this configuration and has a path that is not there at all: mostly a folder
        // that got another name. A filter of files that the run only reads is meant so.
        let stale = trigger.paths.iter().find(|pattern| {
            pattern.str().is_some_and(|text| {
                !text.starts_with(['!', '.'])
                    && !world.sources.iter().any(|source| {
                        let path = source.file.path();
                        let path = path
                            .strip_prefix(top)
                            .map_or(path, |path| path.trim_start_matches('/'));
                        fits(text, path)
                    })
            })
        });
        let Some(stale) = stale.filter(|_| !starts(world, trigger, top, own)) else {
            continue;
        };
        let Some(place) = first_line(world, root) else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "`{}` works on `{own}`, and no change there starts it",
                workflow.name
            ))
            .at(stale.span, "takes no file at all")
            .and(*run, "it works here")
            .link(place, "the configuration")
            .hint(format!("add `{own}/**` to the paths"))
            .about([workflow.name.to_string(), own.to_owned()]),
        );
    }
}

/// Whether a change of a configuration's own files starts a workflow.
fn starts(world: &World, trigger: &Trigger, top: &str, folder: &str) -> bool {
    world
        .sources
        .within(folder)
        .filter(|source| {
            matches!(
                source.kind,
                seaworthy_facts::SourceKind::Terraform
                    | seaworthy_facts::SourceKind::TerraformVariables
            )
        })
        .any(|source| {
            let path = source.file.path();
            let path = path
                .strip_prefix(top)
                .map_or(path, |path| path.trim_start_matches('/'));
            paths_take(&trigger.paths, path)
        })
}

/// The folders that the jobs of a workflow plan or apply.
fn folders(workflow: &Workflow) -> Vec<(Text, Span)> {
    let mut found: Vec<(Text, Span)> = Vec::new();
    let steps = workflow.jobs.iter().flat_map(|job: &Job| &job.steps);
    for deed in steps.flat_map(|step| &step.deeds) {
        if let What::Terraform { verb, folder, .. } = &deed.what
            && matches!(&**verb, "plan" | "apply" | "destroy")
        {
            for folder in folder.expanded() {
                if !found.iter().any(|(other, _)| *other == folder) {
                    found.push((folder, deed.span));
                }
            }
        }
    }
    found
}

fn first_line(world: &World, root: &Root) -> Option<Span> {
    let own = |span: &Span| normalized(world.sources.folder(span.file)) == normalized(&root.folder);
    let resource = root
        .resources
        .iter()
        .filter(|resource| resource.module.is_empty() && !resource.from_summary)
        .map(|resource| resource.span)
        .chain(root.calls.iter().map(|call| call.span))
        .find(own);
    resource.or_else(|| {
        root.backend
            .as_ref()
            .map(|backend| backend.span)
            .filter(own)
    })
}
