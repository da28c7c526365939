//! An Ingress or route leads to a Service, or to a port of it, that is not there.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Text, Value};
use seaworthy_link::{World, services};

use super::cluster_names::{is_written, makes_unseen, namespace, nearest_name, service};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-backend-missing",
    severity: Severity::Breaks,
    page: include_str!("ingress-backend-missing.md"),
    check,
};

/// A place that traffic is sent to.
struct Backend<'a> {
    name: &'a Value,
    namespace: Option<Text>,
    port: Option<&'a Value>,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let unseen = cluster.incomplete || makes_unseen(cluster);
        for object in cluster.objects.iter().filter(|object| is_written(object)) {
            for backend in backends(object) {
                judge(world, cluster, object, &backend, unseen, findings);
            }
        }
    }
}

fn backends(object: &Object) -> Vec<Backend<'_>> {
    let own = namespace(object);
    let mut found = Vec::new();
    match &*object.kind {
        "Ingress" => {
            let rules = object
                .at("spec.rules")
                .into_iter()
                .flat_map(Value::items)
                .filter_map(|rule| rule.at("http.paths"))
                .flat_map(Value::items)
                .filter_map(|path| path.get("backend"));
            let defaults = object
                .at("spec.defaultBackend")
                .into_iter()
                .chain(object.at("spec.backend"));
            for backend in rules.chain(defaults) {
                let (name, port) = match backend.get("service") {
                    Some(service) => (
                        service.get("name"),
                        service
                            .at("port.number")
                            .or_else(|| service.at("port.name")),
                    ),
                    None => (backend.get("serviceName"), backend.get("servicePort")),
                };
                if let Some(name) = name {
                    found.push(Backend {
                        name,
                        namespace: own.clone(),
                        port,
                    });
                }
            }
        }
        "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" => {
            for reference in object
                .at("spec.rules")
                .into_iter()
                .flat_map(Value::items)
                .filter_map(|rule| rule.get("backendRefs"))
                .flat_map(Value::items)
            {
                if reference
                    .get("kind")
                    .and_then(Value::str)
                    .is_some_and(|kind| kind != "Service")
                {
                    continue;
                }
                if let Some(name) = reference.get("name") {
                    found.push(Backend {
                        name,
                        namespace: reference
                            .get("namespace")
                            .and_then(Value::text)
                            .or_else(|| own.clone()),
                        port: reference.get("port"),
                    });
                }
            }
        }
        _ => {}
    }
    found
}

fn judge(
    world: &World,
    cluster: &Cluster,
    object: &Object,
    backend: &Backend<'_>,
    unseen: bool,
    findings: &mut Vec<Finding>,
) {
    let Some(name) = backend.name.text() else {
        return;
    };
    // An action of the AWS load balancer, which stands in an annotation.
    if backend.port.and_then(Value::str) == Some("use-annotation") {
        return;
    }
    if name.literal().is_some_and(services::is_operated) {
        return;
    }
    let own = object.name.text().unwrap_or_default();
    let about = [cluster.name.to_string(), own.to_string(), name.to_string()];
    let Some(found) = service(cluster, backend.namespace.as_ref(), &name) else {
        let elsewhere = cluster
            .of("Service")
            .find(|service| service.name.text().as_ref() == Some(&name));
        // What OpenTofu makes goes to a cluster that other trees fill, too: a like name there is a neighbour's.
        let is_from_terraform = matches!(object.origin, Origin::Terraform { .. });
        if is_from_terraform && is_in_another_tree(world, backend) {
            return;
        }
        let near = elsewhere.or_else(|| {
            let candidates: Vec<&Object> = cluster
                .of("Service")
                .filter(|service| service.is_in(backend.namespace.as_ref()))
                .collect();
            let names: Vec<&str> = candidates
                .iter()
                .filter_map(|service| service.name())
                .collect();
            let near = nearest_name(name.literal()?, &names)?;
            candidates
                .into_iter()
                .find(|service| service.name() == Some(near))
        });
        if near.is_none()
            && (unseen || object.applied_by.is_empty() || is_in_another_tree(world, backend))
        {
            return;
        }
        let mut finding = Finding::new(format!(
            "{} `{own}` leads to Service `{name}`, which {} does not have: requests get an error",
            object.kind,
            backend.namespace.as_ref().map_or_else(
                || "its namespace".to_owned(),
                |namespace| format!("namespace `{namespace}`")
            )
        ))
        .at(backend.name.span, "there is no such Service");
        if let Some(near) = near {
            let (span, says) = match (elsewhere, &near.namespace) {
                (Some(_), Some(namespace)) => (
                    namespace.span,
                    format!(
                        "it is in namespace `{}`",
                        namespace.text().unwrap_or_default()
                    ),
                ),
                _ => (near.name.span, "the Service that is there".to_owned()),
            };
            finding = finding.and(span, says);
        }
        findings.push(finding.trail(backend.name).about(about));
        return;
    };
    let Some(port) = backend.port.filter(|port| !port.is_unknown()) else {
        return;
    };
    let ports = found.at("spec.ports").map_or(&[][..], Value::items);
    if ports.is_empty() || ports.iter().any(Value::is_unknown) {
        return;
    }
    let has = ports.iter().any(|own| match port.int() {
        Some(number) => own
            .get("port")
            .is_some_and(|port| port.int().is_none_or(|port| port == number)),
        None => own.get("name").and_then(Value::text) == port.text(),
    });
    if has {
        return;
    }
    let place = ports[0].get("port").unwrap_or(&found.name);
    findings.push(
        Finding::new(format!(
            "{} `{own}` leads to port `{}` of Service `{name}`, which has no such port: requests get an error",
            object.kind,
            port.text().unwrap_or_default()
        ))
        .at(port.span, "the Service has no such port")
        .and(place.span, "the port it has")
        .trail(port)
        .about(about),
    );
}

/// Whether another tree of the repository has the Service: both may go to one cluster, one after the other.
fn is_in_another_tree(world: &World, backend: &Backend<'_>) -> bool {
    let Some(name) = backend.name.text() else {
        return true;
    };
    world
        .facts
        .kubernetes
        .clusters
        .iter()
        .any(|cluster| service(cluster, backend.namespace.as_ref(), &name).is_some())
}
