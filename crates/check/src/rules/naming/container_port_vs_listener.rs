//! The port that a container declares is not the one its program listens on.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;
use seaworthy_link::containers::{Container, containers};
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
            findings.extend(one(world, &container));
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
