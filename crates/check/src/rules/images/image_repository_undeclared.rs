//! An image of the own registry is in a repository that no configuration makes.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{ImageReference, Same, Span, Value};
use seaworthy_link::World;
use seaworthy_link::images::{self, Repository};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-repository-undeclared",
    severity: Severity::Breaks,
    page: include_str!("image-repository-undeclared.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let repositories = images::repositories(world);
    // A module that was not seen may make repositories, too.
    let unseen = world
        .facts
        .terraform
        .roots
        .iter()
        .flat_map(|root| &root.calls)
        .any(|call| {
            let source = call
                .source
                .as_ref()
                .and_then(Value::str)
                .unwrap_or_default();
            source.contains("ecr") && call.folder.is_none()
        });
    if repositories.is_empty() || unseen {
        return;
    }
    let mut named: Vec<(&Value, ImageReference)> = images::pulled(world)
        .into_iter()
        .map(|pulled| (pulled.image, pulled.reference))
        .collect();
    named.extend(
        images::pushes(world)
            .into_iter()
            .filter(|push| !push.doer.is_document())
            .map(|push| (push.image, push.reference)),
    );
    let own = |reference: &ImageReference| {
        repositories
            .iter()
            .any(|repository| reference.repository.same(&repository.name) != Same::Never)
    };
    let names: Vec<String> = repositories
        .iter()
        .filter_map(|repository| repository.name.literal().map(str::to_owned))
        .collect();
    let mut seen: Vec<Span> = Vec::new();
    for (image, reference) in &named {
        let Some((account, _)) = reference.ecr() else {
            continue;
        };
        let Some(name) = reference.repository.literal() else {
            continue;
        };
        if own(reference) || seen.contains(&image.span) {
            continue;
        }
        // The same registry holds others that are declared, so it is the own one; else only a slip of the pen counts.
        let beside = account.literal().is_some()
            && named.iter().any(|(_, other)| {
                other.registry == reference.registry
                    && own(other)
                    && other.repository.literal().is_some()
            });
        let nearest = suggest(name, names.iter().map(String::as_str));
        if !beside && nearest.is_none() {
            continue;
        }
        seen.push(image.span);
        let shown = nearest
            .and_then(|nearest| {
                repositories
                    .iter()
                    .find(|repository| repository.name.literal() == Some(nearest))
            })
            .or(repositories.first());
        let mut finding = Finding::new(format!(
            "no configuration makes the repository `{name}` that this image is in"
        ))
        .at(image.span, format!("repository `{name}`"))
        .trail(image)
        .about([name.to_owned()]);
        if let Some(repository) = shown {
            finding = finding.and(
                place(repository),
                match nearest {
                    Some(nearest) => format!("`{nearest}` is made here"),
                    None => "these are made".to_owned(),
                },
            );
        }
        if let Some(nearest) = nearest {
            finding = finding.hint(format!("did you mean `{nearest}`?"));
        }
        findings.push(finding);
    }
}

fn place(repository: &Repository<'_>) -> Span {
    repository
        .resource
        .at("name")
        .map_or(repository.resource.span, |name| name.span)
}
