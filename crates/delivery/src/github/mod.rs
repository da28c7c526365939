//! GitHub Actions: workflows with what they call, expanded, and what their steps do.

mod actions;
mod expression;
mod scope;
mod step;
mod workflow;

use std::collections::HashMap;

use seaworthy_diagnostics::{FileId, Span};
use seaworthy_facts::delivery::{CompositeAction, Delivery};
use seaworthy_facts::{Source, SourceKind, Unseen, Value, file_name, join, parent};

use crate::files::Files;
use crate::shell::Shells;

/// Everything of GitHub Actions in the checked roots.
pub(crate) struct Github<'a> {
    files: &'a Files<'a>,
    shells: &'a Shells<'a>,
    /// Workflows by their path.
    workflows: HashMap<&'a str, Value>,
    /// Actions by their folder.
    actions: HashMap<&'a str, (FileId, Value)>,
}

/// Reads every workflow and action.
pub(crate) fn read(
    files: &Files<'_>,
    shells: &Shells<'_>,
    delivery: &mut Delivery,
    unseen: &mut Vec<Unseen>,
) {
    let mut github = Github {
        files,
        shells,
        workflows: HashMap::new(),
        actions: HashMap::new(),
    };
    let mut sources: Vec<&Source> = Vec::new();
    for source in files.sources.iter().filter(|source| !source.vendored) {
        let path = source.file.path();
        let folder = parent(path);
        let top = &files.sources.roots()[source.root].repository;
        let name = file_name(path);
        let is_yaml = std::path::Path::new(name)
            .extension()
            .is_some_and(|end| end == "yml" || end == "yaml");
        if folder == join(top, ".github/workflows") && is_yaml {
            if let Some(body) = document(source) {
                github.workflows.insert(path, body);
                sources.push(source);
            }
        } else if matches!(name, "action.yml" | "action.yaml") && source.kind == SourceKind::Yaml {
            if let Some(body) = document(source).filter(|body| body.get("runs").is_some()) {
                github.actions.insert(folder, (source.file.id(), body));
            }
        } else if let Some((span, why)) = dead(source, folder, top, is_yaml) {
            delivery.dead_workflows.push((source.file.id(), span, why));
        }
    }
    for source in sources {
        let body = github.workflows[source.file.path()].clone();
        let workflow = workflow::read(&github, source, body, unseen);
        delivery.workflows.push(workflow);
    }
    let mut actions: Vec<CompositeAction> = github
        .actions
        .into_iter()
        .map(|(folder, (file, body))| CompositeAction {
            folder: folder.into(),
            file,
            body,
        })
        .collect();
    actions.sort_by_key(|action| action.file);
    delivery.actions.extend(actions);
}

fn document(source: &Source) -> Option<Value> {
    seaworthy_facts::yaml::read(&source.file)
        .documents
        .into_iter()
        .next()
        .map(|document| document.value)
}

/// Why a file that has the shape of a workflow never runs.
fn dead(source: &Source, folder: &str, top: &str, is_yaml: bool) -> Option<(Span, Box<str>)> {
    let name = file_name(source.file.path());
    let workflows = join(top, ".github/workflows");
    let in_workflows = folder == workflows;
    let below = seaworthy_facts::is_under(folder, &workflows);
    let elsewhere = folder.ends_with(".github/workflows") && !in_workflows;
    let misplaced = folder == join(top, ".github") || folder == join(top, ".github/workflow");
    let extension = name.rsplit_once('.').map(|(_, end)| end);
    let why: Box<str> = match extension {
        None if in_workflows => "its name does not end in `.yml` or `.yaml`".into(),
        _ if is_yaml && below => {
            "GitHub reads the files of `.github/workflows` itself, not of folders in it".into()
        }
        _ if is_yaml && elsewhere => {
            "GitHub reads `.github/workflows` at the top of the repository only".into()
        }
        _ if is_yaml && misplaced => "it is not in `.github/workflows`".into(),
        _ => return None,
    };
    let text = source.file.text();
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    if !(has("jobs:") && (has("on:") || has("\"on\":") || has("'on':"))) {
        return None;
    }
    let line = (1..=source.file.n_lines())
        .find(|line| {
            let text = &text[source.file.line(*line)];
            !text.trim().is_empty() && !text.starts_with('#')
        })
        .unwrap_or(1);
    Some((source.file.span(source.file.line(line)), why))
}
