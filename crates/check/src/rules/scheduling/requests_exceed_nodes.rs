//! One pod asks for more than any node has.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Origin, PodTemplate};
use seaworthy_link::World;
use seaworthy_link::nodes;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "requests-exceed-nodes",
    severity: Severity::Breaks,
    page: include_str!("requests-exceed-nodes.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let groups = nodes::under(world, cluster);
        if groups.is_empty() || nodes::made_otherwise(world) {
            continue;
        }
        let mut largest: Option<(f64, f64, &Value)> = None;
        let mut known = true;
        for group in &groups {
            known &= !group.instance_types.is_empty();
            for value in &group.instance_types {
                let Some(instance) = value.str().and_then(|name| world.knowledge.instance(name))
                else {
                    known = false;
                    continue;
                };
                let (cpus, gib) = (f64::from(instance.cpus), instance.gib);
                largest = Some(match largest {
                    Some((c, g, at)) if g >= gib => (c.max(cpus), g, at),
                    Some((c, _, _)) => (c.max(cpus), gib, value),
                    None => (cpus, gib, value),
                });
            }
        }
        let Some((cpus, gib, place)) = largest.filter(|_| known) else {
            continue;
        };
        for workload in cluster.workloads() {
            if matches!(workload.origin, Origin::Summary { .. }) {
                continue;
            }
            for container in workload
                .pods()
                .into_iter()
                .flat_map(PodTemplate::containers)
            {
                for (resource, most, unit) in [("cpu", cpus, "CPUs"), ("memory", gib, "GiB")] {
                    let Some(request) = container.at(&format!("resources.requests.{resource}"))
                    else {
                        continue;
                    };
                    let Some(asked) = request.scalar().and_then(|text| quantity(&text)) else {
                        continue;
                    };
                    let asked = if resource == "memory" {
                        asked / 1_073_741_824.0
                    } else {
                        asked
                    };
                    if asked <= most {
                        continue;
                    }
                    let name = workload.name().unwrap_or_default();
                    findings.push(
                        Finding::new(format!(
                            "`{name}` requests {} of {resource}, and the largest node has {most} {unit}: its pods stay pending",
                            request.scalar().unwrap_or_default()
                        ))
                        .at(request.span, "no node has so much")
                        .and(place.span, format!("the largest node: {most} {unit}"))
                        .assume(format!(
                            "what instance types have (table of {})",
                            world.knowledge.instances_read()
                        ))
                        .about([name, resource]),
                    );
                }
            }
        }
    }
}

/// A quantity of Kubernetes as a number: `500m` is 0.5, `2Gi` is bytes.
fn quantity(text: &str) -> Option<f64> {
    let at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..at].parse().ok()?;
    let factor = match &text[at..] {
        "" => 1.0,
        "m" => 0.001,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some(number * factor)
}
