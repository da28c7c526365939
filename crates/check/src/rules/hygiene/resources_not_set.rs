//! Containers that ask for no memory and have no limit of it.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_link::World;

use super::workloads::{Place, grouped, written};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "resources-not-set",
    severity: Severity::Unreliable,
    page: include_str!("resources-not-set.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut places = Vec::new();
    for (cluster, workload) in written(world) {
        let namespace = workload.namespace.as_ref().and_then(Value::text);
        // Defaults of the namespace fill what is left out.
        if cluster
            .of("LimitRange")
            .any(|range| range.is_in(namespace.as_ref()))
        {
            continue;
        }
        let Some(pods) = workload.pods() else {
            continue;
        };
        let containers = pods.spec.get("containers").map_or(&[][..], Value::items);
        for container in containers {
            let resources = container.get("resources");
            if resources.is_some_and(Value::is_unknown) {
                continue;
            }
            let memory = ["requests", "limits"].iter().any(|key| {
                resources
                    .and_then(|resources| resources.get(key))
                    .is_some_and(|amounts| amounts.is_unknown() || amounts.get("memory").is_some())
            });
            if memory || is_left_to_users(world, workload, container) {
                continue;
            }
            let name = container
                .get("name")
                .and_then(Value::text)
                .unwrap_or_default();
            let span = resources
                .filter(|resources| !resources.entries().is_empty())
                .or_else(|| container.get("name"))
                .map_or(workload.span, |value| value.span);
            places.push(Place {
                span,
                says: format!(
                    "container `{name}` of {} `{}`",
                    workload.kind,
                    workload.name.text().unwrap_or_default()
                ),
                name: format!("{}/{name}", workload.name.text().unwrap_or_default()),
            });
        }
    }
    let message = match places.as_slice() {
        [one] => format!(
            "{} asks for no memory and has no limit of it: a leak takes its node down, and it is the first to be evicted",
            one.says
        ),
        places => format!(
            "{} containers ask for no memory and have no limit of it: one leak takes a node down, and they are the first to be evicted",
            places.len()
        ),
    };
    findings.extend(grouped(message, places));
}

/// Whether a chart that nothing here installs takes the container's resources from values: whoever installs it gives
/// them, as `helm create` has it.
fn is_left_to_users(world: &World, workload: &Object, container: &Value) -> bool {
    let Some(name) = container.get("name") else {
        return false;
    };
    if !matches!(workload.origin, Origin::Chart { .. })
        || !workload.applied_by.is_empty()
        || name.span.file != workload.file
    {
        return false;
    }
    let text = world.sources.get(workload.file).file.text();
    let start = text[..name.span.start].rfind('\n').map_or(0, |end| end + 1);
    let (before, rest) = (&text[start..name.span.start], &text[name.span.start..]);
    // The column of the container's keys: what is less indented is not the container's any more.
    let column = before.rfind("name").unwrap_or(before.len());
    rest.lines()
        .skip(1)
        .take_while(|line| {
            let own = line.trim_start();
            own.is_empty() || own.starts_with("{{") || line.len() - own.len() >= column
        })
        .any(|line| line.contains(".Values") && line.to_ascii_lowercase().contains("resources"))
}
