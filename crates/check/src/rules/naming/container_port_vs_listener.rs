//! The port that a container declares is not the one its program listens on.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;
use seaworthy_link::containers::{Container, From, containers};
use seaworthy_link::exposure;

use super::listening;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "container-port-vs-listener",
    severity: Severity::Unreliable,
    page: include_str!("container-port-vs-listener.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for container in containers(world) {
        if !matches!(container.workload.origin, Origin::Summary { .. }) {
            let before = findings.len();
            findings.extend(one(world, &container));
            if findings.len() == before {
                findings.extend(by_name(&container));
            }
        }
    }
}

fn one(world: &World, container: &Container<'_>) -> Option<Finding> {
    let declared: Vec<&Value> = container
        .body
        .get("ports")?
        .items()
        .iter()
        .filter(|port| port.get("protocol").and_then(Value::str) != Some("UDP"))
        .filter_map(|port| port.get("containerPort"))
        .collect();
    let numbers: Option<Vec<i64>> = declared.iter().map(|port| port.int()).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    let listens = listening::ports(world, container)?;
    let first = listens.first()?;
    if listens
        .iter()
        .any(|listens| numbers.contains(&listens.port))
    {
        return None;
    }
    let name = container.workload.name.text()?.to_string();
    let service = container
        .cluster
        .of("Service")
        .filter(|service| {
            exposure::selected(container.cluster, service)
                .iter()
                .any(|workload| std::ptr::eq(*workload, container.workload))
        })
        .flat_map(|service| service.at("spec.ports").map_or(&[][..], Value::items))
        .find_map(|port| {
            let target = port.get("targetPort")?;
            (target.int() == Some(first.port)).then_some(target)
        });
    Some(
        Finding::new(format!(
            "`{name}` declares port {} and listens on {}",
            numbers[0], first.port
        ))
        .at(declared[0].span, "nothing listens on this port")
        .and(first.span, format!("{} {}", first.says, first.port))
        .and_maybe(
            service.map(|target| (target.span, format!("the Service sends to {}", first.port))),
        )
        .hint(format!("say `containerPort: {}`", first.port))
        .about([name]),
    )
}

/// A variable that is called after a port of the container and says another number: `PORT_ADMIN`, `ADMIN_PORT`.
fn by_name(container: &Container<'_>) -> Option<Finding> {
    let ports = container.body.get("ports")?.items();
    let numbers: Vec<i64> = ports
        .iter()
        .filter_map(|port| port.get("containerPort")?.int())
        .collect();
    if numbers.len() != ports.len() {
        return None;
    }
    let variables = container.environment().variables;
    for port in ports {
        let (Some(name), Some(number)) = (
            port.get("name").and_then(Value::str),
            port.get("containerPort"),
        ) else {
            continue;
        };
        let word = name.to_ascii_uppercase().replace('-', "_");
        let called = [format!("PORT_{word}"), format!("{word}_PORT")];
        let said = variables.iter().find_map(|variable| {
            let From::Value(value) = variable.from else {
                return None;
            };
            let own = variable.name.literal()?;
            let says: i64 = value.scalar()?.parse().ok()?;
            (called.iter().any(|called| called == own) && !numbers.contains(&says))
                .then_some((own, says, value))
        });
        if let Some((variable, says, value)) = said {
            let workload = container.workload.name.text()?.to_string();
            return Some(
                Finding::new(format!(
                    "`{workload}` declares port `{name}` as {} and is told to listen on {says}",
                    number.int()?
                ))
                .at(number.span, "nothing listens on this port")
                .and(value.span, format!("`{variable}` says {says}"))
                .hint(format!("say `containerPort: {says}`"))
                .about([workload, name.to_owned()]),
            );
        }
    }
    None
}
