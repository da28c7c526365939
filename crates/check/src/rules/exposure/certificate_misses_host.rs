//! A certificate that does not name the host it is shown for. Only certificates whose names are all known here.

use std::collections::HashMap;

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "certificate-misses-host",
    severity: Severity::Breaks,
    page: include_str!("certificate-misses-host.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        in_cluster(cluster, findings);
    }
    for root in &world.facts.terraform.roots {
        in_cloud(root, findings);
    }
}

/// The names of a certificate, each with its place.
struct Names {
    names: Vec<(String, Span)>,
    what: String,
}

impl Names {
    fn cover(&self, host: &str) -> bool {
        self.names.iter().any(|(name, _)| covers(name, host))
    }

    fn miss(&self, host: &Value, place: &str) -> Option<Finding> {
        let wanted = host.str()?;
        if wanted.is_empty() || self.cover(wanted) {
            return None;
        }
        let (nearest, span) = self
            .names
            .iter()
            .max_by_key(|(name, _)| shared(name, wanted))?;
        Some(
            Finding::new(format!(
                "{} does not name `{wanted}`: clients of {place} refuse it",
                self.what
            ))
            .at(
                *span,
                if self.names.len() == 1 {
                    format!("for `{nearest}` alone")
                } else {
                    format!("the nearest of its {} names", self.names.len())
                },
            )
            .and(host.span, "shown for this host")
            .trail(host)
            .about([self.what.clone(), wanted.to_owned()]),
        )
    }
}

/// Whether a name of a certificate is good for a host; a star stands for one label.
fn covers(name: &str, host: &str) -> bool {
    let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
    let (name, host) = (name.trim_end_matches('.'), host.trim_end_matches('.'));
    if name == host {
        return true;
    }
    let rest = |text: &str| text.split_once('.').map(|(_, rest)| rest.to_owned());
    name.starts_with("*.") && rest(name) == rest(host) && !host.starts_with('.')
}

fn shared(name: &str, host: &str) -> usize {
    name.bytes()
        .rev()
        .zip(host.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count()
}

/// Certificates of cert-manager, against the Ingresses and Gateways that show their secrets.
fn in_cluster(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut certificates: HashMap<(Option<&str>, &str), Names> = HashMap::new();
    for certificate in cluster.of("Certificate") {
        let Some(secret) = certificate.at("spec.secretName").and_then(Value::str) else {
            continue;
        };
        if let Some(names) = names_of(certificate) {
            certificates.insert((certificate.namespace(), secret), names);
        }
    }
    for ingress in cluster.of("Ingress") {
        // The annotation lets cert-manager put the Ingress's own hosts into the certificate.
        let own = [
            "cert-manager.io/issuer",
            "cert-manager.io/cluster-issuer",
            "kubernetes.io/tls-acme",
        ]
        .iter()
        .any(|name| ingress.annotation(name).is_some());
        if own {
            continue;
        }
        for tls in ingress.at("spec.tls").map_or(&[][..], Value::items) {
            let Some(secret) = tls.get("secretName").and_then(Value::str) else {
                continue;
            };
            let Some(names) = certificates.get(&(ingress.namespace(), secret)) else {
                continue;
            };
            let place = format!("Ingress `{}`", ingress.name().unwrap_or_default());
            for host in tls.get("hosts").map_or(&[][..], Value::items) {
                findings.extend(names.miss(host, &place));
            }
        }
    }
    for gateway in cluster.of("Gateway") {
        for listener in gateway.at("spec.listeners").map_or(&[][..], Value::items) {
            let Some(host) = listener.get("hostname") else {
                continue;
            };
            let references = listener
                .at("tls.certificateRefs")
                .map_or(&[][..], Value::items);
            let names: Option<Vec<&Names>> = references
                .iter()
                .map(|reference| {
                    let secret = reference.get("name")?.str()?;
                    let namespace = match reference.get("namespace") {
                        Some(namespace) => Some(namespace.str()?),
                        None => gateway.namespace(),
                    };
                    certificates.get(&(namespace, secret))
                })
                .collect();
            // Of several certificates one is enough.
            if let Some([names]) = names.as_deref() {
                let place = format!("Gateway `{}`", gateway.name().unwrap_or_default());
                findings.extend(names.miss(host, &place));
            }
        }
    }
}

fn names_of(certificate: &Object) -> Option<Names> {
    let mut names = Vec::new();
    let listed = certificate.at("spec.dnsNames").map_or(&[][..], Value::each);
    for name in listed.iter().chain(certificate.at("spec.commonName")) {
        names.push((name.str()?.to_owned(), name.span));
    }
    (!names.is_empty()).then(|| Names {
        names,
        what: format!("certificate `{}`", certificate.name().unwrap_or_default()),
    })
}

/// Certificates of ACM, against the names that lead to the listener or distribution that shows them.
fn in_cloud(root: &Root, findings: &mut Vec<Finding>) {
    for distribution in root.resources("aws_cloudfront_distribution") {
        let shown = distribution.at("viewer_certificate.acm_certificate_arn");
        let Some(names) = shown.and_then(|shown| certificate(root, shown)) else {
            continue;
        };
        for alias in distribution.at("aliases").map_or(&[][..], Value::each) {
            findings.extend(names.miss(alias, &format!("`{}`", distribution.address)));
        }
    }
    for domain in root.resources("aws_apigatewayv2_domain_name") {
        let shown = domain.at("domain_name_configuration.certificate_arn");
        let names = shown.and_then(|shown| certificate(root, shown));
        if let (Some(names), Some(host)) = (names, domain.at("domain_name")) {
            findings.extend(names.miss(host, &format!("`{}`", domain.address)));
        }
    }
    for listener in root.resources("aws_lb_listener") {
        let Some(names) = listener
            .at("certificate_arn")
            .and_then(|shown| certificate(root, shown))
        else {
            continue;
        };
        // Further certificates may be shown for other hosts.
        let more = root
            .resources("aws_lb_listener_certificate")
            .next()
            .is_some();
        let Some(balancer) = listener
            .at("load_balancer_arn")
            .and_then(Value::as_unknown)
            .and_then(|unknown| unknown.resource.as_deref())
        else {
            continue;
        };
        if more {
            continue;
        }
        for record in root.resources("aws_route53_record") {
            let leads = record
                .at("alias")
                .is_some_and(|alias| alias.refers_to(balancer));
            if let (true, Some(host)) = (leads, record.at("name")) {
                // A name without a dot is completed by its zone.
                if host.str().is_some_and(|host| host.contains('.')) {
                    findings.extend(names.miss(host, &format!("`{}`", listener.address)));
                }
            }
        }
    }
}

/// The certificate that an ARN names, directly or by its validation.
fn certificate(root: &Root, shown: &Value) -> Option<Names> {
    let mut resource: &Resource = root.find(shown.as_unknown()?.resource.as_deref()?)?;
    if &*resource.kind == "aws_acm_certificate_validation" {
        let certificate = resource.at("certificate_arn")?.as_unknown()?;
        resource = root.find(certificate.resource.as_deref()?)?;
    }
    if &*resource.kind != "aws_acm_certificate" || resource.from_summary {
        return None;
    }
    let main = resource.at("domain_name")?;
    let mut names = vec![(main.str()?.to_owned(), main.span)];
    for name in resource
        .at("subject_alternative_names")
        .map_or(&[][..], Value::each)
    {
        names.push((name.str()?.to_owned(), name.span));
    }
    Some(Names {
        names,
        what: format!("`{}`", resource.address),
    })
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(covers("*.example.com", "a.example.com"));
        assert!(covers("Example.com", "example.com."));
        assert!(covers("*.example.com", "*.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
        assert!(!covers("example.com", "www.example.com"));
    }
}
