//! A file has the shape of a workflow, and its name or place keeps it from running.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{SourceKind, Span, Value, join};
use seaworthy_link::World;

use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pipeline-file-never-runs",
    severity: Severity::Unreliable,
    page: include_str!("pipeline-file-never-runs.md"),
    check,
};

/// Folders whose workflows are examples or parts of other projects.
const NOT_MEANT: &[&str] = &[
    "example",
    "examples",
    "template",
    "templates",
    "testdata",
    "tests",
    "test",
    "fixtures",
    "vendor",
    "third_party",
    "node_modules",
    "docs",
    "sample",
    "samples",
    "cookiecutter",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (file, span, why) in &world.facts.delivery.dead_workflows {
        let path = world.sources.path(*file);
        if path
            .split('/')
            .any(|part| NOT_MEANT.contains(&part) || part.contains("{{"))
        {
            continue;
        }
        // A folder that is a repository of its own brings its workflows along.
        let nested = path
            .find(".github/workflows")
            .filter(|at| *at > 0)
            .map(|at| path[..at].trim_end_matches('/'));
        if let Some(nested) = nested
            && (world.sources.exists(&join(nested, "LICENSE"))
                || world.sources.exists(&join(nested, ".gitmodules")))
        {
            continue;
        }
        let mut finding = Finding::new(format!("`{path}` never runs: {why}"))
            .at(*span, why.to_string())
            .hint("rename or move it, and see whether it still passes")
            .about([path.to_owned()]);
        for place in missed(world, *file) {
            finding = finding.and(place, "and this is what it would have found");
        }
        findings.push(finding);
    }
    missing_calls(world, findings);
    for source in world.sources.of(SourceKind::Jenkinsfile) {
        let text = source.file.text();
        let top = &world.sources.roots()[source.root].repository;
        for (at, _) in text.match_indices("load ") {
            if !text[..at].ends_with(|c: char| c.is_whitespace() || c == '=') {
                continue;
            }
            let rest = text[at + 5..].trim_start();
            let Some(mark) = rest
                .chars()
                .next()
                .filter(|mark| matches!(mark, '\'' | '"'))
            else {
                continue;
            };
            let Some(path) = rest[1..].split(mark).next() else {
                continue;
            };
            if path.contains(['$', '\n'])
                || path.is_empty()
                || world.sources.exists(&join(top, path))
            {
                continue;
            }
            let start = at + 5 + (text[at + 5..].len() - rest.len());
            findings.push(
                Finding::new(format!(
                    "the pipeline loads `{path}`, which is not in the repository"
                ))
                .at(
                    source.file.span(start..start + path.len() + 2),
                    "no such file",
                )
                .about([source.file.path().to_owned(), path.to_owned()]),
            );
        }
    }
    // One reason is one habit.
    together(findings, |finding| {
        let first = finding.diagnostic.labels.first();
        first.map(|label| label.message.clone())
    });
}

/// Actions and workflows of this repository that are called and are not there.
fn missing_calls(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        let top = &world.sources.root_of(workflow.file).repository;
        for job in &workflow.jobs {
            let elsewhere = job.steps.iter().any(|step| {
                let uses = step.uses.as_ref().and_then(Value::str).unwrap_or_default();
                uses.contains("checkout")
                    && (step.with.get("path").is_some() || step.with.get("repository").is_some())
                    || step.commands.iter().any(|command| {
                        command
                            .words
                            .iter()
                            .any(|word| matches!(word.str(), Some("clone" | "submodule")))
                    })
            });
            if elsewhere {
                continue;
            }
            let calls = job
                .steps
                .iter()
                .filter_map(|step| step.uses.as_ref())
                .chain(&job.uses);
            for uses in calls {
                let Some(path) = uses.str().and_then(|uses| uses.strip_prefix("./")) else {
                    continue;
                };
                let at = join(top, path);
                let there = world.sources.exists(&at)
                    || ["action.yml", "action.yaml", "Dockerfile"]
                        .iter()
                        .any(|name| world.sources.exists(&join(&at, name)));
                if path.contains("${{") || there || seen.contains(&uses.span) {
                    continue;
                }
                seen.push(uses.span);
                let near = suggest(
                    &at,
                    world
                        .facts
                        .delivery
                        .actions
                        .iter()
                        .map(|action| &*action.folder)
                        .chain(
                            world
                                .facts
                                .delivery
                                .workflows
                                .iter()
                                .map(|workflow| world.sources.path(workflow.file)),
                        ),
                );
                let mut finding = Finding::new(format!(
                    "`{}` calls `./{path}`, which is not in the repository",
                    workflow.name
                ))
                .at(uses.span, "no such action or workflow")
                .about([workflow.name.to_string(), path.to_owned()]);
                if let Some(near) = near {
                    finding = finding.hint(format!("did you mean `./{near}`?"));
                    let action = world
                        .facts
                        .delivery
                        .actions
                        .iter()
                        .find(|action| &*action.folder == near);
                    let place = action.map(|action| action.file).or_else(|| {
                        world
                            .facts
                            .delivery
                            .workflows
                            .iter()
                            .map(|workflow| workflow.file)
                            .find(|file| world.sources.path(*file) == near)
                    });
                    if let Some(file) = place {
                        let source = &world.sources.get(file).file;
                        finding = finding.and(source.span(source.line(1)), "this one is there");
                    }
                }
                findings.push(finding);
            }
        }
    }
}

/// What a scan for removed API versions would have found, where the file is one.
fn missed(world: &World, file: seaworthy_facts::FileId) -> Vec<Span> {
    let text = world.sources.get(file).file.text();
    if !["pluto", "kubent", "kubepug"]
        .iter()
        .any(|tool| text.contains(tool))
    {
        return Vec::new();
    }
    let mut places: Vec<Span> = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            let version = object.api_version.str().unwrap_or_default();
            let gone = matches!(
                (version, &*object.kind),
                (
                    "autoscaling/v2beta1" | "autoscaling/v2beta2",
                    "HorizontalPodAutoscaler"
                ) | (
                    "policy/v1beta1",
                    "PodDisruptionBudget" | "PodSecurityPolicy"
                ) | ("batch/v1beta1", "CronJob")
                    | (
                        "networking.k8s.io/v1beta1" | "extensions/v1beta1",
                        "Ingress"
                    )
                    | (
                        "extensions/v1beta1"
                            | "apps/v1beta1"
                            | "apps/v1beta2"
                            | "rbac.authorization.k8s.io/v1beta1"
                            | "flowcontrol.apiserver.k8s.io/v1beta1"
                            | "flowcontrol.apiserver.k8s.io/v1beta2",
                        _
                    )
            );
            if gone && !places.contains(&object.api_version.span) {
                places.push(object.api_version.span);
            }
        }
    }
    places.truncate(4);
    places
}
