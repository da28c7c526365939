//! Nodes and relations of what goes to clusters.

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::graph::NodeIndex;
use seaworthy_facts::kubernetes::{Cluster, Object, PodTemplate};
use seaworthy_facts::{ImageReference, Span, Text, Value};

use super::{LinkGraph, NodeKind, Relation};
use crate::World;

pub(super) fn add(graph: &mut LinkGraph, world: &World) {
    let one = world.facts.kubernetes.clusters.len() == 1;
    for cluster in &world.facts.kubernetes.clusters {
        let scope: &str = if one { "" } else { &cluster.name };
        Builder {
            graph,
            cluster,
            scope,
            roles: roles(world),
        }
        .add();
    }
}

/// Roles of all configurations by their name, to meet the ARNs of annotations.
fn roles(world: &World) -> HashMap<&str, (&str, Span)> {
    world
        .facts
        .terraform
        .resources("aws_iam_role")
        .filter_map(|(root, role)| Some((role.str("name")?, (root.folder.as_str(), role.span))))
        .collect()
}

struct Builder<'a> {
    graph: &'a mut LinkGraph,
    cluster: &'a Cluster,
    scope: &'a str,
    roles: HashMap<&'a str, (&'a str, Span)>,
}

impl Builder<'_> {
    fn add(mut self) {
        for object in &self.cluster.objects {
            let node = self.object(object);
            for applied in &object.applied_by {
                let path =
                    self.graph
                        .add(NodeKind::Path, self.scope, &*applied.by, Some(applied.span));
                self.graph
                    .relate(path, Relation::Applies, node, Some(applied.span));
            }
            if let Some(pods) = object.pods() {
                self.pods(node, object, pods);
            }
            match &*object.kind {
                "Service" => self.service(node, object),
                "Ingress" => self.ingress(node, object),
                "HTTPRoute" | "GRPCRoute" => self.gateway_route(node, object),
                "ServiceAccount" => self.service_account(node, object),
                "ExternalSecret" => self.external_secret(node, object),
                "SecretProviderClass" => self.secret_provider(node, object),
                "HorizontalPodAutoscaler" => self.scaler(node, object),
                "ServiceMonitor" => self.monitor(node, object),
                _ => {}
            }
        }
        for release in &self.cluster.releases {
            let name = shown(&release.name);
            self.graph
                .add(NodeKind::Release, self.scope, name, Some(release.span));
        }
    }

    fn object(&mut self, object: &Object) -> NodeIndex {
        let name = qualified(object.namespace.as_ref(), &object.name);
        let (kind, name): (NodeKind, Arc<str>) = match &*object.kind {
            "ServiceAccount" => (NodeKind::ServiceAccount, name),
            "Secret" => (NodeKind::Secret, name),
            "ConfigMap" => (NodeKind::ConfigMap, name),
            "Service" => (NodeKind::KubeService, name),
            "Ingress" | "HTTPRoute" | "GRPCRoute" | "Gateway" => (NodeKind::Route, name),
            "Certificate" => (NodeKind::Certificate, name),
            "PersistentVolumeClaim" => (NodeKind::Claim, name),
            "ExternalSecret" | "SecretProviderClass" | "ClusterSecretStore" | "SecretStore" => {
                (NodeKind::SecretSource, name)
            }
            _ if object.pods().is_some() => (NodeKind::Workload, name),
            kind => (NodeKind::Object, format!("{kind} {name}").into()),
        };
        self.graph.add(kind, self.scope, name, Some(object.span))
    }

    /// The node of an object that is referred to, declared or not.
    fn named(
        &mut self,
        kind: NodeKind,
        kube: &str,
        namespace: Option<&Value>,
        name: &Value,
    ) -> Option<NodeIndex> {
        let text = name.text()?;
        let namespace_text = namespace.and_then(Value::text);
        let declared = self
            .cluster
            .find(kube, namespace_text.as_ref(), &text)
            .map(|object| qualified(object.namespace.as_ref(), &object.name));
        let name = declared.unwrap_or_else(|| qualified(namespace, name));
        Some(self.graph.add(kind, self.scope, name, None))
    }

    fn pods(&mut self, node: NodeIndex, object: &Object, pods: PodTemplate<'_>) {
        let namespace = object.namespace.as_ref();
        if let Some(account) = pods.service_account()
            && let Some(target) = self.named(
                NodeKind::ServiceAccount,
                "ServiceAccount",
                namespace,
                account,
            )
        {
            self.graph
                .relate(node, Relation::RunsAs, target, Some(account.span));
        }
        for container in pods.containers() {
            if let Some(image) = container.get("image") {
                self.image(node, image);
            }
            for (kind, kube, name) in environment_sources(container) {
                if let Some(target) = self.named(kind, kube, namespace, name) {
                    self.graph
                        .relate(node, Relation::Reads, target, Some(name.span));
                }
            }
        }
        for volume in pods.spec.get("volumes").map_or(&[][..], Value::items) {
            for (path, kind, kube) in [
                ("secret.secretName", NodeKind::Secret, "Secret"),
                ("configMap.name", NodeKind::ConfigMap, "ConfigMap"),
                (
                    "persistentVolumeClaim.claimName",
                    NodeKind::Claim,
                    "PersistentVolumeClaim",
                ),
                (
                    "csi.volumeAttributes.secretProviderClass",
                    NodeKind::SecretSource,
                    "SecretProviderClass",
                ),
            ] {
                if let Some(name) = volume.at(path)
                    && let Some(target) = self.named(kind, kube, namespace, name)
                {
                    self.graph
                        .relate(node, Relation::Reads, target, Some(name.span));
                }
            }
        }
    }

    fn image(&mut self, node: NodeIndex, image: &Value) {
        let Some(text) = image.text() else {
            return;
        };
        let tag = add_tag(self.graph, &text);
        self.graph
            .relate(node, Relation::Pulls, tag, Some(image.span));
    }

    fn service(&mut self, node: NodeIndex, object: &Object) {
        let Some(selector) = object.at("spec.selector") else {
            return;
        };
        let namespace = object.namespace.as_ref().and_then(Value::text);
        let selected: Vec<_> = self
            .cluster
            .workloads()
            .filter(|workload| workload.is_in(namespace.as_ref()))
            .filter(|workload| {
                let labels = workload.pods().and_then(PodTemplate::labels);
                !selector.entries().is_empty()
                    && selector.entries().iter().all(|wanted| {
                        labels
                            .and_then(|labels| labels.get(&wanted.key)?.text())
                            .is_some_and(|label| {
                                wanted.value.text().is_some_and(|text| text == label)
                            })
                    })
            })
            .cloned()
            .collect();
        for workload in selected {
            let target = self.object(&workload);
            self.graph
                .relate(node, Relation::Selects, target, Some(selector.span));
        }
    }

    fn ingress(&mut self, node: NodeIndex, object: &Object) {
        let namespace = object.namespace.as_ref();
        let rules = object.at("spec.rules").map_or(&[][..], Value::items);
        let mut backends: Vec<&Value> = object.at("spec.defaultBackend").into_iter().collect();
        for rule in rules {
            if let Some(host) = rule.get("host") {
                self.host(node, host);
            }
            for path in rule.at("http.paths").map_or(&[][..], Value::items) {
                backends.extend(path.get("backend"));
            }
        }
        for backend in backends {
            let name = backend
                .at("service.name")
                .or_else(|| backend.get("serviceName"));
            self.sends_to(node, namespace, name);
        }
        for tls in object.at("spec.tls").map_or(&[][..], Value::items) {
            if let Some(name) = tls.get("secretName")
                && let Some(target) = self.named(NodeKind::Secret, "Secret", namespace, name)
            {
                self.graph
                    .relate(node, Relation::Reads, target, Some(name.span));
            }
        }
    }

    fn gateway_route(&mut self, node: NodeIndex, object: &Object) {
        for host in object.at("spec.hostnames").map_or(&[][..], Value::items) {
            self.host(node, host);
        }
        for rule in object.at("spec.rules").map_or(&[][..], Value::items) {
            for backend in rule.get("backendRefs").map_or(&[][..], Value::items) {
                let namespace = backend.get("namespace").or(object.namespace.as_ref());
                self.sends_to(node, namespace, backend.get("name"));
            }
        }
    }

    fn sends_to(&mut self, node: NodeIndex, namespace: Option<&Value>, name: Option<&Value>) {
        if let Some(name) = name
            && let Some(target) = self.named(NodeKind::KubeService, "Service", namespace, name)
        {
            self.graph
                .relate(node, Relation::Selects, target, Some(name.span));
        }
    }

    fn host(&mut self, node: NodeIndex, host: &Value) {
        if let Some(text) = host.text() {
            let target = self.graph.add(NodeKind::Host, "", text.to_string(), None);
            self.graph
                .relate(node, Relation::ServedAs, target, Some(host.span));
        }
    }

    fn service_account(&mut self, node: NodeIndex, object: &Object) {
        let Some(annotation) = object.annotation("eks.amazonaws.com/role-arn") else {
            return;
        };
        let Some(name) = annotation
            .text()
            .and_then(|arn| arn.rsplit_once('/').map(|(_, name)| name))
        else {
            return;
        };
        let (scope, span) = match name.literal().and_then(|name| self.roles.get(name)) {
            Some((folder, span)) => (*folder, Some(*span)),
            None => ("", None),
        };
        let role = self
            .graph
            .add(NodeKind::Role, scope, name.to_string(), span);
        self.graph
            .relate(node, Relation::Assumes, role, Some(annotation.span));
    }

    fn external_secret(&mut self, node: NodeIndex, object: &Object) {
        let name = object
            .at("spec.target.name")
            .unwrap_or(&object.name)
            .clone();
        let namespace = object.namespace.clone();
        if let Some(secret) = self.named(NodeKind::Secret, "Secret", namespace.as_ref(), &name) {
            self.graph
                .relate(node, Relation::Makes, secret, Some(name.span));
            // A pod that reads the Secret gets there through what fills it.
            self.graph
                .relate(secret, Relation::Reads, node, Some(name.span));
        }
        if let Some(store) = object.at("spec.secretStoreRef") {
            let kind = store
                .get("kind")
                .and_then(Value::str)
                .unwrap_or("SecretStore");
            if let Some(name) = store.get("name")
                && let Some(target) = self.named(NodeKind::SecretSource, kind, None, name)
            {
                self.graph
                    .relate(node, Relation::Uses, target, Some(name.span));
            }
        }
        let mut keys: Vec<&Value> = Vec::new();
        for data in object.at("spec.data").map_or(&[][..], Value::items) {
            keys.extend(data.at("remoteRef.key"));
        }
        for from in object.at("spec.dataFrom").map_or(&[][..], Value::items) {
            keys.extend(from.at("extract.key"));
        }
        for key in keys {
            self.cloud_secret(node, key);
        }
    }

    fn secret_provider(&mut self, node: NodeIndex, object: &Object) {
        for made in object
            .at("spec.secretObjects")
            .map_or(&[][..], Value::items)
        {
            if let Some(name) = made.get("secretName") {
                let namespace = object.namespace.as_ref();
                if let Some(secret) = self.named(NodeKind::Secret, "Secret", namespace, name) {
                    self.graph
                        .relate(node, Relation::Makes, secret, Some(name.span));
                    self.graph
                        .relate(secret, Relation::Reads, node, Some(name.span));
                }
            }
        }
        for wanted in object
            .at("spec.parameters.objects")
            .map_or(&[][..], Value::items)
        {
            if let Some(name) = wanted.get("objectName") {
                self.cloud_secret(node, name);
            }
        }
    }

    fn cloud_secret(&mut self, node: NodeIndex, name: &Value) {
        let Some(text) = name.text() else {
            return;
        };
        let text = text.to_string();
        // Declared in one of the configurations, whose scope is its folder.
        let declared = self
            .graph
            .nodes()
            .find(|(_, other)| other.kind == NodeKind::CloudSecret && *other.name == *text)
            .map(|(index, _)| index);
        let target =
            declared.unwrap_or_else(|| self.graph.add(NodeKind::CloudSecret, "", text, None));
        self.graph
            .relate(node, Relation::Reads, target, Some(name.span));
    }

    fn scaler(&mut self, node: NodeIndex, object: &Object) {
        if let Some(name) = object.at("spec.scaleTargetRef.name") {
            let kube = object
                .at("spec.scaleTargetRef.kind")
                .and_then(Value::str)
                .unwrap_or("Deployment")
                .to_owned();
            let namespace = object.namespace.as_ref();
            if let Some(target) = self.named(NodeKind::Workload, &kube, namespace, name) {
                self.graph
                    .relate(node, Relation::Uses, target, Some(name.span));
            }
        }
    }

    fn monitor(&mut self, node: NodeIndex, object: &Object) {
        let Some(selector) = object.at("spec.selector.matchLabels") else {
            return;
        };
        let selected: Vec<_> = self
            .cluster
            .of("Service")
            .filter(|service| {
                !selector.entries().is_empty()
                    && selector.entries().iter().all(|wanted| {
                        service.label(&wanted.key).and_then(Value::text) == wanted.value.text()
                    })
            })
            .cloned()
            .collect();
        for service in selected {
            let target = self.object(&service);
            self.graph
                .relate(node, Relation::Selects, target, Some(selector.span));
        }
    }
}

/// The tag that a reference pulls or pushes, with its image.
pub(super) fn add_tag(graph: &mut LinkGraph, text: &Text) -> NodeIndex {
    let reference = ImageReference::parse(text);
    let repository = ImageReference {
        tag: None,
        digest: None,
        ..reference.clone()
    };
    let tagged = match reference.pulled_tag() {
        Some(tag) => format!("{repository}:{tag}"),
        None => reference.to_string(),
    };
    let tag = graph.add(NodeKind::Tag, "", tagged, None);
    let image = graph.add(NodeKind::Image, "", repository.to_string(), None);
    graph.graph[tag].image = Some(reference.clone());
    graph.graph[image].image = Some(repository);
    graph.relate(tag, Relation::PartOf, image, None);
    let registry = reference.repository.literal().and_then(|name| {
        graph
            .nodes()
            .find(|(_, node)| node.kind == NodeKind::Registry && *node.name == *name)
            .map(|(index, _)| index)
    });
    if let Some(registry) = registry {
        graph.relate(image, Relation::KeptIn, registry, None);
    }
    tag
}

/// What a container's environment is taken from.
fn environment_sources(container: &Value) -> Vec<(NodeKind, &'static str, &Value)> {
    let mut sources = Vec::new();
    for variable in container.get("env").map_or(&[][..], Value::items) {
        for (path, kind, kube) in [
            ("valueFrom.secretKeyRef.name", NodeKind::Secret, "Secret"),
            (
                "valueFrom.configMapKeyRef.name",
                NodeKind::ConfigMap,
                "ConfigMap",
            ),
        ] {
            sources.extend(variable.at(path).map(|name| (kind, kube, name)));
        }
    }
    for from in container.get("envFrom").map_or(&[][..], Value::items) {
        for (path, kind, kube) in [
            ("secretRef.name", NodeKind::Secret, "Secret"),
            ("configMapRef.name", NodeKind::ConfigMap, "ConfigMap"),
        ] {
            sources.extend(from.at(path).map(|name| (kind, kube, name)));
        }
    }
    sources
}

fn qualified(namespace: Option<&Value>, name: &Value) -> Arc<str> {
    match namespace.and_then(Value::text) {
        Some(namespace) => format!("{namespace}/{}", shown(name)).into(),
        None => shown(name),
    }
}

fn shown(name: &Value) -> Arc<str> {
    name.text()
        .map_or_else(|| "?".into(), |text| text.to_string().into())
}
