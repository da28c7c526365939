//! A pod takes a Secret that the CSI driver makes only while another pod mounts its class.

use std::collections::HashSet;

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Object;
use seaworthy_link::World;
use seaworthy_link::containers::secret_uses;
use seaworthy_link::made_secrets::{self, Maker};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "csi-secret-needs-other-pod",
    severity: Severity::Unreliable,
    page: include_str!("csi-secret-needs-other-pod.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let made = made_secrets::made(world, cluster);
        if !made.iter().any(|made| made.by == Maker::Csi) {
            continue;
        }
        for workload in cluster.workloads() {
            let mounted = mounted(workload);
            if mounted.iter().any(|class| class.str().is_none()) {
                continue;
            }
            let namespace = workload.namespace.as_ref().and_then(Value::text);
            let mut done = HashSet::new();
            for used in secret_uses(cluster, workload) {
                let Some(name) = used.name.text() else {
                    continue;
                };
                if used.optional || !done.insert(name.to_string()) {
                    continue;
                }
                let makers: Vec<_> = made
                    .iter()
                    .filter(|made| made.is(&name, namespace.as_ref()))
                    .collect();
                if makers.is_empty() || makers.iter().any(|made| made.by != Maker::Csi) {
                    continue;
                }
                let mounts_one = makers.iter().any(|made| {
                    made.object.is_some_and(|class| {
                        mounted.iter().any(|own| {
                            class
                                .name
                                .text()
                                .zip(own.text())
                                .is_none_or(|(a, b)| a.same(&b) != seaworthy_facts::Same::Never)
                        })
                    })
                });
                if mounts_one {
                    continue;
                }
                let class = makers[0]
                    .object
                    .and_then(Object::name)
                    .unwrap_or("a class")
                    .to_owned();
                let own = workload
                    .name
                    .text()
                    .map_or_else(|| "a workload".to_owned(), |name| name.to_string());
                findings.push(
                    Finding::new(format!(
                        "`{own}` takes Secret `{name}`, which is only there while another pod mounts class `{class}`"
                    ))
                    .at(used.name.span, format!("this pod does not mount `{class}`"))
                    .and(makers[0].span, format!("`{class}` makes it when a pod that mounts it starts"))
                    .and_maybe(mounted.first().map(|own| {
                        (own.span, "this pod mounts another class".to_owned())
                    }))
                    .hint(format!("mount `{class}` in this pod, too"))
                    .about([own, name.to_string()]),
                );
            }
        }
    }
}

/// The classes that a workload's pods mount.
fn mounted(workload: &Object) -> Vec<&Value> {
    let Some(pods) = workload.pods() else {
        return Vec::new();
    };
    pods.spec
        .get("volumes")
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(|volume| volume.at("csi.volumeAttributes.secretProviderClass"))
        .collect()
}
