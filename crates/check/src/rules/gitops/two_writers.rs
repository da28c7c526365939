//! Two tools write one thing: each undoes the other.

use std::collections::HashSet;

use seaworthy_facts::kubernetes::{Cluster, Means, Object, Origin};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "two-writers",
    severity: Severity::Unreliable,
    page: include_str!("two-writers.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        applied_and_committed(root, findings);
        for cluster in &world.facts.kubernetes.clusters {
            let same = match (
                environment::of_root(root, &world.sources),
                cluster.environment.as_deref(),
            ) {
                (Some(root), Some(cluster)) => root == cluster,
                _ => true,
            };
            if same {
                balancer_of_controller(root, cluster, findings);
            }
        }
    }
    for cluster in &world.facts.kubernetes.clusters {
        object_twice(cluster, findings);
    }
}

/// A configuration applies what it also commits for a GitOps controller to apply.
fn applied_and_committed(root: &Root, findings: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for kind in ["kubectl_manifest", "kubernetes_manifest"] {
        for applied in root.resources(kind) {
            let from = sources(root, applied);
            for file_kind in ["github_repository_file", "gitlab_repository_file"] {
                for committed in root.resources(file_kind) {
                    let shared = sources(root, committed)
                        .into_iter()
                        .find(|source| source.contains("data.") && from.contains(source));
                    let Some(shared) = shared else { continue };
                    if !told.insert((applied.plain_address.clone(), shared.clone())) {
                        continue;
                    }
                    let content = committed
                        .at("content")
                        .map_or(committed.span, |content| content.span);
                    findings.push(
                        Finding::new(format!(
                            "`{}` applies the manifests that `{}` commits for Flux to apply: two writers for one set, and each new version of either fights the other",
                            applied.plain_address, committed.plain_address
                        ))
                        .at(applied.span, "OpenTofu applies them")
                        .and(content, "and commits the same for Flux to apply")
                        .note(format!("both come from `{shared}`"))
                        .about([applied.plain_address.to_string(), shared]),
                    );
                }
            }
        }
    }
}

/// The resources that a resource's settings come from, through data sources.
fn sources(root: &Root, resource: &Resource) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open: Vec<&Resource> = vec![resource];
    let mut seen = 0;
    while let Some(at) = open.pop() {
        seen += 1;
        if seen > 50 {
            break;
        }
        let values =
            std::iter::once(&at.body).chain(at.meta.entries.iter().map(|entry| &entry.value));
        for value in values {
            for (unknown, _) in value.unknowns() {
                let Some(address) = unknown.resource.as_deref() else {
                    continue;
                };
                if found.iter().any(|own| own == address) {
                    continue;
                }
                found.push(address.to_owned());
                if address.contains("data.")
                    && let Some(next) = root.resources.iter().find(|other| {
                        &*other.address == address || &*other.plain_address == address
                    })
                {
                    open.push(next);
                }
            }
        }
    }
    found
}

/// OpenTofu makes a load balancer with the tags by which the controller takes it for its own.
fn balancer_of_controller(root: &Root, cluster: &Cluster, findings: &mut Vec<Finding>) {
    let calls = root
        .calls
        .iter()
        .map(|call| (&*call.address, &call.arguments));
    let resources = root
        .resources
        .iter()
        .filter(|resource| {
            matches!(&*resource.kind, "aws_lb" | "aws_alb") && !resource.from_summary
        })
        .map(|resource| (&*resource.plain_address, &resource.body));
    let mut told: HashSet<Span> = HashSet::new();
    for (address, settings) in calls.chain(resources) {
        let Some(entry) = settings
            .get("tags")
            .and_then(|tags| tags.map()?.entry("ingress.k8s.aws/stack"))
        else {
            continue;
        };
        let Some(group) = entry.value.str() else {
            continue;
        };
        let balancer = settings
            .at("tags")
            .and_then(|tags| tags.get("ingress.k8s.aws/resource")?.str())
            .is_none_or(|resource| resource == "LoadBalancer");
        if !balancer || !told.insert(entry.key_span) {
            continue;
        }
        let users: Vec<(&Object, Span)> = cluster
            .objects
            .iter()
            .filter_map(|object| Some((object, group_of(object, group)?)))
            .collect();
        let Some((first, span)) = users.first() else {
            continue;
        };
        let mut finding = Finding::new(format!(
            "`{address}` makes the load balancer of Ingress group `{group}`, which the AWS load-balancer controller also owns: it rewrites listeners and tags, and deletes it with the last Ingress"
        ))
        .at(entry.key_span, "by this tag the controller takes it for its own")
        .and(*span, format!("{} puts Ingresses into this group", first.kind));
        for (object, span) in users.iter().skip(1).take(4) {
            finding = finding.and(
                *span,
                format!(
                    "and so does {} `{}`",
                    object.kind,
                    object.name.text().unwrap_or_default()
                ),
            );
        }
        findings.push(finding.about([address.to_owned(), group.to_owned()]));
    }
}

fn group_of(object: &Object, group: &str) -> Option<Span> {
    let value = match &*object.kind {
        "IngressClassParams" => object.at("spec.group.name")?,
        "Ingress" => object.annotation("alb.ingress.kubernetes.io/group.name")?,
        _ => return None,
    };
    (value.str() == Some(group)).then_some(value.span)
}

/// The same object from OpenTofu and from something that puts it back.
fn object_twice(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let own: Vec<&Object> = cluster
        .objects
        .iter()
        .filter(|object| {
            matches!(object.origin, Origin::Terraform { .. }) && &*object.kind != "Namespace"
        })
        .collect();
    for object in own {
        let (Some(name), Some(namespace)) = (object.name(), Some(object.namespace())) else {
            continue;
        };
        let other = cluster.objects.iter().find(|other| {
            other.kind == object.kind
                && other.name() == Some(name)
                && other.namespace() == namespace
                && matches!(
                    other.origin,
                    Origin::Manifest | Origin::Kustomization { .. } | Origin::Chart { .. }
                )
                && other
                    .applied_by
                    .iter()
                    .any(|applied| matches!(applied.means, Means::Flux | Means::Argo))
        });
        let Some(other) = other else { continue };
        let Some(by) = other.applied_by.first() else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "{} `{name}` is written by OpenTofu and by {}: each undoes what the other sets",
                object.kind, by.by
            ))
            .at(place(object), "OpenTofu makes it")
            .and(other.name.span, format!("{} applies it, too", by.by))
            .link(by.span, by.by.to_string())
            .about([object.kind.to_string(), name.to_owned()]),
        );
    }
}

fn place(object: &Object) -> Span {
    let value: Option<&Value> = object.at("metadata.name");
    value.map_or(object.span, |value| value.span)
}
