//! A volume names no class, and the cluster has no default.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Cluster;
use seaworthy_link::clusters::is_auto;
use seaworthy_link::{World, volumes};

use super::eks;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pvc-no-default-class",
    severity: Severity::Breaks,
    page: include_str!("pvc-no-default-class.md"),
    check,
};

/// From this version on, the class that EKS makes is no default for new clusters.
/// Source: the notes on Kubernetes 1.30 in the user guide of EKS.
const WITHOUT_DEFAULT: u32 = 30;

fn check(world: &World, findings: &mut Vec<Finding>) {
    // Somebody marks a class as default: here, in a script, in a chart's values.
    let marked = world.sources.iter().any(|source| {
        let text = source.file.text();
        text.contains("is-default-class") || text.contains("defaultStorageClass")
    });
    if marked {
        return;
    }
    for cluster in &world.facts.kubernetes.clusters {
        let Some((_, resource)) = eks::under(world, cluster) else {
            continue;
        };
        let Some((minor, version)) = eks::minor(resource) else {
            continue;
        };
        if minor < WITHOUT_DEFAULT || is_auto(resource) || incomplete(cluster) {
            continue;
        }
        let without: Vec<_> = volumes::asked(cluster)
            .into_iter()
            .filter(|asked| asked.class.is_none())
            .collect();
        let Some(first) = without.first() else {
            continue;
        };
        let mut finding = Finding::new(format!(
            "{} names no storage class, and a cluster of EKS 1.{minor} has no default: the claim stays pending",
            first.who
        ))
        .at(first.span, "no class is named")
        .and(version.span, "since 1.30, EKS marks no class as default")
        .trail(version)
        .assume("the cluster was made with 1.30 or later; one that was upgraded keeps its default")
        .hint("name a class, or make one that is marked as default")
        .about([first.who.clone(), cluster.name.to_string()]);
        for more in &without[1..] {
            finding = finding.and(more.span, format!("{} names none", more.who));
        }
        findings.push(finding);
    }
}

/// A class may come from what was not seen.
fn incomplete(cluster: &Cluster) -> bool {
    cluster.incomplete
        || cluster
            .of("StorageClass")
            .any(|class| class.body.get("metadata").is_some_and(Value::is_unknown))
}
