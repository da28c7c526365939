//! What was applied, as the states say it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::place::{Place, REGION};

/// The states of an environment and of its account, by root.
pub(crate) struct States {
    roots: BTreeMap<String, Value>,
}

/// A resource of a state.
pub(crate) struct Resource<'a> {
    pub(crate) address: String,
    pub(crate) kind: &'a str,
    pub(crate) attributes: &'a Value,
}

impl States {
    /// Reads them where OpenTofu put them.
    pub(crate) fn of(place: &Place) -> Self {
        let client = place.client();
        let name = client
            .bucket_names()
            .expect("it answers")
            .into_iter()
            .find(|name| name.ends_with(&format!("-{}-{REGION}-tofu", place.account.id())))
            .expect("the account has a bucket of states");
        let bucket = client.bucket(&name, place.account.id());
        let keys = bucket.keys("").expect("it answers");
        let mut roots = BTreeMap::new();
        for key in keys.iter().filter_map(|key| key.strip_suffix(".tfstate")) {
            // `production/network`, `blue-blue/network`, or what the account shares: `shared`.
            let root = match key.split_once('/') {
                Some((folder, root)) if is_of(folder, &place.environment) => root,
                Some(_) => continue,
                None => key,
            };
            let object = bucket.get(&format!("{key}.tfstate")).expect("it answers");
            let state = object.and_then(|object| object.json()).expect("a state");
            roots.insert(root.to_owned(), state);
        }
        assert!(roots.contains_key("network"), "{:?}", roots.keys());
        Self { roots }
    }

    /// Every managed resource.
    pub(crate) fn all(&self) -> impl Iterator<Item = Resource<'_>> {
        self.roots.values().flat_map(|state| {
            let resources = state["resources"].as_array().into_iter().flatten();
            resources
                .filter(|resource| resource["mode"] == "managed")
                .flat_map(|resource| {
                    let instances = resource["instances"].as_array().into_iter().flatten();
                    instances.map(move |instance| Resource {
                        address: format!(
                            "{}.{}.{}[{}]",
                            resource["module"].as_str().unwrap_or_default(),
                            text(&resource["type"]),
                            text(&resource["name"]),
                            instance["index_key"]
                        ),
                        kind: text(&resource["type"]),
                        attributes: &instance["attributes"],
                    })
                })
        })
    }

    /// The resources of a type.
    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        self.all().filter(move |resource| resource.kind == kind)
    }

    /// An output of a root; null where there is none.
    pub(crate) fn output(&self, root: &str, name: &str) -> &Value {
        static NOTHING: Value = Value::Null;
        self.roots
            .get(root)
            .map_or(&NOTHING, |state| &state["outputs"][name]["value"])
    }
}

/// The text of a value that is one.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a folder of states is of an environment: a deployment's name may follow.
fn is_of(folder: &str, environment: &str) -> bool {
    folder == environment
        || folder
            .strip_prefix(environment)
            .is_some_and(|rest| rest.starts_with('-'))
}
