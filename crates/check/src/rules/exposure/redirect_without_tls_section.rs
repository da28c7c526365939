//! An Ingress that sends everybody to https, where nothing of it speaks https.

use seaworthy_facts::Span;
use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_link::World;
use seaworthy_link::exposure;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "redirect-without-tls-section",
    severity: Severity::Breaks,
    page: include_str!("redirect-without-tls-section.md"),
    check,
};

const NGINX: &str = "nginx.ingress.kubernetes.io";
const ALB: &str = "alb.ingress.kubernetes.io";

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for ingress in cluster.of("Ingress") {
            findings.extend(nginx(ingress).or_else(|| alb(cluster, ingress)));
        }
    }
}

/// ingress-nginx takes `ssl-redirect` for Ingresses with a tls section only, and does nothing without one. With
/// `force-ssl-redirect` and no certificate it shows its own, which nobody trusts; that is right behind a load balancer
/// that ends TLS, so only the first is reported.
fn nginx(ingress: &Object) -> Option<Finding> {
    let annotation = ingress.annotation(&format!("{NGINX}/ssl-redirect"))?;
    if annotation.bool() != Some(true) || has_tls(ingress) {
        return None;
    }
    if ingress
        .annotation(&format!("{NGINX}/force-ssl-redirect"))
        .is_some()
    {
        return None;
    }
    let name = ingress.name()?;
    Some(
        Finding::new(format!(
            "Ingress `{name}` asks for a redirect to https and has no `tls` section: the redirect never happens"
        ))
        .at(annotation.span, "takes effect only with a `tls` section")
        .and(section(ingress), "no `tls` here")
        .hint("add `spec.tls`, or use `force-ssl-redirect` where TLS ends in front of the controller")
        .assume("ingress-nginx redirects by `ssl-redirect` only hosts of a `tls` section (2026-11-21)")
        .about([name.to_owned()]),
    )
}

/// The AWS controller redirects to a port that must be among its listeners.
fn alb(cluster: &Cluster, ingress: &Object) -> Option<Finding> {
    let annotation = ingress.annotation(&format!("{ALB}/ssl-redirect"))?;
    let port = annotation.int()?;
    let listeners = ingress.annotation(&format!("{ALB}/listen-ports"))?;
    let text = listeners.str()?;
    // Listeners of a group are those of all its members.
    if ingress.annotation(&format!("{ALB}/group.name")).is_some()
        || text
            .split(|c: char| !c.is_ascii_digit())
            .any(|number| number.parse() == Ok(port))
        || exposure::class_of(ingress).is_some_and(|class| {
            class
                .text()
                .is_some_and(|name| cluster.find("IngressClassParams", None, &name).is_some())
        })
    {
        return None;
    }
    let name = ingress.name()?;
    Some(
        Finding::new(format!(
            "Ingress `{name}` redirects to port {port}, on which it does not listen"
        ))
        .at(listeners.span, format!("no listener on {port}"))
        .and(annotation.span, "the redirect")
        .assume("the AWS load-balancer controller refuses a redirect to a port without listener (2026-11-21)")
        .about([name.to_owned()]),
    )
}

fn has_tls(ingress: &Object) -> bool {
    ingress
        .at("spec.tls")
        .is_some_and(|tls| tls.is_unknown() || !tls.items().is_empty())
}

fn section(ingress: &Object) -> Span {
    ingress
        .body
        .map()
        .and_then(|body| body.entry("spec"))
        .map_or(ingress.span, |entry| entry.key_span)
}
