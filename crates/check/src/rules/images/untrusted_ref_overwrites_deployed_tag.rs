//! A branch or pull request chooses the tag it pushes, and can choose the one that is deployed.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::Doer;
use seaworthy_link::{World, images};

use super::supply::{self, add, origin};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "untrusted-ref-overwrites-deployed-tag",
    severity: Severity::Insecure,
    page: include_str!("untrusted-ref-overwrites-deployed-tag.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pulled = images::pulled(world);
    let repositories = images::repositories(world);
    for push in images::pushes(world) {
        let Doer::Step { workflow, .. } = push.doer else {
            continue;
        };
        let Some(trigger) = workflow
            .triggers
            .iter()
            .find(|trigger| images::any_branch(trigger))
        else {
            continue;
        };
        let Some(tag) = push.reference.pulled_tag() else {
            continue;
        };
        // `docker/metadata-action` takes the branch of pushes only.
        if tag.to_string().contains("on push") && &*trigger.event != "push" {
            continue;
        }
        // Only a tag that is nothing but the branch can be any tag.
        let free = tag.expanded().into_iter().any(|tag| {
            tag.known_prefix().is_empty()
                && tag.known_suffix().is_empty()
                && tag.parts().len() == 1
                && images::branch(&tag).is_some()
        });
        if !free || supply::is_conditional(world, &push) || supply::immutable(&repositories, &push)
        {
            continue;
        }
        let mut deployed: Vec<(Span, String)> = Vec::new();
        for pulled in supply::pulled_of(&pulled, &push) {
            let Some(own) = pulled.reference.pulled_tag() else {
                continue;
            };
            if let Some(own) = own.literal() {
                deployed.push((
                    supply::place(world, pulled),
                    format!(
                        "`{}` runs what `{own}` is now",
                        pulled.object.name().unwrap_or("a workload")
                    ),
                ));
            }
        }
        if deployed.is_empty() {
            continue;
        }
        let from = origin(push.image);
        let mut finding = Finding::new(format!(
            "a branch called like a deployed tag replaces the image that runs: `{}` tags by branch name on `{}`",
            workflow.name, trigger.event
        ))
        .at(from, "the branch's name becomes the tag")
        .hint("tag builds of branches with the commit, `sha-…`, and make tags immutable")
        .about([workflow.name.to_string(), push.reference.repository.to_string()]);
        if push.image.span != from {
            finding = finding.and(push.image.span, "pushed here");
        }
        for (span, says) in deployed {
            finding = finding.and(span, says);
        }
        let mut mutable = Vec::new();
        for repository in repositories
            .iter()
            .filter(|repository| push.fills(repository))
        {
            let value = repository.resource.at("image_tag_mutability");
            add(
                &mut mutable,
                value.map_or(repository.resource.span, |value| value.span),
            );
        }
        for span in mutable {
            finding = finding.and(span, "tags of this repository can be moved");
        }
        findings.push(finding.link(trigger.span, "anyone who can name a branch starts it"));
    }
}
