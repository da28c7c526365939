//! More pods than the nodes have addresses for.

use std::collections::BTreeSet;

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::instances::AddonPods;
use seaworthy_link::World;
use seaworthy_link::nodes::{self, NodeGroup, tolerates};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pod-slots-exceeded",
    severity: Severity::Unreliable,
    page: include_str!("pod-slots-exceeded.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Prefix delegation gives a node many more addresses.
    if world
        .sources
        .iter()
        .any(|source| source.file.text().contains("ENABLE_PREFIX_DELEGATION"))
    {
        return;
    }
    for cluster in &world.facts.kubernetes.clusters {
        let groups = nodes::under(world, cluster);
        // Nodes with a taint are for those who tolerate it: only open groups are counted, and all must be known.
        let open: Vec<&NodeGroup<'_>> = groups
            .iter()
            .filter(|group| !group.hidden_taints && group.hard_taints().next().is_none())
            .collect();
        let Some(slots) = slots(world, &open) else {
            continue;
        };
        let mut pods = Pods::default();
        for workload in cluster.workloads() {
            if placed_by_values(cluster, workload) {
                continue;
            }
            pods.count(workload, slots.nodes, &groups);
        }
        let of_eks: i64 = addons(world)
            .into_iter()
            .map(|pods| pods.once + pods.on_each_node * slots.nodes)
            .sum();
        let needed = pods.number + of_eks;
        if needed <= slots.number || pods.places.is_empty() {
            continue;
        }
        let mut finding = Finding::new(format!(
            "about {needed} pods are to run on {} nodes that hold {}: the last ones stay pending",
            slots.nodes, slots.number
        ))
        .at(
            slots.place,
            format!("{} pods on each node of this type", slots.each),
        )
        .confidence(Confidence::Possible)
        .assume(format!(
            "the VPC CNI's addresses for each instance type, and what charts run (table of {})",
            world.knowledge.instances_read()
        ))
        .note(format!(
            "counted: {} of workloads and charts, {of_eks} of EKS and its add-ons",
            pods.number
        ))
        .about([cluster.name.to_string()]);
        for (span, says) in pods.places.into_iter().take(4) {
            finding = finding.and(span, says);
        }
        findings.push(finding);
    }
}

/// Pods of the add-ons that are asked for by name, with those that every cluster has in any case.
fn addons(world: &World) -> Vec<AddonPods> {
    let asked = world
        .iam()
        .addons
        .iter()
        .filter_map(|addon| addon.name.str());
    let names: BTreeSet<&str> = asked.chain(["coredns", "kube-proxy", "vpc-cni"]).collect();
    names
        .into_iter()
        .filter_map(|name| world.knowledge.addon_pods(name))
        .collect()
}

struct Slots {
    number: i64,
    nodes: i64,
    each: u32,
    place: Span,
}

fn slots(world: &World, groups: &[&NodeGroup<'_>]) -> Option<Slots> {
    let mut total = 0;
    let mut nodes = 0;
    let mut first: Option<(u32, Span)> = None;
    for group in groups {
        let number = group.max?.int()?.max(group.desired?.int()?);
        // Without an autoscaler it stays at what is desired, but the most is what may be had.
        let value = group.instance_types.first()?;
        let instance = world.knowledge.instance(value.str()?)?;
        let wanted = group.desired?.int()?;
        let number = if number > wanted { wanted } else { number };
        total += i64::from(instance.pods) * number;
        nodes += number;
        first.get_or_insert((instance.pods, value.span));
    }
    let (each, place) = first?;
    Some(Slots {
        number: total,
        nodes,
        each,
        place,
    })
}

/// Whether the values of a chart send its pods to nodes of their choice; which of them, a summary does not say. What
/// runs on every node is counted all the same.
fn placed_by_values(cluster: &Cluster, workload: &Object) -> bool {
    let Origin::Summary { release } = &workload.origin else {
        return false;
    };
    let release = cluster
        .releases
        .iter()
        .find(|own| own.name.text().as_ref() == Some(release));
    let mut placed = false;
    if let Some(release) = release {
        release
            .values
            .walk(&mut |part| placed |= part.get("nodeSelector").is_some());
    }
    placed && &*workload.kind != "DaemonSet"
}

#[derive(Default)]
struct Pods {
    number: i64,
    places: Vec<(Span, String)>,
}

impl Pods {
    fn count(&mut self, workload: &Object, nodes: i64, groups: &[NodeGroup<'_>]) {
        let Some(template) = workload.pods() else {
            return;
        };
        // Those who are sent to a tainted group of their own are not counted here.
        let elsewhere = template.spec.get("nodeSelector").is_some()
            && groups
                .iter()
                .flat_map(NodeGroup::hard_taints)
                .any(|taint| tolerates(template, taint));
        if elsewhere {
            return;
        }
        let number = match &*workload.kind {
            "DaemonSet" => nodes,
            "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout" => workload
                .at("spec.replicas")
                .map_or(Some(1), Value::int)
                .unwrap_or(1),
            _ => return,
        };
        self.number += number;
        let says = format!("`{}`: {number}", workload.name().unwrap_or_default());
        if !self
            .places
            .iter()
            .any(|(span, _)| *span == workload.name.span)
        {
            self.places.push((workload.name.span, says));
        }
    }
}
