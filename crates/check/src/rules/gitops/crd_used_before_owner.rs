//! A Flux Kustomization uses a kind that a chart brings, and nothing makes it wait for that chart.

use seaworthy_link::World;

use super::order::{needed, steps, waits};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "crd-used-before-owner",
    severity: Severity::Breaks,
    page: include_str!("crd-used-before-owner.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let steps = steps(cluster);
        for needed in needed(world, cluster, &steps) {
            let (user, owner) = (&steps[needed.user_step], &steps[needed.owner_step]);
            let same = needed.user_step == needed.owner_step;
            if !same && waits(&steps, needed.user_step, needed.owner_step) {
                continue;
            }
            let name = needed.user.name.text().unwrap_or_default();
            let release = needed.release.name.text().unwrap_or_default();
            let message = if same {
                format!(
                    "`{}` applies {} `{name}` together with release `{release}`, whose chart brings that kind: on a new cluster the kind is unknown, all of it is refused, and the release never comes",
                    user.name, needed.user.kind
                )
            } else {
                format!(
                    "`{}` applies {} `{name}` and does not wait for `{}`, whose release `{release}` brings that kind: on a new cluster its sync fails until the other happens to be done",
                    user.name, needed.user.kind, owner.name
                )
            };
            let finding = Finding::new(message)
                .at(
                    needed.user.api_version.span,
                    "the kind is not known until the chart is installed",
                )
                .and(
                    needed.release.span,
                    format!("chart `{}` brings it", needed.chart.name),
                );
            let finding = if same {
                finding.link(user.object.name.span, "both are applied by this")
            } else {
                finding
                    .and(
                        user.object.name.span,
                        format!("no `dependsOn` that leads to `{}`", owner.name),
                    )
                    .link(owner.object.name.span, "applies the release")
            };
            findings.push(
                finding
                    .assume(format!(
                        "chart `{}` {} brings `{}` (read {})",
                        needed.chart.name,
                        needed.chart.version,
                        needed.user.kind,
                        needed.chart.read
                    ))
                    .about([
                        user.name.clone(),
                        owner.name.clone(),
                        needed.user.kind.to_string(),
                    ]),
            );
        }
    }
}
