//! A container mounts a volume that its pod does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Object, Origin, PodTemplate};
use seaworthy_facts::{Span, Text, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "volume-missing",
    severity: Severity::Breaks,
    page: include_str!("volume-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            if matches!(workload.origin, Origin::Summary { .. }) {
                continue;
            }
            let Some(pods) = workload.pods() else {
                continue;
            };
            let Some(volumes) = volumes(workload, pods) else {
                continue;
            };
            // Without an image it is a patch, and the rest is elsewhere.
            for container in pods
                .containers()
                .filter(|container| container.get("image").is_some())
            {
                for name in mounted(container) {
                    if let Some(finding) = judge(workload, &volumes, name)
                        && !is_conditional(world, name)
                        && told.insert(name.span)
                    {
                        findings.push(finding);
                    }
                }
            }
        }
    }
}

/// Whether the chart's template has a volume of the name as well, under a condition that the values did not meet.
fn is_conditional(world: &World, name: &Value) -> bool {
    let Some(wanted) = name.str() else {
        return false;
    };
    let text = world.sources.get(name.span.file).file.text();
    let said = format!("- name: {wanted}");
    text.contains("{{") && text.lines().filter(|line| line.trim() == said).count() > 1
}

/// The names of the volumes that the containers mount.
fn mounted(container: &Value) -> impl Iterator<Item = &Value> {
    ["volumeMounts", "volumeDevices"]
        .into_iter()
        .filter_map(|key| container.get(key))
        .flat_map(Value::items)
        .filter_map(|mount| mount.get("name"))
}

/// The pod's volumes with those of its claims; `None` where not all of them are known.
fn volumes<'a>(workload: &'a Object, pods: PodTemplate<'a>) -> Option<Vec<(Text, Span)>> {
    let own = pods.spec.get("volumes").map(|list| {
        (
            list.is_unknown(),
            list.items().iter().map(|volume| volume.get("name")),
        )
    });
    let claims = workload.at("spec.volumeClaimTemplates").map(|list| {
        (
            list.is_unknown(),
            list.items().iter().map(|claim| claim.at("metadata.name")),
        )
    });
    let mut names = Vec::new();
    if let Some((unknown, list)) = own {
        if unknown {
            return None;
        }
        for name in list {
            let name = name?;
            names.push((name.text()?, name.span));
        }
    }
    if let Some((unknown, list)) = claims {
        if unknown {
            return None;
        }
        for name in list {
            let name = name?;
            names.push((name.text()?, name.span));
        }
    }
    Some(names)
}

fn judge(workload: &Object, volumes: &[(Text, Span)], name: &Value) -> Option<Finding> {
    let wanted = name.str()?;
    if volumes.iter().any(|(own, _)| own.can_be(wanted)) {
        return None;
    }
    let near = suggest(wanted, volumes.iter().filter_map(|(own, _)| own.literal()));
    let other = match near {
        Some(near) => volumes.iter().find(|(own, _)| own.literal() == Some(near)),
        None => volumes
            .iter()
            .find(|(own, _)| !is_mounted(workload, own))
            .or(volumes.first()),
    };
    let who = workload.name.text().unwrap_or_default();
    let finding = Finding::new(format!(
        "a container of `{who}` mounts volume `{wanted}`, which its pods do not have: they are refused"
    ))
    .at(name.span, "no volume of the pod has this name")
    .trail(name)
    .about([who.to_string(), wanted.to_owned()]);
    Some(match other {
        Some((own, span)) => finding.and(
            *span,
            if is_mounted(workload, own) {
                format!("the pod has `{own}`")
            } else {
                format!("the pod has `{own}`, which nothing mounts")
            },
        ),
        None => finding.and(workload.name.span, "it has no volumes"),
    })
}

fn is_mounted(workload: &Object, name: &Text) -> bool {
    workload.pods().is_some_and(|pods| {
        pods.containers().any(|container| {
            mounted(container).any(|mount| {
                mount
                    .text()
                    .is_some_and(|mount| mount.same(name) != seaworthy_facts::Same::Never)
            })
        })
    })
}
