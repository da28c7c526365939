//! A container is told of a peer that is not there: no Service of this name, another namespace, another port.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::delivery::{Compose, ComposeService};
use seaworthy_facts::kubernetes::{Cluster, Object, Origin};
use seaworthy_facts::{Span, Text, Value, is_under, join};
use seaworthy_link::World;
use seaworthy_link::containers::{Container, From, of};
use seaworthy_link::references::stands_elsewhere;
use seaworthy_link::services;

use super::hosts::{Peer, peer};
use super::listening::{is_of_an_image, port_of_image};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "peer-url-unresolvable",
    severity: Severity::Breaks,
    page: include_str!("peer-url-unresolvable.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for cluster in &world.facts.kubernetes.clusters {
        for workload in cluster.workloads() {
            if matches!(workload.origin, Origin::Summary { .. }) {
                continue;
            }
            for container in of(cluster, workload) {
                in_cluster(world, &container, findings);
            }
        }
    }
    for compose in &world.facts.delivery.compose {
        for service in &compose.services {
            in_compose(world, compose, service, findings);
        }
    }
    super::addresses::check(world, findings);
}

fn in_cluster(world: &World, container: &Container<'_>, findings: &mut Vec<Finding>) {
    for variable in container.environment().variables {
        let Some(name) = variable.name.literal() else {
            continue;
        };
        let (From::Value(value) | From::ConfigMap(Some(value))) = variable.from else {
            continue;
        };
        let Some(peer) = peer(name, value) else {
            continue;
        };
        findings.extend(judge(world, container, name, value, &peer));
    }
}

/// A name of a Service with its namespace: `api`, `api.shop`, `api.shop.svc`, `api.shop.svc.cluster.local`.
fn parts(host: &str) -> Option<(&str, Option<&str>, bool)> {
    let host = host.trim_end_matches('.');
    let mut labels = host.split('.');
    let name = labels.next()?;
    let namespace = labels.next();
    match labels.next() {
        None => Some((name, namespace, false)),
        Some("svc") => Some((name, namespace, true)),
        Some(_) => None,
    }
}

fn judge(
    world: &World,
    container: &Container<'_>,
    variable: &str,
    value: &Value,
    peer: &Peer,
) -> Option<Finding> {
    let (name, said, explicit) = parts(&peer.host)?;
    if matches!(name, "localhost" | "127") || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let cluster = container.cluster;
    let own = container.workload.namespace.as_ref().and_then(Value::text);
    let namespace = match said {
        Some(said) => {
            // `api.shop` is a Service's name only where there is such a namespace.
            if !explicit && !is_namespace(cluster, said) {
                return None;
            }
            Some(Text::from(said))
        }
        None => own,
    };
    let text = Text::from(name);
    let workload = container.workload.name.text()?.to_string();
    let finding = |message: String| {
        Finding::new(message).about([workload.clone(), variable.to_owned(), peer.host.clone()])
    };
    if let Some(service) = cluster.find("Service", namespace.as_ref(), &text) {
        return other_port(service, peer, &workload).map(|(message, span, says)| {
            finding(message)
                .at(
                    value.span,
                    format!("`{variable}` names port {}", peer.port.unwrap_or_default()),
                )
                .and(span, says)
        });
    }
    let services: Vec<&Object> = cluster.of("Service").collect();
    // Headless pods, releases' own Services and external names may be there without being seen.
    let unseen = cluster.incomplete || services.iter().any(|service| service.name().is_none());
    let elsewhere = services.iter().find(|service| service.name() == Some(name));
    if let (Some(service), Some(wanted)) = (elsewhere, namespace.as_ref().and_then(Text::literal)) {
        if unseen {
            return None;
        }
        let other = service.namespace()?;
        return Some(
            finding(format!(
                "`{workload}` looks for `{}` in namespace `{wanted}`, and the Service is in `{other}`",
                peer.host
            ))
            .at(value.span, format!("`{variable}` leads to namespace `{wanted}`"))
            .and(service.namespace.as_ref().map_or(service.span, |namespace| namespace.span), format!("`{name}` is in `{other}`"))
            .hint(format!("say `{name}.{other}`")),
        );
    }
    let space = namespace.as_ref().and_then(Text::literal);
    if services::may_be_unseen(world, name, space.unwrap_or_default()) {
        return None;
    }
    let here: Vec<&&Object> = services
        .iter()
        .filter(|service| service.is_in(namespace.as_ref()))
        .collect();
    let near = suggest(name, here.iter().filter_map(|service| service.name()))?;
    let service = here.iter().find(|service| service.name() == Some(near))?;
    // With things that nobody has seen, an address that stands nowhere else is a slip all the same.
    let address = match peer.port {
        Some(port) if text_of(world, value).contains(&format!("{}:{port}", peer.host)) => {
            format!("{}:{port}", peer.host)
        }
        _ => peer.host.clone(),
    };
    if unseen && stands_elsewhere(world, &address, &[value.span]) {
        return None;
    }
    Some(
        finding(format!(
            "no Service is called `{name}`, which `{workload}` is told to call"
        ))
        .at(value.span, format!("`{variable}` names `{name}`"))
        .and(service.name.span, format!("the Service is called `{near}`"))
        .hint(format!("did you mean `{near}`?")),
    )
}

fn text_of<'a>(world: &'a World, value: &Value) -> &'a str {
    world.sources.slice(value.span)
}

fn is_namespace(cluster: &Cluster, name: &str) -> bool {
    cluster.objects.iter().any(|object| {
        object.namespace() == Some(name)
            || (object.kind.as_ref() == "Namespace" && object.name() == Some(name))
    })
}

/// The ports of a Service, where none of them is the peer's.
fn other_port(service: &Object, peer: &Peer, workload: &str) -> Option<(String, Span, String)> {
    let wanted = peer.port?;
    if matches!(service.origin, Origin::Summary { .. }) {
        return None;
    }
    // A Service without its own address, or of an external name, has whatever ports are behind it.
    let kind = service.at("spec.type").and_then(Value::str);
    if kind == Some("ExternalName")
        || service.at("spec.clusterIP").and_then(Value::str) == Some("None")
    {
        return None;
    }
    let ports = service.at("spec.ports")?.items();
    let mut numbers = Vec::new();
    for port in ports {
        numbers.push((port.get("port")?.int()?, port.get("port")?.span));
    }
    if numbers.is_empty() || numbers.iter().any(|(port, _)| *port == wanted) {
        return None;
    }
    let name = service.name()?;
    Some((
        format!("`{workload}` calls `{name}` on port {wanted}, which its Service does not have"),
        numbers[0].1,
        format!("`{name}` has port {}", numbers[0].0),
    ))
}

fn in_compose(
    world: &World,
    compose: &Compose,
    service: &ComposeService,
    findings: &mut Vec<Finding>,
) {
    // The host's own network makes the others' ports its own.
    if service.body.get("network_mode").is_some() {
        return;
    }
    let names: Vec<&str> = compose
        .services
        .iter()
        .flat_map(|service| {
            let more = ["container_name", "hostname"]
                .into_iter()
                .filter_map(|key| service.body.get(key)?.str());
            std::iter::once(&*service.name).chain(more)
        })
        .collect();
    let settings: Vec<(&str, &Value)> = service
        .environment
        .iter()
        .map(|(name, value)| (&**name, value))
        .chain(pattern(world, compose, service))
        .collect();
    for (name, value) in settings {
        let Some(peer) = peer(name, value) else {
            continue;
        };
        if matches!(&*peer.host, "localhost" | "127.0.0.1") {
            findings.extend(itself(world, compose, service, name, value, &peer));
            continue;
        }
        // Names with dots are of the world outside.
        if peer.host.contains('.') || names.contains(&&*peer.host) || aliases(compose, &peer.host) {
            continue;
        }
        let Some(near) = suggest(&peer.host, names.iter().copied()) else {
            continue;
        };
        let Some(other) = compose
            .services
            .iter()
            .find(|service| &*service.name == near)
        else {
            continue;
        };
        findings.push(
            Finding::new(format!(
                "no service is called `{}`, which `{}` is told to call",
                peer.host, service.name
            ))
            .at(value.span, format!("`{name}` names `{}`", peer.host))
            .and(other.span, format!("the service is called `{near}`"))
            .hint(format!("did you mean `{near}`?"))
            .about([service.name.to_string(), name.to_owned()]),
        );
    }
}

/// Whether a network of the project, or another, may know this name.
fn aliases(compose: &Compose, host: &str) -> bool {
    let mut found = false;
    compose.body.walk(&mut |value| {
        found |= value
            .str()
            .is_some_and(|text| text == host || text.starts_with(&format!("{host}:")));
    });
    let external = compose.body.get("networks").is_some_and(|networks| {
        networks
            .entries()
            .iter()
            .any(|entry| entry.value.get("external").is_some())
    });
    found || external || host == "host"
}

/// What a file that is to be copied to a missing `env_file` says.
fn pattern<'a>(
    world: &'a World,
    compose: &Compose,
    service: &ComposeService,
) -> Vec<(&'a str, &'a Value)> {
    let folder = world.sources.folder(compose.file);
    let missing = service
        .body
        .get("env_file")
        .map_or(&[][..], Value::each)
        .iter()
        .any(|file| {
            let path = file.get("path").unwrap_or(file).str();
            path.is_some_and(|path| !world.sources.exists(&join(folder, path)))
        });
    if !missing {
        return Vec::new();
    }
    let mut patterns = world
        .facts
        .documents
        .env_files
        .iter()
        .filter(|file| world.sources.folder(file.file) == folder);
    match (patterns.next(), patterns.next()) {
        (Some(only), None) => only
            .entries
            .iter()
            .map(|(name, value)| (&**name, value))
            .collect(),
        _ => Vec::new(),
    }
}

/// `127.0.0.1` in a container is the container: the port says which other service was meant.
fn itself(
    world: &World,
    compose: &Compose,
    service: &ComposeService,
    name: &str,
    value: &Value,
    peer: &Peer,
) -> Option<Finding> {
    let build = service.body.get("build")?;
    let context = build.get("context").unwrap_or(build).str()?;
    let folder = join(world.sources.folder(compose.file), context);
    let mut programs = world
        .facts
        .code
        .programs
        .iter()
        .filter(|program| *program.folder == *folder || is_under(&program.folder, &folder));
    let hole = format!("env.{name}");
    let port = peer
        .port
        .filter(|_| value.str().is_some_and(|text| text.contains(':')))
        .or_else(|| {
            programs.find_map(|program| {
                program.connections.iter().find_map(|connection| {
                    let is_host = connection
                        .host
                        .as_ref()?
                        .holes()
                        .any(|own| *own.name == *hole);
                    is_host.then(|| connection.port.as_ref()?.literal()?.parse().ok())?
                })
            })
        })?;
    // An address on the web may be meant for a browser, which is on the host.
    if !is_of_an_image(port) {
        return None;
    }
    // It may listen on that port itself.
    let own = listens_on(service, port);
    let other = compose
        .services
        .iter()
        .find(|other| other.name != service.name && listens_on(other, port))?;
    if own {
        return None;
    }
    let place = service
        .body
        .get("env_file")
        .map_or(service.span, |file| file.span);
    Some(
        Finding::new(format!(
            "`{}` in the container of `{}` is the container itself: port {port} is that of `{}`",
            peer.host, service.name, other.name
        ))
        .at(
            value.span,
            format!("`{name}` leads back to where it is read"),
        )
        .and(place, format!("`{}` takes it", service.name))
        .link(other.span, format!("`{}` listens on {port}", other.name))
        .hint(format!("say `{}`", other.name))
        .about([service.name.to_string(), name.to_owned()]),
    )
}

fn listens_on(service: &ComposeService, port: i64) -> bool {
    let by_ports = ["ports", "expose"]
        .iter()
        .filter_map(|key| service.body.get(key))
        .flat_map(Value::items)
        .any(|item| {
            let target = match item.get("target") {
                Some(target) => target.int(),
                None => item
                    .scalar()
                    .and_then(|text| text.rsplit(':').next()?.split('/').next()?.parse().ok()),
            };
            target == Some(port)
        });
    let by_image = service
        .body
        .get("image")
        .and_then(Value::text)
        .is_some_and(|image| port_of_image(&image) == Some(port));
    by_ports || by_image
}
