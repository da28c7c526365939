//! A cluster's version is set and its node groups follow nothing: raising the version leaves the nodes where they are.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "nodes-left-behind-cluster",
    severity: Severity::Unreliable,
    page: include_str!("nodes-left-behind-cluster.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    // A module that several environments call is one place to change.
    let mut told: Vec<Span> = Vec::new();
    for root in &world.facts.terraform.roots {
        for cluster in root.resources("aws_eks_cluster") {
            if cluster.from_summary {
                continue;
            }
            let Some(version) = cluster.at("version").filter(|version| !version.is_null()) else {
                continue;
            };
            let mut left: Vec<&Resource> = root
                .resources("aws_eks_node_group")
                .filter(|nodes| !nodes.from_summary && is_of(root, nodes, cluster) && stays(nodes))
                .collect();
            left.dedup_by(|a, b| a.span == b.span);
            let Some((first, others)) = left.split_first() else {
                continue;
            };
            let names: Vec<String> = left
                .iter()
                .map(|nodes| format!("`{}`", nodes.plain_address))
                .collect();
            let (place, why) = place(first);
            if told.contains(&place) {
                continue;
            }
            told.push(place);
            let mut finding = Finding::new(format!(
                "the nodes of {} keep the version they were made with: raising the version of `{}` leaves them behind, and the next upgrade but two is refused",
                names.join(" and "),
                cluster.plain_address
            ))
            .at(place, why)
            .and(
                version.trail.origin().unwrap_or(version.span),
                "the cluster's version, which they do not follow",
            );
            for other in others {
                let (place, why) = self::place(other);
                finding = finding.and(place, why);
            }
            findings.push(
                finding
                    .hint("set `version = aws_eks_cluster.….version` on the node groups")
                    .about([cluster.address.to_string()]),
            );
        }
    }
}

fn is_of(root: &Root, nodes: &Resource, cluster: &Resource) -> bool {
    let Some(name) = nodes.at("cluster_name") else {
        return false;
    };
    name.refers_to(&cluster.address)
        || cluster
            .at("name")
            .and_then(Value::text)
            .zip(name.text())
            .is_some_and(|(ours, theirs)| {
                ours == theirs && root.resources("aws_eks_cluster").count() == 1
            })
}

/// Neither a version nor an image of their own that could change with the cluster.
fn stays(nodes: &Resource) -> bool {
    let unset = |name: &str| nodes.at(name).is_none_or(Value::is_null);
    unset("version")
        && (unset("release_version") || ignored(nodes).is_some())
        && nodes.at("launch_template").is_none()
}

/// Where changes of the release are ignored.
fn ignored(nodes: &Resource) -> Option<Span> {
    let ignored = nodes.meta.get("lifecycle")?.at("ignore_changes")?;
    ignored
        .each()
        .iter()
        .find(|name| matches!(name.str(), Some("release_version" | "version")))
        .map(|name| name.span)
}

fn place(nodes: &Resource) -> (Span, String) {
    match ignored(nodes) {
        Some(span) => (
            span,
            "no `version`, and changes of the release are ignored".to_owned(),
        ),
        None => (nodes.span, "no `version`".to_owned()),
    }
}
