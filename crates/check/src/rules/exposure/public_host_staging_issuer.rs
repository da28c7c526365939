//! A public host whose certificate comes from a staging directory of ACME, which no client trusts.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Span, Value, parent};
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "public-host-staging-issuer",
    severity: Severity::Breaks,
    page: include_str!("public-host-staging-issuer.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for issuer in cluster.of("ClusterIssuer").chain(cluster.of("Issuer")) {
            let Some(server) = issuer.at("spec.acme.server") else {
                continue;
            };
            if !server.str().is_some_and(is_staging) {
                continue;
            }
            for object in cluster.of("Ingress").chain(cluster.of("Gateway")) {
                if let Some((place, host)) = by_annotation(issuer, object)
                    && is_real(world, cluster, object, &host)
                {
                    findings.push(finding(issuer, server.span, place, &host));
                }
            }
            for certificate in cluster.of("Certificate") {
                let Some((place, host)) = by_reference(issuer, certificate) else {
                    continue;
                };
                if is_shown(cluster, certificate) && is_real(world, cluster, certificate, &host) {
                    findings.push(finding(issuer, server.span, place, &host));
                }
            }
        }
    }
}

fn finding(issuer: &Object, server: Span, place: Span, host: &str) -> Finding {
    let name = issuer.name().unwrap_or_default();
    Finding::new(format!(
        "`{host}` gets its certificate from the staging directory of `{name}`: no client trusts it"
    ))
    .at(place, format!("asks `{name}`"))
    .and(server, "a staging directory, for trials")
    .hint("ask an issuer of the production directory once the challenge works")
    .about([name.to_owned(), host.to_owned()])
}

fn is_staging(server: &str) -> bool {
    server.contains("acme-staging")
        || server.contains("staging.acme")
        || server.contains("/test/directory")
}

/// The annotation of an Ingress or Gateway that names an issuer, and its first host.
fn by_annotation(issuer: &Object, object: &Object) -> Option<(Span, String)> {
    let key = if &*issuer.kind == "ClusterIssuer" {
        "cert-manager.io/cluster-issuer"
    } else {
        "cert-manager.io/issuer"
    };
    let asked = object.annotation(key)?;
    (asked.str()? == issuer.name()?).then_some(())?;
    same_namespace(issuer, object).then_some(())?;
    let hosts = if &*object.kind == "Ingress" {
        let tls = object.at("spec.tls").map_or(&[][..], Value::items);
        tls.iter()
            .filter_map(|tls| tls.get("hosts"))
            .flat_map(Value::items)
            .chain(
                object
                    .at("spec.rules")
                    .map_or(&[][..], Value::items)
                    .iter()
                    .filter_map(|rule| rule.get("host")),
            )
            .collect::<Vec<_>>()
    } else {
        object
            .at("spec.listeners")
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(|listener| listener.get("hostname"))
            .collect()
    };
    let host = hosts.iter().find_map(|host| host.str())?;
    Some((asked.span, host.to_owned()))
}

fn by_reference(issuer: &Object, certificate: &Object) -> Option<(Span, String)> {
    let reference = certificate.at("spec.issuerRef")?;
    let kind = reference.get("kind").map_or(Some("Issuer"), Value::str)?;
    let name = reference.get("name")?;
    (kind == &*issuer.kind && name.str()? == issuer.name()?).then_some(())?;
    same_namespace(issuer, certificate).then_some(())?;
    let host = certificate
        .at("spec.dnsNames")?
        .each()
        .iter()
        .find_map(Value::str)?;
    Some((name.span, host.to_owned()))
}

fn same_namespace(issuer: &Object, other: &Object) -> bool {
    &*issuer.kind == "ClusterIssuer"
        || other
            .namespace
            .as_ref()
            .and_then(Value::text)
            .zip(issuer.namespace.as_ref().and_then(Value::text))
            .is_none_or(|(ours, theirs)| ours.same(&theirs) != Same::Never)
}

/// Whether an Ingress or Gateway shows the certificate: else it may be a trial.
fn is_shown(cluster: &Cluster, certificate: &Object) -> bool {
    let Some(secret) = certificate.at("spec.secretName").and_then(Value::str) else {
        return false;
    };
    cluster
        .of("Ingress")
        .chain(cluster.of("Gateway"))
        .any(|object| {
            let mut found = false;
            object.body.walk(&mut |value| {
                let named = |key: &str| value.get(key).and_then(Value::str) == Some(secret);
                found |= named("secretName")
                    || (value.get("kind").and_then(Value::str) == Some("Secret") && named("name"));
            });
            found
        })
        || cluster.of("Gateway").any(|gateway| {
            gateway
                .at("spec.listeners")
                .map_or(&[][..], Value::items)
                .iter()
                .filter_map(|listener| listener.at("tls.certificateRefs"))
                .flat_map(Value::items)
                .any(|reference| reference.get("name").and_then(Value::str) == Some(secret))
        })
}

/// A host of the public, in an environment that is not for trials.
fn is_real(world: &World, cluster: &Cluster, object: &Object, host: &str) -> bool {
    let local = [
        ".local",
        ".localhost",
        ".internal",
        ".test",
        ".lan",
        ".example",
    ];
    let words: Vec<&str> = host.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let place = parent(world.sources.path(object.file));
    let environment = cluster
        .environment
        .as_deref()
        .and_then(environment::of_name)
        .or_else(|| environment::of_name(&cluster.name))
        .or_else(|| environment::of_name(place));
    host.contains('.')
        && !local.iter().any(|end| host.ends_with(end))
        && !words
            .iter()
            .any(|word| matches!(environment::of_name(word), Some(name) if name != "production"))
        && matches!(environment, None | Some("production"))
}
