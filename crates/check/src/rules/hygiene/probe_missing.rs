//! Pods behind a Service that are sent requests before they are ready.

use std::collections::HashSet;

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Object, PodTemplate};
use seaworthy_link::World;

use super::workloads::{Place, grouped, written};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "probe-missing",
    severity: Severity::Unreliable,
    page: include_str!("probe-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut places = Vec::new();
    let served = served(world);
    for (_, workload) in written(world) {
        if !matches!(&*workload.kind, "Deployment" | "StatefulSet") {
            continue;
        }
        let Some(pods) = workload.pods() else {
            continue;
        };
        let containers = pods.spec.get("containers").map_or(&[][..], Value::items);
        let probed = containers.iter().any(|container| {
            container.is_unknown()
                // Istio puts its image in here, with its probe.
                || container.get("image").and_then(Value::str) == Some("auto")
                || ["readinessProbe", "startupProbe", "livenessProbe"]
                    .iter()
                    .any(|key| container.get(key).is_some_and(|probe| !probe.is_null()))
        });
        let served = || served.contains(&std::ptr::from_ref(workload));
        let Some(first) = containers.first().filter(|_| !probed && served()) else {
            continue;
        };
        let name = workload.name.text().unwrap_or_default();
        places.push(Place {
            span: first.get("name").map_or(workload.span, |name| name.span),
            says: format!("{} `{name}` has no probe", workload.kind),
            name: name.to_string(),
        });
    }
    let message = match places.as_slice() {
        [one] => format!(
            "{}: it is sent requests before it can answer, and is not restarted when it hangs",
            one.says
        ),
        places => format!(
            "{} workloads behind Services have no probe: they are sent requests before they can answer, and are not restarted when they hang",
            places.len()
        ),
    };
    findings.extend(grouped(message, places));
}

/// The workloads that Services lead to, by where they stand in memory.
fn served(world: &World) -> HashSet<*const Object> {
    let mut served = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for service in cluster.of("Service") {
            let Some(selector) = service
                .at("spec.selector")
                .filter(|selector| !selector.entries().is_empty())
            else {
                continue;
            };
            let namespace = service.namespace.as_ref().and_then(Value::text);
            let selected = cluster.selectable(selector).filter(|workload| {
                let labels = workload.pods().and_then(PodTemplate::labels);
                workload.is_in(namespace.as_ref())
                    && selector.entries().iter().all(|entry| {
                        let own = labels.and_then(|labels| labels.get(&entry.key));
                        let own = own.and_then(Value::text);
                        own.is_some() && own == entry.value.text()
                    })
            });
            served.extend(selected.map(std::ptr::from_ref));
        }
    }
    served
}
