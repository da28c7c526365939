//! A Flux Kustomization or an Argo CD Application names a folder that its repository does not have.

use std::collections::HashSet;

use seaworthy_facts::{Span, file_name, parent};
use seaworthy_link::World;

use super::own_sources;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "gitops-path-missing",
    severity: Severity::Breaks,
    page: include_str!("gitops-path-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for path in &world.facts.kubernetes.paths {
        let (Some(repository), Some(folder), false, Some(text)) =
            (&path.repository, &path.folder, path.exists, path.path.str())
        else {
            continue;
        };
        told.insert(path.path.span);
        let mut finding = Finding::new(format!(
            "{} `{}` applies `{text}`, and its repository has no such folder: nothing of it is applied",
            path.kind, path.object
        ))
        .at(path.path.span, format!("there is no folder `{folder}`"));
        if let Some(url) = &path.url {
            let says = if repository.is_empty() {
                "the repository, which is this one".to_owned()
            } else {
                format!("the repository, which is `{repository}` here")
            };
            finding = finding.and(url.span, says);
        }
        if let Some(near) = nearest(world, folder) {
            finding = finding.hint(format!("there is a folder `{near}`"));
        }
        findings.push(
            finding
                .trail(&path.path)
                .about([path.object.to_string(), text.to_owned()]),
        );
    }
    own_sources::check(world, &told, findings);
}

/// A folder of almost this name beside where it should be, or of this name elsewhere.
pub(super) fn nearest(world: &World, folder: &str) -> Option<String> {
    let mut folders: Vec<&str> = world
        .sources
        .iter()
        .map(|source| parent(source.file.path()))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let name = file_name(folder);
    let beside: Vec<&str> = folders
        .iter()
        .filter(|other| parent(other) == parent(folder))
        .map(|other| file_name(other))
        .collect();
    if let Some(near) = seaworthy_diagnostics::suggest(name, beside) {
        return Some(seaworthy_facts::join(parent(folder), near));
    }
    folders
        .into_iter()
        .find(|other| file_name(other) == name)
        .map(str::to_owned)
}
