//! Prometheus keeps its data on the node, and loses them with the pod.

use seaworthy_link::World;

use super::prometheus_stack::{place, releases};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "prometheus-without-storage",
    severity: Severity::Unreliable,
    page: include_str!("prometheus-without-storage.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (cluster, release) in releases(world) {
        let spec = release.values.at("prometheus.prometheusSpec");
        let off = release
            .values
            .at("prometheus.enabled")
            .is_some_and(|enabled| enabled.bool() != Some(true));
        let kept = ["storageSpec", "remoteWrite", "volumes", "thanos"]
            .iter()
            .any(|key| {
                spec.and_then(|spec| spec.get(key)).is_some_and(|value| {
                    !value.entries().is_empty() || !value.items().is_empty() || value.is_unknown()
                })
            });
        let agent = release.values.at("prometheus.agentMode").is_some();
        if off || kept || agent || spec.is_some_and(seaworthy_facts::Value::is_unknown) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "Prometheus of release `{}` keeps its data on the node: they are lost whenever its pod moves",
                release.name.text().unwrap_or_default()
            ))
            .at(place(release, "prometheus"), "no `prometheus.prometheusSpec.storageSpec`")
            .assume("chart `kube-prometheus-stack` gives Prometheus no volume by default (table of 2026-11-21)")
            .about([cluster.name.to_string()]),
        );
    }
}
