//! Subnets that carry the tag of a cluster which is not the one in them: load balancers of the one find no subnet, and
//! those of the other may take these.

use std::collections::HashSet;

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Entry, Same, Text, Value};
use seaworthy_link::World;
use seaworthy_link::clusters::{self, MadeCluster};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "subnet-tag-other-cluster",
    severity: Severity::Breaks,
    page: include_str!("subnet-tag-other-cluster.md"),
    check,
};

const PREFIX: &str = "kubernetes.io/cluster/";

fn check(world: &World, findings: &mut Vec<Finding>) {
    let made = clusters::made(world);
    for root in &world.facts.terraform.roots {
        let own: Vec<&MadeCluster<'_>> = made
            .iter()
            .filter(|cluster| std::ptr::eq(cluster.root, root))
            .collect();
        // Whether a cluster of another configuration lives in this network cannot be seen.
        if own.is_empty() || own.iter().any(|cluster| cluster.name.literal().is_none()) {
            continue;
        }
        let mut seen = HashSet::new();
        for entry in tags(root) {
            let Some(name) = entry.key.strip_prefix(PREFIX) else {
                continue;
            };
            // A key with a hole is written with it.
            let known = !name.is_empty() && !name.contains("${");
            if !known || entry.value.is_null() || !seen.insert(entry.key_span) {
                continue;
            }
            let tagged = Text::from(name);
            let fits = made
                .iter()
                .any(|cluster| cluster.name.same(&tagged) != Same::Never);
            if fits {
                continue;
            }
            let cluster = own[0];
            findings.push(
                Finding::new(format!(
                    "subnets are tagged for cluster `{name}`, and the cluster here is called `{}`",
                    cluster.name
                ))
                .at(entry.key_span, format!("the tag of a cluster `{name}`"))
                .and(
                    cluster.written(&world.sources),
                    format!("the cluster is called `{}`", cluster.name),
                )
                .trail(cluster.value)
                .note("load-balancer controllers before 2.1.2 take only subnets with their own cluster's tag; later ones leave out subnets with another's")
                .assume("the AWS load-balancer controller chooses subnets by this tag (2026-11-21)")
                .about([name.to_owned(), cluster.name.to_string()]),
            );
        }
    }
}

/// The tags of subnets, by resource and by the network module.
fn tags(root: &Root) -> impl Iterator<Item = &Entry> {
    let of_subnets = ["aws_subnet", "aws_default_subnet"]
        .into_iter()
        .flat_map(|kind| {
            root.resources(kind)
                .filter(|subnet| !subnet.from_summary)
                .filter_map(|subnet| subnet.at("tags"))
        });
    let of_modules = root
        .calls
        .iter()
        .filter(|call| call.registry.as_deref() == Some("terraform-aws-modules/vpc/aws"))
        .flat_map(|call| {
            ["public_subnet_tags", "private_subnet_tags"]
                .into_iter()
                .filter_map(|name| call.arguments.get(name))
        });
    of_subnets.chain(of_modules).flat_map(Value::entries)
}
