//! What containers are given: their variables, and the Secrets that they take them from.

use seaworthy_facts::kubernetes::{Cluster, Object, Origin, PodTemplate};
use seaworthy_facts::{Span, Text, Value};

use crate::{World, environment};

/// A container of a workload.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// Its cluster.
    pub cluster: &'a Cluster,
    /// Its workload.
    pub workload: &'a Object,
    /// Its pods.
    pub pods: PodTemplate<'a>,
    /// Itself.
    pub body: &'a Value,
}

/// An environment variable of a container.
#[derive(Debug, Clone)]
pub struct Variable<'a> {
    /// Its name.
    pub name: Text,
    /// Where the name stands.
    pub span: Span,
    /// Where its value comes from.
    pub from: From<'a>,
    /// It comes with a map that is taken as a whole, which others may take for other keys.
    pub whole: bool,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy)]
pub enum From<'a> {
    /// It is written there.
    Value(&'a Value),
    /// A key of a Secret.
    Secret(SecretUse<'a>),
    /// A key of a `ConfigMap`: the key's value where the map is here.
    ConfigMap(Option<&'a Value>),
    /// The pod's own fields, or nothing known.
    Other,
}

/// A Secret that a pod takes.
#[derive(Debug, Clone, Copy)]
pub struct SecretUse<'a> {
    /// Its name.
    pub name: &'a Value,
    /// The key; all of them where there is none.
    pub key: Option<&'a Value>,
    /// The pod starts without it.
    pub optional: bool,
    /// It becomes variables, which a running pod keeps.
    pub variable: bool,
}

/// What a container's program finds in its environment.
#[derive(Debug, Default)]
pub struct Environment<'a> {
    /// The variables.
    pub variables: Vec<Variable<'a>>,
    /// There are more, or there may be: Secrets and `ConfigMap`s taken as a whole whose keys are not known.
    pub open: bool,
}

/// Every container of every workload.
pub fn containers(world: &World) -> impl Iterator<Item = Container<'_>> {
    world.facts.kubernetes.clusters.iter().flat_map(|cluster| {
        cluster
            .workloads()
            .flat_map(move |workload| of(cluster, workload))
    })
}

/// The containers of a workload.
pub fn of<'a>(
    cluster: &'a Cluster,
    workload: &'a Object,
) -> impl Iterator<Item = Container<'a>> + use<'a> {
    workload.pods().into_iter().flat_map(move |pods| {
        pods.containers().map(move |body| Container {
            cluster,
            workload,
            pods,
            body,
        })
    })
}

impl<'a> Container<'a> {
    /// Its image.
    pub fn image(&self) -> Option<&'a Value> {
        self.body.get("image")
    }

    /// Whether it serves production: by its namespace, its cluster, or the folder of its file. Where nothing says which
    /// environment it is, it is taken for the one that counts.
    pub fn is_production(&self, world: &World) -> bool {
        let cluster = self.cluster.environment.as_deref();
        let said = self
            .workload
            .namespace()
            .and_then(environment::of_name)
            .or(cluster.and_then(environment::of_name))
            .or_else(|| environment::of_name(world.sources.folder(self.workload.file)));
        said.is_none_or(|said| said == "production")
    }

    /// Its name; where it has none, its workload's place.
    pub fn name_span(&self) -> Span {
        self.body
            .get("name")
            .map_or(self.workload.name.span, |name| name.span)
    }

    /// Its variables, with those of the maps it takes as a whole.
    pub fn environment(&self) -> Environment<'a> {
        let mut environment = Environment::default();
        let namespace = self.workload.namespace.as_ref().and_then(Value::text);
        for entry in self.body.get("env").map_or(&[][..], Value::items) {
            let Some(name) = entry.get("name") else {
                environment.open = true;
                continue;
            };
            let Some(text) = name.text() else { continue };
            environment.variables.push(Variable {
                name: text,
                span: name.span,
                from: self.from(entry, namespace.as_ref()),
                whole: false,
            });
        }
        if self.body.get("env").is_some_and(Value::is_unknown) {
            environment.open = true;
        }
        for source in self.body.get("envFrom").map_or(&[][..], Value::items) {
            self.take_all(source, namespace.as_ref(), &mut environment);
        }
        environment
    }

    fn from(&self, entry: &'a Value, namespace: Option<&Text>) -> From<'a> {
        if let Some(value) = entry.get("value") {
            return From::Value(value);
        }
        if let Some(secret) = entry.at("valueFrom.secretKeyRef") {
            return match secret_use(secret, true) {
                Some(used) => From::Secret(used),
                None => From::Other,
            };
        }
        if let Some(map) = entry.at("valueFrom.configMapKeyRef") {
            let value = map
                .get("name")
                .and_then(Value::text)
                .and_then(|name| self.cluster.find("ConfigMap", namespace, &name))
                .and_then(|found| found.at("data")?.get(map.get("key")?.str()?));
            return From::ConfigMap(value);
        }
        From::Other
    }

    fn take_all(
        &self,
        source: &'a Value,
        namespace: Option<&Text>,
        environment: &mut Environment<'a>,
    ) {
        let prefix = source
            .get("prefix")
            .and_then(Value::text)
            .unwrap_or_default();
        let map = source.at("configMapRef.name").and_then(Value::text);
        let found = map.and_then(|name| self.cluster.find("ConfigMap", namespace, &name));
        let Some(data) = found.and_then(|found| found.at("data")) else {
            environment.open = true;
            return;
        };
        for entry in data.entries() {
            let mut name = prefix.clone();
            name.push_str(&entry.key);
            environment.variables.push(Variable {
                name,
                span: entry.key_span,
                from: From::Value(&entry.value),
                whole: true,
            });
        }
    }
}

fn secret_use(reference: &Value, variable: bool) -> Option<SecretUse<'_>> {
    Some(SecretUse {
        name: reference
            .get("name")
            .or_else(|| reference.get("secretName"))?,
        key: reference.get("key"),
        optional: reference.get("optional").and_then(Value::bool) == Some(true),
        variable,
    })
}

/// Every Secret that a workload's pods take: as variables and as files.
pub fn secret_uses<'a>(cluster: &'a Cluster, workload: &'a Object) -> Vec<SecretUse<'a>> {
    let mut uses = Vec::new();
    for container in of(cluster, workload) {
        for entry in container.body.get("env").map_or(&[][..], Value::items) {
            uses.extend(
                entry
                    .at("valueFrom.secretKeyRef")
                    .and_then(|reference| secret_use(reference, true)),
            );
        }
        for source in container.body.get("envFrom").map_or(&[][..], Value::items) {
            uses.extend(
                source
                    .get("secretRef")
                    .and_then(|reference| secret_use(reference, true)),
            );
        }
    }
    let Some(pods) = workload.pods() else {
        return uses;
    };
    for volume in pods.spec.get("volumes").map_or(&[][..], Value::items) {
        let Some(secret) = volume.get("secret") else {
            for source in volume.at("projected.sources").map_or(&[][..], Value::items) {
                uses.extend(
                    source
                        .get("secret")
                        .and_then(|reference| secret_use(reference, false)),
                );
            }
            continue;
        };
        let items = secret.get("items").map_or(&[][..], Value::items);
        let Some(whole) = secret_use(secret, false) else {
            continue;
        };
        if items.is_empty() {
            uses.push(SecretUse { key: None, ..whole });
        }
        for item in items {
            uses.push(SecretUse {
                key: item.get("key"),
                ..whole
            });
        }
    }
    uses
}

/// Kinds besides workloads whose fields `name` and `key` together mean a key of a Secret.
const READERS: &[&str] = &[
    "AlertmanagerConfig",
    "ServiceMonitor",
    "PodMonitor",
    "Probe",
    "ScrapeConfig",
    "Prometheus",
    "Alertmanager",
    "Issuer",
    "ClusterIssuer",
    "SecretStore",
    "ClusterSecretStore",
    "TriggerAuthentication",
    "Provider",
    "ProviderConfig",
];

/// Every key of a Secret that an object of a controller takes.
pub fn other_secret_uses(object: &Object) -> Vec<SecretUse<'_>> {
    let mut uses = Vec::new();
    if READERS.contains(&&*object.kind)
        && let Some(spec) = object.body.get("spec")
    {
        with_keys(spec, &mut uses);
    }
    uses
}

fn with_keys<'a>(value: &'a Value, uses: &mut Vec<SecretUse<'a>>) {
    if let (Some(name), Some(key)) = (value.get("name"), value.get("key"))
        && key.str().is_some()
    {
        uses.push(SecretUse {
            name,
            key: Some(key),
            optional: value.get("optional").and_then(Value::bool) == Some(true),
            variable: false,
        });
        return;
    }
    for entry in value.entries() {
        // The other thing that a key can be of.
        if !matches!(
            &*entry.key,
            "configMap" | "configMapKeyRef" | "labels" | "env"
        ) {
            with_keys(&entry.value, uses);
        }
    }
    for item in value.items() {
        with_keys(item, uses);
    }
}

/// Everything that takes Secrets, with what it takes.
pub fn secret_users(cluster: &Cluster) -> impl Iterator<Item = (&Object, Vec<SecretUse<'_>>)> {
    cluster.objects.iter().filter_map(move |object| {
        if matches!(object.origin, Origin::Summary { .. }) {
            return None;
        }
        let uses = match object.pods() {
            Some(_) => secret_uses(cluster, object),
            None => other_secret_uses(object),
        };
        (!uses.is_empty()).then_some((object, uses))
    })
}
