//! A manifest that something which is applied needs, and that no script, pipeline, path or release applies.

use seaworthy_facts::delivery::What;
use seaworthy_facts::kubernetes::{Cluster, Means, Object, Origin};
use seaworthy_facts::{Span, Text, Value, file_name};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "object-never-applied",
    severity: Severity::Breaks,
    page: include_str!("object-never-applied.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    if applies_unknown_paths(world) {
        return;
    }
    for cluster in &world.facts.kubernetes.clusters {
        for object in &cluster.objects {
            if !matches!(object.origin, Origin::Manifest) || !object.applied_by.is_empty() {
                continue;
            }
            let Some((kind, name)) = gives(object) else {
                continue;
            };
            // Made in another way, too: then it is there.
            let elsewhere = cluster.objects.iter().any(|other| {
                !std::ptr::eq(other, object)
                    && !other.applied_by.is_empty()
                    && gives(other).is_some_and(|(own, text)| {
                        own == kind && text.same(&name) != seaworthy_facts::Same::Never
                    })
                    && other.is_in(object.namespace.as_ref().and_then(Value::text).as_ref())
            });
            if elsewhere || created_by_hand(world, &name) {
                continue;
            }
            let Some((user, at)) = user(cluster, object, kind, &name) else {
                continue;
            };
            let Some(by) = user
                .applied_by
                .iter()
                .find(|applied| applied.means != Means::Document)
            else {
                continue;
            };
            let makes = if kind == &*object.kind {
                String::new()
            } else {
                format!(", which makes {kind} `{name}`,")
            };
            findings.push(
                Finding::new(format!(
                    "nothing applies {} `{}`{makes} and {} `{}` needs it: its pods cannot start",
                    object.kind,
                    object.name.text().unwrap_or_default(),
                    user.kind,
                    user.name.text().unwrap_or_default()
                ))
                .at(
                    object.span,
                    format!(
                        "no command, path or release takes `{}` in",
                        file_name(world.sources.path(object.file))
                    ),
                )
                .and(by.span, format!("{} applies the rest", by.by))
                .and(at, format!("{kind} `{name}` is needed here"))
                .about([object.kind.to_string(), name.to_string()]),
            );
        }
    }
}

/// Whether a command applies paths that are not known: they may hold anything.
fn applies_unknown_paths(world: &World) -> bool {
    world.facts.delivery.deeds().any(|(doer, deed)| {
        !doer.is_document()
            && match &deed.what {
                What::Apply {
                    paths,
                    delete: false,
                    text,
                    ..
                } => {
                    // What is piped in from a command that is not followed.
                    (paths.is_empty() && text.is_none())
                        || paths.iter().any(|path| {
                            path.is_unknown() || (path.str() == Some("-") && text.is_none())
                        })
                }
                _ => false,
            }
    })
}

/// The kind and name of what pods refer to, that this object is or makes.
fn gives(object: &Object) -> Option<(&'static str, Text)> {
    let name = object.name.text()?;
    Some(match &*object.kind {
        "Secret" | "SealedSecret" => ("Secret", name),
        "ConfigMap" => ("ConfigMap", name),
        "ServiceAccount" => ("ServiceAccount", name),
        "PersistentVolumeClaim" => ("PersistentVolumeClaim", name),
        "SecretProviderClass" => ("SecretProviderClass", name),
        "ExternalSecret" => (
            "Secret",
            object
                .at("spec.target.name")
                .and_then(Value::text)
                .unwrap_or(name),
        ),
        _ => return None,
    })
}

/// Whether a command that is not followed makes something of this name.
fn created_by_hand(world: &World, name: &Text) -> bool {
    world
        .facts
        .delivery
        .deeds()
        .any(|(_, deed)| match &deed.what {
            What::CreateObject { name: own, .. } => own
                .text()
                .is_none_or(|own| own.same(name) != seaworthy_facts::Same::Never),
            _ => false,
        })
}

/// A workload that is applied and refers to it.
fn user<'a>(
    cluster: &'a Cluster,
    object: &Object,
    kind: &str,
    name: &Text,
) -> Option<(&'a Object, Span)> {
    let namespace = object.namespace.as_ref().and_then(Value::text);
    cluster
        .workloads()
        .filter(|workload| {
            !workload.applied_by.is_empty() && !matches!(workload.origin, Origin::Summary { .. })
        })
        .filter(|workload| workload.is_in(namespace.as_ref()))
        .find_map(|workload| {
            let pods = workload.pods()?;
            let mut found = None;
            refers(pods.spec, "", kind, name, &mut found);
            Some((workload, found?))
        })
}

fn refers(value: &Value, key: &str, kind: &str, name: &Text, found: &mut Option<Span>) {
    if found.is_some() {
        return;
    }
    let fields: &[&str] = match (kind, key) {
        ("Secret", "secretKeyRef" | "secretRef")
        | ("ConfigMap", "configMapKeyRef" | "configMapRef" | "configMap") => &["name"],
        ("Secret", "secret") => &["secretName", "name"],
        ("PersistentVolumeClaim", "persistentVolumeClaim") => &["claimName"],
        ("SecretProviderClass", "volumeAttributes") => &["secretProviderClass"],
        ("ServiceAccount", "") => &["serviceAccountName", "serviceAccount"],
        _ => &[],
    };
    let optional = value.get("optional").and_then(Value::bool) == Some(true);
    for field in fields {
        if let Some(own) = value.get(field)
            && !optional
            && own.text().as_ref() == Some(name)
        {
            *found = Some(own.span);
            return;
        }
    }
    for entry in value.entries() {
        refers(&entry.value, &entry.key, kind, name, found);
    }
    for item in value.items() {
        refers(item, key, kind, name, found);
    }
}
