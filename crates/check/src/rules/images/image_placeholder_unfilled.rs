//! An image that stands for another, and nothing that puts the other in.

use seaworthy_facts::delivery::What;
use seaworthy_link::{World, images};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-placeholder-unfilled",
    severity: Severity::Breaks,
    page: include_str!("image-placeholder-unfilled.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Whoever edits files or sets images may fill it.
    let filled = world
        .facts
        .delivery
        .deeds()
        .any(|(_, deed)| matches!(deed.what, What::SetImage { .. } | What::EditFile { .. }))
        || world
            .facts
            .delivery
            .deeds()
            .any(|(_, deed)| match &deed.what {
                What::Apply { text, .. } => text.is_some(),
                _ => false,
            })
        || world
            .facts
            .kubernetes
            .clusters
            .iter()
            .any(|cluster| cluster.of("ImageUpdateAutomation").next().is_some());
    let templated = world
        .facts
        .delivery
        .scripts
        .iter()
        .flat_map(|script| &script.commands)
        .any(|command| {
            command
                .words
                .first()
                .and_then(|word| word.str())
                .is_some_and(|program| {
                    matches!(
                        program,
                        "envsubst"
                            | "sed"
                            | "yq"
                            | "gomplate"
                            | "j2"
                            | "jinja2"
                            | "ansible-playbook"
                            | "ytt"
                    )
                })
        });
    if filled || templated {
        return;
    }
    let mut seen = Vec::new();
    for pulled in images::pulled(world) {
        let Some(name) = pulled.image.str() else {
            continue;
        };
        if !is_placeholder(name)
            || seen.contains(&pulled.image.span)
            || images::is_sample(world, pulled.object)
        {
            continue;
        }
        // Without anything that applies it, it may be a template for a person.
        let Some(applied) = pulled.object.applied_by.first() else {
            continue;
        };
        seen.push(pulled.image.span);
        findings.push(
            Finding::new(format!(
                "`{name}` is no image: nothing puts the real one in before it is applied"
            ))
            .at(pulled.image.span, "still a placeholder when it arrives")
            .and(applied.span, format!("{} applies it", applied.by))
            .hint(
                "set it: `kustomize edit set image`, `images:` of the kustomization, or `envsubst`",
            )
            .about([pulled.object.name().unwrap_or_default().to_owned()]),
        );
    }
}

fn is_placeholder(name: &str) -> bool {
    let upper = name.to_uppercase();
    [
        "PLACEHOLDER",
        "REPLACE_ME",
        "REPLACEME",
        "CHANGEME",
        "CHANGE_ME",
        "<IMAGE",
        "IMAGE_NAME",
        "YOUR_",
        "YOUR-",
    ]
    .iter()
    .any(|word| upper.contains(word))
        || name.contains("${")
        || name.contains("{{")
        || name.starts_with('$')
        || name.contains('<')
}
