//! What is common to every environment, and what each one changes of it.
//!
//! The base holds what the definition's base says, as far as it is the same everywhere; an overlay holds the difference
//! as a strategic merge patch, which `kustomize` applies. Lists whose items have names are compared item by item where
//! Kubernetes merges them so; all others are replaced whole, and so are those of custom resources.

use serde_json::{Map, Value};

/// What several forms of one object have in common; `None` where nothing is.
pub(super) fn common(forms: &[&Value]) -> Option<Value> {
    let (first, rest) = forms.split_first()?;
    if rest.iter().all(|form| form == first) {
        return Some((*first).clone());
    }
    let merge = merges_lists(first);
    common_of(forms, merge, None)
}

fn common_of(forms: &[&Value], merge: bool, key: Option<&str>) -> Option<Value> {
    let (first, rest) = forms.split_first()?;
    if rest.iter().all(|form| form == first) {
        return Some((*first).clone());
    }
    match first {
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, _) in map {
                let values: Option<Vec<_>> = forms.iter().map(|form| form.get(key)).collect();
                if let Some(value) = values.and_then(|v| common_of(&v, merge, Some(key))) {
                    kept.insert(key.clone(), value);
                }
            }
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) if merge => {
            let name = item_key(key?)?;
            let mut kept = Vec::new();
            for item in items {
                let same: Option<Vec<_>> = forms
                    .iter()
                    .map(|form| find(form.as_array()?, name, item.get(name)?))
                    .collect();
                if let Some(item) = same.and_then(|same| common_of(&same, merge, None)) {
                    // An item of which only the name is common says nothing yet.
                    let says = item.as_object().is_some_and(|item| item.len() > 1);
                    if says && item.get(name).is_some() {
                        kept.push(item);
                    }
                }
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        _ => None,
    }
}

/// The patch that makes `wanted` of `base`, naming the object; `None` where they are equal.
pub(super) fn patch(base: &Value, wanted: &Value) -> Option<Value> {
    let merge = merges_lists(wanted);
    let difference = difference(base, wanted, merge)?;
    let Value::Object(mut difference) = difference else {
        return None;
    };
    // Which object is meant.
    let mut patch = Map::new();
    for key in ["apiVersion", "kind"] {
        if let Some(value) = wanted.get(key) {
            patch.insert(key.to_owned(), value.clone());
        }
        difference.remove(key);
    }
    let mut metadata = Map::new();
    for key in ["name", "namespace"] {
        if let Some(value) = wanted
            .get("metadata")
            .and_then(|metadata| metadata.get(key))
        {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(Value::Object(changed)) = difference.remove("metadata") {
        metadata.extend(changed);
    }
    patch.insert("metadata".to_owned(), Value::Object(metadata));
    patch.extend(difference);
    Some(Value::Object(patch))
}

fn difference(base: &Value, wanted: &Value, merge: bool) -> Option<Value> {
    match (base, wanted) {
        _ if base == wanted => None,
        (Value::Object(base), Value::Object(wanted)) => {
            let mut changed = Map::new();
            for (key, value) in wanted {
                let change = match base.get(key) {
                    Some(before) => match (before, value, item_key(key)) {
                        (Value::Array(before), Value::Array(value), Some(name)) if merge => {
                            list_difference(before, value, name)
                        }
                        _ => difference(before, value, merge),
                    },
                    None => Some(value.clone()),
                };
                if let Some(change) = change {
                    changed.insert(key.clone(), change);
                }
            }
            for key in base.keys().filter(|key| !wanted.contains_key(*key)) {
                changed.insert(key.clone(), Value::Null);
            }
            Some(Value::Object(changed))
        }
        (_, wanted) => Some(wanted.clone()),
    }
}

/// The items that differ, each with its name, and deletions of those that are gone.
fn list_difference(base: &[Value], wanted: &[Value], name: &str) -> Option<Value> {
    let mut changed = Vec::new();
    for item in wanted {
        let Some(id) = item.get(name) else { continue };
        let change = match find(base, name, id) {
            Some(before) => difference(before, item, true),
            None => Some(item.clone()),
        };
        if let Some(Value::Object(change)) = change {
            let mut named = Map::new();
            named.insert(name.to_owned(), id.clone());
            named.extend(change);
            changed.push(Value::Object(named));
        }
    }
    for item in base {
        let Some(id) = item.get(name) else { continue };
        if find(wanted, name, id).is_none() {
            let mut gone = Map::new();
            gone.insert("$patch".to_owned(), Value::from("delete"));
            gone.insert(name.to_owned(), id.clone());
            changed.push(Value::Object(gone));
        }
    }
    (!changed.is_empty()).then_some(Value::Array(changed))
}

fn find<'a>(items: &'a [Value], name: &str, id: &Value) -> Option<&'a Value> {
    items.iter().find(|item| item.get(name) == Some(id))
}

/// The field by which Kubernetes merges the items of a list: `patchMergeKey` in its API.
fn item_key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        _ => None,
    }
}

/// Only the types of Kubernetes itself say how their lists merge.
fn merges_lists(object: &Value) -> bool {
    let version = object.get("apiVersion").and_then(Value::as_str);
    matches!(version, Some("v1" | "apps/v1" | "batch/v1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: u32, env: &Value) -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "api", "namespace": "counter" },
            "spec": { "replicas": replicas, "template": { "spec": { "containers": [{ "name": "api", "env": env }] } } },
        })
    }

    #[test]
    fn what_differs_between_environments_is_not_in_the_base() {
        let a = deployment(
            1,
            &json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "x" }]),
        );
        let b = deployment(
            2,
            &json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "y" }]),
        );
        let base = common(&[&a, &b]).expect("much is common");
        assert_eq!(base["spec"].get("replicas"), None);
        assert_eq!(
            base["spec"]["template"]["spec"]["containers"],
            json!([{ "name": "api", "env": [{ "name": "A", "value": "1" }] }])
        );
        let patch = patch(&base, &b).expect("they differ");
        assert_eq!(
            patch,
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "name": "api", "namespace": "counter" },
                "spec": { "replicas": 2, "template": { "spec": { "containers": [
                    { "name": "api", "env": [{ "name": "B", "value": "y" }] },
                ] } } },
            })
        );
    }

    #[test]
    fn what_is_gone_is_taken_out_by_name() {
        let base = deployment(
            1,
            &json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "x" }]),
        );
        let wanted = deployment(1, &json!([{ "name": "A", "value": "1" }]));
        let patch = patch(&base, &wanted).expect("they differ");
        assert_eq!(
            patch["spec"]["template"]["spec"]["containers"][0]["env"],
            json!([{ "$patch": "delete", "name": "B" }])
        );
    }

    #[test]
    fn equal_objects_need_no_patch() {
        let object = deployment(1, &json!([]));
        assert_eq!(patch(&object, &object), None);
    }

    #[test]
    fn lists_of_custom_resources_are_replaced_whole() {
        let object = |value: &str| {
            json!({
                "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": { "name": "api" },
                "spec": { "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": value }] },
            })
        };
        let patch = patch(&object("x"), &object("y")).expect("they differ");
        assert_eq!(patch["spec"]["env"].as_array().map(Vec::len), Some(2));
    }
}
