//! A Service opens a port on every node for a load balancer that goes to the pods directly.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "nodeport-behind-ip-target",
    severity: Severity::Insecure,
    page: include_str!("nodeport-behind-ip-target.md"),
    check,
};

const TARGET: &str = "alb.ingress.kubernetes.io/target-type";

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for service in cluster.of("Service") {
            let Some(kind) = service.at("spec.type") else {
                continue;
            };
            if kind.str() != Some("NodePort") || matches!(service.origin, Origin::Summary { .. }) {
                continue;
            }
            let Some((ingress, span)) = by_address(cluster, service) else {
                continue;
            };
            let name = service.name.text().unwrap_or_default();
            findings.push(
                Finding::new(format!(
                    "Service `{name}` opens a port on every node that nothing needs: its load balancer goes to the pods by their addresses"
                ))
                .at(kind.span, "a port on every node")
                .and(span, format!("Ingress `{}` goes to the pods directly", ingress.name.text().unwrap_or_default()))
                .about([cluster.name.to_string(), name.to_string()]),
            );
        }
    }
}

/// The Ingress that leads to the Service by the pods' addresses, if all that lead there do.
fn by_address<'a>(cluster: &'a Cluster, service: &Object) -> Option<(&'a Object, Span)> {
    let name = service.name.text()?;
    let namespace = service.namespace.as_ref().and_then(Value::text);
    let mut found = None;
    for ingress in cluster
        .of("Ingress")
        .filter(|ingress| ingress.is_in(namespace.as_ref()))
    {
        let mut leads = false;
        if let Some(spec) = ingress.at("spec") {
            spec.walk(&mut |value| {
                leads |= value
                    .get("service")
                    .and_then(|service| service.get("name"))
                    .or_else(|| value.get("serviceName"))
                    .and_then(Value::text)
                    .is_some_and(|own| own == name);
            });
        }
        if !leads {
            continue;
        }
        let target = ingress.annotation(TARGET)?;
        if target.str() != Some("ip") {
            return None;
        }
        found.get_or_insert((ingress, target.span));
    }
    found
}
