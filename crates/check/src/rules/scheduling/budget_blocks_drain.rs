//! A disruption budget that needs as many pods as there may be: no node under them can be drained.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Cluster, Object, Origin, PodTemplate};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "budget-blocks-drain",
    severity: Severity::Unreliable,
    page: include_str!("budget-blocks-drain.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for budget in cluster.of("PodDisruptionBudget") {
            // The values of a chart that nobody is seen to install may be others there.
            let default =
                matches!(budget.origin, Origin::Chart { .. }) && budget.applied_by.is_empty();
            if !default && !matches!(budget.origin, Origin::Summary { .. }) {
                findings.extend(judge(cluster, budget));
            }
        }
    }
}

fn judge(cluster: &Cluster, budget: &Object) -> Option<Finding> {
    let selector = budget.at("spec.selector.matchLabels")?;
    if selector.entries().is_empty() || budget.at("spec.selector.matchExpressions").is_some() {
        return None;
    }
    let namespace = budget.namespace.as_ref().and_then(Value::text);
    let mut selected = cluster.workloads().filter(|workload| {
        matches!(
            &*workload.kind,
            "Deployment" | "StatefulSet" | "ReplicaSet" | "Rollout"
        ) && workload.is_in(namespace.as_ref())
            && fits(selector, workload)
    });
    let workload = selected.next()?;
    if selected.next().is_some() {
        return None;
    }
    let scaler = cluster.of("HorizontalPodAutoscaler").find(|scaler| {
        scaler.at("spec.scaleTargetRef.name").and_then(Value::text) == workload.name.text()
    });
    let count = match scaler {
        Some(scaler) => scaler.at("spec.minReplicas"),
        None => workload.at("spec.replicas"),
    };
    // Without a number there is one; what is not known says nothing.
    let replicas = match count {
        Some(count) => count.int()?,
        None => 1,
    };
    // One pod cannot be kept while its node goes: that is another choice, made on purpose.
    if replicas < 2 {
        return None;
    }
    let (limit, blocks) = match (
        budget.at("spec.minAvailable"),
        budget.at("spec.maxUnavailable"),
    ) {
        (Some(least), _) => (
            least,
            least.int().is_some_and(|least| least >= replicas) || least.str() == Some("100%"),
        ),
        (None, Some(most)) => (most, most.int() == Some(0) || most.str() == Some("0%")),
        (None, None) => return None,
    };
    if !blocks {
        return None;
    }
    let name = budget.name.text().unwrap_or_default();
    let whose = workload.name.text().unwrap_or_default();
    let place = count.map_or(workload.name.span, |count| count.span);
    Some(
        Finding::new(format!(
            "budget `{name}` lets no pod of `{whose}` go: no node that runs one can be drained"
        ))
        .at(limit.span, "as many must stay as there are")
        .and(
            place,
            match scaler {
                Some(_) => format!("the autoscaler keeps at least {replicas}"),
                None => format!("{replicas} run"),
            },
        )
        .trail(limit)
        .about([name.to_string(), whose.to_string()]),
    )
}

fn fits(selector: &Value, workload: &Object) -> bool {
    let labels = workload.pods().and_then(PodTemplate::labels);
    selector.entries().iter().all(|entry| {
        labels
            .and_then(|labels| labels.get(&entry.key))
            .and_then(Value::text)
            .is_some_and(|own| Some(own) == entry.value.text())
    })
}
