//! An autoscaler measures CPU or memory on a cluster that nothing gives a metrics server.

use seaworthy_facts::Value;
use seaworthy_link::World;
use seaworthy_link::clusters::is_auto;
use seaworthy_link::nodes;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "hpa-no-metrics-source",
    severity: Severity::Breaks,
    page: include_str!("hpa-no-metrics-source.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let eks = world
        .facts
        .terraform
        .resources("aws_eks_cluster")
        .next()
        .map(|(_, cluster)| cluster);
    // Without the cluster's own configuration in sight, whoever made it may have installed anything.
    let Some(eks) = eks else { return };
    if is_auto(eks) {
        return;
    }
    if world
        .sources
        .iter()
        .any(|source| source.file.text().contains("metrics-server"))
    {
        return;
    }
    let unseen_releases = world.facts.kubernetes.clusters.iter().any(|cluster| {
        cluster
            .releases
            .iter()
            .any(|release| release.chart.is_unknown())
    });
    if unseen_releases || nodes::groups(world).is_empty() {
        return;
    }
    let scaler = world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| cluster.of("HorizontalPodAutoscaler"))
        .find_map(|scaler| {
            let by_resource = scaler
                .at("spec.metrics")
                .map_or(&[][..], Value::items)
                .iter()
                .find_map(|metric| metric.at("resource.name"));
            let place = by_resource.or_else(|| scaler.at("spec.targetCPUUtilizationPercentage"))?;
            Some((scaler, place))
        });
    let Some((scaler, place)) = scaler else {
        return;
    };
    findings.push(
        Finding::new(format!(
            "autoscaler `{}` needs resource metrics, and nothing here installs a metrics server on `{}`",
            scaler.name().unwrap_or_default(),
            eks.address
        ))
        .at(place.span, "resource metrics come from metrics-server")
        .and(eks.span, "EKS brings none of its own")
        .hint("add the add-on `metrics-server`, or its chart")
        .confidence(Confidence::Possible)
        .about([eks.address.to_string()]),
    );
}
