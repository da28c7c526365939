//! Every Service that a name inside a cluster can mean: objects, what charts are known to bring, what operators make.

use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Span, Text, Value};

use crate::World;

/// A Service.
#[derive(Debug, Clone)]
pub struct Serving<'a> {
    /// Its name.
    pub name: Text,
    /// Its namespace, where it is known.
    pub namespace: Option<Text>,
    /// Its ports with their places; `None` where not all are known, or any will do.
    pub ports: Option<Vec<(i64, Span)>>,
    /// The object that it is, or that an operator makes it for.
    pub object: &'a Object,
    /// An operator makes it.
    pub made: bool,
    /// The cluster, by its place in the facts.
    pub cluster: usize,
}

impl Serving<'_> {
    /// Whether it can be the Service of this name in this namespace.
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.name.can_be(name)
            && self
                .namespace
                .as_ref()
                .is_none_or(|own| own.can_be(namespace))
    }
}

/// What operators make for objects of theirs: kind, the part of its API, the ending of the Service's name, the ports.
/// Their documentation, read 2026-11-21; the names have been the same for years.
const OPERATORS: &[(&str, &str, &str, &[i64])] = &[
    ("Canary", "flagger.app", "", &[]),
    ("Canary", "flagger.app", "-canary", &[]),
    ("Canary", "flagger.app", "-primary", &[]),
    ("Kafka", "strimzi.io", "-kafka-bootstrap", &[]),
    ("Kafka", "strimzi.io", "-kafka-brokers", &[]),
    ("KafkaConnect", "strimzi.io", "-connect-api", &[8083]),
    ("Cluster", "postgresql.cnpg.io", "-rw", &[5432]),
    ("Cluster", "postgresql.cnpg.io", "-ro", &[5432]),
    ("Cluster", "postgresql.cnpg.io", "-r", &[5432]),
    ("postgresql", "acid.zalan.do", "", &[5432]),
    ("postgresql", "acid.zalan.do", "-repl", &[5432]),
    (
        "PostgresCluster",
        "postgres-operator.crunchydata.com",
        "-primary",
        &[5432],
    ),
    (
        "PostgresCluster",
        "postgres-operator.crunchydata.com",
        "-replicas",
        &[5432],
    ),
    ("RabbitmqCluster", "rabbitmq.com", "", &[]),
    (
        "Elasticsearch",
        "elasticsearch.k8s.elastic.co",
        "-es-http",
        &[9200],
    ),
    ("Kibana", "kibana.k8s.elastic.co", "-kb-http", &[5601]),
    (
        "OpenTelemetryCollector",
        "opentelemetry.io",
        "-collector",
        &[],
    ),
    (
        "MongoDBCommunity",
        "mongodbcommunity.mongodb.com",
        "-svc",
        &[27017],
    ),
];

/// Services that the Prometheus operator makes, one in each namespace where it runs something.
const OPERATED: &[&str] = &[
    "prometheus-operated",
    "alertmanager-operated",
    "thanos-ruler-operated",
];

/// Whether an operator makes a Service of this name by itself, wherever what it runs is described.
pub fn is_operated(name: &str) -> bool {
    OPERATED.contains(&name)
}

/// Every Service of every cluster.
pub fn all(world: &World) -> Vec<Serving<'_>> {
    let mut found = Vec::new();
    for (cluster, own) in world.facts.kubernetes.clusters.iter().enumerate() {
        for object in &own.objects {
            if &*object.kind == "Service" {
                if let Some(name) = object.name.text() {
                    found.push(Serving {
                        name,
                        namespace: object.namespace.as_ref().and_then(Value::text),
                        ports: ports(object),
                        object,
                        made: false,
                        cluster,
                    });
                }
                continue;
            }
            let api = object.api_version.str().unwrap_or_default();
            for (_, _, ending, ports) in OPERATORS
                .iter()
                .filter(|(kind, group, ..)| *kind == &*object.kind && api.contains(group))
            {
                let Some(mut name) = object.name.text() else {
                    continue;
                };
                name.push_str(ending);
                let ports = match &*object.kind {
                    "Kafka" => listeners(object),
                    _ => (!ports.is_empty())
                        .then(|| ports.iter().map(|port| (*port, object.name.span)).collect()),
                };
                found.push(Serving {
                    name,
                    namespace: object.namespace.as_ref().and_then(Value::text),
                    ports,
                    object,
                    made: true,
                    cluster,
                });
            }
        }
    }
    found
}

fn ports(service: &Object) -> Option<Vec<(i64, Span)>> {
    // Without an address of its own it has whatever ports the pods have.
    if matches!(service.origin, Origin::Summary { .. })
        || service.at("spec.type").and_then(Value::str) == Some("ExternalName")
        || service.at("spec.clusterIP").and_then(Value::str) == Some("None")
    {
        return None;
    }
    let list = service
        .at("spec.ports")
        .filter(|ports| !ports.is_unknown())?;
    let mut ports = Vec::new();
    for port in list.items() {
        let number = port.get("port")?;
        ports.push((number.int()?, number.span));
    }
    (!ports.is_empty()).then_some(ports)
}

/// The listeners of a Kafka cluster inside its Kubernetes cluster, with those that Strimzi has for itself.
fn listeners(kafka: &Object) -> Option<Vec<(i64, Span)>> {
    let mut ports = Vec::new();
    for listener in kafka.at("spec.kafka.listeners")?.items() {
        let port = listener.get("port")?;
        ports.push((port.int()?, port.span));
    }
    if ports.is_empty() {
        return None;
    }
    ports.push((9091, kafka.name.span));
    Some(ports)
}

/// Whether a release whose chart nobody has read may bring a Service of this name into this namespace; an empty one
/// stands for any.
pub fn may_be_unseen(world: &World, name: &str, namespace: &str) -> bool {
    if is_operated(name) {
        return true;
    }
    let clusters = &world.facts.kubernetes.clusters;
    clusters.iter().any(|cluster| {
        cluster.releases.iter().any(|release| {
            let there = release
                .namespace
                .as_ref()
                .and_then(Value::text)
                .is_none_or(|own| namespace.is_empty() || own.can_be(namespace));
            let repository = release.repository.as_ref().and_then(Value::str);
            let read = release.folder.is_some()
                || release
                    .chart
                    .str()
                    .is_some_and(|chart| world.knowledge.chart(chart, repository).is_some());
            let called = release.name.text().is_some_and(|own| {
                is_called_after(name, &own) || own.literal().is_some_and(|own| own.contains(name))
            });
            let mut said = false;
            release
                .values
                .walk(&mut |value| said |= value.str() == Some(name));
            there && !read && (called || said)
        })
    })
}

/// Whether a name can be what a chart makes of a release's. One of which nothing is known says nothing either way.
pub(crate) fn is_called_after(name: &str, release: &Text) -> bool {
    if let Some(own) = release.literal() {
        return name.starts_with(own) || own.starts_with(name);
    }
    let start = release.known_prefix();
    !start.is_empty() && name.starts_with(start)
}
