//! A proxy's configuration passes requests to a Service that is not there, or to a port that it does not have.

use std::collections::HashSet;

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::ComposeService;
use seaworthy_facts::{FileId, SourceKind, Span};
use seaworthy_link::World;
use seaworthy_link::services::{self, Serving};

use super::cluster_names::selected;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "proxy-upstream-missing",
    severity: Severity::Breaks,
    page: include_str!("proxy-upstream-missing.md"),
    check,
};

/// The directives of nginx that pass a request on, and the port without one. nginx documentation, read 2026-11-21.
const PASSES: [(&str, Option<i64>); 4] = [
    ("proxy_pass http://", Some(80)),
    ("proxy_pass https://", Some(443)),
    ("grpc_pass grpc://", Some(80)),
    ("fastcgi_pass ", None),
];

/// Where a proxy passes requests.
struct Upstream<'a> {
    name: &'a str,
    port: Option<i64>,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let upstreams = upstreams(world);
    if upstreams.is_empty() {
        return;
    }
    let services = services::all(world);
    let mut told: HashSet<(FileId, &str, Option<i64>)> = HashSet::new();
    for upstream in &upstreams {
        if told.insert((upstream.span.file, upstream.name, upstream.port)) {
            findings.extend(judge(world, &services, upstream));
        }
    }
}

/// The upstreams of every nginx configuration, in files of its own and in texts of manifests, whose name is a plain
/// one: neither of the world outside nor filled in nor defined beside it.
fn upstreams(world: &World) -> Vec<Upstream<'_>> {
    let mut found = Vec::new();
    for source in world.sources.iter() {
        if source.vendored || source.kind == SourceKind::Document {
            continue;
        }
        let text = source.file.text();
        if !text.contains("_pass ") {
            continue;
        }
        for (directive, default) in PASSES {
            for (at, _) in text.match_indices(directive) {
                let line = text[..at].rsplit('\n').next().unwrap_or_default();
                let start = at + directive.len();
                let rest = &text[start..];
                let length = rest.find([';', '/', '\n', '"', '\'']).unwrap_or(rest.len());
                let address = rest[..length].trim_end();
                if line.contains('#') || text.contains(&format!("upstream {address} ")) {
                    continue;
                }
                let (name, port) = match address.split_once(':') {
                    Some((name, port)) => (name, port.parse().ok()),
                    None => (address, default),
                };
                let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
                    && name.bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
                    });
                if !is_plain || name == "localhost" || port.is_none() {
                    continue;
                }
                let span = Span::new(source.file.id(), start..start + address.len());
                found.push(Upstream { name, port, span });
            }
        }
    }
    found
}

fn judge(world: &World, services: &[Serving<'_>], upstream: &Upstream<'_>) -> Option<Finding> {
    let name = upstream.name;
    let port = upstream.port?;
    let composed = || {
        let projects = &world.facts.delivery.compose;
        projects.iter().flat_map(|project| &project.services)
    };
    let finding = |message: String| {
        Finding::new(message).about([
            world.sources.path(upstream.span.file).to_owned(),
            name.to_owned(),
        ])
    };
    let fitting: Vec<&Serving<'_>> = services
        .iter()
        .filter(|service| service.name.can_be(name))
        .collect();
    // A file of the proxy's own may be for Compose; what is inside a manifest is for the cluster.
    let kind = world.sources.get(upstream.span.file).kind;
    let is_in_manifest = matches!(kind, SourceKind::Yaml | SourceKind::HelmTemplate);
    let of_compose: Vec<&ComposeService> = composed()
        .filter(|_| !is_in_manifest)
        .filter(|service| &*service.name == name || names(service).any(|own| own == name))
        .collect();
    if !fitting.is_empty() || !of_compose.is_empty() {
        // The same file may be for Compose, where the port is the container's.
        if !of_compose.is_empty() {
            return None;
        }
        let mut first = None;
        for service in fitting {
            let ports = service.ports.as_ref()?;
            if ports.iter().any(|(own, _)| *own == port) {
                return None;
            }
            first = first.or(ports.first().copied());
        }
        let (other, span) = first?;
        return Some(
            finding(format!(
                "requests are passed to `{name}` on port {port}, which its Service does not have"
            ))
            .at(upstream.span, format!("this names port {port}"))
            .and(span, format!("`{name}` has port {other}"))
            .hint(format!("say `{name}:{other}`")),
        );
    }
    if services::may_be_unseen(world, name, "") {
        return None;
    }
    let (service, why) = meant(world, services, upstream)?;
    let own = service.name.literal()?;
    Some(
        finding(format!(
            "requests are passed to `{name}`, and no Service is called that"
        ))
        .at(upstream.span, "nothing has this name")
        .and(service.object.name.span, format!("`{own}` {why}"))
        .hint(format!("did you mean `{own}`?")),
    )
}

/// The other names of a service of Compose.
fn names(service: &ComposeService) -> impl Iterator<Item = &str> {
    ["container_name", "hostname"]
        .into_iter()
        .filter_map(|key| service.body.get(key)?.str())
}

/// The Service that was meant: the one before the pods of this name, or of nearly the name and with the port.
fn meant<'s, 'a>(
    world: &'a World,
    services: &'s [Serving<'a>],
    upstream: &Upstream<'_>,
) -> Option<(&'s Serving<'a>, &'static str)> {
    let with_port = || {
        services.iter().filter(|service| {
            service
                .ports
                .as_ref()
                .is_some_and(|ports| ports.iter().any(|(own, _)| Some(*own) == upstream.port))
        })
    };
    let before_pods = with_port().find(|service| {
        let Some(cluster) = world.facts.kubernetes.clusters.get(service.cluster) else {
            return false;
        };
        !service.made
            && selected(cluster, service.object).0.iter().any(|workload| {
                workload.name.text().as_ref().and_then(|own| own.literal()) == Some(upstream.name)
            })
    });
    if let Some(service) = before_pods {
        return Some((service, "is the Service of these pods"));
    }
    let near = suggest(
        upstream.name,
        with_port().filter_map(|service| service.name.literal()),
    )?;
    let service = with_port().find(|service| service.name.literal() == Some(near))?;
    Some((service, "is there, and has the port"))
}
