//! Where objects keep names of other objects, images, selectors and labels, and how to change them there.

use std::sync::Arc;

use seaworthy_facts::{Data, Map, Span, Text, Trail, Value};

use crate::manifest::Manifest;

/// Visits every map within, outer first, with the key that holds it.
pub(crate) fn each_map(value: &mut Value, key: &str, visit: &mut dyn FnMut(&str, &mut Map)) {
    match &mut value.data {
        Data::Map(map) => {
            visit(key, map);
            for entry in &mut map.entries {
                each_map(&mut entry.value, &entry.key, visit);
            }
        }
        Data::List(items) => {
            for item in items {
                each_map(item, key, visit);
            }
        }
        _ => {}
    }
}

/// Visits every place where an object names another: the kind that is named, and the name.
pub(crate) fn each_reference(object: &mut Manifest, visit: &mut dyn FnMut(&str, &mut Value)) {
    let kind = object.kind.clone();
    each_map(&mut object.body, "", &mut |key, map| {
        let own_kind = map.get("kind").and_then(Value::str).map(str::to_owned);
        let mut name = |map: &mut Map, field: &str, target: &str| {
            if let Some(entry) = map.entries.iter_mut().find(|entry| &*entry.key == field)
                && entry.value.text().is_some()
            {
                visit(target, &mut entry.value);
            }
        };
        match key {
            "configMapRef" | "configMapKeyRef" | "configMap" => name(map, "name", "ConfigMap"),
            "secretRef" | "secretKeyRef" | "secret" | "imagePullSecrets" | "secrets"
            | "passwordSecretRef" | "auth" | "tokenSecretRef" => {
                name(map, "name", "Secret");
                name(map, "secretName", "Secret");
            }
            "tls" => name(map, "secretName", "Secret"),
            "persistentVolumeClaim" => name(map, "claimName", "PersistentVolumeClaim"),
            "service" => name(map, "name", "Service"),
            "backend" => name(map, "serviceName", "Service"),
            "serviceAccountRef" => name(map, "name", "ServiceAccount"),
            "spec" => {
                name(map, "serviceAccountName", "ServiceAccount");
                name(map, "serviceAccount", "ServiceAccount");
                name(map, "priorityClassName", "PriorityClass");
                name(map, "storageClassName", "StorageClass");
                name(map, "ingressClassName", "IngressClass");
                if &*kind == "StatefulSet" {
                    name(map, "serviceName", "Service");
                }
                if &*kind == "Certificate" {
                    name(map, "secretName", "Secret");
                }
            }
            "volumeAttributes" => name(map, "secretProviderClass", "SecretProviderClass"),
            "scaleTargetRef" | "roleRef" | "subjects" | "targetRef" | "issuerRef"
            | "parentRefs" | "backendRefs" | "secretStoreRef" | "sourceRef" | "chartRef"
            | "valuesFrom" | "substituteFrom" => {
                let target = own_kind.unwrap_or_else(|| match key {
                    "issuerRef" => "Issuer".to_owned(),
                    "parentRefs" => "Gateway".to_owned(),
                    "backendRefs" => "Service".to_owned(),
                    "secretStoreRef" => "SecretStore".to_owned(),
                    _ => String::new(),
                });
                if !target.is_empty() {
                    name(map, "name", &target);
                }
            }
            _ => {}
        }
    });
}

/// Visits every image of every container: in `containers` and `initContainers` at any depth.
pub(crate) fn each_image(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    each_map(value, "", &mut |key, map| {
        if matches!(key, "containers" | "initContainers" | "ephemeralContainers")
            && let Some(entry) = map.entries.iter_mut().find(|entry| &*entry.key == "image")
        {
            visit(&mut entry.value);
        }
    });
}

/// The map at a path, made where it is not there. `None` where something else is in the way.
pub(crate) fn ensure<'v>(value: &'v mut Value, path: &[&str], span: Span) -> Option<&'v mut Map> {
    let Some((first, rest)) = path.split_first() else {
        return match &mut value.data {
            Data::Map(map) => Some(map),
            data @ Data::Null => {
                *data = Data::Map(Map::default());
                match data {
                    Data::Map(map) => Some(map),
                    _ => None,
                }
            }
            _ => None,
        };
    };
    let Data::Map(map) = &mut value.data else {
        return None;
    };
    if map.get(first).is_none() {
        map.set(*first, span, Value::new(Data::Map(Map::default()), span));
    }
    let entry = map
        .entries
        .iter_mut()
        .rev()
        .find(|entry| &*entry.key == *first)?;
    ensure(&mut entry.value, rest, span)
}

/// The value at a path, to change.
pub(crate) fn at_mut<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter()
        .try_fold(value, |value, step| match &mut value.data {
            Data::Map(map) => map
                .entries
                .iter_mut()
                .rev()
                .find(|entry| *entry.key == **step)
                .map(|entry| &mut entry.value),
            Data::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            _ => None,
        })
}

/// Sets a key of a map; a value that was there becomes a step of the trail.
pub(crate) fn set_in(
    map: &mut Map,
    key: impl Into<Arc<str>>,
    key_span: Span,
    mut value: Value,
    says: &str,
) {
    let key = key.into();
    if let Some(old) = map.get(&key) {
        value.trail = value.trail.via(old.span, says);
    }
    map.set(key, key_span, value);
}

/// Another text in the place of a value. `span` is where what takes effect is written; where the value stood becomes
/// a step of the trail.
pub(crate) fn replaced(old: &Value, text: Text, span: Span, says: &str) -> Value {
    Value {
        data: Data::Text(text),
        span,
        trail: if old.span == span {
            old.trail.clone()
        } else {
            old.trail.via(old.span, says)
        },
    }
}

/// A value that stands at a place, come from nowhere else.
pub(crate) fn written(text: Text, span: Span) -> Value {
    Value {
        data: Data::Text(text),
        span,
        trail: Trail::default(),
    }
}

/// `metadata.name`.
pub(crate) fn name_value(body: &Value) -> Option<&Value> {
    body.get("metadata")?.get("name")
}
