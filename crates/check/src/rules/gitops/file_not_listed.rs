//! A manifest lies in a kustomization's folder, and no kustomization, script or pipeline takes it in.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::Origin;
use seaworthy_facts::{SourceKind, file_name, parent};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "file-not-listed",
    severity: Severity::Unreliable,
    page: include_str!("file-not-listed.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let kubernetes = &world.facts.kubernetes;
    let taken: HashSet<&str> = kubernetes
        .kustomizations
        .iter()
        .flat_map(|kustomization| &kustomization.takes)
        .map(|taken| &*taken.path)
        .collect();
    let mut told = HashSet::new();
    for cluster in &kubernetes.clusters {
        for object in &cluster.objects {
            let path = world.sources.path(object.file);
            if object.origin != Origin::Manifest
                || !object.applied_by.is_empty()
                || taken.contains(path)
                || told.contains(&object.file)
                || is_put_aside(path)
            {
                continue;
            }
            let Some(kustomization) = kubernetes.kustomizations.iter().find(|kustomization| {
                kustomization.file.is_some() && *kustomization.folder == *parent(path)
            }) else {
                continue;
            };
            // One that lists nothing beside it only patches what is elsewhere.
            let beside = kustomization
                .takes
                .iter()
                .filter(|taken| parent(&taken.path) == parent(path) && &*taken.field == "resources")
                .count();
            let Some(listed) = kustomization
                .body
                .get("resources")
                .and_then(|list| list.items().first())
            else {
                continue;
            };
            if beside == 0 || is_named_elsewhere(world, path) {
                continue;
            }
            told.insert(object.file);
            let name = object.name.text().unwrap_or_default();
            findings.push(
                Finding::new(format!(
                    "{} `{name}` in `{}` is not listed by the kustomization beside it: it is never applied",
                    object.kind,
                    file_name(path)
                ))
                .at(object.span, "nothing takes this file in")
                .and(listed.span, "the kustomization lists the other files here")
                .about([path.to_owned()]),
            );
        }
    }
}

/// Whether a file's name says that it is not meant to be applied.
fn is_put_aside(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    [
        "example",
        "sample",
        "template",
        "disabled",
        "backup.",
        ".bak",
        "deprecated",
        "old",
        "patch",
        "values",
        "secret",
        "test",
        "draft",
        "unused",
        "manual",
        "bootstrap",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// Whether a script, a pipeline or a document names the file: then somebody applies it in another way.
fn is_named_elsewhere(world: &World, path: &str) -> bool {
    let name = file_name(path);
    world.sources.iter().any(|source| {
        let speaks = matches!(
            source.kind,
            SourceKind::Shell
                | SourceKind::Makefile
                | SourceKind::Jenkinsfile
                | SourceKind::Document
                | SourceKind::Terraform
        ) || source.file.path().contains(".github/")
            || matches!(
                file_name(source.file.path()),
                "Taskfile.yml" | "Taskfile.yaml" | "skaffold.yaml" | "Tiltfile" | ".sops.yaml"
            );
        speaks && source.file.text().contains(name)
    })
}
