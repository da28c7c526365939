//! What is torn down takes the images with it, and what builds it up again pushes none.

use seaworthy_facts::delivery::{Deed, Doer, What};
use seaworthy_facts::{Span, Text};
use seaworthy_link::World;
use seaworthy_link::images;

use super::supply::add;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "registry-emptied-by-teardown",
    severity: Severity::Unreliable,
    page: include_str!("registry-emptied-by-teardown.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let pulled = images::pulled(world);
    let mut seen: Vec<Span> = Vec::new();
    for repository in images::repositories(world) {
        let Some(force) = repository
            .resource
            .at("force_delete")
            .filter(|force| force.bool() == Some(true))
        else {
            continue;
        };
        let runs = |verb: &'static str| {
            world.facts.delivery.deeds().filter(move |(doer, deed)| {
                matches!(doer, Doer::Script(_))
                    && !doer.is_document()
                    && terraform(deed, verb, &repository.root.folder)
            })
        };
        let Some((_, destroy)) = runs("destroy").next() else {
            continue;
        };
        let Some((Doer::Script(create), apply)) = runs("apply").next() else {
            continue;
        };
        // Whoever builds it up again may push, in the same script or in one that a document names beside it.
        let filled = create.deeds.iter().any(|deed| pushes_image(&deed.what))
            || world.facts.delivery.scripts.iter().any(|script| {
                let calls = |name: seaworthy_facts::FileId| {
                    script.deeds.iter().any(|deed| matches!(&deed.what, What::Call { file: Some(file), .. } if *file == name))
                };
                calls(create.file)
                    && script.deeds.iter().any(|deed| pushes_image(&deed.what))
            });
        let own: Vec<_> = pulled
            .iter()
            .filter(|pulled| pulled.is_from(&repository))
            .collect();
        if filled || own.is_empty() || seen.contains(&force.span) {
            continue;
        }
        seen.push(force.span);
        let mut finding = Finding::new(format!(
            "after a teardown `{}` is empty and nothing in `{}` fills it: pods cannot pull",
            repository.name,
            world.sources.path(create.file)
        ))
        .at(force.span, "the images go with the repository")
        .and(destroy.span, "this destroys it")
        .and(apply.span, "this makes it again, without images")
        .hint(
            "keep the registry in a configuration of its own, or push the images after it is made",
        )
        .about([repository.resource.plain_address.to_string()]);
        let mut places = Vec::new();
        for pulled in own {
            add(&mut places, super::supply::place(world, pulled));
            for applied in &pulled.object.applied_by {
                finding = finding.link(applied.span, format!("{} deploys it", applied.by));
            }
        }
        for place in places.into_iter().take(4) {
            finding = finding.and(place, "this image is then missing");
        }
        if let Some(push) = pushes
            .iter()
            .find(|push| push.fills(&repository) && matches!(push.doer, Doer::Script(_)))
        {
            finding = finding.link(
                push.deed.span,
                "it is pushed by a script that nothing calls",
            );
        }
        findings.push(finding);
    }
}

fn terraform(deed: &Deed, wanted: &str, root: &str) -> bool {
    match &deed.what {
        What::Terraform { verb, folder, .. } => {
            &**verb == wanted && *folder == Text::from(seaworthy_facts::normalized(root))
        }
        _ => false,
    }
}

fn pushes_image(what: &What) -> bool {
    matches!(
        what,
        What::PushImage { .. } | What::BuildImage { push: true, .. }
    )
}
