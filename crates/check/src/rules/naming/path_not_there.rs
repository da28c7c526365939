//! A configuration names a folder or file of the repository that is not there, and one of nearly the name is beside it.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{Sources, Span, Value, file_name, join, parent};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "path-not-there",
    severity: Severity::Breaks,
    page: include_str!("path-not-there.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    let steps = world
        .facts
        .delivery
        .workflows
        .iter()
        .flat_map(|workflow| &workflow.jobs)
        .flat_map(|job| &job.steps);
    for step in steps {
        let folder = step.body.get("working-directory");
        if let Some(finding) = folder.and_then(|folder| judge(&world.sources, "", folder))
            && told.insert(finding.diagnostic.labels[0].span)
        {
            findings.push(finding);
        }
    }
    for call in world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .filter(|call| call.folder.is_none())
    {
        let around = world.sources.folder(call.file);
        if let Some(source) = &call.source
            && source.str().is_some_and(|text| text.starts_with('.'))
            && told.insert(source.span)
        {
            findings.extend(judge(&world.sources, around, source));
        }
    }
    for file in value_files(world) {
        if told.insert(file.span) {
            findings.extend(judge(&world.sources, "", &file));
        }
    }
    for root in &world.facts.terraform.roots {
        let resources = root
            .resources
            .iter()
            .filter(|resource| !resource.from_summary)
            .map(|resource| &resource.body);
        let arguments = root.calls.iter().map(|call| &call.arguments);
        for body in resources.chain(arguments) {
            body.walk(&mut |value| {
                for entry in value.entries() {
                    if is_path_key(&entry.key)
                        && let Some(finding) = judge(&world.sources, &root.folder, &entry.value)
                        && told.insert(entry.value.span)
                    {
                        findings.push(finding);
                    }
                }
            });
        }
    }
}

/// The files that Applications of Argo CD take values from: `$values/apps/api/values.yaml`, without what stands for the
/// repository.
fn value_files(world: &World) -> Vec<Value> {
    let mut found = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        for application in cluster.of("Application") {
            let sources = application.at("spec.sources").map_or(&[][..], Value::items);
            for file in sources
                .iter()
                .filter_map(|source| source.at("helm.valueFiles"))
                .flat_map(Value::items)
            {
                if let Some((_, path)) = file
                    .str()
                    .filter(|text| text.starts_with('$'))
                    .and_then(|text| text.split_once('/'))
                {
                    found.push(Value::string(path, file.span));
                }
            }
        }
    }
    found
}

/// Attributes that hold a folder or a file of a repository.
fn is_path_key(key: &str) -> bool {
    matches!(
        key,
        "policy_dir"
            | "sync_dir"
            | "path"
            | "dir"
            | "directory"
            | "folder"
            | "source_dir"
            | "filename"
            | "source_path"
            | "included_files"
            | "working_directory"
            | "root_directory"
    )
}

fn judge(sources: &Sources, folder: &str, value: &Value) -> Option<Finding> {
    let text = value.str()?.trim_end_matches('/');
    let text = text.strip_prefix("./").unwrap_or(text);
    if !text.contains('/')
        || text.starts_with(['/', '~'])
        || text.contains(['*', '$', '{', ':', ' ', '%', '@'])
    {
        return None;
    }
    // What a build makes is not in the repository.
    if [".zip", ".jar", ".war", ".tar", ".gz", ".whl"]
        .iter()
        .any(|end| text.ends_with(end))
    {
        return None;
    }
    let top = &sources.roots().first()?.repository;
    let bases = [top.clone(), folder.to_owned()];
    let is_there = |path: &str| sources.exists(path) || sources.folder_exists(path);
    let paths: Vec<String> = bases.iter().map(|base| join(base, text)).collect();
    if paths.iter().any(|path| is_there(path)) {
        return None;
    }
    // All of it but the last part is there: nothing else is meant.
    let path = paths.iter().find(|path| {
        let around = parent(path);
        !around.is_empty() && sources.folder_exists(around)
    })?;
    let around = parent(path);
    let beside: Vec<&str> = sources
        .under(around)
        .filter_map(|source| {
            source
                .file
                .path()
                .get(around.len() + 1..)?
                .split('/')
                .next()
        })
        .collect();
    let near = suggest(file_name(path), beside.iter().copied())?;
    let there = join(around, near);
    let first = sources
        .under(&there)
        .next()
        .or_else(|| sources.by_path(&there))?;
    Some(
        Finding::new(format!(
            "`{text}` is not there; `{near}` is beside where it would be"
        ))
        .at(value.span, "no such folder or file")
        .and(
            Span::new(first.file.id(), 0..0),
            format!("`{there}` is there"),
        )
        .trail(value)
        .hint(format!("did you mean `{near}`?"))
        .about([folder.to_owned(), text.to_owned()]),
    )
}
