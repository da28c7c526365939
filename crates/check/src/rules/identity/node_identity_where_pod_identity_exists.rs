//! Roles for pods that are taken by the nodes, where pods could take them themselves.

use std::collections::HashSet;

use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{Issuer, PrincipalKind, Role};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "node-identity-where-pod-identity-exists",
    severity: Severity::Insecure,
    page: include_str!("node-identity-where-pod-identity-exists.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for (index, root) in world.facts.terraform.roots.iter().enumerate() {
        let set_up = iam
            .providers
            .iter()
            .find(|provider| {
                provider.root == index
                    && provider.made
                    && matches!(provider.issuer, Issuer::Cluster(_))
            })
            .map(|provider| (provider.span, "the cluster's OIDC provider is set up here"))
            .or_else(|| {
                iam.addons
                    .iter()
                    .find(|addon| {
                        addon.root == index && addon.name.str() == Some("eks-pod-identity-agent")
                    })
                    .map(|addon| (addon.span, "the agent of Pod Identity is installed here"))
            });
        let Some((place, label)) = set_up else {
            continue;
        };
        let node_roles: Vec<&Value> = root
            .resources("aws_eks_node_group")
            .filter(|group| !group.from_summary)
            .filter_map(|group| group.at("node_role_arn"))
            .collect();
        let nodes: Vec<&Role> = iam
            .roles
            .iter()
            .filter(|role| role.root == index)
            .filter(|role| {
                node_roles
                    .iter()
                    .any(|reference| role.is_called(reference) == Same::Always)
            })
            .collect();
        let mut seen: HashSet<Span> = HashSet::new();
        for role in iam.roles.iter().filter(|role| role.root == index) {
            let taken = role
                .trust
                .document
                .statements
                .iter()
                .filter(|statement| !statement.denies)
                .flat_map(|statement| &statement.principals)
                .filter(|principal| principal.kind == PrincipalKind::Aws)
                .find_map(|principal| {
                    let node = nodes
                        .iter()
                        .find(|node| node.is_called(&principal.id) == Same::Always)?;
                    Some((principal, *node))
                });
            let Some((principal, node)) = taken else {
                continue;
            };
            if !seen.insert(principal.id.span) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "role `{}` is taken by the nodes' role `{}`: every pod on a node can take it",
                    role.title(),
                    node.title()
                ))
                .at(principal.id.span, "the nodes may take this role")
                .and(place, label)
                .link(node.span, format!("`{}` is the role of a node group", node.title()))
                .hint("trust the service account that needs the role, by Pod Identity or the OIDC provider")
                .about([role.title(), node.title()]),
            );
        }
    }
}
