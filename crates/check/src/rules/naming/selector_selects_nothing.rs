//! A policy, a budget or a monitor selects pods by labels that none have, and some have almost.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use super::cluster_names::{fits, is_written, namespace};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "selector-selects-nothing",
    severity: Severity::Breaks,
    page: include_str!("selector-selects-nothing.md"),
    check,
};

/// Kinds that select pods of their namespace, and where.
const SELECTORS: [(&str, &str); 6] = [
    ("NetworkPolicy", "spec.podSelector.matchLabels"),
    ("PodDisruptionBudget", "spec.selector.matchLabels"),
    ("PodMonitor", "spec.selector.matchLabels"),
    ("AuthorizationPolicy", "spec.selector.matchLabels"),
    ("PeerAuthentication", "spec.selector.matchLabels"),
    ("RequestAuthentication", "spec.selector.matchLabels"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in cluster.objects.iter().filter(|object| is_written(object)) {
            for (kind, path) in SELECTORS {
                if &*object.kind == kind
                    && let Some(selector) = object.at(path)
                    && let Some(finding) = judge(cluster, object, selector)
                    && finding
                        .diagnostic
                        .place()
                        .is_some_and(|place| told.insert(place))
                {
                    findings.push(finding);
                }
            }
        }
    }
}

fn judge(cluster: &Cluster, object: &Object, selector: &Value) -> Option<Finding> {
    if selector.entries().is_empty() || selector.is_unknown() {
        return None;
    }
    // A monitor may look at other namespaces.
    let own = namespace(object).filter(|_| object.at("spec.namespaceSelector").is_none());
    let workloads: Vec<&Object> = cluster
        .workloads()
        .filter(|workload| workload.is_in(own.as_ref()))
        .collect();
    let labels = |workload: &'_ Object| workload.pods().and_then(PodTemplate::labels).cloned();
    if workloads
        .iter()
        .any(|workload| fits(selector, labels(workload).as_ref()) != Some(false))
    {
        return None;
    }
    // One label differs by a slip of the pen, or the workload of its name has another.
    let name = object.name()?;
    let (workload, entry) = workloads
        .iter()
        .filter(|workload| is_written(workload))
        .find_map(|workload| {
            let own = workload.pods().and_then(PodTemplate::labels)?;
            let mut off = selector
                .entries()
                .iter()
                .filter(|entry| own.get(&entry.key).and_then(Value::text) != entry.value.text());
            let first = off.next()?;
            let (wanted, there) = (first.value.str()?, own.get(&first.key)?.str()?);
            let alike = suggest(wanted, [there])
                .is_some_and(|there| there.len().abs_diff(wanted.len()) <= 3);
            let same_name = workload.name() == Some(name);
            let alone = off.next().is_none();
            (alone && (alike || same_name)).then_some((*workload, first))
        })?;
    let there = workload
        .pods()
        .and_then(PodTemplate::labels)
        .and_then(|labels| labels.get(&entry.key))?;
    Some(
        Finding::new(format!(
            "{} `{name}` selects no pods: it has no effect",
            object.kind
        ))
        .at(
            entry.value.span,
            format!(
                "no pods have `{}: {}`",
                entry.key,
                entry.value.text().unwrap_or_default()
            ),
        )
        .and(
            there.span,
            format!(
                "the pods of {} `{}` have this",
                workload.kind,
                workload.name.text().unwrap_or_default()
            ),
        )
        .trail(&entry.value)
        .about([name.to_owned(), entry.key.to_string()]),
    )
}
