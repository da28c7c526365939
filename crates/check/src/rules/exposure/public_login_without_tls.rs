//! What the internet reaches without TLS, where something of the platform's own or a page with a login is behind it.
//! A third party's hello-world is left alone, and so is everything where TLS may end in front of the cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use seaworthy_facts::code::Route;
use seaworthy_facts::kubernetes::Object;
use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::exposure::{self, Audience, Entry, Tls};
use seaworthy_link::{World, built, network};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "public-login-without-tls",
    severity: Severity::Insecure,
    page: include_str!("public-login-without-tls.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    if ends_in_front(world) {
        return;
    }
    let cloud = makes_cluster(world);
    // One object in many copies, an overlay or a lesson each, is one habit: the first is told, the others are labels.
    let mut told: BTreeMap<(Arc<str>, String), (Finding, Vec<Span>)> = BTreeMap::new();
    for entry in exposure::entries(world) {
        let Audience::Public {
            span,
            says,
            assumed,
        } = &entry.audience
        else {
            continue;
        };
        if entry.tls != Tls::Off || entry.hosts.iter().any(|host| is_local(host)) {
            continue;
        }
        let Some(behind) = behind(world, &entry, cloud) else {
            continue;
        };
        let object = entry.object;
        let name = object.name().unwrap_or_default();
        // What makes it public may stand in a class that others share.
        let place = if span.file == object.file {
            *span
        } else {
            object.name.span
        };
        if let Some((_, places)) = told.get_mut(&(object.kind.clone(), name.to_owned())) {
            if !places.contains(&place) {
                places.push(place);
            }
            continue;
        }
        let mut finding = Finding::new(format!(
            "{} `{name}` takes traffic for {} from the internet without TLS: {} can be read on the way",
            object.kind,
            behind.what,
            if behind.login.is_some() { "passwords" } else { "what is sent" }
        ))
        .at(place, format!("{says}, and no certificate"))
        .hint("give it a certificate, and send what comes without TLS there")
        .about([object.kind.to_string(), name.to_owned()]);
        if let Some((span, says)) = behind.login {
            finding = finding.and(span, says);
        }
        if let Some(open) = opened(world, object) {
            finding = finding.and(open, "443 is opened for it, and nothing listens there");
        }
        if let Some(backend) = entry.backends.first() {
            finding = finding.link(backend.span, format!("leads to `{}`", backend.name));
        }
        if let Some(assumed) = assumed {
            finding = finding.assume(&**assumed);
        }
        told.insert(
            (object.kind.clone(), name.to_owned()),
            (finding, vec![place]),
        );
    }
    findings.extend(told.into_values().map(|(finding, places)| {
        let others = places.into_iter().skip(1).take(MOST);
        others.fold(finding, |finding, place| finding.and(place, "and here"))
    }));
}

/// The most copies that one finding shows.
const MOST: usize = 8;

/// What an entry leads to.
struct Behind {
    what: String,
    /// Where a login is to be seen.
    login: Option<(Span, String)>,
}

fn behind(world: &World, entry: &Entry<'_>, cloud: bool) -> Option<Behind> {
    for backend in &entry.backends {
        let namespace = entry.object.namespace.as_ref().and_then(Value::text);
        let page = entry.cluster.releases.iter().find_map(|release| {
            let login = world.knowledge.login(release.chart.str()?)?;
            let fits = backend.name.literal() == Some(&login.service(release.name.str()?))
                && release
                    .namespace
                    .as_ref()
                    .and_then(Value::text)
                    .zip(namespace.clone())
                    .is_none_or(|(theirs, ours)| theirs.same(&ours) != Same::Never);
            fits.then_some((login, release))
        });
        if let Some((login, release)) = page {
            return Some(Behind {
                what: login.page.clone(),
                login: Some((release.span, format!("{} asks for a password", login.page))),
            });
        }
    }
    let explicit = matches!(&entry.audience, Audience::Public { says, .. } if says.contains("internet-facing"));
    for (backend, workload) in entry.workloads() {
        let Some(pods) = workload.pods() else {
            continue;
        };
        for container in pods.containers() {
            let Some(image) = container.get("image") else {
                continue;
            };
            if !built::is_own(world, image) || !(cloud || explicit || is_private(image)) {
                continue;
            }
            let program = built::program(world, image);
            // A load balancer may carry something else than HTTP.
            let port = backend.target_port();
            if &*entry.object.kind == "Service"
                && program.is_none_or(|program| program.routes.is_empty())
                && !is_probed(workload, port)
            {
                continue;
            }
            let login = program.and_then(|program| program.routes.iter().find(|r| is_login(r)));
            return Some(Behind {
                what: format!("`{}`", workload.name().unwrap_or_default()),
                login: login.map(|route| (route.span, "passwords are sent here".to_owned())),
            });
        }
    }
    None
}

fn is_login(route: &Route) -> bool {
    let path = route.path.to_string().to_ascii_lowercase();
    [
        "login", "signin", "sign-in", "signup", "auth", "session", "password",
    ]
    .iter()
    .any(|word| path.contains(word))
}

/// Whether the kubelet asks this port by HTTP.
fn is_probed(workload: &Object, port: Option<&Value>) -> bool {
    let Some(port) = port.and_then(|port| exposure::port_number(workload, port)) else {
        return false;
    };
    let Some(pods) = workload.pods() else {
        return false;
    };
    pods.containers().any(|container| {
        ["readinessProbe", "livenessProbe", "startupProbe"]
            .iter()
            .filter_map(|probe| container.get(probe)?.at("httpGet.port"))
            .any(|probed| exposure::port_number(workload, probed) == Some(port))
    })
}

fn is_private(image: &Value) -> bool {
    image.text().is_some_and(|image| {
        let image = image.to_string();
        image.contains(".amazonaws.com/")
            || image.contains(".azurecr.io/")
            || image.contains(".pkg.dev/")
    })
}

fn is_local(host: &Value) -> bool {
    host.text().is_some_and(|host| {
        let host = host.to_string();
        [
            ".local",
            ".localhost",
            ".internal",
            ".test",
            ".lan",
            ".nip.io",
            ".sslip.io",
        ]
        .iter()
        .any(|end| host.ends_with(end))
            || host == "localhost"
    })
}

/// A CDN or proxy in the configuration may bring the certificate.
fn ends_in_front(world: &World) -> bool {
    world.facts.terraform.roots.iter().any(|root| {
        root.resources.iter().any(|resource| {
            &*resource.kind == "aws_cloudfront_distribution"
                || (resource.kind.starts_with("cloudflare_")
                    && (resource.kind.contains("tunnel")
                        || resource
                            .at("proxied")
                            .is_some_and(|proxied| proxied.bool() != Some(false))))
                || &*resource.kind == "azurerm_cdn_frontdoor_profile"
        }) || root.calls.iter().any(|call| {
            call.registry
                .as_deref()
                .is_some_and(|name| name.contains("cloudfront"))
        })
    })
}

fn makes_cluster(world: &World) -> bool {
    world.facts.terraform.roots.iter().any(|root| {
        root.resources.iter().any(|resource| {
            matches!(
                &*resource.kind,
                "aws_eks_cluster" | "google_container_cluster" | "azurerm_kubernetes_cluster"
            )
        }) || root.calls.iter().any(|call| {
            call.registry
                .as_deref()
                .is_some_and(|name| name.contains("/eks/") || name.contains("kubernetes-engine"))
        })
    })
}

/// A rule that opens 443 for the load balancer of an Ingress, where the Ingress names the groups.
fn opened(world: &World, object: &Object) -> Option<Span> {
    let named = object.annotation("alb.ingress.kubernetes.io/security-groups")?;
    let named = named.str()?;
    let names: Vec<&str> = named.split(',').map(str::trim).collect();
    world
        .facts
        .terraform
        .resources("aws_security_group")
        .filter(|(_, group)| {
            [group.at("tags.Name"), group.at("name")]
                .into_iter()
                .flatten()
                .filter_map(Value::str)
                .any(|name| names.contains(&name))
        })
        .find_map(|(root, group)| {
            let (rules, _) = network::ingress(root, group);
            let rule = rules
                .into_iter()
                .find(|rule| rule.ports == Some((443, 443)))?;
            Some(place_of_port(group).unwrap_or(rule.span))
        })
}

/// Where the port of the rule was first written: a list of rules in a variable, often.
fn place_of_port(group: &seaworthy_facts::terraform::Resource) -> Option<Span> {
    let port = group
        .at("ingress")?
        .each()
        .iter()
        .filter_map(|rule| rule.get("from_port"))
        .find(|port| port.int() == Some(443))?;
    Some(port.trail.origin().unwrap_or(port.span))
}
