//! A manifest lies in a kustomization's folder, and no kustomization, script or pipeline takes it in.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};

use seaworthy_facts::kubernetes::{Kustomization, Origin};
use seaworthy_facts::{SourceKind, file_name, parent};
use seaworthy_link::World;

use crate::finding::together;
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
    let folders: HashMap<&str, &Kustomization> = kubernetes
        .kustomizations
        .iter()
        .filter(|kustomization| kustomization.file.is_some())
        .map(|kustomization| (&*kustomization.folder, kustomization))
        .collect();
    let named = LazyCell::new(|| names(world));
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
            let Some(kustomization) = folders.get(parent(path)) else {
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
            if beside == 0
                || named.contains(file_name(path))
                || is_helper_of_operators(path)
                || is_left_out(world, kustomization, file_name(path))
            {
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
    together(findings, |_| ());
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

/// Roles that the scaffold of operators writes for people to bind, and that no operator needs.
fn is_helper_of_operators(path: &str) -> bool {
    let name = file_name(path);
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    path.contains("rbac/")
        && ["editor_role", "viewer_role", "admin_role"]
            .iter()
            .any(|end| name.ends_with(end))
        || name.starts_with("auth_proxy_")
        || name.starts_with("metrics_")
}

/// Whether a comment of the kustomization names the file: somebody chose to leave it out.
fn is_left_out(world: &World, kustomization: &Kustomization, name: &str) -> bool {
    let Some(file) = kustomization.file else {
        return false;
    };
    let text = world.sources.get(file).file.text();
    let comments = text.lines().filter_map(|line| line.split_once('#'));
    comments
        .into_iter()
        .any(|(_, comment)| comment.contains(name))
}

/// The names of files in scripts, pipelines and documents: what they name is applied in another way.
fn names(world: &World) -> HashSet<&str> {
    let speaking = world.sources.iter().filter(|source| {
        matches!(
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
            )
    });
    let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    speaking
        .flat_map(|source| source.file.text().split(move |c| !word(c)))
        // At the end of a sentence.
        .map(|name| name.trim_end_matches('.'))
        .filter(|name| name.contains('.'))
        .collect()
}
