//! A network policy opens a port that nobody listens on, and closes the one that a Service sends to.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Cluster, Object, Origin, PodTemplate};
use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "netpol-blocks-needed-flow",
    severity: Severity::Breaks,
    page: include_str!("netpol-blocks-needed-flow.md"),
    check,
};

/// A direction of a policy.
struct Side {
    rules: &'static str,
    policy_type: &'static str,
}

const IN: Side = Side {
    rules: "spec.ingress",
    policy_type: "Ingress",
};
const OUT: Side = Side {
    rules: "spec.egress",
    policy_type: "Egress",
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for policy in cluster.of("NetworkPolicy") {
            if matches!(policy.origin, Origin::Summary { .. }) {
                continue;
            }
            for finding in incoming(cluster, policy)
                .into_iter()
                .chain(outgoing(cluster, policy))
            {
                if finding
                    .diagnostic
                    .place()
                    .is_some_and(|place| told.insert(place))
                {
                    findings.push(finding);
                }
            }
        }
    }
}

/// Ports of its own pods that it opens and none has, where a Service sends to one that stays closed.
fn incoming(cluster: &Cluster, policy: &Object) -> Vec<Finding> {
    let Some(selector) = policy.at("spec.podSelector.matchLabels") else {
        return Vec::new();
    };
    let pods = pods(cluster, policy, selector);
    if pods.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for port in ports(policy, &IN).filter(|(_, port)| nobody_has(&pods, port)) {
        let closed = sent_to(cluster, &pods).into_iter().find(|flow| {
            !policies_of(cluster, &pods, &IN)
                .any(|other| rules(other, &IN).any(|rule| opens(rule, flow)))
        });
        found.extend(closed.map(|flow| {
            finding(
                policy,
                port.1,
                format!("opens a port that the pods of `{}` do not have", flow.pods),
                &flow,
            )
        }));
    }
    found
}

/// Ports of pods that it lets its own go out to, which these do not have.
fn outgoing(cluster: &Cluster, policy: &Object) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in rules(policy, &OUT) {
        let peers: Vec<&Object> = rule
            .get("to")
            .map_or(&[][..], Value::items)
            .iter()
            .filter(|peer| peer.get("namespaceSelector").is_none())
            .filter_map(|peer| peer.at("podSelector.matchLabels"))
            .flat_map(|selector| pods(cluster, policy, selector))
            .collect();
        let peers_only = rule
            .get("to")
            .map_or(&[][..], Value::items)
            .iter()
            .all(|peer| peer.get("namespaceSelector").is_none() && peer.get("ipBlock").is_none());
        if peers.is_empty() || !peers_only {
            continue;
        }
        let listed = rule.get("ports").map_or(&[][..], Value::items);
        for port in listed.iter().filter_map(|port| port.get("port")) {
            if !nobody_has(&peers, port) {
                continue;
            }
            let closed = sent_to(cluster, &peers)
                .into_iter()
                .find(|flow| !rules(policy, &OUT).any(|rule| opens(rule, flow)));
            found.extend(closed.map(|flow| {
                finding(
                    policy,
                    port,
                    format!(
                        "lets out to a port that the pods of `{}` do not have",
                        flow.pods
                    ),
                    &flow,
                )
            }));
        }
    }
    found
}

/// A port of pods that a Service sends to.
struct Flow<'a> {
    service: &'a Object,
    /// Where the Service says so.
    place: Span,
    /// The container's port.
    port: &'a Value,
    name: Option<&'a str>,
    number: i64,
    /// Whose pods.
    pods: String,
}

/// The workloads that a selector of a policy means, each with ports that are all known; nothing where it means others,
/// too.
fn pods<'a>(cluster: &'a Cluster, policy: &Object, selector: &Value) -> Vec<&'a Object> {
    if selector.entries().is_empty() || selector.is_unknown() {
        return Vec::new();
    }
    let namespace = policy.namespace.as_ref().and_then(Value::text);
    let selected: Vec<&Object> = cluster
        .selectable(selector)
        .filter(|workload| {
            workload.is_in(namespace.as_ref())
                && workload
                    .pods()
                    .and_then(PodTemplate::labels)
                    .is_some_and(|labels| has(labels, selector))
        })
        .collect();
    let is_known = selected.iter().all(|workload| {
        let ports = declared(workload);
        !ports.is_empty()
            && ports
                .iter()
                .all(|port| port.get("containerPort").and_then(Value::int).is_some())
    });
    if is_known { selected } else { Vec::new() }
}

fn has(labels: &Value, selector: &Value) -> bool {
    selector.entries().iter().all(|entry| {
        match (
            labels.get(&entry.key).and_then(Value::text),
            entry.value.text(),
        ) {
            (Some(own), Some(wanted)) => own.same(&wanted) == Same::Always,
            _ => false,
        }
    })
}

fn declared(workload: &Object) -> Vec<&Value> {
    workload
        .pods()
        .into_iter()
        .flat_map(PodTemplate::containers)
        .filter_map(|container| container.get("ports"))
        .flat_map(Value::items)
        .collect()
}

/// Whether none of these pods declares a port, by number or by name.
fn nobody_has(pods: &[&Object], port: &Value) -> bool {
    let (number, name) = (port.int(), port.str());
    (number.is_some() || name.is_some())
        && !pods
            .iter()
            .flat_map(|pods| declared(pods))
            .any(|declared| match (number, name) {
                (Some(number), _) => {
                    declared.get("containerPort").and_then(Value::int) == Some(number)
                }
                (None, name) => declared.get("name").and_then(Value::str) == name,
            })
}

/// The ports of these pods that Services send to.
fn sent_to<'a>(cluster: &'a Cluster, pods: &[&'a Object]) -> Vec<Flow<'a>> {
    let mut found = Vec::new();
    for service in cluster.of("Service") {
        let Some(selector) = service
            .at("spec.selector")
            .filter(|selector| !selector.entries().is_empty())
        else {
            continue;
        };
        for workload in pods.iter().filter(|workload| {
            workload.namespace() == service.namespace()
                && workload
                    .pods()
                    .and_then(PodTemplate::labels)
                    .is_some_and(|labels| has(labels, selector))
        }) {
            for port in service.at("spec.ports").map_or(&[][..], Value::items) {
                let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else {
                    continue;
                };
                found.extend(declared(workload).into_iter().find_map(|own| {
                    let name = own.get("name").and_then(Value::str);
                    let number = own.get("containerPort")?;
                    let is_it = match target.int() {
                        Some(target) => number.int() == Some(target),
                        None => name.is_some() && name == target.str(),
                    };
                    is_it.then_some(Flow {
                        service,
                        place: target.span,
                        port: number,
                        name,
                        number: number.int()?,
                        pods: workload.name.text().unwrap_or_default().to_string(),
                    })
                }));
            }
        }
    }
    found
}

/// The policies for a direction that select these pods.
fn policies_of<'a>(
    cluster: &'a Cluster,
    pods: &'a [&'a Object],
    side: &'a Side,
) -> impl Iterator<Item = &'a Object> {
    cluster.of("NetworkPolicy").filter(move |policy| {
        let is_of_side = policy.at("spec.policyTypes").is_none_or(|types| {
            types
                .items()
                .iter()
                .any(|one| one.str() == Some(side.policy_type))
        });
        let selector = policy.at("spec.podSelector.matchLabels");
        is_of_side
            && pods.iter().any(|workload| {
                workload.namespace() == policy.namespace()
                    && selector.is_none_or(|selector| {
                        workload
                            .pods()
                            .and_then(PodTemplate::labels)
                            .is_some_and(|labels| has(labels, selector))
                    })
            })
    })
}

fn rules<'a>(policy: &'a Object, side: &Side) -> impl Iterator<Item = &'a Value> {
    policy.at(side.rules).map_or(&[][..], Value::items).iter()
}

fn ports<'a>(policy: &'a Object, side: &Side) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    rules(policy, side).flat_map(|rule| {
        rule.get("ports")
            .map_or(&[][..], Value::items)
            .iter()
            // A range may be meant for more than these pods.
            .filter(|port| port.get("endPort").is_none())
            .filter_map(move |port| Some((rule, port.get("port")?)))
    })
}

/// Whether a rule lets this port through.
fn opens(rule: &Value, flow: &Flow<'_>) -> bool {
    let Some(ports) = rule.get("ports").filter(|ports| !ports.items().is_empty()) else {
        return true;
    };
    ports.items().iter().any(|port| {
        let Some(first) = port.get("port") else {
            return true;
        };
        match (first.int(), port.get("endPort").and_then(Value::int)) {
            (Some(first), Some(last)) => (first..=last).contains(&flow.number),
            (Some(first), None) => first == flow.number,
            // A name, or not known.
            (None, _) => first.str().is_none_or(|name| Some(name) == flow.name),
        }
    })
}

fn finding(policy: &Object, port: &Value, says: String, flow: &Flow<'_>) -> Finding {
    let name = policy.name.text().unwrap_or_default().to_string();
    let service = flow.service.name.text().unwrap_or_default();
    let shown = port.scalar().unwrap_or_default();
    Finding::new(format!(
        "NetworkPolicy `{name}` opens port {shown}, and Service `{service}` sends to {}, which stays closed",
        flow.number
    ))
    .at(port.span, says)
    .and(flow.port.span, "the pods have this port")
    .and(flow.place, format!("Service `{service}` sends to it"))
    .trail(port)
    .about([name, service.to_string(), shown])
}
