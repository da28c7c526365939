//! Flux watches another repository, and the folder of that name here is only copied there by hand.

use std::collections::HashSet;

use seaworthy_facts::{SourceKind, Span, file_name};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "source-copied-by-hand",
    severity: Severity::Unreliable,
    page: include_str!("source-copied-by-hand.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for path in &world.facts.kubernetes.paths {
        let (Some(url), Some(folder)) = (&path.url, &path.repository) else {
            continue;
        };
        // A repository that was given is itself; a submodule's folder is it, too.
        if world.sources.roots().iter().any(|root| {
            root.repository == **folder
                || (root.repository.is_empty() && folder.is_empty())
                || root.path == **folder
        }) || world
            .sources
            .by_path(".gitmodules")
            .is_some_and(|modules| modules.file.text().contains(file_name(folder)))
            || !told.insert(url.span)
        {
            continue;
        }
        let Some(copied) = step(world, file_name(folder)) else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "Flux watches another repository than this one: what is in `{folder}` here takes effect only after somebody has copied it"
            ))
            .at(url.span, "this is what runs")
            .and(copied, "the copy is made by hand")
            .about([folder.to_string()]),
        );
    }
}

/// The sentence of a document that tells to copy the folder.
fn step(world: &World, name: &str) -> Option<Span> {
    world.sources.of(SourceKind::Document).find_map(|source| {
        let text = source.file.text();
        text.match_indices(name).find_map(|(at, _)| {
            let start = text[..at].rfind('\n').map_or(0, |start| start + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let line = text[start..end].to_ascii_lowercase();
            ["copy", "copied", "paste"]
                .iter()
                .any(|word| line.contains(word))
                .then(|| source.file.span(at..at + name.len()))
        })
    })
}
