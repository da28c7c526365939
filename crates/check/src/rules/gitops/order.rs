//! The order in which Flux applies, and who brings the definition of a kind.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Cluster, Means, Object, Origin, Release};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

/// A Flux Kustomization with what it applies.
pub(super) struct Step<'a> {
    pub object: &'a Object,
    pub name: String,
    /// What it waits for: the names, and where they are said.
    pub depends_on: Vec<(String, Span)>,
}

/// A kind that an object uses and a chart brings.
pub(super) struct Needed<'a> {
    /// The object of the kind.
    pub user: &'a Object,
    /// The Flux Kustomization that applies it.
    pub user_step: usize,
    /// The release whose chart brings the definition.
    pub release: &'a Release,
    /// The Flux Kustomization that applies the release.
    pub owner_step: usize,
    /// The chart's table, as it was read.
    pub chart: &'static seaworthy_knowledge::charts::Chart,
}

/// The Flux Kustomizations of a cluster.
pub(super) fn steps(cluster: &Cluster) -> Vec<Step<'_>> {
    let mut seen = HashSet::new();
    cluster
        .of("Kustomization")
        .filter(|object| {
            object
                .api_version
                .str()
                .is_some_and(|api| api.starts_with("kustomize.toolkit.fluxcd.io"))
        })
        .filter_map(|object| {
            let name = object.name.text()?.to_string();
            if !seen.insert(name.clone()) {
                return None;
            }
            let depends_on = object
                .at("spec.dependsOn")
                .into_iter()
                .flat_map(Value::items)
                .filter_map(|entry| {
                    let name = entry.get("name")?;
                    Some((name.str()?.to_owned(), name.span))
                })
                .collect();
            Some(Step {
                object,
                name,
                depends_on,
            })
        })
        .collect()
}

/// The step that applies something: the one whose name the list of appliers points at.
fn step_of(
    steps: &[Step<'_>],
    applied_by: &[seaworthy_facts::kubernetes::Applied],
) -> Option<usize> {
    applied_by
        .iter()
        .filter(|applied| applied.means == Means::Flux)
        .find_map(|applied| {
            steps
                .iter()
                .position(|step| step.object.name.span == applied.span)
        })
}

/// Every kind that is used and brought by a chart in a step of the same cluster; each pair of steps and kind once.
pub(super) fn needed<'a>(
    world: &World,
    cluster: &'a Cluster,
    steps: &[Step<'a>],
) -> Vec<Needed<'a>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for user in &cluster.objects {
        let Some((group, _)) = user.api_version.str().and_then(|api| api.split_once('/')) else {
            continue;
        };
        if !group.contains('.')
            || group.ends_with(".k8s.io") && !group.contains(".x-k8s.io")
            || group.ends_with("fluxcd.io")
        {
            continue;
        }
        if matches!(user.origin, Origin::Summary { .. } | Origin::Chart { .. }) {
            continue;
        }
        let Some(user_step) = step_of(steps, &user.applied_by) else {
            continue;
        };
        // A definition that is applied as a file of its own.
        let defined = cluster.of("CustomResourceDefinition").any(|definition| {
            !matches!(definition.origin, Origin::Summary { .. })
                && definition.at("spec.names.kind").and_then(Value::str) == Some(&user.kind)
        });
        if defined {
            continue;
        }
        let charts = world.knowledge.charts_with_definition(&user.kind, group);
        let owner = cluster.releases.iter().find_map(|release| {
            let name = release.chart.str()?;
            let chart = charts.iter().find(|chart| chart.name == name)?;
            Some((release, *chart, step_of(steps, &release.applied_by)?))
        });
        let Some((release, chart, owner_step)) = owner else {
            continue;
        };
        if seen.insert((user_step, owner_step)) {
            found.push(Needed {
                user,
                user_step,
                release,
                owner_step,
                chart,
            });
        }
    }
    found
}

/// Whether one step waits for another, directly or through others.
pub(super) fn waits(steps: &[Step<'_>], from: usize, to: usize) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        for (name, _) in &steps[at].depends_on {
            if let Some(next) = steps.iter().position(|step| step.name == *name) {
                if next == to {
                    return true;
                }
                open.push(next);
            }
        }
    }
    false
}
