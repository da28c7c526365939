//! A scaling policy of AWS and an autoscaler of Kubernetes size one group of nodes.

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Span, Value};
use seaworthy_link::nodes::environment_of;
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "two-scalers-one-group",
    severity: Severity::Unreliable,
    page: include_str!("two-scalers-one-group.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        let Some((what, place)) = autoscaler(world, root) else {
            continue;
        };
        for policy in root.resources("aws_autoscaling_policy") {
            if policy.from_summary {
                continue;
            }
            let Some(group) = policy.at("autoscaling_group_name") else {
                continue;
            };
            if !is_of_nodes(root, group) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "`{}` and {what} size the same nodes: one undoes the other, and AWS ends nodes without draining them",
                    policy.address
                ))
                .at(group.span, "this policy sizes nodes of the cluster")
                .and(place, format!("{what} sizes them, too"))
                .hint("let the one that knows the pods decide, and take the policy away")
                .about([policy.address.to_string()]),
            );
        }
    }
}

/// A cluster autoscaler for which this configuration keeps a role, or that is installed on clusters of its environment.
fn autoscaler(world: &World, root: &Root) -> Option<(&'static str, Span)> {
    let kept = root.calls.iter().find_map(|call| {
        let flag = call
            .arguments
            .map()?
            .entry("attach_cluster_autoscaler_policy")?;
        (flag.value.bool() == Some(true)).then_some(flag.key_span)
    });
    if let Some(span) = kept {
        return Some(("the cluster autoscaler, whose role is made here,", span));
    }
    let own = environment::of_root(root, &world.sources);
    world
        .facts
        .kubernetes
        .clusters
        .iter()
        .filter(|cluster| own.is_none() || environment_of(cluster).is_none_or(|e| Some(e) == own))
        .flat_map(|cluster| &cluster.releases)
        .find(|release| release.chart.str() == Some("cluster-autoscaler"))
        .map(|release| ("the cluster autoscaler", release.span))
}

/// Whether a group's name comes from node groups of a cluster.
fn is_of_nodes(root: &Root, group: &Value) -> bool {
    group.unknowns().iter().any(|(unknown, _)| {
        if unknown.name.contains("node_groups") || unknown.name.contains("aws_eks_node_group") {
            return true;
        }
        let Some(address) = unknown.resource.as_deref() else {
            return false;
        };
        root.find(address).is_some_and(|resource| {
            &*resource.kind == "aws_autoscaling_group"
                && resource.at("tag").is_some_and(|tags| {
                    tags.each().iter().any(|tag| {
                        tag.get("key").and_then(Value::text).is_some_and(|key| {
                            key.known_prefix().starts_with("kubernetes.io/cluster/")
                        })
                    })
                })
        })
    })
}
