//! Parts that must go with the cluster's version and do not: the cluster autoscaler's chart, the kube-proxy add-on.

use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::terraform::Resource;
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::support::minor;
use seaworthy_link::{World, collections, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "addon-or-chart-incompatible",
    severity: Severity::Unreliable,
    page: include_str!("addon-or-chart-incompatible.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    autoscaler(world, findings);
    kube_proxy(world, findings);
}

fn autoscaler(world: &World, findings: &mut Vec<Finding>) {
    let support = world.knowledge.support();
    for cluster in &world.facts.kubernetes.clusters {
        let Some((asked, version)) = asked(world, cluster) else {
            continue;
        };
        for release in &cluster.releases {
            if release.chart.str() != Some("cluster-autoscaler") {
                continue;
            }
            let image = release.values.at("image.tag");
            let (made_for, place) = match (image, &release.version) {
                (Some(tag), _) => match tag.str().and_then(minor) {
                    Some(minor) => (minor, tag.span),
                    None => continue,
                },
                (None, Some(chart)) => {
                    match chart
                        .str()
                        .and_then(|chart| support.autoscaler_chart(chart))
                    {
                        Some(minor) => (minor, chart.span),
                        None => continue,
                    }
                }
                (None, None) => continue,
            };
            // One minor version apart is common and works.
            let paths = (
                world.sources.path(place.file),
                world.sources.path(asked.file),
            );
            if made_for.abs_diff(version) < 2 || collections::apart(world, paths.0, paths.1) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "the cluster autoscaler is made for Kubernetes 1.{made_for} and the cluster runs 1.{version}: it simulates the scheduler of another version"
                ))
                .at(place, format!("for 1.{made_for}"))
                .and(asked, format!("the cluster's version is 1.{version}"))
                .assume(format!("versions of the autoscaler's charts, read on {}", support.read))
                .about([cluster.name.to_string()]),
            );
        }
    }
}

/// The minor version of the cluster that objects go to, and where it is said.
fn asked(world: &World, cluster: &Cluster) -> Option<(Span, u32)> {
    let all: Vec<_> = world
        .facts
        .terraform
        .resources("aws_eks_cluster")
        .filter_map(|(root, resource)| {
            let value = resource.at("version")?;
            let version = minor(&value.scalar()?)?;
            let place = value.trail.origin().unwrap_or(value.span);
            Some((environment::of_root(root, &world.sources), place, version))
        })
        .collect();
    let mut of_environment = all
        .iter()
        .filter(|(theirs, ..)| theirs.is_some() && *theirs == cluster.environment.as_deref());
    // Of several clusters of one environment nobody knows which it is.
    let of_here = of_environment
        .next()
        .filter(|(_, _, version)| of_environment.all(|(_, _, other)| other == version));
    let only = match all.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    of_here
        .or(only)
        .map(|(_, place, version)| (*place, *version))
}

fn kube_proxy(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for addon in root.resources("aws_eks_addon") {
            if addon.str("addon_name") != Some("kube-proxy") {
                continue;
            }
            let Some((value, made_for)) = addon
                .at("addon_version")
                .and_then(|value| Some((value, minor(value.str()?)?)))
            else {
                continue;
            };
            let Some((cluster, version)) = cluster_of(root, addon) else {
                continue;
            };
            let Some(asked) = version.scalar().as_deref().and_then(minor) else {
                continue;
            };
            // It may be up to three minor versions older than the API server, and never newer.
            if made_for <= asked && asked - made_for <= 3 {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "add-on `kube-proxy` is of Kubernetes 1.{made_for} and cluster `{}` of 1.{asked}: EKS does not offer them together",
                    cluster.str("name").unwrap_or(&cluster.plain_address)
                ))
                .at(value.span, format!("of 1.{made_for}"))
                .and(
                    version.trail.origin().unwrap_or(version.span),
                    format!("the cluster's version is 1.{asked}"),
                )
                .trail(value)
                .about([addon.address.to_string()]),
            );
        }
    }
}

fn cluster_of<'a>(
    root: &'a seaworthy_facts::terraform::Root,
    addon: &Resource,
) -> Option<(&'a Resource, &'a Value)> {
    let name = addon.at("cluster_name")?;
    let cluster = root.resources("aws_eks_cluster").find(|cluster| {
        name.refers_to(&cluster.address)
            || (name.str().is_some() && name.str() == cluster.str("name"))
    })?;
    Some((cluster, cluster.at("version")?))
}
