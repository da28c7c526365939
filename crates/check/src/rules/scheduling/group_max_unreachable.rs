//! A group of nodes may grow, and nothing makes it grow.

use seaworthy_facts::{SourceKind, Value};
use seaworthy_link::World;
use seaworthy_link::nodes;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "group-max-unreachable",
    severity: Severity::Unreliable,
    page: include_str!("group-max-unreachable.md"),
    check,
};

/// What makes groups of nodes grow, by the words that anything about it holds.
const SCALERS: [&str; 6] = [
    "cluster-autoscaler",
    "cluster_autoscaler",
    "karpenter",
    "clusterautoscaler",
    "aws_autoscaling_policy",
    "autoscaling:SetDesiredCapacity",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    // What a document plans for is not there yet.
    let scaled = world.sources.iter().any(|source| {
        let text = source.file.text();
        source.kind != SourceKind::Document && SCALERS.iter().any(|word| text.contains(word))
    });
    if scaled {
        return;
    }
    let mut grow: Vec<(&Value, i64, i64, String)> = Vec::new();
    for group in nodes::groups(world) {
        let Some((max, desired)) = group.max.zip(group.desired) else {
            continue;
        };
        let Some((most, now)) = max.int().zip(desired.int()) else {
            continue;
        };
        if most > now && group.resource.at("scaling_config").is_some() {
            grow.push((max, now, most, group.name.to_string()));
        }
    }
    let Some((first, now, most, name)) = grow.first() else {
        return;
    };
    let names: Vec<&str> = grow.iter().map(|(.., name)| name.as_str()).collect();
    let mut finding = Finding::new(format!(
        "node group `{name}` may grow from {now} to {most} nodes, and nothing here makes it grow: pods that do not fit stay pending"
    ))
    .at(first.span, "never reached without an autoscaler")
    .trail(first)
    .note("EKS itself never adds a node to a managed node group")
    .hint("install Karpenter or the cluster autoscaler, or say how many nodes there shall be")
    .confidence(Confidence::Likely)
    .about(names);
    for (max, now, most, name) in &grow[1..] {
        finding = finding.and(max.span, format!("`{name}`: from {now} to {most}"));
    }
    findings.push(finding);
}
