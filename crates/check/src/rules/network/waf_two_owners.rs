//! OpenTofu puts a web ACL on a load balancer that the AWS load-balancer controller looks after: with its own WAF
//! support on and no annotation, the controller takes the ACL off again.

use seaworthy_facts::kubernetes::{Cluster, Object, Release};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "waf-two-owners",
    severity: Severity::Insecure,
    page: include_str!("waf-two-owners.md"),
    check,
};

const ANNOTATIONS: [&str; 2] = [
    "alb.ingress.kubernetes.io/wafv2-acl-arn",
    "alb.ingress.kubernetes.io/wafv2-acl-name",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for association in root.resources("aws_wafv2_web_acl_association") {
            let Some(target) = association.at("resource_arn") else {
                continue;
            };
            let Some(adopted) = adopted(root, target) else {
                continue;
            };
            for cluster in of_root(world, root) {
                let Some(release) = cluster
                    .releases
                    .iter()
                    .find(|release| release.chart.str() == Some("aws-load-balancer-controller"))
                else {
                    continue;
                };
                let Some(on) = switched_on(release) else {
                    continue;
                };
                let ingresses: Vec<&Object> = cluster
                    .of("Ingress")
                    .filter(|ingress| is_alb(ingress))
                    .collect();
                let annotated = ingresses.iter().any(|ingress| {
                    ANNOTATIONS
                        .iter()
                        .any(|name| ingress.annotation(name).is_some())
                }) || cluster.of("IngressClassParams").any(|params| {
                    params.at("spec.wafv2AclArn").is_some()
                        || params.at("spec.wafv2AclName").is_some()
                });
                if annotated || ingresses.is_empty() {
                    continue;
                }
                let mut finding = Finding::new(format!(
                    "`{}` puts a web ACL on a load balancer that the controller looks after: with its WAF support on and no ACL named, the controller takes it off again",
                    association.plain_address
                ))
                .at(target.span, "OpenTofu puts the ACL here")
                .and(on, "the controller manages ACLs, too");
                for ingress in &ingresses {
                    let place = ingress
                        .at("metadata.annotations")
                        .map_or(ingress.span, |annotations| annotations.span);
                    finding = finding.and(place, format!("no `{}`", ANNOTATIONS[0]));
                }
                findings.push(
                    finding
                        .link(adopted, "the tags by which the controller takes it over")
                        .assume("the AWS load-balancer controller removes ACLs that no Ingress names while its WAF support is on (kubernetes-sigs/aws-load-balancer-controller#3780, 2026-11-21)")
                        .hint("name the ACL in the Ingress, or switch `enableWafv2` off")
                        .about([association.address.to_string(), cluster.name.to_string()]),
                );
            }
        }
    }
}

/// The tags that make the controller take a load balancer over.
fn adopted(root: &Root, target: &Value) -> Option<Span> {
    let unknown = target.as_unknown()?;
    let balancer = root.find(unknown.resource.as_deref()?)?;
    if !matches!(&*balancer.kind, "aws_lb" | "aws_alb") {
        return None;
    }
    tags(balancer)
}

fn tags(balancer: &Resource) -> Option<Span> {
    balancer
        .at("tags")?
        .entries()
        .iter()
        .find(|tag| {
            tag.key.starts_with("ingress.k8s.aws/") || tag.key.starts_with("elbv2.k8s.aws/cluster")
        })
        .map(|tag| tag.key_span)
}

/// Where the controller's WAF support is switched on: it is by default.
fn switched_on(release: &Release) -> Option<Span> {
    match release.values.get("enableWafv2") {
        Some(value) => (value.bool() == Some(true)).then_some(value.span),
        None => Some(release.chart.span),
    }
}

fn is_alb(ingress: &Object) -> bool {
    ingress.at("spec.ingressClassName").and_then(Value::str) == Some("alb")
        || ingress
            .annotation("kubernetes.io/ingress.class")
            .and_then(Value::str)
            == Some("alb")
        || ingress
            .at("metadata.annotations")
            .map_or(&[][..], Value::entries)
            .iter()
            .any(|annotation| annotation.key.starts_with("alb.ingress.kubernetes.io/"))
}

/// What goes to the clusters of a configuration: by environment, or the only one.
fn of_root<'a>(world: &'a World, root: &Root) -> Vec<&'a Cluster> {
    let clusters = &world.facts.kubernetes.clusters;
    let own = environment::of_root(root, &world.sources);
    let fitting: Vec<&Cluster> = clusters
        .iter()
        .filter(|cluster| own.is_some() && cluster.environment.as_deref() == own)
        .collect();
    if fitting.is_empty() && world.facts.terraform.roots.len() == 1 {
        return clusters.iter().collect();
    }
    fitting
}
