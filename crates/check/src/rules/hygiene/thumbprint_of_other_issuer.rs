//! An OIDC provider carries the thumbprint of somebody else's certificate.

use seaworthy_facts::terraform::Resource;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "thumbprint-of-other-issuer",
    severity: Severity::Unreliable,
    page: include_str!("thumbprint-of-other-issuer.md"),
    check,
};

/// Thumbprints that GitHub published for its issuer (its changelog of 2023-06-27).
const GITHUB: [&str; 2] = [
    "6938fd4d98bab03faadb97b34396831e3780aea1",
    "1c58a3a8518e8759bf075b76b750d4f2df264fcd",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let kind = "aws_iam_openid_connect_provider";
    for root in &world.facts.terraform.roots {
        for provider in root.resources(kind) {
            let Some(url) = provider.at("url").and_then(seaworthy_facts::Value::text) else {
                continue;
            };
            let is_github = |url: &str| url.contains("githubusercontent.com");
            let is_aws = url.holes().any(|hole| {
                hole.resource
                    .as_deref()
                    .is_some_and(|address| address.contains("eks"))
            }) || url.literal().is_some_and(|url| url.contains("oidc.eks."));
            if !is_aws {
                continue;
            }
            for thumbprint in provider
                .at("thumbprint_list")
                .map_or(&[][..], seaworthy_facts::Value::each)
            {
                let Some(text) = thumbprint.str() else {
                    continue;
                };
                if !GITHUB.contains(&text.to_ascii_lowercase().as_str()) {
                    continue;
                }
                let other = root
                    .resources(kind)
                    .find(|other| other.str("url").is_some_and(is_github) && carries(other, text));
                findings.push(
                    Finding::new(format!(
                        "`{}` is the provider of a cluster and carries the thumbprint of GitHub's certificate",
                        provider.address
                    ))
                    .at(thumbprint.span, "GitHub's thumbprint")
                    .and_maybe(other.and_then(|other| {
                        Some((other.at("thumbprint_list")?.span, "copied from here".to_owned()))
                    }))
                    .note("AWS ignores thumbprints of issuers whose certificate a public authority signed; leave the list out")
                    .about([provider.address.to_string()]),
                );
            }
        }
    }
}

fn carries(provider: &Resource, thumbprint: &str) -> bool {
    provider.at("thumbprint_list").is_some_and(|list| {
        list.each()
            .iter()
            .any(|value| value.str() == Some(thumbprint))
    })
}
