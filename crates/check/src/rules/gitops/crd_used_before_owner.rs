//! A Flux Kustomization uses a kind that a chart brings, and nothing makes it wait for that chart.

use seaworthy_facts::kubernetes::{Cluster, Means};
use seaworthy_facts::{SourceKind, Span};
use seaworthy_knowledge::charts::Chart;
use seaworthy_link::World;

use super::order::{Needed, Step, needed, steps, waits};
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
        let mut by_owner: Vec<(Span, Vec<Needed<'_>>)> = Vec::new();
        for needed in needed(world, cluster, &steps) {
            let same = needed.user_step == needed.owner_step;
            if (!same && waits(&steps, needed.user_step, needed.owner_step))
                || is_bootstrapped(world, cluster, needed.chart)
            {
                continue;
            }
            match by_owner
                .iter_mut()
                .find(|(span, _)| *span == needed.release.span)
            {
                Some((_, all)) => all.push(needed),
                None => by_owner.push((needed.release.span, vec![needed])),
            }
        }
        for (_, all) in by_owner {
            findings.extend(finding(&steps, &all));
        }
    }
}

/// One finding for all that need what one release brings; those that are applied together with it come first.
fn finding(steps: &[Step<'_>], all: &[Needed<'_>]) -> Option<Finding> {
    let first = all
        .iter()
        .find(|needed| needed.user_step == needed.owner_step)
        .or_else(|| all.first())?;
    let (user, owner) = (&steps[first.user_step], &steps[first.owner_step]);
    let same = first.user_step == first.owner_step;
    let name = first.user.name.text().unwrap_or_default();
    let release = first.release.name.text().unwrap_or_default();
    let message = if same {
        format!(
            "`{}` applies {} `{name}` together with release `{release}`, whose chart brings that kind: on a new cluster the kind is unknown, all of it is refused, and the release never comes",
            user.name, first.user.kind
        )
    } else {
        format!(
            "`{}` applies {} `{name}` and does not wait for `{}`, whose release `{release}` brings that kind: on a new cluster its sync fails until the other happens to be done",
            user.name, first.user.kind, owner.name
        )
    };
    let mut finding = Finding::new(message)
        .at(
            first.user.api_version.span,
            "the kind is not known until the chart is installed",
        )
        .and(
            first.release.span,
            format!("chart `{}` brings it", first.chart.name),
        );
    finding = if same {
        finding.link(user.object.name.span, "both are applied by this")
    } else {
        finding
            .and(
                user.object.name.span,
                format!("no `dependsOn` that leads to `{}`", owner.name),
            )
            .link(owner.object.name.span, "applies the release")
    };
    for other in all
        .iter()
        .filter(|other| !std::ptr::eq(*other, first))
        .take(6)
    {
        let step = &steps[other.user_step];
        finding = finding.and(
            other.user.api_version.span,
            format!("`{}` uses what the chart brings, too", step.name),
        );
    }
    Some(
        finding
            .assume(format!(
                "chart `{}` {} brings `{}` (read {})",
                first.chart.name, first.chart.version, first.user.kind, first.chart.read
            ))
            .about([owner.name.clone(), first.chart.name.clone()]),
    )
}

/// Whether something installs the chart, or its kinds alone, before GitOps comes.
fn is_bootstrapped(world: &World, cluster: &Cluster, chart: &Chart) -> bool {
    let released = cluster
        .releases
        .iter()
        .filter(|release| release.chart.str() == Some(&chart.name))
        .flat_map(|release| &release.applied_by)
        .any(|applied| !matches!(applied.means, Means::Flux));
    // `prometheus-operator-crds` brings the kinds of `kube-prometheus-stack` before it.
    let by_kinds_alone = cluster
        .releases
        .iter()
        .filter_map(|release| release.chart.str()?.strip_suffix("-crds"))
        .any(|kinds| {
            let words = |name: &str| -> Vec<String> {
                let words = name.split('-').filter(|word| word.len() > 4);
                words.map(str::to_owned).collect()
            };
            let own = words(&chart.name);
            words(kinds).iter().any(|word| own.contains(word))
        });
    released
        || by_kinds_alone
        || world.sources.iter().any(|source| {
            let path = source.file.path();
            let early = matches!(
                source.kind,
                SourceKind::Shell | SourceKind::Makefile | SourceKind::Text
            ) || path.contains("bootstrap")
                || path.contains("helmfile")
                || path.contains("askfile");
            early && source.file.text().contains(chart.name.as_str())
        })
}
