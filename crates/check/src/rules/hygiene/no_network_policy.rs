//! A cluster of workloads without any network policy.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::Origin;
use seaworthy_link::World;

use super::workloads::{Place, grouped, is_aside, is_generated};
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "no-network-policy",
    severity: Severity::Insecure,
    page: include_str!("no-network-policy.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let clusters = &world.facts.kubernetes.clusters;
    // Whoever has one somewhere knows what it is, and has decided for the others.
    let any = clusters
        .iter()
        .flat_map(|cluster| &cluster.objects)
        .any(|object| {
            !is_generated(world, object)
                && !matches!(object.origin, Origin::Summary { .. })
                && matches!(
                    &*object.kind,
                    "NetworkPolicy"
                        | "CiliumNetworkPolicy"
                        | "CiliumClusterwideNetworkPolicy"
                        | "GlobalNetworkPolicy"
                        | "AuthorizationPolicy"
                        | "Sidecar"
                        | "AdminNetworkPolicy"
                        | "NetworkAuthentication"
                        | "Server"
                )
        });
    if any {
        return;
    }
    let mut seen = HashSet::new();
    let mut places = Vec::new();
    for cluster in clusters {
        for workload in cluster.workloads() {
            if !matches!(
                workload.origin,
                Origin::Manifest | Origin::Kustomization { .. }
            ) || is_generated(world, workload)
                || is_aside(world, workload)
                || !seen.insert(workload.span)
            {
                continue;
            }
            let name = workload.name.text().unwrap_or_default();
            places.push(Place {
                span: workload.name.span,
                says: format!("every pod can reach those of {} `{name}`", workload.kind),
                name: name.to_string(),
            });
        }
    }
    if places.len() < 2 {
        return;
    }
    let message = format!(
        "no network policy limits who reaches the pods of {} workloads: whoever gets into one reaches all the others",
        places.len()
    );
    findings
        .extend(grouped(message, places).map(|finding| finding.confidence(Confidence::Possible)));
}
