//! A Service sends to a port that its pods do not have.

use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, built};

use super::cluster_names::{is_written, selected};
use super::listening::port_of_image;
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
            let ports = service.at("spec.ports").map_or(&[][..], Value::items);
            // Where one port is right, a further number is one that the program has and nobody declares.
            let declared = ports.iter().filter(|port| is_declared(port, &workloads));
            let some_fit = declared.count() > 0;
            for port in ports {
                if some_fit && target_of(port).is_none_or(|target| target.int().is_some()) {
                    continue;
                }
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
    let Some(target) = target_of(port) else {
        return;
    };
    if target.is_unknown() {
        return;
    }
    let name = service.name.text().unwrap_or_default();
    let number = target.int();
    // Without an address of its own a Service only gives those of its pods: whoever asks brings the port. Webhooks and
    // metrics of controllers are served on ports that their frameworks choose.
    let headless = service.at("spec.clusterIP").and_then(Value::str) == Some("None");
    let of_framework = service
        .name()
        .is_some_and(|name| name.contains("webhook") || name.contains("metrics"));
    if number.is_some() && (headless || of_framework) {
        return;
    }
    let mut near = None;
    for workload in workloads {
        let Some(pods) = workload.pods() else { return };
        // Side cars that are put in later bring ports of their own.
        if injected(workload) {
            return;
        }
        // A number need not be declared: one that says nothing of its ports may have it.
        let mut silent = false;
        let main = pods.spec.get("containers").map_or(&[][..], Value::items);
        for container in pods.containers() {
            let ports = container.get("ports");
            if ports.is_some_and(Value::is_unknown) {
                return;
            }
            let is_main = main.iter().any(|main| std::ptr::eq(main, container));
            silent |= is_main && ports.is_none_or(|ports| ports.items().is_empty());
            for own in ports.into_iter().flat_map(Value::items) {
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
            let image = container.get("image").and_then(Value::text);
            let by_image = image.as_ref().and_then(port_of_image);
            if number.is_some_and(|number| by_image == Some(number) || mentions(container, number))
            {
                return;
            }
        }
        if number.is_some() && silent {
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

/// Where a port of a Service leads to.
fn target_of(port: &Value) -> Option<&Value> {
    port.get("targetPort")
        .filter(|target| !target.is_null())
        .or_else(|| port.get("port"))
}

/// Whether a container declares the port that one of a Service leads to.
fn is_declared(port: &Value, workloads: &[&Object]) -> bool {
    let Some(target) = target_of(port) else {
        return false;
    };
    workloads
        .iter()
        .filter_map(|workload| workload.pods())
        .flat_map(PodTemplate::containers)
        .filter_map(|container| container.get("ports"))
        .flat_map(Value::items)
        .any(|own| match target.int() {
            Some(number) => own.get("containerPort").and_then(Value::int) == Some(number),
            None => own.get("name").and_then(Value::text) == target.text(),
        })
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
