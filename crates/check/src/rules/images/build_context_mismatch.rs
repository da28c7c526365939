//! A pipeline works in a folder, or builds from a file, that is not in the repository.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::{Command, Deed, Dockerfile, Doer, What};
use seaworthy_facts::{Span, Text, Value, file_name, join, normalized, parent};
use seaworthy_link::World;

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
    copies(world, findings);
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
        if !is_path(path) || moved(world, doer, path) || seen.contains(&file.span) {
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
        if here.is_empty() && !world.sources.folder_exists(parent(wanted)) {
            continue;
        }
        seen.push(file.span);
        let mut finding = Finding::new(format!(
            "this builds with `{wanted}`, which is not in the repository"
        ))
        .at(file.span, "no such file")
        .trail(file)
        .about([wanted.clone()]);
        if let Some(other) = here.first()
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

/// Files that a Dockerfile copies from a context that does not have them, though they are elsewhere.
fn copies(world: &World, findings: &mut Vec<Finding>) {
    for dockerfile in &world.facts.delivery.dockerfiles {
        let path = world.sources.path(dockerfile.file);
        let own = parent(path);
        let top = &world.sources.root_of(dockerfile.file).repository;
        let contexts = contexts_of(world, path);
        let Some((_, place)) = contexts.first() else {
            continue;
        };
        let copied = dockerfile
            .stages
            .iter()
            .flat_map(|stage| &stage.instructions)
            .filter(|line| matches!(&*line.word, "COPY" | "ADD"))
            .filter(|line| {
                !line.flags.iter().any(|flag| {
                    flag.text()
                        .is_some_and(|text| text.known_prefix().starts_with("--from"))
                })
            });
        for line in copied {
            let sources = line
                .arguments
                .split_last()
                .map_or(&[][..], |(_, sources)| sources);
            for source in sources {
                let Some(name) = source.str() else { continue };
                if !is_path(name.trim_start_matches('/')) || name.starts_with("<<") {
                    continue;
                }
                let name = name.trim_start_matches('/');
                let there = |folder: &str| {
                    let path = join(folder, name);
                    path.is_empty()
                        || world.sources.exists(&path)
                        || world.sources.folder_exists(&path)
                };
                if contexts.iter().any(|(context, _)| there(context)) {
                    continue;
                }
                let elsewhere = [own, top.as_str()].into_iter().find(|folder| there(folder));
                let Some(elsewhere) = elsewhere else { continue };
                let context = &contexts[0].0;
                let shown = if context.is_empty() { "." } else { context };
                let right = if elsewhere.is_empty() {
                    "the top of the repository".to_owned()
                } else {
                    format!("`{elsewhere}`")
                };
                findings.push(
                    Finding::new(format!("`{name}` is not in `{shown}`, from which this image is built; it is in {right}"))
                        .at(source.span, "copied from the build's folder")
                        .and(*place, format!("the build's folder is `{shown}`"))
                        .about([path.to_owned(), name.to_owned()]),
                );
                break;
            }
        }
    }
}

/// The folders that a Dockerfile is built from, and who says so.
fn contexts_of(world: &World, dockerfile: &str) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    let mut add = |folder: &str, context: &Value, file: Option<&Value>, from_context: bool| {
        let Some(context_text) = context.text() else {
            return;
        };
        for context_text in context_text.expanded() {
            let Some(path) = context_text.literal() else {
                continue;
            };
            let at = join(folder, path);
            let files: Vec<String> = match file.and_then(Value::text) {
                Some(text) => text
                    .expanded()
                    .iter()
                    .filter_map(Text::literal)
                    .flat_map(|name| {
                        if from_context {
                            vec![join(&at, name)]
                        } else {
                            vec![join(folder, name), join(&at, name)]
                        }
                    })
                    .collect(),
                None => vec![join(&at, "Dockerfile"), join(&at, "Containerfile")],
            };
            if files.iter().any(|file| file == dockerfile)
                && !found.iter().any(|(other, _)| *other == at)
            {
                found.push((at, context.span));
            }
        }
    };
    for (doer, deed) in world.facts.delivery.deeds() {
        if let What::BuildImage {
            context: Some(context),
            dockerfile,
            ..
        } = &deed.what
            && let Some(folder) = deed.folder.literal()
            && !doer.is_document()
        {
            add(folder, context, dockerfile.as_ref(), false);
        }
    }
    for compose in &world.facts.delivery.compose {
        let folder = world.sources.folder(compose.file);
        for service in &compose.services {
            let Some(build) = service.body.get("build") else {
                continue;
            };
            let context = build.get("context").unwrap_or(build);
            add(folder, context, build.get("dockerfile"), true);
        }
    }
    for build in &world.facts.delivery.builds {
        add(
            world.sources.folder(build.span.file),
            &build.context,
            build.dockerfile.as_ref(),
            true,
        );
    }
    found
}

fn is_path(path: &str) -> bool {
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
            uses.contains("download-artifact")
                || uses.contains("actions/cache")
                || uses.contains("checkout")
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
