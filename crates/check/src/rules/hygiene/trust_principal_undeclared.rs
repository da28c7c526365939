//! A trust that names a role of the cluster which this configuration does not make.

use seaworthy_facts::terraform::Root;
use seaworthy_facts::{Same, Span};
use seaworthy_link::World;
use seaworthy_link::iam::{PrincipalKind, role_name};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "trust-principal-undeclared",
    severity: Severity::Breaks,
    page: include_str!("trust-principal-undeclared.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for role in &iam.roles {
        let root = &world.facts.terraform.roots[role.root];
        let Some(cluster) = cluster(root) else {
            continue;
        };
        let principals = role
            .trust
            .document
            .statements
            .iter()
            .filter(|statement| !statement.denies)
            .flat_map(|statement| &statement.principals)
            .filter(|principal| principal.kind == PrincipalKind::Aws);
        for principal in principals {
            let Some(text) = principal.id.text() else {
                continue;
            };
            let Some(name) = role_name(&text).filter(|_| text.to_string().contains(":role/"))
            else {
                continue;
            };
            let Some(literal) = name.literal().filter(|name| is_of_cluster(name)) else {
                continue;
            };
            let is_made = iam
                .roles
                .iter()
                .any(|other| other.is_called(&principal.id) != Same::Never)
                || made_by_module(root, literal);
            if is_made {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "role `{}` trusts `{literal}`, a role that nothing here makes: IAM refuses a principal that does \
                     not exist",
                    role.title()
                ))
                .at(principal.id.span, "no role here has this name")
                .and(cluster, "the cluster that is made here has roles of other names")
                .trail(&principal.id)
                .hint("refer to the role's `arn` instead of writing it out")
                .confidence(Confidence::Possible)
                .about([role.title(), literal.to_owned()]),
            );
        }
    }
}

/// Whether a role is called as those of clusters and their nodes are, which whoever makes the cluster makes.
fn is_of_cluster(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("eks") || name.contains("nodegroup") || name.contains("node-group")
}

/// Where a root makes a cluster.
fn cluster(root: &Root) -> Option<Span> {
    let by_resource = root
        .resources("aws_eks_cluster")
        .find(|cluster| !cluster.from_summary)
        .map(|cluster| cluster.span);
    by_resource.or_else(|| {
        root.calls
            .iter()
            .find(|call| call.registry.as_deref() == Some("terraform-aws-modules/eks/aws"))
            .map(|call| call.span)
    })
}

/// Whether some module of the root is given the name, or may make it from what it is given.
fn made_by_module(root: &Root, name: &str) -> bool {
    root.calls.iter().any(|call| {
        let mut found = false;
        call.arguments.walk(&mut |value| {
            found |= value.str().is_some_and(|text| {
                text == name
                    || (text.len() > 3 && name.starts_with(text) && !text.starts_with("arn:"))
            });
        });
        found
    })
}
