//! A Service sends to a port that its pods do not have.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, built};

use super::cluster_names::{is_written, selected};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "service-target-port-missing",
    severity: Severity::Breaks,
    page: include_str!("service-target-port-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for service in cluster.of("Service").filter(|service| is_written(service)) {
            let (workloads, known) = selected(cluster, service);
            let workloads: Vec<&Object> = workloads
                .into_iter()
                .filter(|workload| is_written(workload))
                .collect();
            if workloads.is_empty() || !known {
                continue;
            }
            for port in service.at("spec.ports").into_iter().flat_map(Value::items) {
                of_port(world, cluster, service, port, &workloads, findings);
            }
        }
    }
}

fn of_port(
    world: &World,
    cluster: &Cluster,
    service: &Object,
    port: &Value,
    workloads: &[&Object],
    findings: &mut Vec<Finding>,
) {
    if port
        .get("protocol")
        .and_then(Value::str)
        .is_some_and(|protocol| protocol != "TCP")
    {
        return;
    }
    let Some(target) = port
        .get("targetPort")
        .filter(|target| !target.is_null())
        .or_else(|| port.get("port"))
    else {
        return;
    };
    if target.is_unknown() {
        return;
    }
    let name = service.name.text().unwrap_or_default();
    let number = target.int();
    let mut near = None;
    for workload in workloads {
        let Some(pods) = workload.pods() else { return };
        // Side cars that are put in later bring ports of their own.
        if injected(workload) {
            return;
        }
        let mut any = false;
        for container in pods.containers() {
            let ports = container.get("ports");
            if ports.is_some_and(Value::is_unknown) {
                return;
            }
            for own in ports.into_iter().flat_map(Value::items) {
                any = true;
                let fits = match number {
                    Some(number) => own
                        .get("containerPort")
                        .is_some_and(|port| port.int().is_none_or(|port| port == number)),
                    None => own.get("name").and_then(Value::text) == target.text(),
                };
                if fits {
                    return;
                }
                let place = match number {
                    Some(_) => own.get("containerPort"),
                    None => own.get("name").or_else(|| own.get("containerPort")),
                };
                near = near.or(place.map(|place| (place.span, (*workload).clone())));
            }
            if number.is_some_and(|number| mentions(container, number)) {
                return;
            }
        }
        if number.is_some() && !any {
            return;
        }
        if number.is_none() && near.is_none() {
            near = Some((workload.name.span, (*workload).clone()));
        }
        if let Some(number) = number
            && listens_there(world, workload, number)
        {
            return;
        }
    }
    let Some((span, workload)) = near else { return };
    let own = workload.name.text().unwrap_or_default();
    let what = target.text().unwrap_or_default();
    let at: Span = target.span;
    findings.push(
        Finding::new(format!(
            "Service `{name}` sends to port `{what}`, which the pods of {} `{own}` do not have: connections are refused",
            workload.kind
        ))
        .at(at, if number.is_some() { "no container declares or is told this port" } else { "no container has a port of this name" })
        .and(span, format!("what {} `{own}` has", workload.kind))
        .trail(target)
        .about([cluster.name.to_string(), name.to_string(), what.to_string()]),
    );
}

/// Whether a mesh puts a container into the pods.
fn injected(workload: &Object) -> bool {
    workload
        .pods()
        .and_then(|pods| pods.metadata)
        .and_then(|metadata| metadata.get("annotations"))
        .is_some_and(|annotations| {
            annotations.is_unknown()
                || annotations
                    .entries()
                    .iter()
                    .any(|entry| entry.key.contains("inject"))
        })
}

/// Whether the command, the environment or a probe of a container names the port.
fn mentions(container: &Value, number: i64) -> bool {
    let wanted = number.to_string();
    let mut found = false;
    for key in [
        "command",
        "args",
        "env",
        "readinessProbe",
        "livenessProbe",
        "startupProbe",
    ] {
        if let Some(value) = container.get(key) {
            value.walk(&mut |value| {
                found |= value.is_unknown()
                    || value
                        .text()
                        .is_some_and(|text| text.to_string().contains(&wanted));
            });
        }
    }
    // What the environment is taken from may set it.
    found
}

/// Whether the image's own files say that it listens there, or say nothing that can be held against it.
fn listens_there(world: &World, workload: &Object, number: i64) -> bool {
    let Some(pods) = workload.pods() else {
        return true;
    };
    let wanted = number.to_string();
    pods.containers().any(|container| {
        let Some(image) = container.get("image") else {
            return true;
        };
        let exposed = built::dockerfile(world, image).is_some_and(|file| {
            file.stages
                .iter()
                .flat_map(|stage| &stage.instructions)
                .any(|instruction| {
                    matches!(&*instruction.word, "EXPOSE" | "CMD" | "ENTRYPOINT" | "ENV")
                        && instruction.arguments.iter().any(|argument| {
                            argument
                                .text()
                                .is_some_and(|text| text.to_string().contains(&wanted))
                        })
                })
        });
        let listened = built::program(world, image).is_some_and(|program| {
            program.listens.iter().any(|listen| {
                listen.port.int() == Some(number)
                    || listen.port.unknowns().iter().any(|(unknown, _)| {
                        unknown.choices.is_empty()
                            || unknown.choices.iter().any(|choice| choice.can_be(&wanted))
                    })
            })
        });
        exposed || listened
    })
}
