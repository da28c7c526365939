//! A kustomization that `kustomize build` refuses: a file that is not there, a patch for nothing.

use seaworthy_facts::delivery::What;
use seaworthy_facts::file_name;
use seaworthy_link::World;

use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "kustomization-does-not-build",
    severity: Severity::Breaks,
    page: include_str!("kustomization-does-not-build.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for kustomization in &world.facts.kubernetes.kustomizations {
        let user = world
            .facts
            .kubernetes
            .paths
            .iter()
            .find(|path| path.folder.as_ref() == Some(&kustomization.folder));
        let above = world
            .facts
            .kubernetes
            .kustomizations
            .iter()
            .find_map(|other| {
                let taken = other.takes.iter().find(|taken| {
                    taken.path == kustomization.folder && taken.span != kustomization.body.span
                })?;
                other.file.map(|_| taken.span)
            });
        for (span, what) in &kustomization.errors {
            let text = world.sources.slice(*span).trim_matches(['"', '\'']);
            if is_written(world, file_name(text)) {
                continue;
            }
            let side = match (user, above) {
                (Some(path), _) => Some((
                    path.path.span,
                    format!("{} `{}` applies this folder", path.kind, path.object),
                )),
                (None, Some(span)) => {
                    Some((span, "this takes it in, and stops with it".to_owned()))
                }
                _ => None,
            };
            let folder = if kustomization.folder.is_empty() {
                "."
            } else {
                &kustomization.folder
            };
            findings.push(
                Finding::new(format!(
                    "the kustomization in `{folder}` does not build: {what}; nothing of it is applied"
                ))
                .at(*span, what.to_string())
                .and_maybe(side)
                .about([kustomization.folder.to_string(), text.to_owned()]),
            );
        }
    }
    together(findings, |_| ());
}

/// Whether a command writes a file of this name before it is needed.
fn is_written(world: &World, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    // In a plug-in's settings, a Taskfile, a document: `helm template … > all.yaml`.
    let written = world.sources.iter().any(|source| {
        let text = source.file.text();
        text.contains(name)
            && text.match_indices(name).any(|(at, _)| {
                let line = text[..at].rsplit('\n').next().unwrap_or_default();
                line.contains('>')
                    || line.contains("tee ")
                    || line.contains("-o ")
                    || line.contains("--output")
            })
    });
    if written {
        return true;
    }
    let delivery = &world.facts.delivery;
    let output = |commands: &[seaworthy_facts::delivery::Command]| {
        commands.iter().any(|command| {
            let writes = command
                .output
                .as_ref()
                .and_then(seaworthy_facts::Value::text)
                .is_some_and(|text| file_name(&text.to_string()) == name);
            // `cp x.example x`, `tee x`, `kustomize edit add`.
            let names = command.words.iter().skip(1).any(|word| {
                word.text()
                    .is_some_and(|text| file_name(&text.to_string()) == name)
            }) && command
                .words
                .first()
                .and_then(seaworthy_facts::Value::str)
                .is_some_and(|program| {
                    matches!(
                        program,
                        "cp" | "mv" | "tee" | "touch" | "curl" | "wget" | "sops" | "envsubst"
                    )
                });
            writes || names
        })
    };
    delivery
        .scripts
        .iter()
        .any(|script| output(&script.commands))
        || delivery
            .workflows
            .iter()
            .flat_map(|workflow| &workflow.jobs)
            .flat_map(|job| &job.steps)
            .any(|step| output(&step.commands))
        || delivery.deeds().any(|(_, deed)| {
            matches!(&deed.what, What::EditFile { file, .. }
                if file.text().is_some_and(|text| file_name(&text.to_string()) == name))
        })
}
