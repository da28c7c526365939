//! Pods are sent to nodes whose taint they do not tolerate.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Cluster, Origin};
use seaworthy_link::World;
use seaworthy_link::nodes::{self, NodeGroup};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "taint-without-toleration",
    severity: Severity::Breaks,
    page: include_str!("taint-without-toleration.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let groups = nodes::under(world, cluster);
        if groups.is_empty() || groups.iter().any(|group| group.hidden_taints) {
            continue;
        }
        for asks in asking(cluster) {
            let Some(selector) = asks.selector else {
                continue;
            };
            // The groups that its selector leaves.
            let left: Vec<&NodeGroup<'_>> = groups
                .iter()
                .filter(|group| selects(selector, group))
                .collect();
            let tolerated = |group: &NodeGroup<'_>| {
                group.hard_taints().all(|taint| {
                    asks.tolerations.is_some_and(|list| {
                        list.is_unknown() || list.items().iter().any(|t| taint.is_tolerated_by(t))
                    })
                })
            };
            if left.is_empty() || left.iter().any(|group| tolerated(group)) {
                continue;
            }
            let Some((group, taint)) = left
                .iter()
                .find_map(|group| Some((group, group.hard_taints().next()?.clone())))
            else {
                continue;
            };
            findings.push(
                Finding::new(format!(
                    "{} may only run on node group `{}`, whose taint `{}` it does not tolerate: its pods stay pending",
                    asks.who, group.name, taint.key
                ))
                .at(selector.span, format!("only group `{}` has these labels", group.name))
                .and(taint.span, format!("pods without a toleration for `{}` stay away", taint.key))
                .hint(format!(
                    "add a toleration: `key: {}`, `value: \"{}\"`, `effect: {}`",
                    taint.key, taint.value, taint.effect
                ))
                .about([asks.who.clone(), taint.key.to_owned()]),
            );
        }
    }
}

struct Asking<'a> {
    who: String,
    selector: Option<&'a Value>,
    tolerations: Option<&'a Value>,
}

/// Workloads, and the parts of charts whose values place them.
fn asking(cluster: &Cluster) -> Vec<Asking<'_>> {
    let mut asking = Vec::new();
    for workload in cluster.workloads() {
        if matches!(workload.origin, Origin::Summary { .. }) {
            continue;
        }
        if let Some(pods) = workload.pods() {
            asking.push(Asking {
                who: format!(
                    "{} `{}`",
                    workload.kind,
                    workload.name().unwrap_or_default()
                ),
                selector: pods.spec.get("nodeSelector"),
                tolerations: pods.spec.get("tolerations"),
            });
        }
    }
    for release in &cluster.releases {
        let chart = release.chart.text().unwrap_or_default();
        release.values.walk(&mut |value| {
            if value.get("nodeSelector").is_some() {
                asking.push(Asking {
                    who: format!("chart `{chart}`"),
                    selector: value.get("nodeSelector"),
                    tolerations: value.get("tolerations"),
                });
            }
        });
    }
    asking
}

/// Whether a group's nodes have all labels of a selector that tells groups apart. A label that any node may have, such
/// as its architecture, leads to no group.
fn selects(selector: &Value, group: &NodeGroup<'_>) -> bool {
    !selector.entries().is_empty()
        && selector.entries().iter().all(|entry| {
            let wanted = entry.value.scalar();
            match group.label(&entry.key) {
                Some(value) => value.scalar().is_none_or(|value| wanted == Some(value)),
                None => {
                    &*entry.key == "eks.amazonaws.com/nodegroup"
                        && wanted.as_deref() == Some(&*group.name)
                }
            }
        })
}
