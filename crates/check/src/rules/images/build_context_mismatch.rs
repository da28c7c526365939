//! A pipeline works in a folder, or builds from a file, that is not in the repository.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::{Command, Deed, Dockerfile, Doer, What};
use seaworthy_facts::{Span, Text, Value, file_name, join, normalized, parent};
use seaworthy_link::World;

use super::copied;
use crate::akin::akin;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "build-context-mismatch",
    severity: Severity::Breaks,
    page: include_str!("build-context-mismatch.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        if doer.is_document() || !deed.called_at.is_empty() && !matches!(doer, Doer::Step { .. }) {
            continue;
        }
        match &deed.what {
            What::BuildImage {
                context,
                dockerfile,
                ..
            } => {
                if let Some(context) = context {
                    folder(
                        world,
                        doer,
                        deed,
                        context,
                        "builds from",
                        &mut seen,
                        findings,
                    );
                }
                if let (Some(file), Some(context)) = (dockerfile, context) {
                    dockerfile_there(world, doer, deed, file, context, &mut seen, findings);
                }
            }
            What::Terraform {
                folder: at, verb, ..
            } if matches!(&**verb, "init" | "plan" | "apply" | "validate") => {
                let value = Value::new(seaworthy_facts::Data::Text(rooted(at)), deed.span);
                folder(world, doer, deed, &value, "works in", &mut seen, findings);
            }
            _ => {}
        }
    }
    copied::check(world, findings);
}

fn rooted(at: &Text) -> Text {
    let mut text = Text::from("/");
    text.push(at);
    text
}

/// A folder that is named and is not there.
fn folder(
    world: &World,
    doer: Doer<'_>,
    deed: &Deed,
    value: &Value,
    does: &str,
    seen: &mut Vec<Span>,
    findings: &mut Vec<Finding>,
) {
    let Some(text) = value.text() else { return };
    // Choices of a matrix are looked at one by one.
    for text in text.expanded() {
        let Some(path) = text.literal() else { continue };
        if !is_path(path) || moved(world, doer, path) || seen.contains(&value.span) {
            continue;
        }
        let candidates = places(world, doer, deed, path);
        let Some(wanted) = candidates.first() else {
            continue;
        };
        if candidates
            .iter()
            .any(|path| path.is_empty() || world.sources.folder_exists(path))
        {
            continue;
        }
        // `${APP:-0}` stands for what whoever calls the script says instead.
        if is_default(world, value) {
            continue;
        }
        let near = near_folder(world, wanted);
        // A folder in a place that is not here at all may be another repository's.
        if near.is_none() && !world.sources.folder_exists(parent(wanted)) {
            continue;
        }
        seen.push(value.span);
        let mut finding = Finding::new(format!(
            "this {does} `{wanted}`, which is not in the repository"
        ))
        .at(value.span, "no such folder")
        .trail(value)
        .about([wanted.clone()]);
        finding = finding.and_maybe(given(world, value, path));
        if let Some(near) = near {
            let place = first_of(world, &near);
            finding = finding.hint(format!("did you mean `{near}`?"));
            if let Some(place) = place {
                finding = finding.and(place, format!("`{near}` is there"));
            }
        }
        findings.push(finding);
    }
}

/// Whether a value is wholly a variable that the script takes from its environment, with a default.
fn is_default(world: &World, value: &Value) -> bool {
    let written = world.sources.slice(value.span).trim_matches(['"', '\'']);
    let Some(name) = written.strip_prefix('$') else {
        return false;
    };
    let name = name.trim_start_matches('{').trim_end_matches('}');
    if name.contains(":-") {
        return true;
    }
    let text = world.sources.get(value.span.file).file.text();
    let (plain, quoted) = (
        format!("{name}=${{{name}:-"),
        format!("{name}=\"${{{name}:-"),
    );
    text.contains(&plain) || text.contains(&quoted)
}

fn dockerfile_there(
    world: &World,
    doer: Doer<'_>,
    deed: &Deed,
    file: &Value,
    context: &Value,
    seen: &mut Vec<Span>,
    findings: &mut Vec<Finding>,
) {
    let (Some(text), Some(context)) = (file.text(), context.text()) else {
        return;
    };
    for text in text.expanded() {
        let Some(path) = text.literal() else { continue };
        if !is_path(path) || replaced(world, doer, path) || seen.contains(&file.span) {
            continue;
        }
        let mut candidates = places(world, doer, deed, path);
        for context in context.expanded() {
            match context.literal() {
                Some(context) => {
                    for folder in places(world, doer, deed, context) {
                        candidates.push(join(&folder, path));
                    }
                }
                None => return,
            }
        }
        if candidates.iter().any(|path| world.sources.exists(path)) {
            continue;
        }
        let Some(wanted) = candidates.first() else {
            continue;
        };
        let here: Vec<&Dockerfile> = world
            .facts
            .delivery
            .dockerfiles
            .iter()
            .filter(|file| {
                let own = world.sources.path(file.file);
                parent(own) == parent(wanted)
                    || file_name(own) == file_name(wanted)
                        && candidates
                            .iter()
                            .any(|path| parent(parent(path)) == parent(parent(own)))
            })
            .collect();
        let near = nearest_of(world, &here, wanted);
        // What is downloaded may bring the file, unless another of nearly its name is where it should be.
        let is_beside =
            near.is_some_and(|near| parent(world.sources.path(near.file)) == parent(wanted));
        if here.is_empty() && !world.sources.folder_exists(parent(wanted))
            || downloads(doer) && !is_beside
        {
            continue;
        }
        seen.push(file.span);
        let mut finding = Finding::new(format!(
            "this builds with `{wanted}`, which is not in the repository"
        ))
        .at(file.span, "no such file")
        .trail(file)
        .about([wanted.clone()]);
        finding = finding.and_maybe(given(world, file, path));
        if let Some(other) = near.or(here.first().copied())
            && let Some(stage) = other.stages.first()
        {
            let own = world.sources.path(other.file);
            finding = finding
                .and(stage.span, format!("`{own}` is there"))
                .hint(format!("did you mean `{own}`?"));
        }
        findings.push(finding);
    }
}

/// Where a path was first written, if not where it is used: of several choices, only that of this path.
fn given(world: &World, value: &Value, path: &str) -> Option<(Span, String)> {
    let place = value.trail.origin()?;
    let is_this = world.sources.slice(place).contains(path);
    is_this.then(|| (place, "the path is given here".to_owned()))
}

/// The Dockerfile whose name or folder is most like that of one that is not there.
fn nearest_of<'a>(world: &World, here: &[&'a Dockerfile], wanted: &str) -> Option<&'a Dockerfile> {
    let path = |file: &Dockerfile| world.sources.path(file.file).to_owned();
    let paths: Vec<String> = here.iter().map(|file| path(file)).collect();
    let beside = paths.iter().filter(|path| parent(path) == parent(wanted));
    let folders = paths.iter().map(|path| file_name(parent(path)));
    let name = suggest(file_name(wanted), beside.map(|path| file_name(path)));
    let folder = || akin(file_name(parent(wanted)), folders);
    let at = if let Some(name) = name {
        paths
            .iter()
            .position(|path| parent(path) == parent(wanted) && file_name(path) == name)
    } else {
        let folder = folder()?;
        paths
            .iter()
            .position(|path| file_name(parent(path)) == folder)
    };
    here.get(at?).copied()
}

pub(super) fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path != "-"
        && !path.contains(['*', '?', '{', '$', '<', '[', ':', '@', '\n'])
        && !path.starts_with(['~'])
        && !path.starts_with("/tmp")
        && !path.starts_with("//")
}

/// Where a path can be meant from: the deed's folder, and for scripts that anyone may run from anywhere, others.
fn places(world: &World, doer: Doer<'_>, deed: &Deed, path: &str) -> Vec<String> {
    // From the top, put there by us.
    if let Some(path) = path.strip_prefix('/') {
        let mut found = vec![normalized(path)];
        if let Doer::Script(script) = doer {
            let mut folder = world.sources.folder(script.file);
            loop {
                found.push(join(folder, path));
                if folder.is_empty() {
                    break;
                }
                folder = parent(folder);
            }
        }
        return found;
    }
    let Some(folder) = deed.folder.literal() else {
        return Vec::new();
    };
    let mut found = vec![join(folder, path)];
    if matches!(doer, Doer::Script(_) | Doer::Pipeline(_)) {
        let mut folder = world.sources.folder(deed.span.file);
        loop {
            found.push(join(folder, path));
            if folder.is_empty() {
                break;
            }
            folder = parent(folder);
        }
    }
    // What climbs out of the repository is somewhere else.
    if found.iter().any(|path| path.starts_with("..")) {
        return Vec::new();
    }
    found
}

/// Whether the job has other files than the repository's, or makes this path itself.
fn moved(world: &World, doer: Doer<'_>, path: &str) -> bool {
    downloads(doer) || replaced(world, doer, path)
}

/// Whether the job gets files that another made.
fn downloads(doer: Doer<'_>) -> bool {
    let Doer::Step { job, .. } = doer else {
        return false;
    };
    job.steps.iter().any(|step| {
        let uses = step.uses.as_ref().and_then(Value::str).unwrap_or_default();
        uses.contains("download-artifact") || uses.contains("actions/cache")
    })
}

/// Whether the job has another repository's files, or makes this path itself.
fn replaced(world: &World, doer: Doer<'_>, path: &str) -> bool {
    let makes = |command: &Command| {
        let program = command
            .words
            .first()
            .and_then(Value::str)
            .map(file_name)
            .unwrap_or_default();
        let first = path
            .trim_start_matches("./")
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        let named = command.words.iter().skip(1).any(|word| {
            word.text()
                .is_some_and(|text| text.to_string().contains(first))
        });
        match program {
            "git" => command.words.iter().any(|word| {
                matches!(
                    word.str(),
                    Some("clone" | "checkout" | "submodule" | "worktree")
                )
            }),
            "mkdir" | "cp" | "mv" | "tar" | "unzip" | "curl" | "wget" | "ln" | "cookiecutter"
            | "rsync" | "cat" | "helm" | "terragrunt" => named,
            _ => command
                .output
                .as_ref()
                .and_then(Value::text)
                .is_some_and(|text| text.to_string().contains(first)),
        }
    };
    match doer {
        Doer::Step { job, .. } => job.steps.iter().any(|step| {
            let uses = step.uses.as_ref().and_then(Value::str).unwrap_or_default();
            uses.contains("checkout")
                && (step.with.get("path").is_some() || step.with.get("repository").is_some())
                || step.commands.iter().any(makes)
        }),
        Doer::Pipeline(pipeline) => {
            // Groovy's own ways to get another repository.
            let text = world.sources.get(pipeline.file).file.text();
            let clones = [
                "scmGit",
                "GitSCM",
                "git url",
                "git branch",
                "git credentialsId",
                "git(",
                "git 'http",
                "git \"http",
            ]
            .iter()
            .any(|word| text.contains(word));
            clones || pipeline.commands.iter().any(makes)
        }
        Doer::Script(script) => script.commands.iter().any(makes),
    }
}

/// A folder beside a missing one that is called much like it.
fn near_folder(world: &World, wanted: &str) -> Option<String> {
    let above = parent(wanted);
    let mut names: Vec<String> = Vec::new();
    for source in world.sources.under(above) {
        let rest = source.file.path()[above.len()..].trim_start_matches('/');
        if let Some((name, _)) = rest.split_once('/')
            && !names.iter().any(|other| other == name)
        {
            names.push(name.to_owned());
        }
    }
    let near = suggest(file_name(wanted), names.iter().map(String::as_str))?;
    Some(join(above, near))
}

fn first_of(world: &World, folder: &str) -> Option<Span> {
    let source = world.sources.under(folder).next()?;
    Some(source.file.span(source.file.line(1)))
}
