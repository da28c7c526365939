//! What a name inside a cluster can mean, and how sure one can be that nothing has it.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin, PodTemplate};
use seaworthy_facts::{Same, Text, Value};

/// Kinds whose controllers make Services or pods that no file shows.
const MAKERS: &[&str] = &[
    "Kafka",
    "Postgresql",
    "PostgresCluster",
    "Redis",
    "RedisCluster",
    "RedisFailover",
    "Elasticsearch",
    "Kibana",
    "MongoDBCommunity",
    "PerconaServerMongoDB",
    "RabbitmqCluster",
    "MySQLCluster",
    "InnoDBCluster",
    "Zookeeper",
    "Jaeger",
    "OpenTelemetryCollector",
    "Prometheus",
    "Alertmanager",
    "ThanosRuler",
    "Grafana",
    "Service.serving",
    "Gateway",
    "Kiali",
    "ClickHouseInstallation",
    "Cassandra",
    "CassandraDatacenter",
    "FlinkDeployment",
    "Keycloak",
    "Minio",
    "Tenant",
    "VMCluster",
    "VMSingle",
    "Vault",
    "RayCluster",
    "Etcd",
    "Nats",
    "NatsCluster",
    "Solr",
];

/// Whether something in the cluster may make Services or pods that are not seen.
pub(super) fn makes_unseen(cluster: &Cluster) -> bool {
    cluster.objects.iter().any(|object| {
        let api = object.api_version.str().unwrap_or_default();
        (MAKERS.contains(&&*object.kind) && !matches!(object.origin, Origin::Summary { .. }))
            || (&*object.kind == "Cluster" && api.contains('.'))
            || api.starts_with("serving.knative.dev")
    })
}

/// Whether an object has text of its own that somebody here can change.
pub(super) fn is_written(object: &Object) -> bool {
    !matches!(object.origin, Origin::Summary { .. })
}

/// The namespace of an object, as text.
pub(super) fn namespace(object: &Object) -> Option<Text> {
    object.namespace.as_ref().and_then(Value::text)
}

/// The Service that a name means in a namespace.
pub(super) fn service<'a>(
    cluster: &'a Cluster,
    namespace: Option<&Text>,
    name: &Text,
) -> Option<&'a Object> {
    cluster.find("Service", namespace, name)
}

/// Whether labels of pods fit a selector; `None` where that depends on what is not known.
pub(super) fn fits(selector: &Value, labels: Option<&Value>) -> Option<bool> {
    let mut all = Some(true);
    if labels.is_some_and(Value::is_unknown) || selector.is_unknown() {
        return None;
    }
    for entry in selector.entries() {
        let own = labels.and_then(|labels| labels.get(&entry.key));
        let same = match (own.and_then(Value::text), entry.value.text()) {
            (Some(own), Some(wanted)) => own.same(&wanted),
            _ => Same::Never,
        };
        match same {
            Same::Never => return Some(false),
            Same::Maybe => all = None,
            Same::Always => {}
        }
    }
    all
}

/// The workloads that a Service leads to, with whether all of them are known.
pub(super) fn selected<'a>(cluster: &'a Cluster, service: &Object) -> (Vec<&'a Object>, bool) {
    let Some(selector) = service
        .at("spec.selector")
        .filter(|selector| !selector.entries().is_empty())
    else {
        return (Vec::new(), false);
    };
    let namespace = namespace(service);
    let mut known = true;
    let mut found = Vec::new();
    for workload in cluster.selectable(selector) {
        if !workload.is_in(namespace.as_ref()) {
            continue;
        }
        match fits(selector, workload.pods().and_then(PodTemplate::labels)) {
            Some(true) => found.push(workload),
            Some(false) => {}
            None => known = false,
        }
    }
    (found, known)
}

/// Whether two names mean the same thing but for an ending that says its kind: `api-service`, `api`.
pub(super) fn same_stem(a: &str, b: &str) -> bool {
    let stem = |name: &str| {
        let mut name = name.to_ascii_lowercase();
        for end in [
            "-service",
            "-svc",
            "-deployment",
            "-deploy",
            "-app",
            "-statefulset",
            "-server",
            "-headless",
        ] {
            if let Some(short) = name.strip_suffix(end) {
                name = short.to_owned();
            }
        }
        name
    };
    stem(a) == stem(b)
}

/// The candidate that a name is most likely meant for: almost the same, the same but for an ending that says its kind,
/// or with a prefix or suffix that something puts to it.
pub(super) fn nearest_name<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    seaworthy_diagnostics::suggest(name, candidates.iter().copied()).or_else(|| {
        candidates
            .iter()
            .find(|other| {
                same_stem(name, other)
                    || other
                        .strip_suffix(name)
                        .is_some_and(|start| start.ends_with('-'))
                    || other
                        .strip_prefix(name)
                        .is_some_and(|end| end.starts_with('-'))
            })
            .copied()
    })
}
