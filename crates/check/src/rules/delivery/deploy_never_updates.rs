//! A pipeline pushes new images, and nothing changes what is deployed.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::kubernetes::Means;
use seaworthy_link::{World, images};

use crate::rules::images::supply::{add, called, origin, place, pulled_of};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "deploy-never-updates",
    severity: Severity::Breaks,
    page: include_str!("deploy-never-updates.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    if something_updates(world) {
        return;
    }
    let pushes = images::pushes(world);
    let pulled = images::pulled(world);
    // Whether a pipeline moves a tag that is deployed.
    let by_pipeline =
        |push: &&images::Push<'_>| matches!(push.doer, Doer::Step { .. } | Doer::Pipeline(_));
    let mut seen: Vec<Span> = Vec::new();
    for push in pushes.iter().filter(by_pipeline) {
        if let Doer::Step { workflow, .. } = push.doer
            && !workflow.triggers.iter().any(|trigger| {
                matches!(
                    &*trigger.event,
                    "push" | "release" | "workflow_run" | "schedule"
                )
            })
        {
            // Proposals are not meant to be deployed.
            continue;
        }
        let from = origin(push.image);
        let mut deployed = Vec::new();
        for pulled in pulled_of(&pulled, push) {
            let Some(tag) = pulled.reference.pulled_tag() else {
                continue;
            };
            let Some(tag) = tag.literal() else { continue };
            let moved = pushes
                .iter()
                .filter(by_pipeline)
                .any(|push| push.goes_to(&pulled.reference) && push.can_tag(tag));
            let by_terraform = pulled
                .object
                .applied_by
                .iter()
                .any(|applied| applied.means == Means::Terraform);
            if !moved && !by_terraform {
                deployed.push((pulled, tag.to_owned()));
            }
        }
        // A tag that nobody at all pushes is another finding.
        deployed.retain(|(pulled, tag)| {
            pushes.iter().any(|push| {
                push.is_unknown() || push.goes_to(&pulled.reference) && push.can_tag(tag)
            })
        });
        if deployed.is_empty() || seen.contains(&from) {
            continue;
        }
        seen.push(from);
        let pushed = push.reference.pulled_tag().unwrap_or_default();
        let tag = &deployed[0].1;
        let mut finding = Finding::new(format!(
            "{} pushes `{pushed}`, and what is deployed stays at `{tag}`: a release never reaches the cluster",
            called(push.doer)
        ))
        .at(from, format!("the tag that is pushed: `{pushed}`"))
        .hint("deploy the tag that is pushed: write it to the manifests, or let Flux or Argo CD do it")
        .about([push.reference.repository.to_string(), tag.clone()]);
        if push.image.span != from {
            finding = finding.link(push.image.span, "pushed here");
        }
        let mut places = Vec::new();
        for (pulled, _) in &deployed {
            add(&mut places, place(world, pulled));
        }
        for span in places.into_iter().take(6) {
            finding = finding.and(span, "nothing changes this");
        }
        if let Some(push) = pushes.iter().find(|push| {
            !by_pipeline(push) && push.goes_to(&deployed[0].0.reference) && push.can_tag(tag)
        }) {
            finding = finding.link(
                push.deed.span,
                format!("only this pushes `{tag}`, when a person runs it"),
            );
        }
        findings.push(finding);
    }
}

/// Whether anything in sight may change what is deployed.
fn something_updates(world: &World) -> bool {
    let deeds = world.facts.delivery.deeds().any(|(doer, deed)| {
        !doer.is_document()
            && match &deed.what {
                What::SetImage { .. } | What::EditFile { .. } | What::PushCommits => true,
                What::InstallChart {
                    sets, values_files, ..
                } => {
                    sets.iter()
                        .any(|(path, _)| path.contains("image") || path.contains("tag"))
                        || values_files
                            .iter()
                            .any(|file| file.text().is_some_and(|text| text.literal().is_none()))
                }
                What::TouchObject { verb, .. } => matches!(&**verb, "patch" | "rollout" | "set"),
                What::CloudCall {
                    service, operation, ..
                } => {
                    &**service == "argocd"
                        || &**service == "flux" && operation.contains("image")
                        || operation.contains("update-service")
                }
                _ => false,
            }
    });
    let objects = world.facts.kubernetes.clusters.iter().any(|cluster| {
        cluster.objects.iter().any(|object| {
            matches!(
                &*object.kind,
                "ImageUpdateAutomation" | "ImagePolicy" | "ImageUpdater"
            ) || object
                .annotation("argocd-image-updater.argoproj.io/image-list")
                .is_some()
                || object.annotation("keel.sh/policy").is_some()
        })
    });
    // Updates by a bot: Renovate keeps tags in manifests.
    let bots = world.sources.iter().any(|source| {
        let name = seaworthy_facts::file_name(source.file.path());
        matches!(
            name,
            "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json"
        )
    });
    deeds || objects || bots
}
