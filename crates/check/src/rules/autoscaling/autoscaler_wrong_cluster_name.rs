//! An autoscaler or controller is told another cluster's name.

use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::clusters::{MadeCluster, Match, named};
use seaworthy_link::nodes::environment_of;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "autoscaler-wrong-cluster-name",
    severity: Severity::Breaks,
    page: include_str!("autoscaler-wrong-cluster-name.md"),
    check,
};

/// Charts that act on the nodes or load balancers of the cluster whose name they are told, and where they are told.
const TOLD: [(&str, &str, &str); 4] = [
    (
        "cluster-autoscaler",
        "autoDiscovery.clusterName",
        "finds no node group to scale",
    ),
    (
        "karpenter",
        "settings.clusterName",
        "starts nodes that cannot join",
    ),
    (
        "karpenter",
        "settings.aws.clusterName",
        "starts nodes that cannot join",
    ),
    (
        "aws-load-balancer-controller",
        "clusterName",
        "finds no subnet of its own",
    ),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let environment = environment_of(cluster);
        for release in &cluster.releases {
            for (chart, path, effect) in TOLD {
                if release.chart.str() != Some(chart) {
                    continue;
                }
                let Some(value) = release.values.at(path) else {
                    continue;
                };
                let Some(name) = value.text() else { continue };
                let Match::Misses(Some(made)) = named(world, &name, environment) else {
                    continue;
                };
                findings.push(
                    Finding::new(format!(
                        "`{chart}` is told cluster `{name}`, and the cluster is called `{}`: it {effect}",
                        made.name
                    ))
                    .at(value.span, "no cluster made here has this name")
                    .and(
                        said_at(world, &made),
                        format!("`{}` is `{}`", made.address, made.name),
                    )
                    .trail(made.value)
                    .about([chart.to_owned(), name.to_string(), cluster.name.to_string()]),
                );
            }
        }
        // The same controllers as plain manifests, by the flag that tells them.
        for workload in cluster.workloads() {
            let Some(pods) = workload.pods() else {
                continue;
            };
            for container in pods.containers() {
                let words = ["command", "args"]
                    .into_iter()
                    .filter_map(|key| container.get(key))
                    .flat_map(Value::items);
                for word in words {
                    let Some(name) = word.str().and_then(discovered) else {
                        continue;
                    };
                    let Match::Misses(Some(made)) = named(world, &name.into(), environment) else {
                        continue;
                    };
                    findings.push(
                        Finding::new(format!(
                            "the cluster autoscaler looks for groups of cluster `{name}`, and the cluster is called `{}`: it scales nothing",
                            made.name
                        ))
                        .at(word.span, "no cluster made here has this name")
                        .and(
                        said_at(world, &made),
                        format!("`{}` is `{}`", made.address, made.name),
                    )
                        .trail(made.value)
                        .about([name.to_owned(), cluster.name.to_string()]),
                    );
                }
            }
        }
    }
}

/// Where the name is written: what is only passed on is shown at its start, what is put together where it is.
fn said_at(world: &World, made: &MadeCluster<'_>) -> Span {
    let written = world.sources.slice(made.span);
    if written.contains("${") || written.contains('(') {
        return made.span;
    }
    made.value.trail.origin().unwrap_or(made.span)
}

/// The cluster in `--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/NAME`.
fn discovered(word: &str) -> Option<&str> {
    let tags = word.strip_prefix("--node-group-auto-discovery=asg:tag=")?;
    tags.split(',')
        .filter_map(|tag| tag.trim().strip_prefix("k8s.io/cluster-autoscaler/"))
        .map(|name| name.split('=').next().unwrap_or(name))
        .find(|name| !matches!(*name, "enabled" | "node-template"))
        .filter(|name| !name.contains(['<', '$', '{', '/']) && !name.is_empty())
}
