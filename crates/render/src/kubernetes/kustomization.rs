//! `kustomization.yaml`: which files belong together.

use serde::Serialize;

use super::object::to_yaml;

/// A Kustomization or a Component, fields in the order in which they are read.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kustomization {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) components: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) patches: Vec<PatchFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) replacements: Vec<Replacement>,
}

/// A patch in a file of its own.
#[derive(Debug, Serialize)]
pub(crate) struct PatchFile {
    pub(crate) path: String,
}

/// A value that is copied from one object into another.
#[derive(Debug, Serialize)]
pub(crate) struct Replacement {
    pub(crate) source: Source,
    pub(crate) targets: Vec<Target>,
}

/// Where a value is copied from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) field_path: String,
}

/// Where a value is copied to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub(crate) select: Select,
    pub(crate) field_paths: Vec<String>,
}

/// Which object is meant.
#[derive(Debug, Serialize)]
pub(crate) struct Select {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl Kustomization {
    /// The file of a base or an overlay.
    pub(crate) fn print(&self) -> String {
        self.print_as("kustomize.config.k8s.io/v1beta1", "Kustomization")
    }

    /// The file of a component, which other kustomizations take in.
    pub(crate) fn print_component(&self) -> String {
        self.print_as("kustomize.config.k8s.io/v1alpha1", "Component")
    }

    fn print_as(&self, version: &str, kind: &str) -> String {
        let mut value = serde_json::json!({ "apiVersion": version, "kind": kind });
        let fields = serde_json::to_value(self).expect("its fields are lists of text");
        if let (Some(value), serde_json::Value::Object(fields)) = (value.as_object_mut(), fields) {
            value.extend(fields);
        }
        to_yaml(&value)
    }
}
