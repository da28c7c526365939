//! A Flux Kustomization depends on another that is ready before its charts have brought the kinds that are used next.

use seaworthy_facts::Span;
use seaworthy_link::World;

use super::order::{needed, steps};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "depends-on-does-not-wait",
    severity: Severity::Unreliable,
    page: include_str!("depends-on-does-not-wait.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let steps = steps(cluster);
        for needed in needed(world, cluster, &steps) {
            let (user, owner) = (&steps[needed.user_step], &steps[needed.owner_step]);
            let Some((_, depends)) = user.depends_on.iter().find(|(name, _)| *name == owner.name)
            else {
                continue;
            };
            let wait = owner.object.at("spec.wait");
            let checks = owner
                .object
                .at("spec.healthChecks")
                .is_some_and(|checks| !checks.items().is_empty());
            if checks || wait.is_some_and(|wait| wait.bool() != Some(false)) {
                continue;
            }
            let (at, says): (Span, _) = match wait {
                Some(wait) => (wait.span, "it counts as ready as soon as it is applied"),
                None => (
                    owner.object.name.span,
                    "without `wait: true` it counts as ready as soon as it is applied",
                ),
            };
            let release = needed.release.name.text().unwrap_or_default();
            findings.push(
                Finding::new(format!(
                    "`{}` depends on `{}`, which does not wait for release `{release}`: kind `{}` is not there yet when it is applied, and the first syncs fail",
                    user.name, owner.name, needed.user.kind
                ))
                .at(at, says)
                .and(*depends, format!("`{}` waits for no more than that", user.name))
                .and(needed.user.api_version.span, "this kind comes with the chart")
                .link(needed.release.span, format!("chart `{}` brings the definition", needed.chart.name))
                .assume(format!(
                    "chart `{}` {} brings `{}` (read {})",
                    needed.chart.name, needed.chart.version, needed.user.kind, needed.chart.read
                ))
                .about([user.name.clone(), owner.name.clone()]),
            );
        }
    }
}
