//! Pods ask for a label that no node has.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Cluster, Origin};
use seaworthy_link::World;
use seaworthy_link::clusters::is_auto;
use seaworthy_link::nodes::{self, NodeGroup};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "nodeselector-no-group",
    severity: Severity::Breaks,
    page: include_str!("nodeselector-no-group.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Karpenter and Auto Mode make nodes with labels of their own.
    let mut made = world.facts.terraform.resources("aws_eks_cluster");
    if nodes::made_otherwise(world) || made.any(|(_, cluster)| is_auto(cluster)) {
        return;
    }
    for cluster in &world.facts.kubernetes.clusters {
        let groups = nodes::under(world, cluster);
        if groups.is_empty() || !groups.iter().all(NodeGroup::labels_known) {
            continue;
        }
        for (selector, who) in selectors(cluster) {
            for entry in selector.entries() {
                let Some(wanted) = entry.value.scalar() else {
                    continue;
                };
                if is_given(&entry.key) {
                    continue;
                }
                let has = |group: &&NodeGroup<'_>| {
                    group
                        .label(&entry.key)
                        .is_some_and(|value| value.scalar().is_none_or(|value| value == wanted))
                };
                if groups.iter().any(|group| has(&group)) {
                    continue;
                }
                let near = groups
                    .iter()
                    .find_map(|group| Some((group.label(&entry.key)?, group)));
                let mut finding = Finding::new(format!(
                    "{who} asks for nodes with label `{}={wanted}`, and no node group has it: its pods stay pending",
                    entry.key
                ))
                .at(entry.value.span, "no node group gives its nodes this label")
                .about([who.clone(), entry.key.to_string(), wanted.clone()]);
                finding = match near {
                    Some((value, group)) => finding.and(
                        value.span,
                        format!(
                            "group `{}` has `{}={}`",
                            group.name,
                            entry.key,
                            value.scalar().unwrap_or_default()
                        ),
                    ),
                    None => finding.and(
                        groups[0].resource.span,
                        format!("group `{}` has other labels, or none", groups[0].name),
                    ),
                };
                findings.push(finding);
            }
        }
    }
}

/// Selectors of workloads, and those in the values of charts.
fn selectors(cluster: &Cluster) -> Vec<(&Value, String)> {
    let mut selectors = Vec::new();
    for workload in cluster.workloads() {
        if matches!(workload.origin, Origin::Summary { .. }) {
            continue;
        }
        if let Some(selector) = workload
            .pods()
            .and_then(|pods| pods.spec.get("nodeSelector"))
        {
            let name = workload.name().unwrap_or_default();
            selectors.push((selector, format!("{} `{name}`", workload.kind)));
        }
    }
    for release in &cluster.releases {
        let chart = release.chart.text().unwrap_or_default();
        release.values.walk(&mut |value| {
            if let Some(selector) = value.get("nodeSelector") {
                selectors.push((selector, format!("chart `{chart}`")));
            }
        });
    }
    selectors
}

/// Labels that nodes have without anybody's doing.
fn is_given(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    domain.ends_with("kubernetes.io")
        || domain.ends_with("k8s.io")
        || domain.ends_with("amazonaws.com")
        || domain.starts_with("eks.")
        || domain.starts_with("karpenter.")
        || domain.starts_with("nvidia.com")
}
