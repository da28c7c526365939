//! Every node keeps pods away.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_link::World;
use seaworthy_link::nodes::tolerates;
use seaworthy_link::nodes::{self, NodeGroup};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "no-untainted-node",
    severity: Severity::Breaks,
    page: include_str!("no-untainted-node.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Nodes that no managed group makes may be open to all.
    if nodes::made_otherwise(world) {
        return;
    }
    let all = nodes::groups(world);
    for root in &world.facts.terraform.roots {
        let groups: Vec<&NodeGroup<'_>> = all
            .iter()
            .filter(|group| std::ptr::eq(group.root, root))
            .collect();
        if groups.is_empty() {
            continue;
        }
        let closed = groups
            .iter()
            .all(|group| !group.hidden_taints && group.hard_taints().next().is_some());
        if !closed {
            continue;
        }
        let first = groups[0];
        let Some(taint) = first.hard_taints().next() else {
            continue;
        };
        let mut finding = Finding::new(format!(
            "every node group of `{}` is tainted: whatever has no toleration, CoreDNS first, stays pending",
            root.label()
        ))
        .at(taint.span, format!("group `{}` keeps pods away", first.name))
        .hint("leave one group without a taint, for what belongs to nobody")
        .confidence(Confidence::Likely)
        .about([root.folder.clone()]);
        for group in &groups[1..] {
            // Groups made from one map say it at one place.
            if let Some(other) = group.hard_taints().next()
                && other.span != taint.span
            {
                let taint = other;
                finding = finding.and(taint.span, format!("so does group `{}`", group.name));
            }
        }
        // A chart of this configuration, or pods of its clusters, that bring no toleration.
        let release = world
            .facts
            .kubernetes
            .clusters
            .iter()
            .flat_map(|cluster| &cluster.releases)
            .find(|release| {
                world
                    .sources
                    .path(release.span.file)
                    .starts_with(root.folder.as_str())
            });
        if let Some(release) = release {
            let chart = release.chart.text().unwrap_or_default();
            finding = finding.and(release.span, format!("chart `{chart}` runs here, too"));
        }
        let pod = world
            .facts
            .kubernetes
            .clusters
            .iter()
            .flat_map(Cluster::workloads)
            .find(|workload| {
                workload
                    .pods()
                    .is_some_and(|pods| !tolerates(pods, taint) && release.is_none())
            });
        if let Some(pod) = pod {
            finding = finding.and(
                pod.name.span,
                format!("`{}` tolerates none of it", pod.name().unwrap_or_default()),
            );
        }
        findings.push(finding);
    }
}
