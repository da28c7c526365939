//! Names by which one object means another, and what they mean: [`read`] finds every name, [`dangling()`] those that
//! nothing has.
//!
//! Which fields hold such names is a table, in `table`. Whether a name that nothing has is a slip, or is made by
//! somebody that no file shows, is decided by evidence, in `dangling`.

mod dangling;
mod mentions;
mod names;
mod table;

use std::sync::Arc;

use seaworthy_facts::kubernetes::{Object, Origin};
use seaworthy_facts::{Span, Text, Value};

pub use dangling::{Dangling, Near, Why, dangling, near_name};
pub use mentions::stands_elsewhere;
pub use names::{Named, Tree};

use crate::World;
use table::{Field, To};

/// A name by which one object means another.
#[derive(Debug, Clone)]
pub struct Reference<'a> {
    /// The cluster, by its place in the facts.
    pub cluster: usize,
    /// The object that says it.
    pub from: &'a Object,
    /// The kind of what it means: `ConfigMap`.
    pub kind: Arc<str>,
    /// The name.
    pub name: Text,
    /// The value that says it.
    pub value: &'a Value,
    /// The namespace in which it is looked for; `None` for what has none, and where it is not known.
    pub namespace: Option<Text>,
    /// The field, as it is called: `serviceAccountName`.
    pub field: &'static str,
    /// The key that is taken of it, and where: of a `ConfigMap`, a Secret.
    pub key: Option<&'a Value>,
}

/// Every name by which an object means another of one of these kinds. Objects of charts that are known by their
/// summary only say nothing.
pub fn read<'a>(world: &'a World, kinds: &[&str]) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (index, cluster) in world.facts.kubernetes.clusters.iter().enumerate() {
        for object in &cluster.objects {
            if matches!(object.origin, Origin::Summary { .. }) {
                continue;
            }
            Reader {
                cluster: index,
                object,
                kinds,
                found: &mut found,
            }
            .all();
        }
    }
    found
}

/// Kinds that have no namespace.
pub(crate) fn is_cluster_wide(kind: &str) -> bool {
    kind.starts_with("Cluster") && kind != "Cluster"
        || matches!(
            kind,
            "Namespace"
                | "StorageClass"
                | "PriorityClass"
                | "IngressClass"
                | "IngressClassParams"
                | "GatewayClass"
                | "RuntimeClass"
                | "EC2NodeClass"
                | "NodeClass"
                | "AWSNodeTemplate"
        )
}

struct Reader<'a, 'k> {
    cluster: usize,
    object: &'a Object,
    kinds: &'k [&'k str],
    found: &'k mut Vec<Reference<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn all(&mut self) {
        if let Some(pods) = self.object.pods() {
            for field in table::PODS {
                self.field(pods.spec, field);
            }
            for container in pods.containers() {
                for field in table::CONTAINERS {
                    self.field(container, field);
                }
            }
        }
        for field in table::OBJECTS {
            if field.from.contains(&&*self.object.kind) {
                self.field(&self.object.body, field);
            }
        }
        for (annotation, kind) in table::ANNOTATIONS {
            if let Some(value) = self.object.annotation(annotation) {
                self.annotation(annotation, kind, value);
            }
        }
        if let Some(kind) = table::labelled(self.object)
            && let Some(value) = self.object.label(table::STRIMZI)
        {
            self.name(table::STRIMZI, kind, value, None, None);
        }
        if self.kinds.contains(&"Namespace")
            && let Some(namespace) = &self.object.namespace
        {
            self.name("namespace", "Namespace", namespace, None, None);
        }
    }

    fn field(&mut self, within: &'a Value, field: &Field) {
        each(within, field.path, &mut |value| match field.to {
            To::Name(kind) => self.name(field.says(), kind, value, None, None),
            To::Slashed(kind) => self.slashed(field.says(), kind, value),
            To::Host(kind) => self.host(field.says(), kind, value),
            To::Object(kind) => {
                // `optional`: it may be missing.
                if value.get("optional").and_then(Value::bool) == Some(true) {
                    return;
                }
                let kind = match value.get("kind") {
                    Some(own) => match own.str() {
                        Some(own) => own,
                        None => return,
                    },
                    None => kind,
                };
                let Some(name) = value.get("name").filter(|_| !kind.is_empty()) else {
                    return;
                };
                let namespace = value.get("namespace").filter(|value| !value.is_null());
                let items = value.get("items").map_or(&[][..], Value::items);
                for item in items {
                    self.name(field.says(), kind, name, namespace, item.get("key"));
                }
                if items.is_empty() {
                    self.name(field.says(), kind, name, namespace, value.get("key"));
                }
            }
        });
    }

    /// `name`, or `namespace/name`.
    fn slashed(&mut self, field: &'static str, kind: &str, value: &'a Value) {
        let Some(text) = value.str() else { return };
        match text.split_once('/') {
            Some((namespace, name)) => {
                self.push(
                    field,
                    kind,
                    Text::from(name),
                    value,
                    Some(Text::from(namespace)),
                    None,
                );
            }
            None => self.name(field, kind, value, None, None),
        }
    }

    fn host(&mut self, field: &'static str, kind: &str, value: &'a Value) {
        let Some(text) = value.str() else { return };
        let mut labels = text.split('.');
        match (labels.next(), labels.next(), labels.next()) {
            (Some(_), None, _) => self.name(field, kind, value, None, None),
            (Some(name), Some(namespace), Some("svc")) => {
                let namespace = Some(Text::from(namespace));
                self.push(field, kind, Text::from(name), value, namespace, None);
            }
            _ => {}
        }
    }

    /// A name, several with commas, or a JSON map of names.
    fn annotation(&mut self, annotation: &'static str, kind: &str, value: &'a Value) {
        let Some(text) = value.str() else { return };
        let own = self.object.namespace.as_ref().and_then(Value::text);
        let own = own.filter(|_| !is_cluster_wide(kind));
        let names: Vec<&str> = if text.trim_start().starts_with('{') {
            // `{"default": "name", "ports": {"http": "name"}}`
            text.split(['{', '}', ','])
                .filter_map(|part| part.split_once(':'))
                .map(|(_, name)| name.trim().trim_matches('"'))
                .collect()
        } else {
            text.split(',').map(str::trim).collect()
        };
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            self.push(annotation, kind, Text::from(name), value, own.clone(), None);
        }
    }

    fn name(
        &mut self,
        field: &'static str,
        kind: &str,
        value: &'a Value,
        namespace: Option<&Value>,
        key: Option<&'a Value>,
    ) {
        let Some(name) = value.text().filter(|name| !name.is_empty()) else {
            return;
        };
        let namespace = namespace
            .or(self.object.namespace.as_ref())
            .and_then(Value::text)
            .filter(|_| !is_cluster_wide(kind));
        self.push(field, kind, name, value, namespace, key);
    }

    fn push(
        &mut self,
        field: &'static str,
        kind: &str,
        name: Text,
        value: &'a Value,
        namespace: Option<Text>,
        key: Option<&'a Value>,
    ) {
        if self.kinds.contains(&kind) && !table::is_built_in(kind, &name) {
            self.found.push(Reference {
                cluster: self.cluster,
                from: self.object,
                kind: kind.into(),
                name,
                value,
                namespace,
                field,
                key,
            });
        }
    }
}

impl Reference<'_> {
    /// Where it is said.
    pub fn span(&self) -> Span {
        self.value.span
    }
}

/// Visits every value at a path in which `[]` stands for each item of a list.
fn each<'a>(value: &'a Value, path: &str, visit: &mut dyn FnMut(&'a Value)) {
    let Some((step, rest)) = path
        .split_once('.')
        .map_or((!path.is_empty()).then_some((path, "")), |(step, rest)| {
            Some((step, rest))
        })
    else {
        if !value.is_null() {
            visit(value);
        }
        return;
    };
    match step.strip_suffix("[]") {
        Some(key) => {
            for item in value.get(key).map_or(&[][..], Value::items) {
                each(item, rest, visit);
            }
        }
        None => {
            if let Some(inner) = value.get(step) {
                each(inner, rest, visit);
            }
        }
    }
}
