//! A security group that nothing carries: rules that name it let nobody in.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "sg-unattached",
    severity: Severity::Unreliable,
    page: include_str!("sg-unattached.md"),
    check,
};

/// Kinds that name a group without carrying it.
const RULES: [&str; 5] = [
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_default_security_group",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for group in root.resources("aws_security_group") {
            if group.from_summary
                || carried(root, group)
                || is_in_local(world, group)
                || found_by_name(world, group)
            {
                continue;
            }
            let bare_nodes = root
                .resources("aws_eks_node_group")
                .find(|nodes| !nodes.from_summary && nodes.at("launch_template").is_none())
                .filter(|_| meant_for_nodes(group));
            // A group of a fixed name can be taken by it from anywhere: another repository's Ingresses do so.
            let fixed = group.at("name").is_some_and(|name| !name.is_null());
            if fixed && bare_nodes.is_none() {
                continue;
            }
            let users: Vec<(&Resource, Span)> = root
                .users(&group.address)
                .filter(|(user, _)| user.plain_address != group.plain_address)
                .filter(|(user, value)| names_as_source(user, value))
                .map(|(user, value)| (user, value.span))
                .collect();
            let name = &group.plain_address;
            let mut finding = Finding::new(match users.first() {
                Some((user, _)) => format!(
                    "nothing carries security group `{name}`: the rule of `{}` that names it lets nobody in",
                    user.plain_address
                ),
                None => format!("nothing carries security group `{name}`: its rules do nothing"),
            })
            .at(group.span, "carried by nothing")
            .about([group.address.to_string()]);
            let mut told = Vec::new();
            for (_, span) in users {
                if !told.contains(&span) {
                    told.push(span);
                    finding = finding.and(span, "lets in nobody");
                }
            }
            if let Some(nodes) = bare_nodes {
                finding = finding.and(
                    nodes.span,
                    "these nodes have no launch template and carry the cluster's own group only",
                );
            }
            findings.push(finding);
        }
    }
}

/// Whether anything carries the group, or somebody who is not seen may.
fn carried(root: &Root, group: &Resource) -> bool {
    let is =
        |value: &Value| value.refers_to(&group.address) || value.refers_to(&group.plain_address);
    let by_resource = root
        .resources
        .iter()
        .any(|user| !RULES.contains(&&*user.kind) && is(&user.body));
    // A module that is not seen, or known only by what was summed up, may do anything with it.
    let by_call = root
        .calls
        .iter()
        .any(|call| call.folder.is_none() && is(&call.arguments));
    let by_output = root.outputs.iter().any(|output| is(&output.value));
    let by_provider = root.providers.iter().any(|provider| is(&provider.body));
    by_resource || by_call || by_output || by_provider
}

/// Whether a local of its module names the group: what becomes of a list that is not known may be carried.
fn is_in_local(world: &World, group: &Resource) -> bool {
    let folder = world.sources.folder(group.span.file);
    let wanted = format!("{}.{}", group.kind, group.name);
    let modules = world.facts.terraform.modules.iter();
    modules
        .filter(|module| module.folder == folder)
        .flat_map(|module| &module.references)
        .filter(|(address, _)| **address == *wanted)
        .any(|(_, span)| {
            let text = world.sources.get(span.file).file.text();
            let before = text.get(..span.start).unwrap_or_default();
            let header = before
                .lines()
                .rev()
                .find(|line| !line.starts_with([' ', '\t', '}', '#']) && !line.is_empty());
            header.is_some_and(|line| line.starts_with("locals"))
        })
}

/// Groups are also found by their tags and names: by controllers, by Karpenter, by other configurations.
fn found_by_name(world: &World, group: &Resource) -> bool {
    let tags = group.at("tags").map_or(&[][..], Value::entries);
    let discovered = tags.iter().any(|tag| {
        tag.key.contains("karpenter.sh/discovery")
            || tag.key.contains("kubernetes.io/cluster/")
            || tag.key.contains("elbv2.k8s.aws")
    });
    let names: Vec<&str> = [group.at("name"), group.at("tags.Name")]
        .into_iter()
        .flatten()
        .filter_map(Value::str)
        .collect();
    let looked_up = world.facts.terraform.roots.iter().any(|root| {
        root.data("aws_security_group")
            .chain(root.data("aws_security_groups"))
            .next()
            .is_some()
    });
    let in_objects = || {
        world.facts.kubernetes.clusters.iter().any(|cluster| {
            cluster.objects.iter().any(|object| {
                let mut found = false;
                object.body.walk(&mut |value| {
                    found |= value.str().is_some_and(|text| {
                        names
                            .iter()
                            .any(|name| !name.is_empty() && text.contains(name))
                    });
                });
                found
            })
        })
    };
    discovered || looked_up || in_objects()
}

/// Whether a rule names the group as the one that is let in.
fn names_as_source(user: &Resource, value: &Value) -> bool {
    let is = |path: &str| {
        user.at(path).is_some_and(|list| {
            list.each().iter().any(|item| item.span == value.span) || list.span == value.span
        })
    };
    match &*user.kind {
        "aws_security_group" => {
            user.at("ingress")
                .map_or(&[][..], Value::each)
                .iter()
                .any(|block| {
                    block
                        .get("security_groups")
                        .map_or(&[][..], Value::each)
                        .iter()
                        .any(|item| item.span == value.span)
                })
        }
        "aws_security_group_rule" => is("source_security_group_id"),
        "aws_vpc_security_group_ingress_rule" => is("referenced_security_group_id"),
        _ => false,
    }
}

fn meant_for_nodes(group: &Resource) -> bool {
    let name = group.name.to_ascii_lowercase();
    name.contains("node") || name.contains("worker")
}
