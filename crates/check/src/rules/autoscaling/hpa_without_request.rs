//! An autoscaler measures use against a request that the containers do not make.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Object;
use seaworthy_link::World;

use super::target::target;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "hpa-without-request",
    severity: Severity::Breaks,
    page: include_str!("hpa-without-request.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        // A LimitRange may give containers their requests.
        if cluster.of("LimitRange").next().is_some() {
            continue;
        }
        for scaler in cluster.of("HorizontalPodAutoscaler") {
            let Some(workload) = target(cluster, scaler) else {
                continue;
            };
            for (resource, place) in measured(scaler) {
                findings.extend(without(workload, scaler, resource, place));
            }
        }
    }
}

/// The resources whose use is a share of the request, each with the place that says so.
fn measured(scaler: &Object) -> Vec<(&str, &Value)> {
    let mut measured: Vec<(&str, &Value)> = scaler
        .at("spec.targetCPUUtilizationPercentage")
        .map(|place| ("cpu", place))
        .into_iter()
        .collect();
    for metric in scaler.at("spec.metrics").map_or(&[][..], Value::items) {
        let Some(resource) = metric.get("resource") else {
            continue;
        };
        let is_share = resource.at("target.averageUtilization").is_some()
            || resource.get("targetAverageUtilization").is_some();
        if let Some(name) = resource.get("name")
            && is_share
            && let Some(resource) = name.str()
        {
            measured.push((resource, name));
        }
    }
    measured
}

fn without(workload: &Object, scaler: &Object, resource: &str, place: &Value) -> Option<Finding> {
    let pods = workload.pods()?;
    let containers = pods.spec.get("containers")?;
    let missing = containers.items().iter().find(|container| {
        let resources = container.get("resources");
        if resources.is_some_and(Value::is_unknown) {
            return false;
        }
        let has = |kind: &str| {
            resources
                .and_then(|resources| resources.get(kind))
                .is_some_and(|list| list.is_unknown() || list.get(resource).is_some())
        };
        // A limit alone is taken for the request as well.
        !has("requests") && !has("limits")
    })?;
    let name = missing.get("name")?;
    let shown = name.str()?;
    Some(
        Finding::new(format!(
            "autoscaler `{}` scales by {resource} use, and container `{shown}` requests no {resource}: it never gets a metric",
            scaler.name().unwrap_or_default()
        ))
        .at(name.span, format!("this container has no `requests.{resource}`"))
        .and(place.span, "use is measured as a share of the request")
        .hint(format!(
            "give every container of `{}` a `resources.requests.{resource}`",
            workload.name().unwrap_or_default()
        ))
        .about([scaler.name().unwrap_or_default(), shown, resource]),
    )
}
