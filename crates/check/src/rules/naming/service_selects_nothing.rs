//! A Service whose selector fits no pods.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_link::World;

use super::cluster_names::{fits, is_written, makes_unseen, namespace, same_stem, selected};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "service-selects-nothing",
    severity: Severity::Breaks,
    page: include_str!("service-selects-nothing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        let unseen = cluster.incomplete || makes_unseen(cluster);
        for service in cluster.of("Service").filter(|service| is_written(service)) {
            of_service(cluster, service, unseen, findings);
        }
    }
}

fn of_service(cluster: &Cluster, service: &Object, unseen: bool, findings: &mut Vec<Finding>) {
    let Some(selector) = service
        .at("spec.selector")
        .filter(|selector| !selector.entries().is_empty())
    else {
        return;
    };
    if service.at("spec.type").and_then(Value::str) == Some("ExternalName") {
        return;
    }
    let (found, known) = selected(cluster, service);
    if !found.is_empty() || !known {
        return;
    }
    if is_made_by_another(cluster, selector) {
        return;
    }
    let name = service.name.text().unwrap_or_default();
    let Some(near) = nearest(cluster, service, selector) else {
        // Nothing like it: pods of this name are made where nobody looked, if anything was not seen.
        if !unseen && cluster.workloads().any(is_written) && !service.applied_by.is_empty() {
            let first = &selector.entries()[0];
            findings.push(
                Finding::new(format!(
                    "Service `{name}` selects no pods: whoever calls it is refused"
                ))
                .at(
                    first.value.span,
                    "no workload of this cluster has these labels",
                )
                .trail(&first.value)
                .about([cluster.name.to_string(), name.to_string()]),
            );
        }
        return;
    };
    let labels = near.pods().and_then(PodTemplate::labels);
    let near_name = near.name.text().unwrap_or_default();
    if fits(selector, labels) == Some(true) {
        // The labels fit; the namespaces do not.
        let (Some(own), Some(other)) = (&service.namespace, &near.namespace) else {
            return;
        };
        findings.push(
            Finding::new(format!(
                "Service `{name}` is in namespace `{}` and the pods that it selects are in `{}`: it leads nowhere",
                own.text().unwrap_or_default(),
                other.text().unwrap_or_default()
            ))
            .at(own.span, "it selects pods of this namespace only")
            .and(other.span, format!("{} `{near_name}` has the labels", near.kind))
            .trail(own)
            .trail(other)
            .about([cluster.name.to_string(), name.to_string()]),
        );
        return;
    }
    let Some(entry) = selector.entries().iter().find(|entry| {
        labels
            .and_then(|labels| labels.get(&entry.key))
            .and_then(Value::text)
            != entry.value.text()
    }) else {
        return;
    };
    let own = labels.and_then(|labels| labels.get(&entry.key));
    let mut finding = Finding::new(format!(
        "Service `{name}` selects no pods: whoever calls it is refused"
    ))
    .at(
        entry.value.span,
        format!(
            "no pods have `{}: {}`",
            entry.key,
            entry.value.text().unwrap_or_default()
        ),
    );
    finding = match own {
        Some(own) => finding
            .and(
                own.span,
                format!("the pods of {} `{near_name}` have this", near.kind),
            )
            .trail(own),
        None => finding.and(
            labels.map_or(near.name.span, |labels| {
                labels
                    .entries()
                    .first()
                    .map_or(near.name.span, |entry| entry.key_span)
            }),
            format!(
                "the pods of {} `{near_name}` have no label `{}`",
                near.kind, entry.key
            ),
        ),
    };
    // A label that a helper of the chart writes is changed where the pods take it.
    let taken = near.pods().and_then(|pods| {
        let entry = pods.metadata?.map()?.entry("labels")?;
        let elsewhere = labels?
            .entries()
            .iter()
            .all(|label| label.key_span.file != entry.key_span.file);
        elsewhere.then_some((entry.key_span, "the pods take their labels here".to_owned()))
    });
    findings.push(
        finding
            .and_maybe(taken)
            .trail(&entry.value)
            .about([cluster.name.to_string(), name.to_string()]),
    );
}

/// Whether something that makes pods, or more of them, gives them these labels: an experiment of a Rollout, a resource
/// of an operator. The Prometheus operator's pods have labels of its own.
fn is_made_by_another(cluster: &Cluster, selector: &Value) -> bool {
    const OPERATED: &[(&str, &str)] = &[
        ("Prometheus", "prometheus"),
        ("Alertmanager", "alertmanager"),
        ("ThanosRuler", "thanos-ruler"),
    ];
    let says = |key: &str, value: &str| selector.get(key).and_then(Value::str) == Some(value);
    let operated = OPERATED.iter().any(|(kind, name)| {
        (says("app.kubernetes.io/name", name) || selector.get(name).is_some())
            && cluster.of(kind).next().is_some()
    });
    operated
        || cluster.objects.iter().any(|object| {
            let mut found = false;
            if matches!(&*object.kind, "Service" | "Deployment" | "StatefulSet") {
                return false;
            }
            if let Some(spec) = object.at("spec") {
                spec.walk(&mut |value| {
                    found |= value
                        .get("labels")
                        .is_some_and(|labels| fits(selector, Some(labels)) == Some(true));
                });
            }
            found
        })
}

/// The workload that is most likely meant: one with the labels in another namespace, with all labels but one, or of
/// the Service's name.
fn nearest<'a>(cluster: &'a Cluster, service: &Object, selector: &Value) -> Option<&'a Object> {
    let space = namespace(service);
    let here = |workload: &&&Object| workload.is_in(space.as_ref());
    let written: Vec<&Object> = cluster
        .workloads()
        .filter(|workload| is_written(workload))
        .collect();
    let labels = |workload: &Object| workload.pods().and_then(PodTemplate::labels).cloned();
    // Pods that another Service selects are that Service's.
    let free = |workload: &&&Object| {
        !cluster.of("Service").any(|other| {
            !std::ptr::eq(other, service)
                && other.is_in(namespace(workload).as_ref())
                && other
                    .at("spec.selector")
                    .filter(|selector| !selector.entries().is_empty())
                    .is_some_and(|selector| fits(selector, labels(workload).as_ref()) == Some(true))
        })
    };
    let name = service.name().unwrap_or_default();
    if let Some(found) = written.iter().filter(here).find(|workload| {
        workload
            .name()
            .is_some_and(|own| own == name || same_stem(own, name))
    }) {
        return Some(found);
    }
    if let Some(found) = written.iter().filter(free).find(|workload| {
        fits(selector, labels(workload).as_ref()) == Some(true)
            && workload.namespace().is_some()
            && service.namespace().is_some()
    }) {
        return Some(found);
    }
    written
        .iter()
        .filter(here)
        .filter(free)
        .find(|workload| {
            let own = labels(workload);
            let off: Vec<_> = selector
                .entries()
                .iter()
                .filter(|entry| {
                    own.as_ref()
                        .and_then(|labels| labels.get(&entry.key))
                        .and_then(Value::text)
                        != entry.value.text()
                })
                .collect();
            match off.as_slice() {
                [one] => {
                    let value = own.as_ref().and_then(|labels| labels.get(&one.key)?.str());
                    // All but one agree, or the only one is written almost the same.
                    (selector.entries().len() > 2 && value.is_some())
                        || value
                            .zip(one.value.str())
                            .is_some_and(|(a, b)| seaworthy_diagnostics::suggest(b, [a]).is_some())
                }
                _ => false,
            }
        })
        .copied()
}
