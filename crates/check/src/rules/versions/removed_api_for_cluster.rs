//! A manifest's API version is not served by the cluster that it goes to, or by any that can still be had.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::support::minor;
use seaworthy_link::{World, environment};

use crate::finding::together;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "removed-api-for-cluster",
    severity: Severity::Breaks,
    page: include_str!("removed-api-for-cluster.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let support = world.knowledge.support();
    let Some(oldest) = support.oldest_minor(world.today) else {
        return;
    };
    let mut told: Vec<Span> = Vec::new();
    for cluster in &world.facts.kubernetes.clusters {
        let target = target(world, cluster);
        for object in &cluster.objects {
            let Some(api) = object.api_version.str() else {
                continue;
            };
            let Some(removed) = world.knowledge.removed_api(api, &object.kind) else {
                continue;
            };
            let place = object.api_version.span;
            if told.contains(&place) {
                continue;
            }
            let asked = target
                .as_ref()
                .and_then(|(_, value)| minor(&value.scalar()?));
            // A cluster that asks for a version which is gone gets none below the oldest that is offered.
            if removed.gone > asked.unwrap_or(oldest).max(oldest) {
                continue;
            }
            told.push(place);
            let name = object.name().unwrap_or(&object.kind);
            let mut finding = Finding::new(format!(
                "{} `{name}` is written for `{api}`, which Kubernetes no longer serves since 1.{}: it is refused, and what it describes is not there",
                object.kind, removed.gone
            ))
            .at(place, format!("gone since 1.{}; write `{}`", removed.gone, removed.instead));
            if let Some((_, value)) = &target {
                let version = value.scalar().unwrap_or_default();
                let origin = value.trail.origin().unwrap_or(value.span);
                finding = finding.and(
                    origin,
                    match asked {
                        Some(asked) if asked >= removed.gone => {
                            format!("the cluster runs {version}")
                        }
                        _ => format!("the cluster asks for {version}; the oldest that EKS offers is 1.{oldest}"),
                    },
                );
            }
            findings.push(
                finding
                    .assume(format!(
                        "removed API versions and EKS's calendar, read on {}",
                        support.read
                    ))
                    .about([object.kind.to_string(), name.to_owned(), api.to_owned()]),
            );
        }
    }
    together(findings, |_| ());
}

/// The cluster that a set of objects goes to, with its version: that of the same environment, or the only one.
fn target<'a>(world: &'a World, cluster: &Cluster) -> Option<(&'a Resource, &'a Value)> {
    let with_version = |(root, resource): (&'a Root, &'a Resource)| {
        let version = resource.at("version")?;
        version.scalar()?;
        Some((root, resource, version))
    };
    let all: Vec<_> = world
        .facts
        .terraform
        .resources("aws_eks_cluster")
        .filter_map(with_version)
        .collect();
    let of_here = all.iter().find(|(root, ..)| {
        let theirs = environment::of_root(root, &world.sources);
        theirs.is_some() && theirs == cluster.environment.as_deref()
    });
    let only = match all.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    of_here
        .or(only)
        .map(|(_, resource, version)| (*resource, *version))
}
