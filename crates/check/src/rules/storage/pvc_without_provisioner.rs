//! A volume is asked for, and nothing on the cluster makes volumes.

use std::cell::LazyCell;

use seaworthy_facts::Value;
use seaworthy_facts::kubernetes::Cluster;
use seaworthy_facts::terraform::Root;
use seaworthy_link::World;
use seaworthy_link::clusters::is_auto;
use seaworthy_link::volumes::{self, Asked};

use super::eks;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "pvc-without-provisioner",
    severity: Severity::Breaks,
    page: include_str!("pvc-without-provisioner.md"),
    check,
};

/// From this version the driver that Kubernetes had built in is gone.
const WITHOUT_BUILT_IN: u32 = 23;

fn check(world: &World, findings: &mut Vec<Finding>) {
    let elsewhere = LazyCell::new(|| installed_elsewhere(world));
    for cluster in &world.facts.kubernetes.clusters {
        let Some((root, cluster_resource)) = eks::under(world, cluster) else {
            continue;
        };
        let asked: Vec<Asked<'_>> = volumes::asked(cluster)
            .into_iter()
            .filter(|asked| asked.one_node && is_ebs(asked.class))
            .collect();
        // Auto Mode brings a driver of its own. The argument of the module, where a summary stands in for its files.
        let brought = is_auto(cluster_resource)
            || root.calls.iter().any(|call| {
                cluster_resource.address.starts_with(&*call.address)
                    && ["compute_config", "cluster_compute_config"]
                        .iter()
                        .any(|name| {
                            call.arguments
                                .get(name)
                                .is_some_and(|value| !value.is_null())
                        })
            });
        if asked.is_empty() || brought || installed(cluster, root) || *elsewhere {
            continue;
        }
        let old = eks::minor(cluster_resource).is_some_and(|(minor, _)| minor < WITHOUT_BUILT_IN);
        let first = &asked[0];
        let mut finding = Finding::new(format!(
            "{} asks for a volume, and no EBS CSI driver is installed on `{}`: the claim stays pending",
            first.who, cluster_resource.address
        ))
        .at(first.span, "needs a driver that makes volumes")
        .about([first.who.clone(), cluster.name.to_string()]);
        for more in &asked[1..] {
            finding = finding.and(more.span, format!("so does {}", more.who));
        }
        if let Some(addons) = addons(root) {
            finding = finding.and(addons, "`aws-ebs-csi-driver` is not among the add-ons");
        }
        finding = finding.and(
            eks::place(cluster_resource),
            if old {
                "this version still has a driver built in; 1.23 and later have none"
            } else {
                "EKS 1.23 and later have no driver built in"
            },
        );
        findings.push(finding.hint("add the add-on `aws-ebs-csi-driver`, with a role for it"));
    }
}

/// Whether a class is one of EBS, as far as its name says; another's driver is another question.
fn is_ebs(class: Option<&Value>) -> bool {
    match class.and_then(Value::str) {
        None => class.is_none(),
        Some(name) => ["gp2", "gp3", "io1", "io2", "ebs"]
            .iter()
            .any(|word| name.contains(word)),
    }
}

fn installed(cluster: &Cluster, root: &Root) -> bool {
    let release = cluster.releases.iter().any(|release| {
        release
            .chart
            .str()
            .is_none_or(|chart| chart.contains("ebs-csi"))
    });
    let addon = root.resources("aws_eks_addon").any(|addon| {
        addon
            .at("addon_name")
            .and_then(Value::str)
            .is_none_or(|name| name.contains("ebs-csi"))
    });
    release || addon
}

/// A script or another tool may do it: `eksctl create addon`, a kustomize remote base, blueprints' flags.
fn installed_elsewhere(world: &World) -> bool {
    let words = ["ebs-csi-driver", "enable_aws_ebs_csi", "ebs_csi_driver = "];
    world.sources.iter().any(|source| {
        let text = source.file.text();
        let is_document = source.kind == seaworthy_facts::SourceKind::Document;
        !is_document
            && words.iter().any(|word| {
                text.contains(word)
                    && text.lines().any(|line| {
                        line.contains(word) && !line.contains("serviceaccount") && !is_role(line)
                    })
            })
    })
}

/// A line that is about the driver's role or account, which is no driver.
fn is_role(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    [
        "role",
        "irsa",
        "policy",
        "account",
        "service_accounts",
        "kube-system:",
    ]
    .iter()
    .any(|word| line.contains(word))
}

/// Where a configuration lists the cluster's add-ons.
fn addons(root: &Root) -> Option<seaworthy_facts::Span> {
    let listed = root.calls.iter().find_map(|call| {
        ["cluster_addons", "addons"]
            .iter()
            .find_map(|name| Some(call.arguments.map()?.entry(name)?.key_span))
    });
    listed.or_else(|| {
        root.resources("aws_eks_addon")
            .next()
            .map(|addon| addon.span)
    })
}
