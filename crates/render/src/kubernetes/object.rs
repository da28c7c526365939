//! A Kubernetes object as a value, and its one printed form.
//!
//! Renderers fill in the types of `k8s-openapi`, or the small ones that stand beside them for custom resources. Here they
//! become YAML in one order of fields: apiVersion, kind, metadata, then the rest; and `name` first wherever there is one.

use serde::Serialize;
use serde_json::{Map, Value};

use super::yaml;

/// An object and the name of the file that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    /// The file's name without `.yaml`: the kind in lower case, and the name where there are several of a kind.
    pub(crate) file: String,
    /// The object itself, without nulls and empty parts.
    pub(crate) value: Value,
}

/// A custom resource, as far as we write it: an object of a kind that `k8s-openapi` has no type for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomResource<M, S> {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) metadata: M,
    pub(crate) spec: S,
}

impl Object {
    /// An object that is the only one of its kind in its folder.
    pub(crate) fn new(object: impl Serialize) -> Self {
        let value = value(object);
        let file = text(&value, &["kind"]).to_ascii_lowercase();
        Self { file, value }
    }

    /// An object beside others of its kind: its name stands in the file's.
    pub(crate) fn named(object: impl Serialize) -> Self {
        let mut object = Self::new(object);
        let name = text(&object.value, &["metadata", "name"]).to_owned();
        object.file = format!("{}-{name}", object.file);
        object
    }
}

/// What serde makes of an object, without what says nothing.
fn value(object: impl Serialize) -> Value {
    let mut value = serde_json::to_value(object).expect("objects are maps with text keys");
    prune(&mut value);
    value
}

/// Takes out nulls and the empty maps that types with defaults leave behind. An empty map that means something (a
/// selector of everything) stands in a place where [`means_something`] knows it.
fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|key, value| {
                !value.is_null() && (value != &Value::Object(Map::new()) || means_something(key))
            });
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn means_something(key: &str) -> bool {
    matches!(key, "podSelector" | "namespaceSelector" | "emptyDir")
}

/// The text at a path, or nothing.
pub(crate) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter()
        .try_fold(value, |value, key| value.get(key))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A value as a YAML document.
pub(crate) fn to_yaml(value: &Value) -> String {
    yaml::print(&ordered(value))
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| rank(key));
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key.clone(), ordered(value)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(ordered).collect()),
        other => other.clone(),
    }
}

/// The sort is stable: keys of one rank keep the order that their type gives them.
fn rank(key: &str) -> u8 {
    const FIRST: [&str; 7] = [
        "apiVersion",
        "kind",
        "metadata",
        "name",
        "namespace",
        "labels",
        "annotations",
    ];
    let position = FIRST.iter().position(|first| *first == key);
    position.map_or(u8::MAX, |position| {
        u8::try_from(position).unwrap_or(u8::MAX)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_fields_is_fixed_and_text_stays_text() {
        let object = json!({
            "spec": { "b": "on", "a": "1.36", "name": "x", "c": ["yes", "0123", "1e3", "~", ""] },
            "metadata": { "annotations": { "a": "true" }, "namespace": "counter", "name": "api" },
            "kind": "Sample",
            "apiVersion": "v1",
        });
        assert_eq!(
            to_yaml(&object),
            "apiVersion: v1
kind: Sample
metadata:
  name: api
  namespace: counter
  annotations:
    a: 'true'
spec:
  name: x
  b: 'on'
  a: '1.36'
  c:
  - 'yes'
  - '0123'
  - '1e3'
  - '~'
  - ''
"
        );
    }

    #[test]
    fn what_says_nothing_is_left_out_and_what_selects_everything_stays() {
        let object = json!({ "kind": "X", "status": {}, "a": null, "spec": { "podSelector": {}, "b": { "c": {} } } });
        assert_eq!(
            Object::new(object).value,
            json!({ "kind": "X", "spec": { "podSelector": {} } })
        );
    }
}
