//! What the internet reaches: Ingresses and load balancers with an address of their own, and the pods behind them.
//!
//! Only what files say counts as public. A load balancer whose scheme depends on a controller that was not seen is
//! neither public nor internal here.

use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate, Release};
use seaworthy_facts::{Same, Span, Text, Value};

use crate::World;

/// A way into a cluster.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The Ingress or Service.
    pub object: &'a Object,
    /// Who can come in.
    pub audience: Audience,
    /// Whether what comes in is encrypted on its way.
    pub tls: Tls,
    /// The names it answers to.
    pub hosts: Vec<&'a Value>,
    /// Where it leads.
    pub backends: Vec<Backend<'a>>,
}

/// Who can come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Public {
        /// What says so.
        span: Span,
        /// In words: "`internet-facing`".
        says: Box<str>,
        /// It follows from the default of a controller and not from a setting.
        assumed: Option<Box<str>>,
    },
    /// Whoever is in the network.
    Internal,
    /// Not known.
    Unknown,
}

/// Whether traffic is encrypted where it comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// A certificate or a listener for TLS is named.
    On,
    /// Nothing of the kind is.
    Off,
    /// Not known.
    Unknown,
}

/// A Service that an entry leads to.
#[derive(Debug, Clone)]
pub struct Backend<'a> {
    /// Its name.
    pub name: Text,
    /// Where it is named.
    pub span: Span,
    /// The Service, if it is here.
    pub service: Option<&'a Object>,
    /// The port, by number or name, as the entry says it.
    pub port: Option<&'a Value>,
    /// The path that leads there.
    pub path: Option<&'a Value>,
}

/// Every way into every cluster.
pub fn entries(world: &World) -> Vec<Entry<'_>> {
    world
        .facts
        .kubernetes
        .clusters
        .iter()
        .flat_map(|cluster| {
            cluster.objects.iter().filter_map(|object| {
                Some(match &*object.kind {
                    "Ingress" => ingress(cluster, object),
                    "Service" => balancer(cluster, object)?,
                    _ => return None,
                })
            })
        })
        .collect()
}

impl<'a> Entry<'a> {
    /// The workloads behind it, with the backend that leads there.
    pub fn workloads(&self) -> Vec<(&Backend<'a>, &'a Object)> {
        self.backends
            .iter()
            .filter_map(|backend| Some((backend, backend.service?)))
            .flat_map(|(backend, service)| {
                selected(self.cluster, service)
                    .into_iter()
                    .map(move |workload| (backend, workload))
            })
            .collect()
    }
}

impl Backend<'_> {
    /// The port of the pods that the entry's port leads to, by number or name.
    pub fn target_port(&self) -> Option<&Value> {
        let ports = self.service?.at("spec.ports")?;
        let wanted = self.port.and_then(Value::scalar);
        let port = ports.items().iter().find(|port| {
            let is = |key: &str| port.get(key).and_then(Value::scalar) == wanted;
            wanted.is_none() || is("port") || is("name")
        })?;
        port.get("targetPort").or_else(|| port.get("port"))
    }
}

/// The workloads whose pods a Service selects.
pub fn selected<'a>(cluster: &'a Cluster, service: &Object) -> Vec<&'a Object> {
    let Some(selector) = service.at("spec.selector") else {
        return Vec::new();
    };
    if selector.entries().is_empty() {
        return Vec::new();
    }
    let namespace = service.namespace.as_ref().and_then(Value::text);
    cluster
        .selectable(selector)
        .filter(|workload| workload.is_in(namespace.as_ref()))
        .filter(|workload| {
            let labels = workload.pods().and_then(PodTemplate::labels);
            selector.entries().iter().all(|entry| {
                let ours = labels.and_then(|labels| labels.get(&entry.key));
                match (ours.and_then(Value::scalar), entry.value.scalar()) {
                    (Some(ours), Some(wanted)) => ours == wanted,
                    _ => false,
                }
            })
        })
        .collect()
}

/// The number of a container's port that a Service names.
pub fn port_number(workload: &Object, port: &Value) -> Option<i64> {
    if let Some(number) = port.int() {
        return Some(number);
    }
    let name = port.str()?;
    workload
        .pods()?
        .containers()
        .filter_map(|container| container.get("ports"))
        .flat_map(Value::items)
        .find(|port| port.get("name").and_then(Value::str) == Some(name))?
        .get("containerPort")?
        .int()
}

fn ingress<'a>(cluster: &'a Cluster, object: &'a Object) -> Entry<'a> {
    let rules = object.at("spec.rules").map_or(&[][..], Value::items);
    let mut backends = Vec::new();
    for rule in rules {
        for path in rule.at("http.paths").map_or(&[][..], Value::items) {
            backends.extend(
                path.get("backend")
                    .and_then(|b| backend(cluster, object, b, path.get("path"))),
            );
        }
    }
    let fallback = object
        .at("spec.defaultBackend")
        .or_else(|| object.at("spec.backend"));
    backends.extend(fallback.and_then(|b| backend(cluster, object, b, None)));
    Entry {
        cluster,
        object,
        audience: ingress_audience(cluster, object),
        tls: ingress_tls(cluster, object),
        hosts: rules.iter().filter_map(|rule| rule.get("host")).collect(),
        backends,
    }
}

fn backend<'a>(
    cluster: &'a Cluster,
    object: &'a Object,
    backend: &'a Value,
    path: Option<&'a Value>,
) -> Option<Backend<'a>> {
    let name = backend
        .at("service.name")
        .or_else(|| backend.get("serviceName"))?;
    let port = backend
        .at("service.port.number")
        .or_else(|| backend.at("service.port.name"))
        .or_else(|| backend.get("servicePort"));
    let text = name.text()?;
    let namespace = object.namespace.as_ref().and_then(Value::text);
    Some(Backend {
        service: cluster.find("Service", namespace.as_ref(), &text),
        name: text,
        span: name.span,
        port,
        path,
    })
}

/// The class of an Ingress.
pub fn class_of(object: &Object) -> Option<&Value> {
    object
        .at("spec.ingressClassName")
        .or_else(|| object.annotation("kubernetes.io/ingress.class"))
}

/// The parameters of the class of an Ingress of the AWS controller.
fn class_parameters<'a>(cluster: &'a Cluster, object: &Object) -> Option<&'a Object> {
    let class = cluster.find("IngressClass", None, &class_of(object)?.text()?)?;
    let name = class.at("spec.parameters.name")?.text()?;
    cluster.find("IngressClassParams", None, &name)
}

const ALB: &str = "alb.ingress.kubernetes.io";

fn ingress_audience(cluster: &Cluster, object: &Object) -> Audience {
    let parameters = class_parameters(cluster, object);
    if let Some(scheme) = parameters.and_then(|parameters| parameters.at("spec.scheme")) {
        // The class decides; an Ingress that says the same is the nearer place.
        let own = object
            .annotation(&format!("{ALB}/scheme"))
            .filter(|own| own.str() == scheme.str());
        return by_scheme(own.unwrap_or(scheme));
    }
    audience(
        cluster,
        class_of(object),
        object.at("metadata.annotations"),
        object.span,
    )
}

fn by_scheme(scheme: &Value) -> Audience {
    match scheme.str() {
        Some("internet-facing") => Audience::Public {
            span: scheme.span,
            says: "`internet-facing`".into(),
            assumed: None,
        },
        Some(_) => Audience::Internal,
        None => Audience::Unknown,
    }
}

/// Who can come in by an Ingress of this class with these annotations.
pub fn audience(
    cluster: &Cluster,
    class: Option<&Value>,
    annotations: Option<&Value>,
    place: Span,
) -> Audience {
    if annotations.is_some_and(Value::is_unknown) {
        return Audience::Unknown;
    }
    if let Some(scheme) = annotations.and_then(|a| a.get(&format!("{ALB}/scheme"))) {
        return by_scheme(scheme);
    }
    let span = class.map_or(place, |class| class.span);
    match class.and_then(Value::str) {
        Some("gce") => Audience::Public {
            span,
            says: "class `gce` is an external load balancer".into(),
            assumed: None,
        },
        Some("gce-internal") => Audience::Internal,
        Some(class) => by_controller(cluster, class, span),
        None => Audience::Unknown,
    }
}

/// Charts of controllers that serve Ingresses from a Service of their own: chart, where its Service is set, classes.
const CONTROLLERS: [(&str, &str, &[&str]); 6] = [
    ("ingress-nginx", "controller.service", &["nginx"]),
    ("nginx-ingress", "controller.service", &["nginx"]),
    ("traefik", "service", &["traefik"]),
    ("kong", "proxy", &["kong"]),
    ("haproxy-ingress", "controller.service", &["haproxy"]),
    ("kubernetes-ingress", "controller.service", &["haproxy"]),
];

/// The release of the controller that serves an Ingress of this class, with the settings of its Service.
pub fn controller<'a>(
    cluster: &'a Cluster,
    class: &str,
) -> Option<(&'a Release, Option<&'a Value>)> {
    cluster.releases.iter().find_map(|release| {
        let chart = release.chart.str()?;
        let (_, path, classes) = CONTROLLERS.iter().find(|(name, ..)| *name == chart)?;
        let own = release
            .values
            .at("controller.ingressClassResource.name")
            .or_else(|| release.values.at("ingressClass.name"))
            .and_then(Value::str);
        let serves = match own {
            Some(own) => own == class,
            None => classes.contains(&class),
        };
        serves.then(|| (release, release.values.at(path)))
    })
}

fn by_controller(cluster: &Cluster, class: &str, place: Span) -> Audience {
    let Some((release, service)) = controller(cluster, class) else {
        return Audience::Unknown;
    };
    let kind = service
        .and_then(|service| service.get("type").or_else(|| service.at("spec.type")))
        .map(Value::scalar);
    if kind.is_some_and(|kind| kind.as_deref() != Some("LoadBalancer")) {
        return Audience::Unknown;
    }
    let annotations = service.and_then(|service| service.get("annotations"));
    match scheme(annotations) {
        Some((span, true)) => Audience::Public {
            span,
            says: "its controller's load balancer is internet-facing".into(),
            assumed: None,
        },
        Some((_, false)) => Audience::Internal,
        None if has_release(cluster, "aws-load-balancer-controller") => Audience::Unknown,
        None => Audience::Public {
            span: place,
            says: format!("class `{class}`").into(),
            assumed: Some(
                format!(
                    "chart `{}` makes a load balancer with a public address unless told otherwise (2026-11-21)",
                    release.chart.str().unwrap_or_default()
                )
                .into(),
            ),
        },
    }
}

/// What annotations of a Service say about its load balancer: public or not.
fn scheme(annotations: Option<&Value>) -> Option<(Span, bool)> {
    let annotations = annotations?;
    if annotations.is_unknown() {
        return Some((annotations.span, false));
    }
    for entry in annotations.entries() {
        let value = entry.value.scalar();
        let value = value.as_deref();
        let public = match &*entry.key {
            "service.beta.kubernetes.io/aws-load-balancer-scheme" => {
                value == Some("internet-facing")
            }
            "service.beta.kubernetes.io/aws-load-balancer-internal" => value == Some("false"),
            key if key.ends_with("load-balancer-internal") => value == Some("false"),
            "networking.gke.io/load-balancer-type" | "cloud.google.com/load-balancer-type" => {
                value == Some("External")
            }
            "service.beta.kubernetes.io/oci-load-balancer-internal" => value == Some("false"),
            _ => continue,
        };
        return Some((entry.value.span, public));
    }
    None
}

fn has_release(cluster: &Cluster, chart: &str) -> bool {
    cluster
        .releases
        .iter()
        .any(|release| release.chart.text().is_some_and(|name| name.can_be(chart)))
}

fn ingress_tls(cluster: &Cluster, object: &Object) -> Tls {
    if let Some(tls) = object.at("spec.tls")
        && (tls.is_unknown() || !tls.items().is_empty())
    {
        return Tls::On;
    }
    let Some(metadata) = object.at("metadata") else {
        return Tls::Unknown;
    };
    if metadata.is_unknown() || metadata.get("annotations").is_some_and(Value::is_unknown) {
        return Tls::Unknown;
    }
    if speaks_tls(object) {
        return Tls::On;
    }
    let parameters = class_parameters(cluster, object);
    if parameters.is_some_and(|parameters| {
        parameters.at("spec.certificateArn").is_some() || parameters.at("spec.listeners").is_some()
    }) {
        return Tls::On;
    }
    // Ingresses of one group share a load balancer; the certificate may stand at another.
    let group = object
        .annotation(&format!("{ALB}/group.name"))
        .and_then(Value::text);
    if let Some(group) = group {
        let shared = cluster.of("Ingress").any(|other| {
            other
                .annotation(&format!("{ALB}/group.name"))
                .and_then(Value::text)
                .is_some_and(|theirs| theirs.same(&group) != Same::Never)
                && speaks_tls(other)
        });
        if shared {
            return Tls::On;
        }
    }
    let class = class_of(object).and_then(Value::str);
    if let Some((release, _)) = class.and_then(|class| controller(cluster, class)) {
        let mut found = false;
        release.values.walk(&mut |value| {
            found |= value.entries().iter().any(|entry| {
                entry.key.contains("ssl-cert")
                    || entry.key.contains("ssl-certificate")
                    || entry.key.contains("acm-")
                    || entry.key.contains("certResolver")
                    || entry.key.contains("certificatesResolvers")
            });
            found |= value.is_unknown();
        });
        if found {
            return Tls::On;
        }
    }
    Tls::Off
}

/// Whether annotations of an Ingress name a certificate or a listener for TLS.
fn speaks_tls(object: &Object) -> bool {
    let annotations = object.at("metadata.annotations");
    annotations.is_some_and(|annotations| {
        annotations.entries().iter().any(|entry| {
            let value = entry.value.text();
            let says = |word: &str| {
                value.as_ref().is_none_or(|value| {
                    value.holes().next().is_some() || value.to_string().contains(word)
                })
            };
            let key = &*entry.key;
            key.contains("certificate-arn")
                || (key.ends_with("/listen-ports") && says("HTTPS"))
                || (key.ends_with("/ssl-redirect") && key.starts_with(ALB))
                || key.ends_with("pre-shared-cert")
                || key.ends_with("managed-certificates")
                || (key.ends_with("router.tls") && says("true"))
                || (key.ends_with("router.entrypoints") && says("secure"))
                || (key.ends_with("ssl-passthrough") && says("true"))
                || (key.ends_with("cloudflare-proxied") && says("true"))
                || key.starts_with("cert-manager.io/")
                || key == "kubernetes.io/tls-acme"
        })
    })
}

fn balancer<'a>(cluster: &'a Cluster, object: &'a Object) -> Option<Entry<'a>> {
    let kind = object.at("spec.type")?;
    if kind.str() != Some("LoadBalancer") {
        return None;
    }
    let annotations = object.at("metadata.annotations");
    let audience = if restricted(object) {
        Audience::Internal
    } else if object.at("spec.loadBalancerClass").is_some() && scheme(annotations).is_none() {
        // The AWS controller and Auto Mode make internal load balancers unless told otherwise.
        Audience::Unknown
    } else {
        balancer_audience(cluster, kind, annotations)
    };
    let ports = object.at("spec.ports").map_or(&[][..], Value::items);
    let host = annotations.and_then(|a| a.get("external-dns.alpha.kubernetes.io/hostname"));
    Some(Entry {
        cluster,
        object,
        audience,
        tls: balancer_tls(annotations, ports),
        hosts: host.into_iter().collect(),
        backends: ports
            .iter()
            .map(|port| Backend {
                name: object.name.text().unwrap_or_default(),
                span: object.name.span,
                service: Some(object),
                port: port.get("port"),
                path: None,
            })
            .collect(),
    })
}

/// Who can come in by a Service of type `LoadBalancer` with these annotations.
pub fn balancer_audience(cluster: &Cluster, kind: &Value, annotations: Option<&Value>) -> Audience {
    match scheme(annotations) {
        Some((span, true)) => Audience::Public {
            span,
            says: "`internet-facing`".into(),
            assumed: None,
        },
        Some((_, false)) => Audience::Internal,
        None if has_release(cluster, "aws-load-balancer-controller") => Audience::Unknown,
        None => Audience::Public {
            span: kind.span,
            says: "a load balancer, public unless told otherwise".into(),
            assumed: None,
        },
    }
}

fn restricted(object: &Object) -> bool {
    object
        .at("spec.loadBalancerSourceRanges")
        .is_some_and(|ranges| {
            ranges.is_unknown()
                || ranges
                    .items()
                    .iter()
                    .all(|range| range.str() != Some("0.0.0.0/0"))
                    && !ranges.items().is_empty()
        })
}

fn balancer_tls(annotations: Option<&Value>, ports: &[Value]) -> Tls {
    let annotations = annotations.map_or(&[][..], Value::entries);
    let certificate = annotations.iter().any(|entry| {
        entry.key.contains("ssl-cert")
            || entry.key.contains("backend-protocol") && entry.value.str() != Some("http")
            || (entry.key.ends_with("cloudflare-proxied") && entry.value.bool() == Some(true))
    });
    let encrypted = ports.iter().any(|port| {
        let number = |key: &str| port.get(key).and_then(Value::int);
        let named = |key: &str| {
            port.get(key).and_then(Value::str).is_some_and(|name| {
                name.contains("https") || name.contains("tls") || name.contains("ssl")
            })
        };
        matches!(number("port"), Some(443 | 8443))
            || matches!(number("targetPort"), Some(443 | 8443))
            || named("name")
            || named("targetPort")
            || named("appProtocol")
            || port.get("port").is_some_and(Value::is_unknown)
    });
    if certificate || encrypted {
        Tls::On
    } else {
        Tls::Off
    }
}
