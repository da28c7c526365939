//! Who makes the Secrets that pods take: manifests, operators that sync them from elsewhere, commands.

use seaworthy_facts::delivery::What;
use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Span, Text, Value};

use crate::World;

/// Something that makes a Secret.
#[derive(Debug, Clone)]
pub struct MadeSecret<'a> {
    /// How.
    pub by: Maker,
    /// The Secret's name.
    pub name: Text,
    /// Where the name is said.
    pub span: Span,
    /// The namespace, where it is known.
    pub namespace: Option<Text>,
    /// Its keys with their places; `None` where they are not known.
    pub keys: Option<Vec<(Text, Span)>>,
    /// The object that makes it; `None` for commands.
    pub object: Option<&'a Object>,
}

/// What makes a Secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The Secret itself.
    Manifest,
    /// External Secrets: synced from a store.
    External,
    /// The CSI driver, while a pod mounts the class.
    Csi,
    /// A command of a script or a document.
    Command,
    /// Another operator.
    Operator,
}

impl Maker {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Manifest => "Secret",
            Self::External => "ExternalSecret",
            Self::Csi => "SecretProviderClass",
            Self::Command => "command",
            Self::Operator => "object",
        }
    }
}

impl MadeSecret<'_> {
    /// Whether it can be the Secret of this name in this namespace.
    pub fn is(&self, name: &Text, namespace: Option<&Text>) -> bool {
        self.name.same(name) != Same::Never && self.can_be_in(namespace)
    }

    /// Whether it can be in this namespace.
    pub fn can_be_in(&self, namespace: Option<&Text>) -> bool {
        match (&self.namespace, namespace) {
            (Some(own), Some(other)) => own.same(other) != Same::Never,
            _ => true,
        }
    }
}

/// Every Secret that is made for a cluster, as far as the files say.
pub fn made<'a>(world: &'a World, cluster: &'a Cluster) -> Vec<MadeSecret<'a>> {
    let mut found: Vec<MadeSecret<'a>> = cluster.objects.iter().flat_map(by_object).collect();
    for (_, deed) in world.facts.delivery.deeds() {
        let What::CreateObject {
            kind,
            name,
            namespace,
            keys,
        } = &deed.what
        else {
            continue;
        };
        if &**kind != "Secret" {
            continue;
        }
        let Some(text) = name.text() else { continue };
        let known = keys.iter().all(|(key, _)| key.literal().is_some());
        found.push(MadeSecret {
            by: Maker::Command,
            name: text,
            span: name.span,
            namespace: namespace.as_ref().and_then(Value::text),
            keys: (known && !keys.is_empty()).then(|| {
                keys.iter()
                    .map(|(key, value)| (key.clone(), value.span))
                    .collect()
            }),
            object: None,
        });
    }
    found
}

fn by_object(object: &Object) -> Vec<MadeSecret<'_>> {
    let namespace = object.namespace.as_ref().and_then(Value::text);
    let one = |by: Maker, name: Option<&Value>, keys: Option<Vec<(Text, Span)>>| {
        let name = name.unwrap_or(&object.name);
        name.text().map(|text| MadeSecret {
            by,
            name: text,
            span: name.span,
            namespace: namespace.clone(),
            keys,
            object: Some(object),
        })
    };
    let named = |path: &str| object.at(path).filter(|value| !value.is_null());
    match &*object.kind {
        "Secret" => {
            let mut keys = Vec::new();
            for part in ["data", "stringData"] {
                let Some(data) = object.at(part) else {
                    continue;
                };
                if data.is_unknown() {
                    return one(Maker::Manifest, None, None).into_iter().collect();
                }
                keys.extend(keys_of(data));
            }
            // Some controller fills what is empty.
            let keys = (!keys.is_empty()).then_some(keys);
            one(Maker::Manifest, None, keys).into_iter().collect()
        }
        "ExternalSecret" => one(
            Maker::External,
            named("spec.target.name"),
            external_keys(object),
        )
        .into_iter()
        .collect(),
        "ClusterExternalSecret" => one(
            Maker::External,
            named("spec.externalSecretName")
                .or_else(|| named("spec.externalSecretSpec.target.name")),
            None,
        )
        .map(|made| MadeSecret {
            namespace: None,
            ..made
        })
        .into_iter()
        .collect(),
        "SealedSecret" => {
            let keys = object.at("spec.encryptedData").map(keys_of);
            one(Maker::Operator, named("spec.template.metadata.name"), keys)
                .into_iter()
                .collect()
        }
        "SecretProviderClass" => object
            .at("spec.secretObjects")
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(|secret| {
                let keys = secret
                    .get("data")?
                    .items()
                    .iter()
                    .filter_map(|item| item.get("key"))
                    .filter_map(|key| Some((key.text()?, key.span)))
                    .collect();
                one(Maker::Csi, secret.get("secretName"), Some(keys))
            })
            .collect(),
        "Certificate" => one(Maker::Operator, named("spec.secretName"), None)
            .into_iter()
            .collect(),
        "Ingress" => object
            .at("spec.tls")
            .map_or(&[][..], Value::items)
            .iter()
            .filter_map(|tls| one(Maker::Operator, Some(tls.get("secretName")?), None))
            .collect(),
        _ => by_others(object)
            .into_iter()
            .filter_map(|name| one(Maker::Operator, Some(name), None))
            .collect(),
    }
}

/// Names of Secrets that objects of other operators say they write.
fn by_others(object: &Object) -> Vec<&Value> {
    [
        "spec.writeConnectionSecretToRef.name",
        "spec.connectionSecret.name",
        "spec.destination.name",
        "spec.managedSecretReference.secretName",
        "spec.managedSecret.name",
        "spec.secretName",
        "spec.target.name",
        "spec.outputSecretName",
    ]
    .iter()
    .filter_map(|path| object.at(path))
    .chain(
        (matches!(&*object.kind, "OnePasswordItem" | "KafkaUser" | "Password"))
            .then_some(&object.name),
    )
    .collect()
}

fn keys_of(data: &Value) -> Vec<(Text, Span)> {
    data.entries()
        .iter()
        .map(|entry| (Text::from(&*entry.key), entry.key_span))
        .collect()
}

fn external_keys(object: &Object) -> Option<Vec<(Text, Span)>> {
    if object.at("spec.dataFrom").is_some()
        || object.at("spec.target.template.templateFrom").is_some()
    {
        return None;
    }
    if let Some(data) = object.at("spec.target.template.data") {
        return Some(keys_of(data));
    }
    let mut keys = Vec::new();
    for item in object.at("spec.data")?.items() {
        let key = item.get("secretKey")?;
        keys.push((key.text()?, key.span));
    }
    Some(keys)
}

/// Whether something in a cluster copies Secrets from one namespace to another.
pub fn are_copied(world: &World, cluster: &Cluster) -> bool {
    let copies = |name: &str| {
        [
            "reflector",
            "replicator",
            "kubed",
            "config-syncer",
            "kyverno",
            "secret-copier",
        ]
        .iter()
        .any(|word| name.contains(word))
    };
    cluster
        .releases
        .iter()
        .any(|release| release.chart.str().is_some_and(copies))
        || cluster.objects.iter().any(|object| {
            object.kind.as_ref() == "ClusterPolicy"
                || object
                    .body
                    .at("metadata.annotations")
                    .is_some_and(|annotations| annotations.entries().iter().any(|entry| copies(&entry.key)))
        })
        || world.facts.delivery.deeds().any(|(_, deed)| {
            matches!(&deed.what, What::Apply { text: Some(text), .. } if text.is_unknown())
        })
}
