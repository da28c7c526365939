//! An autoscaler names a workload that is not there.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::Object;
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;
use seaworthy_link::references::{Why, dangling};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "hpa-target-missing",
    severity: Severity::Breaks,
    page: include_str!("hpa-target-missing.md"),
    check,
};

const SCALABLE: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let clusters = &world.facts.kubernetes.clusters;
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in clusters {
        for scaler in cluster.of("HorizontalPodAutoscaler") {
            let Some(name) = scaler.at("spec.scaleTargetRef.name") else {
                continue;
            };
            let kind = scaler.at("spec.scaleTargetRef.kind").and_then(Value::str);
            let (Some(text), Some(kind)) = (name.text(), kind) else {
                continue;
            };
            if !SCALABLE.contains(&kind) {
                continue;
            }
            let namespace = scaler.namespace.as_ref().and_then(Value::text);
            // Also where another tree has it: the autoscaler may be applied there.
            let is_somewhere = clusters.iter().any(|other| {
                let namespace = std::ptr::eq(other, cluster).then_some(namespace.as_ref());
                other.find(kind, namespace.flatten(), &text).is_some()
            });
            if is_somewhere {
                continue;
            }
            let candidates: Vec<&Object> = cluster
                .of(kind)
                .filter(|object| object.is_in(namespace.as_ref()))
                .collect();
            // An autoscaler is mostly called what it scales.
            let namesake = candidates
                .iter()
                .find(|object| object.name() == scaler.name());
            // Where nothing of the kind is in sight, or not everything, the workload may live elsewhere.
            if candidates.is_empty() || cluster.incomplete && namesake.is_none() {
                continue;
            }
            let shown = text.to_string();
            let names = candidates.iter().filter_map(|object| object.name());
            let close = suggest(&shown, names)
                .or_else(|| match candidates.as_slice() {
                    [only] => only.name(),
                    _ => namesake?.name(),
                })
                .map(str::to_owned);
            if close.is_some() && is_of_a_chart(&shown) {
                continue;
            }
            let near = candidates
                .iter()
                .find(|object| object.name() == close.as_deref());
            told.insert(name.span);
            findings.push(
                Finding::new(format!(
                    "autoscaler `{}` scales {kind} `{shown}`, which is not there",
                    scaler.name().unwrap_or_default()
                ))
                .at(name.span, format!("no {kind} has this name here"))
                .and_maybe(near.map(|object| {
                    let name = object.name().unwrap_or_default();
                    (object.name.span, format!("there is `{name}`"))
                }))
                .about([scaler.name().unwrap_or_default(), &shown]),
            );
        }
    }
    // Where not everything is in sight, one of nearly the name says enough.
    for dangling in dangling(world, &SCALABLE) {
        let reference = &dangling.reference;
        if &*reference.from.kind != "HorizontalPodAutoscaler" || !told.insert(reference.span()) {
            continue;
        }
        let (kind, name) = (&reference.kind, &reference.name);
        if is_of_a_chart(&name.to_string()) {
            continue;
        }
        let near = &dangling.near.named;
        let scaler = reference.from.name.text().unwrap_or_default();
        findings.push(
            Finding::new(format!(
                "autoscaler `{scaler}` scales {kind} `{name}`, which is not there"
            ))
            .at(reference.span(), format!("no {kind} has this name here"))
            .and(
                near.span,
                match dangling.near.why {
                    Why::Namespace => "it is in this namespace".to_owned(),
                    _ => format!("there is `{}`", near.name),
                },
            )
            .and_maybe(
                reference
                    .from
                    .namespace
                    .as_ref()
                    .filter(|_| dangling.near.why == Why::Namespace)
                    .map(|own| (own.span, "the autoscaler is in this one".to_owned())),
            )
            .about([scaler.to_string(), name.to_string()]),
        );
    }
}

/// `accounts-db-postgresql`: release and chart, as charts call what they make; somebody else installs it.
fn is_of_a_chart(name: &str) -> bool {
    [
        "postgresql",
        "mysql",
        "mariadb",
        "redis",
        "mongodb",
        "rabbitmq",
        "kafka",
        "elasticsearch",
    ]
    .iter()
    .any(|chart| {
        name.strip_suffix(chart)
            .is_some_and(|release| release.ends_with('-'))
    })
}
