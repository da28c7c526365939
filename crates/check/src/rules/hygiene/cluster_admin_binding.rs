//! Accounts that may do everything in the cluster and that people log in with, or that everybody has.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "cluster-admin-binding",
    severity: Severity::Insecure,
    page: include_str!("cluster-admin-binding.md"),
    check,
};

/// Groups that hold everybody.
const EVERYBODY: [&str; 4] = [
    "system:authenticated",
    "system:unauthenticated",
    "system:anonymous",
    "system:serviceaccounts",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for binding in cluster.of("ClusterRoleBinding") {
            let is_ours = !matches!(binding.origin, Origin::Summary { .. })
                && !world.sources.get(binding.file).vendored;
            let reference = binding.at("roleRef.name");
            if !is_ours || reference.and_then(Value::str) != Some("cluster-admin") {
                continue;
            }
            let Some(reference) = reference else { continue };
            for subject in binding.at("subjects").map_or(&[][..], Value::items) {
                if let Some(finding) = finding(world, cluster, subject) {
                    findings.push(
                        finding
                            .at(reference.span, "everything, in every namespace")
                            .hint("bind a role that allows what is needed, in the namespaces where it is")
                            .about([binding.name.text().unwrap_or_default().to_string()]),
                    );
                }
            }
        }
    }
}

fn finding(world: &World, cluster: &Cluster, subject: &Value) -> Option<Finding> {
    let name = subject.get("name")?;
    let known = name.str()?;
    match subject.get("kind")?.str()? {
        "Group" | "User" if EVERYBODY.contains(&known) => Some(
            Finding::new(format!("`{known}` may do everything in the cluster"))
                .and(name.span, "that is everybody"),
        ),
        "ServiceAccount" => {
            let namespace = subject.get("namespace").and_then(Value::str);
            let (place, label) = token(world, known)
                .map(|span| (span, "a token of it is made here, for a person"))
                .or_else(|| {
                    kept(cluster, namespace, known)
                        .map(|span| (span, "a token of it that does not expire"))
                })
                .or_else(|| {
                    runs(cluster, namespace, known).map(|span| (span, "these pods run as it"))
                })?;
            Some(
                Finding::new(format!(
                    "service account `{known}` may do everything in the cluster, and so may whoever has a token of it"
                ))
                .and(place, label),
            )
        }
        _ => None,
    }
}

/// Where a script makes a token of an account.
fn token(world: &World, account: &str) -> Option<Span> {
    let delivery = &world.facts.delivery;
    delivery
        .scripts
        .iter()
        .flat_map(|script| &script.commands)
        .find(|command| {
            let words: Vec<&str> = command.words.iter().filter_map(Value::str).collect();
            words.first() == Some(&"kubectl")
                && words
                    .windows(3)
                    .any(|three| three[0] == "create" && three[1] == "token" && three[2] == account)
        })
        .map(|command| command.span)
}

/// A Secret that keeps a token of an account.
fn kept(cluster: &Cluster, namespace: Option<&str>, account: &str) -> Option<Span> {
    cluster
        .of("Secret")
        .filter(|secret| {
            secret.at("type").and_then(Value::str) == Some("kubernetes.io/service-account-token")
        })
        .filter(|secret| fits(secret, namespace))
        .find_map(|secret| secret.annotation("kubernetes.io/service-account.name"))
        .filter(|own| own.str() == Some(account))
        .map(|own| own.span)
}

/// Pods that run as an account, of workloads that do not administer clusters for a living.
fn runs(cluster: &Cluster, namespace: Option<&str>, account: &str) -> Option<Span> {
    cluster
        .workloads()
        .filter(|workload| {
            matches!(
                workload.origin,
                Origin::Manifest | Origin::Kustomization { .. }
            ) && fits(workload, namespace)
                && !administers(workload)
        })
        .filter_map(|workload| workload.pods()?.service_account())
        .find(|own| own.str() == Some(account))
        .map(|own| own.span)
}

fn fits(object: &Object, namespace: Option<&str>) -> bool {
    match (object.namespace(), namespace) {
        (Some(own), Some(wanted)) => own == wanted,
        _ => true,
    }
}

/// Whether a workload's work is to apply what others wrote, or to keep the cluster.
fn administers(workload: &Object) -> bool {
    const WORDS: [&str; 12] = [
        "controller",
        "operator",
        "flux",
        "argo",
        "crossplane",
        "velero",
        "tiller",
        "rancher",
        "helm",
        "backup",
        "system",
        "installer",
    ];
    let names = [workload.name(), workload.namespace()];
    names
        .iter()
        .flatten()
        .any(|name| WORDS.iter().any(|word| name.contains(word)))
}
