//! The objects of a chart that is known by its summary: without text of their own, they stand where it is asked for.

use std::collections::BTreeMap;

use seaworthy_facts::kubernetes::{Object, Origin, Release};
use seaworthy_facts::{Data, Map, Number, Span, Text, Unknown, UnknownKind, Value};
use seaworthy_knowledge::charts::{Chart, Service};

/// Builds the objects of one release.
struct Builder<'a> {
    chart: &'a Chart,
    release: &'a Release,
    name: Text,
    namespace: Option<Text>,
    span: Span,
    objects: Vec<Object>,
}

/// Every object that the summary names and the values leave on. What the values leave open is left out.
pub(crate) fn objects(chart: &Chart, release: &Release) -> Vec<Object> {
    let mut builder = Builder {
        chart,
        release,
        name: release.name.text().unwrap_or_default(),
        namespace: release.namespace.as_ref().and_then(Value::text),
        span: release.span,
        objects: Vec::new(),
    };
    builder.accounts();
    builder.services();
    builder.workloads();
    builder.definitions();
    builder.webhooks();
    builder.others();
    builder.objects
}

impl Builder<'_> {
    fn text(&self, pattern: &str) -> Text {
        self.chart.named(
            pattern,
            &self.name,
            self.namespace.as_ref(),
            &self.release.values,
        )
    }

    fn string(&self, text: impl Into<String>) -> Value {
        Value::string(text, self.span)
    }

    fn value(&self, text: Text) -> Value {
        match text.parts() {
            [seaworthy_facts::Part::Hole(unknown)] => Value::unknown(unknown.clone(), self.span),
            _ => Value::new(Data::Text(text), self.span),
        }
    }

    fn number(&self, number: u32) -> Value {
        Value::new(
            Data::Number(Number {
                value: f64::from(number),
                written: None,
            }),
            self.span,
        )
    }

    fn map<const N: usize>(&self, entries: [(&str, Value); N]) -> Value {
        let mut map = Map::default();
        for (key, value) in entries {
            map.set(key, self.span, value);
        }
        Value::new(Data::Map(map), self.span)
    }

    fn labels(&self, labels: &BTreeMap<String, String>) -> Value {
        let mut map = Map::default();
        for (key, pattern) in labels {
            map.set(key.as_str(), self.span, self.value(self.text(pattern)));
        }
        Value::new(Data::Map(map), self.span)
    }

    fn push(&mut self, api_version: &str, kind: &str, name: Value, rest: Vec<(&str, Value)>) {
        let namespace = if crate::kinds::is_cluster_wide(kind) {
            None
        } else {
            self.release.namespace.clone()
        };
        let mut metadata = Map::default();
        metadata.set("name", self.span, name.clone());
        if let Some(namespace) = &namespace {
            metadata.set("namespace", namespace.span, namespace.clone());
        }
        let mut body = Map::default();
        body.set("apiVersion", self.span, self.string(api_version));
        body.set("kind", self.span, self.string(kind));
        let mut spec = Vec::new();
        for (key, value) in rest {
            match key {
                "labels" | "annotations" => metadata.set(key, value.span, value),
                _ => spec.push((key, value)),
            }
        }
        body.set(
            "metadata",
            self.span,
            Value::new(Data::Map(metadata), self.span),
        );
        for (key, value) in spec {
            body.set(key, value.span, value);
        }
        self.objects.push(Object {
            api_version: self.string(api_version),
            kind: kind.into(),
            name,
            namespace,
            body: Value::new(Data::Map(body), self.span),
            span: self.span,
            block: self.span,
            file: self.span.file,
            origin: Origin::Summary {
                release: self.name.clone(),
            },
            applied_by: self.release.applied_by.clone(),
        });
    }

    fn on(&self, conditions: &[String]) -> bool {
        self.chart.on(conditions, &self.release.values) == Some(true)
    }

    /// The account's name: what a setting says, else what the chart makes of the release's.
    fn account_name(&self, pattern: &str, key: Option<&str>) -> Value {
        key.and_then(|key| self.release.values.at(key))
            .filter(|value| value.text().is_some_and(|text| !text.is_empty()))
            .cloned()
            .unwrap_or_else(|| self.value(self.text(pattern)))
    }

    fn accounts(&mut self) {
        for account in &self.chart.service_accounts {
            if !self.on(&account.conditions) {
                continue;
            }
            let name = self.account_name(&account.name, account.name_key.as_deref());
            let annotations = account
                .annotations_key
                .as_deref()
                .and_then(|key| self.release.values.at(key))
                .filter(|value| value.map().is_some())
                .cloned();
            let rest = annotations
                .map(|annotations| vec![("annotations", annotations)])
                .unwrap_or_default();
            self.push("v1", "ServiceAccount", name, rest);
        }
    }

    fn services(&mut self) {
        for service in &self.chart.services {
            if !self.on(&service.conditions) {
                continue;
            }
            let name = self.value(self.text(&service.name));
            let ports = service
                .ports
                .iter()
                .map(|port| {
                    let mut entries = Map::default();
                    if let Some(name) = &port.name {
                        entries.set("name", self.span, self.string(name.as_str()));
                    }
                    entries.set("port", self.span, self.port(service, port.port));
                    if let Some(target) = port.target {
                        entries.set("targetPort", self.span, self.number(u32::from(target)));
                    }
                    Value::new(Data::Map(entries), self.span)
                })
                .collect();
            let mut spec = Map::default();
            spec.set("ports", self.span, Value::new(Data::List(ports), self.span));
            if !service.selector.is_empty() {
                spec.set("selector", self.span, self.labels(&service.selector));
            }
            spec.set("type", self.span, self.service_type(service));
            if service.headless {
                spec.set("clusterIP", self.span, self.string("None"));
            }
            let labels = self.labels(&service.selector);
            let spec = Value::new(Data::Map(spec), self.span);
            self.push(
                "v1",
                "Service",
                name,
                vec![("labels", labels), ("spec", spec)],
            );
            if let Some(namespace) = &service.namespace
                && let Some(last) = self.objects.last().map(|_| self.text(namespace))
            {
                let value = self.value(last);
                if let Some(object) = self.objects.last_mut() {
                    object.namespace = Some(value);
                }
            }
        }
    }

    /// The settings of a Service that carries a part's full name: `grafana.service`.
    fn settings(&self, service: &Service) -> Option<&Value> {
        let token = service.name.strip_prefix('{')?.strip_suffix('}')?;
        if token == self.chart.name {
            return self
                .release
                .values
                .get("service")
                .or_else(|| self.release.values.at("controller.service"));
        }
        self.release.values.get(token)?.get("service")
    }

    fn port(&self, service: &Service, port: u16) -> Value {
        if let Some(given) = self
            .settings(service)
            .and_then(|settings| settings.get("port"))
            && service
                .ports
                .first()
                .is_some_and(|first| first.port == port)
        {
            return given.clone();
        }
        // A port that is changed somewhere in the values, where several Services have the one it was before.
        let mut changed = false;
        ports(&self.release.values, &mut Vec::new(), &mut |path| {
            let mut steps: Vec<&str> = path.to_vec();
            if let seaworthy_knowledge::charts::Known::Yes(Some(default)) = self.chart.knows(&steps)
            {
                changed |= default == port.to_string();
            }
            steps.clear();
        });
        if changed {
            return Value::unknown(Unknown::new(UnknownKind::NotSeen, "port"), self.span);
        }
        self.number(u32::from(port))
    }

    fn service_type(&self, service: &Service) -> Value {
        self.settings(service)
            .and_then(|settings| settings.get("type"))
            .filter(|value| !value.is_null())
            .cloned()
            .unwrap_or_else(|| self.string(service.kind.as_deref().unwrap_or("ClusterIP")))
    }

    fn workloads(&mut self) {
        for workload in &self.chart.workloads {
            if !self.on(&workload.conditions) {
                continue;
            }
            let mut pod = Map::default();
            if let Some(account) = &workload.service_account {
                let key = self
                    .chart
                    .service_accounts
                    .iter()
                    .find(|own| own.name == *account)
                    .and_then(|own| own.name_key.as_deref());
                pod.set(
                    "serviceAccountName",
                    self.span,
                    self.account_name(account, key),
                );
            }
            if workload.host_network {
                pod.set(
                    "hostNetwork",
                    self.span,
                    Value::new(Data::Bool(true), self.span),
                );
            }
            if workload.tolerates_all {
                let toleration = self.map([("operator", self.string("Exists"))]);
                pod.set(
                    "tolerations",
                    self.span,
                    Value::new(Data::List(vec![toleration]), self.span),
                );
            }
            let labels = self.labels(&workload.labels);
            let template = self.map([
                ("metadata", self.map([("labels", labels)])),
                ("spec", Value::new(Data::Map(pod), self.span)),
            ]);
            let mut spec = Map::default();
            if let Some(replicas) = workload.replicas {
                spec.set("replicas", self.span, self.number(replicas));
            }
            spec.set("template", self.span, template);
            let name = self.value(self.text(&workload.name));
            let api = if matches!(&*workload.kind, "Job" | "CronJob") {
                "batch/v1"
            } else {
                "apps/v1"
            };
            let spec = Value::new(Data::Map(spec), self.span);
            self.push(api, &workload.kind, name, vec![("spec", spec)]);
        }
    }

    fn definitions(&mut self) {
        for definition in &self.chart.crds {
            let Some((kind, group)) = definition.split_once('.') else {
                continue;
            };
            let mut name = Text::hole(Unknown::new(UnknownKind::Computed, "plural"));
            name.push_str(&format!(".{group}"));
            let spec = self.map([
                ("group", self.string(group)),
                ("names", self.map([("kind", self.string(kind))])),
            ]);
            let name = self.value(name);
            self.push(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                name,
                vec![("spec", spec)],
            );
        }
    }

    fn webhooks(&mut self) {
        for webhook in &self.chart.webhooks {
            if !self.on(&webhook.conditions) {
                continue;
            }
            let mut service = Map::default();
            service.set("name", self.span, self.value(self.text(&webhook.service)));
            if let Some(namespace) = &self.release.namespace {
                service.set("namespace", namespace.span, namespace.clone());
            }
            service.set("port", self.span, self.number(u32::from(webhook.port)));
            let service = Value::new(Data::Map(service), self.span);
            let name = Value::unknown(Unknown::new(UnknownKind::Computed, "name"), self.span);
            if webhook.kind == "APIService" {
                let spec = self.map([("service", service)]);
                self.push(
                    "apiregistration.k8s.io/v1",
                    "APIService",
                    name,
                    vec![("spec", spec)],
                );
            } else {
                let mut one = Map::default();
                one.set("clientConfig", self.span, self.map([("service", service)]));
                if let Some(policy) = &webhook.failure_policy {
                    one.set("failurePolicy", self.span, self.string(policy.as_str()));
                }
                let list = Value::new(
                    Data::List(vec![Value::new(Data::Map(one), self.span)]),
                    self.span,
                );
                self.push(
                    "admissionregistration.k8s.io/v1",
                    &webhook.kind,
                    name,
                    vec![("webhooks", list)],
                );
            }
        }
    }

    fn others(&mut self) {
        for object in &self.chart.objects {
            if !self.on(&object.conditions) {
                continue;
            }
            let given = (object.kind == "IngressClass")
                .then(|| {
                    [
                        "controller.ingressClassResource.name",
                        "ingressClass.name",
                        "ingressClass",
                    ]
                    .iter()
                    .find_map(|key| {
                        self.release
                            .values
                            .at(key)
                            .filter(|value| value.str().is_some())
                    })
                })
                .flatten()
                .cloned();
            let name = given.unwrap_or_else(|| self.value(self.text(&object.name)));
            let mut rest = Vec::new();
            if !object.keys.is_empty() {
                let mut data = Map::default();
                for key in &object.keys {
                    data.set(
                        key.as_str(),
                        self.span,
                        Value::unknown(Unknown::new(UnknownKind::NotSeen, key.as_str()), self.span),
                    );
                }
                rest.push(("data", Value::new(Data::Map(data), self.span)));
            }
            self.push(&object.api_version, &object.kind, name, rest);
        }
    }
}

/// Visits every path of the values that ends in a port.
fn ports<'v>(value: &'v Value, path: &mut Vec<&'v str>, visit: &mut dyn FnMut(&[&str])) {
    if path.len() > 12 {
        return;
    }
    for entry in value.entries() {
        path.push(&entry.key);
        if entry.value.map().is_some() {
            ports(&entry.value, path, visit);
        } else if entry.key.ends_with("port") || entry.key.ends_with("Port") {
            visit(path);
        }
        path.pop();
    }
}
