//! Names, labels and annotations that every object carries.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use seaworthy_definition::model::{Platform, PlatformName};

/// The namespace of everything that a platform runs: the platform's own name. A cluster belongs to one environment,
/// so that the environment need not stand in it.
pub(crate) fn namespace(platform: &PlatformName) -> String {
    platform.to_string()
}

/// A workload: what its pods are called and what they belong to. Its two labels never change, so selectors use them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload<'a> {
    pub(crate) platform: &'a PlatformName,
    pub(crate) name: &'a str,
}

impl<'a> Workload<'a> {
    pub(crate) fn new(platform: &'a Platform, name: &'a str) -> Self {
        Self {
            platform: &platform.name,
            name,
        }
    }

    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        map(&[
            ("app.kubernetes.io/name", self.name),
            ("app.kubernetes.io/part-of", self.platform.as_str()),
        ])
    }

    pub(crate) fn selector(&self) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.labels()),
            ..LabelSelector::default()
        }
    }

    /// Metadata of an object that is named as the workload.
    pub(crate) fn metadata(&self) -> ObjectMeta {
        self.metadata_named(self.name)
    }

    /// Metadata of an object of the workload with a name of its own.
    pub(crate) fn metadata_named(&self, name: &str) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace(self.platform)),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }
}

/// Metadata of an object that belongs to the platform as a whole.
pub(crate) fn platform_metadata(platform: &PlatformName, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace(platform)),
        labels: Some(map(&[("app.kubernetes.io/part-of", platform.as_str())])),
        ..ObjectMeta::default()
    }
}

/// Text by text.
pub(crate) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}
