//! A workload's selector does not fit the pods that it makes.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Object, Origin, PodTemplate};
use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "selector-misses-own-pods",
    severity: Severity::Breaks,
    page: include_str!("selector-misses-own-pods.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut told: HashSet<Span> = HashSet::new();
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            if matches!(workload.origin, Origin::Summary { .. })
                || matches!(&*workload.kind, "Job" | "CronJob" | "Pod")
            {
                continue;
            }
            let Some(labels) = workload.pods().and_then(PodTemplate::labels) else {
                continue;
            };
            if labels.is_unknown() {
                continue;
            }
            findings.extend(
                spread(workload, labels)
                    .filter(|(_, span)| told.insert(*span))
                    .map(|(finding, _)| finding),
            );
            for entry in workload
                .at("spec.selector.matchLabels")
                .map_or(&[][..], Value::entries)
            {
                let own = labels.get(&entry.key);
                let fits = match (own.and_then(Value::text), entry.value.text()) {
                    (Some(own), Some(wanted)) => own.same(&wanted) != Same::Never,
                    _ => false,
                };
                if fits || !told.insert(entry.value.span) {
                    continue;
                }
                let name = workload.name.text().unwrap_or_default();
                let place = own
                    .map(|own| own.span)
                    .or_else(|| labels.entries().first().map(|entry| entry.key_span))
                    .unwrap_or(labels.span);
                let said = own.and_then(Value::text);
                findings.push(
                    Finding::new(format!(
                        "{} `{name}` selects other pods than it makes: it is refused",
                        workload.kind
                    ))
                    .at(
                        entry.value.span,
                        format!(
                            "it selects `{}: {}`",
                            entry.key,
                            entry.value.text().unwrap_or_default()
                        ),
                    )
                    .and(
                        place,
                        match said {
                            Some(said) => format!("its pods have `{}: {said}`", entry.key),
                            None => format!("its pods have no label `{}`", entry.key),
                        },
                    )
                    .trail(&entry.value)
                    .about([name.to_string(), entry.key.to_string()]),
                );
            }
        }
    }
}

/// Constraints that spread other pods than the workload's own: a label that these have, with another value.
fn spread<'a>(
    workload: &'a Object,
    labels: &'a Value,
) -> impl Iterator<Item = (Finding, Span)> + 'a {
    let name = workload.name.text().unwrap_or_default().to_string();
    workload
        .pods()
        .and_then(|pods| pods.spec.get("topologySpreadConstraints"))
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(|constraint| constraint.at("labelSelector.matchLabels"))
        .flat_map(Value::entries)
        .filter_map(move |entry| {
            let own = labels.get(&entry.key)?;
            if own.text()?.same(&entry.value.text()?) != Same::Never {
                return None;
            }
            let finding = Finding::new(format!(
                "{} `{name}` is spread by other pods than it makes: its own may all be in one place",
                workload.kind
            ))
            .at(
                entry.value.span,
                format!(
                    "it counts pods with `{}: {}`",
                    entry.key,
                    entry.value.text().unwrap_or_default()
                ),
            )
            .and(
                own.span,
                format!(
                    "its pods have `{}: {}`",
                    entry.key,
                    own.text().unwrap_or_default()
                ),
            )
            .trail(&entry.value)
            .about([name.clone(), entry.key.to_string()]);
            Some((finding, entry.value.span))
        })
}
