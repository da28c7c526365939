//! A branch's name becomes a tag as it is; names with `/` make no tag.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::{ImageReference, Value};
use seaworthy_link::{World, images};

use super::supply::origin;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "branch-name-invalid-as-tag",
    severity: Severity::Breaks,
    page: include_str!("branch-name-invalid-as-tag.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let Doer::Step { workflow, .. } = doer else {
            continue;
        };
        let Some(trigger) = workflow
            .triggers
            .iter()
            .find(|trigger| images::any_branch(trigger))
        else {
            continue;
        };
        let mentions = |value: &Value| {
            let text = world.sources.slice(value.span);
            text.contains("github.ref") || text.contains("head_ref") || text.contains("event_name")
        };
        let Doer::Step { job, step, .. } = doer else {
            continue;
        };
        if job.condition.as_ref().is_some_and(mentions)
            || step.condition.as_ref().is_some_and(mentions)
            || deed
                .conditions
                .iter()
                .any(|span| world.sources.slice(*span).contains("REF"))
        {
            continue;
        }
        let named: Vec<&Value> = match &deed.what {
            What::PushImage { image } => vec![image],
            What::TagImage { to, .. } => vec![to],
            What::BuildImage { tags, .. } => tags.iter().collect(),
            _ => continue,
        };
        for image in named {
            let Some(tag) = image
                .text()
                .and_then(|text| ImageReference::parse(&text).tag)
            else {
                continue;
            };
            if images::branch(&tag) != Some(images::Branch::Raw) {
                continue;
            }
            let from = origin(image);
            // One expression that several commands use is one mistake; the first command is where the job stops.
            if seen.contains(&from) {
                continue;
            }
            seen.push(from);
            let merge = trigger.event.starts_with("pull_request") && only(&tag, "github.ref_name");
            let why = if merge {
                "on a pull request `github.ref_name` is `NUMBER/merge`, which is no tag"
            } else {
                "a branch such as `fix/login` is no tag: `/` is not allowed in one"
            };
            let mut finding = Finding::new(format!(
                "`{}` fails for every branch with a `/` in its name: the name becomes an image tag as it is",
                workflow.name
            ))
            .at(from, why)
            .hint("make a tag of it first: `docker/metadata-action`, or `${BRANCH//\\//-}`")
            .about([workflow.name.to_string()]);
            if image.span != from {
                finding = finding.and(image.span, "used as a tag here");
            }
            findings.push(finding.and(trigger.span, "branches of any name start it"));
        }
    }
}

fn only(tag: &seaworthy_facts::Text, name: &str) -> bool {
    tag.holes().any(|hole| &*hole.name == name)
}
