//! Workloads without a namespace beside a Service that names one: where they go depends on who applies them.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin, PodTemplate};
use seaworthy_facts::{Value, is_under, parent};
use seaworthy_link::World;

use super::cluster_names::fits;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "namespace-implicit",
    severity: Severity::Unreliable,
    page: include_str!("namespace-implicit.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let mut pairs: Vec<(&Object, &Value, &Object)> = Vec::new();
        for workload in cluster.workloads() {
            if workload.namespace.is_some() || workload.origin != Origin::Manifest {
                continue;
            }
            let labels = workload.pods().and_then(PodTemplate::labels);
            let service = cluster.of("Service").find(|service| {
                service.origin == Origin::Manifest
                    && service.namespace.is_some()
                    && goes_with(world, service, workload)
                    && !has_pods(cluster, service)
                    && service
                        .at("spec.selector")
                        .filter(|selector| !selector.entries().is_empty())
                        .is_some_and(|selector| fits(selector, labels) == Some(true))
            });
            // Its own file has the Service that it goes with; the other is that of another variant.
            let has_own = cluster.of("Service").any(|service| {
                service.file == workload.file
                    && service.namespace.is_none()
                    && service
                        .at("spec.selector")
                        .is_some_and(|selector| fits(selector, labels) == Some(true))
            });
            if let Some(service) = service
                && !has_own
                && let Some(namespace) = &service.namespace
            {
                pairs.push((workload, namespace, service));
            }
        }
        let Some((first, _, _)) = pairs.first() else {
            continue;
        };
        let mut finding = Finding::new(if pairs.len() == 1 {
            format!(
                "{} `{}` names no namespace and its Service does: they meet only if whoever applies them is in that namespace",
                first.kind,
                first.name.text().unwrap_or_default()
            )
        } else {
            format!(
                "{} workloads name no namespace and their Services do: they meet only if whoever applies them is in that namespace",
                pairs.len()
            )
        });
        for (index, (workload, namespace, service)) in pairs.iter().enumerate() {
            let name = workload.name.text().unwrap_or_default();
            finding = if index == 0 {
                finding.at(
                    workload.name.span,
                    format!("`{name}` goes to the namespace of whoever applies it"),
                )
            } else {
                finding.and(workload.name.span, format!("so does `{name}`"))
            };
            finding = finding.and(
                namespace.span,
                format!(
                    "Service `{}` is always here",
                    service.name.text().unwrap_or_default()
                ),
            );
        }
        findings.push(
            finding.about(
                pairs
                    .iter()
                    .map(|(workload, ..)| workload.name.text().unwrap_or_default().to_string()),
            ),
        );
    }
}

/// Whether the two files are applied together, as far as their folders say.
fn goes_with(world: &World, service: &Object, workload: &Object) -> bool {
    let of = |object: &Object| parent(world.sources.path(object.file)).to_owned();
    let (service, workload) = (of(service), of(workload));
    is_under(&service, &workload)
        || is_under(&workload, &service)
        || parent(&service) == parent(&workload)
}

/// Whether pods that are in the Service's namespace for sure are what it is for.
fn has_pods(cluster: &Cluster, service: &Object) -> bool {
    service.at("spec.selector").is_some_and(|selector| {
        cluster.workloads().any(|workload| {
            workload.namespace().is_some()
                && workload.namespace() == service.namespace()
                && fits(selector, workload.pods().and_then(PodTemplate::labels)) == Some(true)
        })
    })
}
