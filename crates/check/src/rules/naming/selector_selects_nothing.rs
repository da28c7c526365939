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
const SELECTORS: [(&str, &str); 7] = [
    ("NetworkPolicy", "spec.podSelector.matchLabels"),
    ("PodDisruptionBudget", "spec.selector.matchLabels"),
    ("SecurityGroupPolicy", "spec.podSelector.matchLabels"),
    ("PodMonitor", "spec.selector.matchLabels"),
    ("AuthorizationPolicy", "spec.selector.matchLabels"),
    ("PeerAuthentication", "spec.selector.matchLabels"),
    ("RequestAuthentication", "spec.selector.matchLabels"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for object in cluster.objects.iter().filter(|object| is_written(object)) {
            for finding in peers(world, cluster, object) {
                if finding
                    .diagnostic
                    .place()
                    .is_some_and(|place| told.insert(place))
                {
                    findings.push(finding);
                }
            }
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

/// The pods of its own namespace that a network policy lets in or out to, which are none.
fn peers(world: &World, cluster: &Cluster, object: &Object) -> Vec<Finding> {
    if &*object.kind != "NetworkPolicy" {
        return Vec::new();
    }
    let own = namespace(object);
    let mut found = Vec::new();
    for (rules, side) in [("spec.ingress", "from"), ("spec.egress", "to")] {
        for peer in object
            .at(rules)
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(|rule| rule.get(side))
            .flat_map(Value::items)
        {
            // Those of other namespaces may be anybody's.
            let Some(selector) = peer.at("podSelector.matchLabels").filter(|selector| {
                peer.get("namespaceSelector").is_none()
                    && !selector.entries().is_empty()
                    && !selector.is_unknown()
            }) else {
                continue;
            };
            // Whom it means may be applied with another tree.
            let is_somewhere = world.facts.kubernetes.clusters.iter().any(|other| {
                other.workloads().any(|workload| {
                    let labels = workload.pods().and_then(PodTemplate::labels);
                    fits(selector, labels) != Some(false)
                })
            });
            if !is_somewhere {
                found.extend(peer_missing(cluster, object, own.as_ref(), selector));
            }
        }
    }
    found
}

fn peer_missing(
    cluster: &Cluster,
    object: &Object,
    own: Option<&seaworthy_facts::Text>,
    selector: &Value,
) -> Option<Finding> {
    let workloads: Vec<&Object> = cluster
        .workloads()
        .filter(|workload| workload.is_in(own))
        .collect();
    let labels = |workload: &'_ Object| workload.pods().and_then(PodTemplate::labels).cloned();
    if workloads
        .iter()
        .any(|workload| fits(selector, labels(workload).as_ref()) != Some(false))
    {
        return None;
    }
    // All labels but one are those of pods that are here, and that one is nearly theirs.
    let (workload, entry, there) = workloads
        .iter()
        .filter(|workload| is_written(workload))
        .find_map(|workload| {
            let own = workload.pods().and_then(PodTemplate::labels)?;
            let mut off = selector
                .entries()
                .iter()
                .filter(|entry| own.get(&entry.key).and_then(Value::text) != entry.value.text());
            let first = off.next()?;
            let there = own.get(&first.key)?;
            suggest(first.value.str()?, [there.str()?])?;
            off.next().is_none().then_some((*workload, first, there))
        })?;
    let name = object.name()?;
    Some(
        Finding::new(format!(
            "NetworkPolicy `{name}` is for traffic with pods that are not there: `{}: {}`",
            entry.key,
            entry.value.text().unwrap_or_default()
        ))
        .at(entry.value.span, "no pods of its namespace have this label")
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
