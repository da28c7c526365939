//! What only AWS knows, in one small file per environment.
//!
//! Nearly everything meets by computed names. What is left (identifiers that AWS makes up) stands in a config map that is
//! never applied: Kustomize copies its values to where they belong. The file is seeded; its header says which command
//! prints the values.

use std::collections::BTreeMap;

use seaworthy_definition::model::{DatabaseName, EnvironmentName};

use super::kustomization::{Kustomization, Replacement, Select, Source, Target};
use super::object::to_yaml;
use crate::Scope;
use crate::opentofu::{clients, pods_have_groups};

const NAME: &str = "outputs";

/// The folder of an environment's outputs.
pub(super) fn folder(environment: &EnvironmentName) -> String {
    format!("gitops/environments/{environment}/outputs")
}

/// The component that brings the values in.
pub(super) fn component() -> String {
    Kustomization {
        resources: vec!["configmap.yaml".to_owned()],
        ..Kustomization::default()
    }
    .print_component()
}

/// The key of the secret that RDS keeps a database's master password in.
pub(super) fn master_secret(database: &DatabaseName) -> String {
    format!("{database}-master-secret-arn")
}

/// The key of the security group that every pod and node of the cluster may have.
pub(super) const CLUSTER_GROUP: &str = "cluster-security-group-id";

/// The key of the number that is raised when a secret has changed: secrets are fetched again and pods replaced, together.
const SECRETS_VERSION: &str = "secrets-version";

/// What says, at an object, which version of the secrets it was made with.
pub(super) fn secrets_version() -> BTreeMap<String, String> {
    BTreeMap::from([(SECRETS_VERSION.to_owned(), unfilled(SECRETS_VERSION))])
}

/// Copies the version of the secrets to the annotations of objects: their kind, name, and whether the pods' are meant.
pub(super) fn version_replacement(objects: &[(&'static str, &str)]) -> Replacement {
    let targets = objects.iter().map(|(kind, name)| {
        let field = match *kind {
            "ExternalSecret" => "metadata.annotations",
            _ => "spec.template.metadata.annotations",
        };
        Target {
            select: Select {
                kind,
                name: (*name).to_owned(),
            },
            field_paths: vec![format!("{field}.{SECRETS_VERSION}")],
        }
    });
    Replacement {
        source: source(SECRETS_VERSION),
        targets: targets.collect(),
    }
}

/// The key of the security group that lets a client reach a database.
pub(super) fn client_group(database: &DatabaseName, client: &str) -> String {
    format!("{database}-{client}-security-group-id")
}

/// What stands in a value's place in the base.
pub(super) fn unfilled(key: &str) -> String {
    format!("outputs/{key}")
}

/// The keys that an environment's objects ask for.
pub(super) fn keys(scope: Scope<'_>) -> Vec<String> {
    let databases = scope.platform.databases.values();
    let mut keys: Vec<_> = databases.clone().map(|d| master_secret(&d.name)).collect();
    if pods_have_groups(&scope) && !keys.is_empty() {
        keys.push(CLUSTER_GROUP.to_owned());
        for database in databases {
            let clients = clients(scope.platform, database).into_iter();
            keys.extend(clients.map(|client| client_group(&database.name, client)));
        }
    }
    if !(scope.platform.databases.is_empty() && scope.platform.secrets.is_empty()) {
        keys.push(SECRETS_VERSION.to_owned());
    }
    keys.sort();
    keys
}

/// What the file begins with.
pub(super) fn seed(scope: Scope<'_>, keys: &[String]) -> String {
    let environment = &scope.environment.name;
    let data: serde_json::Map<_, _> = keys
        .iter()
        .map(|key| {
            let value = if key == SECRETS_VERSION { "v1" } else { "" };
            (key.clone(), serde_json::Value::from(value))
        })
        .collect();
    let object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "annotations": { "config.kubernetes.io/local-config": "true" },
        },
        "data": data,
    });
    format!(
        "# What only AWS knows of {environment}. Written once by Seaworthy, then yours: fill it in when `infra/{environment}` is
# applied (`tofu -chdir=infra/{environment}/data output` prints the values, and `…/cluster output` the cluster's group), and
# again when something is made anew. Raise `secrets-version` when the value of a secret has changed.
# It never reaches the cluster: Kustomize copies its values into the objects that need them.

{}",
        to_yaml(&object)
    )
}

/// Copies a value to a field of an object.
pub(super) fn replacement(key: &str, kind: &'static str, name: &str, field: &str) -> Replacement {
    Replacement {
        source: source(key),
        targets: vec![Target {
            select: Select {
                kind,
                name: name.to_owned(),
            },
            field_paths: vec![field.to_owned()],
        }],
    }
}

fn source(key: &str) -> Source {
    Source {
        kind: "ConfigMap",
        name: NAME.to_owned(),
        field_path: format!("data.{key}"),
    }
}
