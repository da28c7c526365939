//! Files that a Dockerfile copies from its build's folder, which does not have them.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::{Instruction, What};
use seaworthy_facts::{Span, Text, Value, file_name, join, parent};
use seaworthy_link::World;

use super::build_context_mismatch::is_path;
use crate::Finding;

/// Files that a Dockerfile copies from a context that does not have them, though they are elsewhere.
pub(super) fn check(world: &World, findings: &mut Vec<Finding>) {
    for dockerfile in &world.facts.delivery.dockerfiles {
        let path = world.sources.path(dockerfile.file);
        let own = parent(path);
        let top = &world.sources.root_of(dockerfile.file).repository;
        let mut contexts = contexts_of(world, path);
        // Where nobody is seen to build it, it is built where all else that it copies is.
        let is_guessed = contexts.is_empty();
        if is_guessed && let Some(stage) = dockerfile.stages.first() {
            contexts.push((own.to_owned(), stage.span));
        }
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
        let copied: Vec<&Instruction> = copied.collect();
        let names: Vec<&str> = copied
            .iter()
            .filter_map(|line| Some(line.arguments.split_last()?.1))
            .flatten()
            .filter_map(Value::str)
            .collect();
        for line in &copied {
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
                let is_rest_there = || {
                    let rest = names.iter().filter(|other| **other != name);
                    names.len() > 1 && rest.clone().all(|other| there_in(world, own, other))
                };
                if let Some(near) = misspelt(world, &contexts, name, &names)
                    && (!is_guessed || is_rest_there())
                {
                    let finding = Finding::new(format!(
                        "`{path}` copies `{name}`, which is not there; `{}` is",
                        file_name(&near)
                    ))
                    .at(source.span, "no such file")
                    .hint(format!("did you mean `{}`?", file_name(&near)));
                    let there = world.sources.by_path(&near).map(|source| {
                        let line = source.file.span(source.file.line(1));
                        (line, format!("`{near}` is there"))
                    });
                    findings.push(
                        finding
                            .and_maybe(there)
                            .about([path.to_owned(), name.to_owned()]),
                    );
                    break;
                }
                if is_guessed {
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

fn there_in(world: &World, folder: &str, name: &str) -> bool {
    let name = name.trim_start_matches('/');
    let path = join(folder, name);
    !is_path(name)
        || path.is_empty()
        || world.sources.exists(&path)
        || world.sources.folder_exists(&path)
}

/// The file of almost this name in a build's folder that the Dockerfile does not copy.
fn misspelt(
    world: &World,
    contexts: &[(String, Span)],
    name: &str,
    copied: &[&str],
) -> Option<String> {
    let end = |name: &str| name.rsplit_once('.').map(|(_, end)| end.to_owned());
    end(name)?;
    contexts.iter().find_map(|(context, _)| {
        let wanted = join(context, name);
        let around = parent(&wanted);
        let beside: Vec<&str> = world
            .sources
            .under(around)
            .map(|source| source.file.path())
            .filter(|path| parent(path) == around)
            .map(file_name)
            .filter(|other| {
                end(other) == end(name)
                    && other.len().abs_diff(file_name(name).len()) <= 2
                    && copied.iter().all(|copied| file_name(copied) != *other)
            })
            .collect();
        Some(join(around, suggest(file_name(name), beside)?))
    })
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
