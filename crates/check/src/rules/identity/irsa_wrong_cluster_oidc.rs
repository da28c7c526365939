//! Trusts that take the provider of one cluster and look at the subject of another.

use seaworthy_facts::{Part, Text};
use seaworthy_link::World;
use seaworthy_link::iam::{Iam, Issuer, PrincipalKind};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "irsa-wrong-cluster-oidc",
    severity: Severity::Breaks,
    page: include_str!("irsa-wrong-cluster-oidc.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for role in iam.roles.iter().filter(|role| role.module.is_none()) {
        for (statement, issuer) in role.trust.clusters() {
            let Some(cluster) = cluster(iam, role.root, issuer) else {
                continue;
            };
            let Some(principal) = statement
                .principals
                .iter()
                .find(|principal| principal.kind == PrincipalKind::Federated)
            else {
                continue;
            };
            for condition in &statement.conditions {
                let Some(key) = condition
                    .key
                    .strip_suffix(":sub")
                    .or_else(|| condition.key.strip_suffix(":aud"))
                else {
                    continue;
                };
                let Some(other) = other(iam, role.root, key, &cluster) else {
                    continue;
                };
                findings.push(
                    Finding::new(format!(
                        "role `{}` takes tokens of `{cluster}` and asks for a claim of `{other}`: no token has both",
                        role.title()
                    ))
                    .at(condition.key_span, format!("the claim is named after `{other}`"))
                    .and(principal.id.span, format!("the provider is that of `{cluster}`"))
                    .trail(&principal.id)
                    .hint("name the claim after the provider that the statement trusts")
                    .about([role.title(), cluster.clone()]),
                );
                break;
            }
        }
    }
}

/// The cluster that an issuer belongs to: the id in its url, or the resource or module that makes it.
fn cluster(iam: &Iam, root: usize, issuer: &Text) -> Option<String> {
    let shown = issuer.to_string();
    if let Some((_, id)) = shown.rsplit_once("/id/") {
        let id = id.trim_end_matches('/');
        return (!id.is_empty() && !id.contains("${")).then(|| id.to_owned());
    }
    let resource = issuer.parts().iter().find_map(|part| match part {
        Part::Hole(unknown) => unknown.resource.as_deref(),
        Part::Literal(_) => None,
    })?;
    // A provider that was looked up by something that is not known stands for itself only.
    let is_provider = resource.contains("aws_iam_openid_connect_provider");
    let declared = iam
        .of_root(root)
        .find(|provider| &*provider.address == resource);
    match declared {
        Some(provider) => match &provider.issuer {
            Issuer::Cluster(text) if text != issuer => cluster(iam, root, text),
            _ => None,
        },
        None if is_provider => None,
        None => Some(resource.to_owned()),
    }
}

/// Another cluster that a claim is named after.
fn other(iam: &Iam, root: usize, key: &str, own: &str) -> Option<String> {
    if let Some((_, id)) = key.rsplit_once("/id/") {
        let id_like = !id.contains("${") && !own.contains('.');
        return (id_like && id != own).then(|| id.to_owned());
    }
    if !key.contains("${") || names(key, own) {
        return None;
    }
    // A provider's own attributes name it, not its cluster.
    let through = iam
        .providers
        .iter()
        .filter(|provider| provider.root == root)
        .find(|provider| names(key, &provider.address));
    if let Some(provider) = through {
        let Issuer::Cluster(text) = &provider.issuer else {
            return None;
        };
        return cluster(iam, root, text).filter(|other| other != own);
    }
    iam.roles
        .iter()
        .filter(|role| role.root == root)
        .flat_map(|role| role.trust.clusters())
        .map(|(_, issuer)| issuer)
        .chain(
            iam.providers
                .iter()
                .filter_map(|provider| match &provider.issuer {
                    Issuer::Cluster(text) if provider.root == root => Some(text),
                    _ => None,
                }),
        )
        .filter_map(|issuer| cluster(iam, root, issuer))
        .find(|other| other != own && names(key, other))
}

/// Whether a text names an address, whole.
fn names(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + address.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        !part(before) && !part(after)
    })
}
