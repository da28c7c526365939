//! Every pull request pushes into the production registry.

use seaworthy_facts::delivery::Doer;
use seaworthy_link::{World, environment, images};

use super::supply::{add, is_conditional, pulled_of};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pr-build-pushes-to-prod-registry",
    severity: Severity::Insecure,
    page: include_str!("pr-build-pushes-to-prod-registry.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pulled = images::pulled(world);
    let mut seen = Vec::new();
    for push in images::pushes(world) {
        let Doer::Step { workflow, .. } = push.doer else {
            continue;
        };
        let Some(trigger) = workflow
            .triggers
            .iter()
            .find(|trigger| trigger.event.starts_with("pull_request"))
        else {
            continue;
        };
        // Closed and merged pull requests are no proposals any more.
        let closed = trigger
            .types
            .iter()
            .any(|kind| kind.str() == Some("closed"));
        if closed || is_conditional(world, &push) {
            continue;
        }
        let mut deployed = Vec::new();
        for pulled in pulled_of(&pulled, &push) {
            if pulled.cluster.environment.as_deref() == Some("production") {
                add(&mut deployed, pulled.image.span);
            }
        }
        let name = push.reference.repository.to_string();
        let says = environment::of_name(&name) == Some("production")
            || push.reference.registry.as_ref().is_some_and(|registry| {
                environment::of_name(&registry.to_string()) == Some("production")
            });
        if !says && deployed.is_empty() || seen.contains(&push.deed.span) {
            continue;
        }
        seen.push(push.deed.span);
        let mut finding = Finding::new(format!(
            "every pull request pushes an image into the production repository `{name}`, reviewed or not"
        ))
        .at(trigger.span, format!("pull requests start `{}`", workflow.name))
        .and(push.image.span, "and this pushes for each of them")
        .hint("push from pull requests to a repository of their own, or only build")
        .about([workflow.name.to_string(), name]);
        for span in deployed.into_iter().take(4) {
            finding = finding.and(span, "production pulls from that repository");
        }
        findings.push(finding);
    }
}
