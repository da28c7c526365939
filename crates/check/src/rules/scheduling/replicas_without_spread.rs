//! Several replicas, and nothing keeps them apart though a zone is promised to be no loss.

use seaworthy_facts::Value;
use seaworthy_facts::documents::ClaimKind;
use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "replicas-without-spread",
    severity: Severity::Unreliable,
    page: include_str!("replicas-without-spread.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let claim = world
        .facts
        .documents
        .claims
        .iter()
        .find(|claim| claim.about == ClaimKind::ZoneFailure);
    let Some(claim) = claim else { return };
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            if !matches!(&*workload.kind, "Deployment" | "StatefulSet" | "Rollout")
                || matches!(workload.origin, Origin::Summary { .. })
            {
                continue;
            }
            let Some(replicas) = workload.at("spec.replicas") else {
                continue;
            };
            let Some(pods) = workload.pods() else {
                continue;
            };
            let spread = pods.spec.get("topologySpreadConstraints").is_some()
                || pods.spec.at("affinity.podAntiAffinity").is_some()
                || pods.spec.get("affinity").is_some_and(Value::is_unknown);
            if replicas.int().is_none_or(|number| number < 2) || spread {
                continue;
            }
            let name = workload.name().unwrap_or_default();
            findings.push(
                Finding::new(format!(
                    "the replicas of `{name}` may all run in one zone, and it is said to go on when one fails"
                ))
                .at(replicas.span, "no spread constraint and no anti-affinity keep them apart")
                .and(claim.span, "this is promised")
                .note("the scheduler prefers to spread and does not have to")
                .hint("add `topologySpreadConstraints` over `topology.kubernetes.io/zone`, and a PodDisruptionBudget")
                .confidence(Confidence::Likely)
                .about([name]),
            );
        }
    }
}
