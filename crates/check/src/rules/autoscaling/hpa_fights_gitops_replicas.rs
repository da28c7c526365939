//! Git fixes the number of replicas that an autoscaler changes.

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::{Applied, Cluster, Means, Object};
use seaworthy_link::World;

use super::target::target;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "hpa-fights-gitops-replicas",
    severity: Severity::Breaks,
    page: include_str!("hpa-fights-gitops-replicas.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for kind in ["HorizontalPodAutoscaler", "ScaledObject"] {
            for scaler in cluster.of(kind) {
                findings.extend(fights(cluster, scaler));
            }
        }
    }
}

fn fights(cluster: &Cluster, scaler: &Object) -> Option<Finding> {
    let workload = if &*scaler.kind == "ScaledObject" {
        let name = scaler.at("spec.scaleTargetRef.name")?.text()?;
        let namespace = scaler.namespace.as_ref().and_then(Value::text);
        cluster.find("Deployment", namespace.as_ref(), &name)?
    } else {
        target(cluster, scaler)?
    };
    let replicas = workload.at("spec.replicas")?;
    let fixed = replicas.int()?;
    // Scaling to zero by hand switches the autoscaler off, on purpose.
    if fixed == 0 {
        return None;
    }
    let applied = workload.applied_by.iter().find(|applied| {
        matches!(applied.means, Means::Flux | Means::Argo) && !ignored(cluster, applied)
    })?;
    let reference = scaler.at("spec.scaleTargetRef.name")?;
    Some(
        Finding::new(format!(
            "{} puts `{}` back to {fixed} replicas whenever autoscaler `{}` has changed them",
            applied.by,
            workload.name().unwrap_or_default(),
            scaler.name().unwrap_or_default(),
        ))
        .at(replicas.span, "the number is fixed here")
        .and(reference.span, "the autoscaler changes it")
        .and(
            applied.span,
            format!("{} applies it again and again", applied.by),
        )
        .hint("take `replicas` out of git where an autoscaler owns it")
        .about([
            workload.name().unwrap_or_default(),
            scaler.name().unwrap_or_default(),
        ]),
    )
}

/// Whether an Application of Argo CD leaves replicas alone.
fn ignored(cluster: &Cluster, applied: &Applied) -> bool {
    if applied.means != Means::Argo {
        return false;
    }
    cluster
        .objects
        .iter()
        .filter(|object| matches!(&*object.kind, "Application" | "ApplicationSet"))
        .filter(|object| object.file == applied.span.file)
        .any(|object| {
            let differences = object
                .at("spec.ignoreDifferences")
                .or_else(|| object.at("spec.template.spec.ignoreDifferences"));
            differences.is_some_and(|differences| {
                differences.is_unknown()
                    || differences.items().iter().any(|item| {
                        let paths = item.get("jsonPointers").map_or(&[][..], Value::items);
                        let queries = item.get("jqPathExpressions").map_or(&[][..], Value::items);
                        paths
                            .iter()
                            .chain(queries)
                            .filter_map(Value::str)
                            .any(|path| path.contains("replicas"))
                            || item.get("managedFieldsManagers").is_some()
                    })
            })
        })
}
