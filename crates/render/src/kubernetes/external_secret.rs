//! How secrets come from AWS Secrets Manager into the cluster: the stores, and one secret per workload.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::json;

use super::metadata::{Workload, platform_metadata};
use super::object::{CustomResource, Object};
use super::outputs;
use super::variables::Variables;
use crate::Scope;

/// The store of what this environment keeps under its own prefix.
pub(super) const STORE: &str = "secrets";
/// The store of what RDS keeps under names of its own: the master passwords.
pub(super) const RDS_STORE: &str = "rds";

/// The stores of an environment. Who may read them is the controller's Pod Identity, which is limited to the same
/// prefix; the prefix here also keeps workloads' manifests the same in every environment.
pub(super) fn stores(scope: Scope<'_>) -> [Object; 2] {
    let store = |name: &str, aws: serde_json::Value| {
        Object::named(CustomResource {
            api_version: "external-secrets.io/v1",
            kind: "SecretStore",
            metadata: platform_metadata(&scope.platform.name, name),
            spec: json!({ "provider": { "aws": aws } }),
        })
    };
    [
        store(
            STORE,
            json!({
                "service": "SecretsManager",
                "region": scope.region,
                "prefix": format!("{}/", scope.names().prefix()),
            }),
        ),
        store(
            RDS_STORE,
            json!({ "service": "SecretsManager", "region": scope.region }),
        ),
    ]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalSecretSpec {
    refresh_policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_interval: Option<&'static str>,
    secret_store_ref: StoreRef,
    target: Target,
    data: Vec<Data>,
}

#[derive(Serialize)]
struct StoreRef {
    kind: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    secret_key: String,
    remote_ref: RemoteRef,
}

#[derive(Serialize)]
struct RemoteRef {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    property: Option<&'static str>,
}

/// The secret of a workload, named as it; `None` where its variables need none.
pub(super) fn object(workload: Workload<'_>, variables: &Variables) -> Option<Object> {
    if variables.remotes.is_empty() {
        return None;
    }
    let template = (!variables.composed.is_empty()).then(|| {
        json!({
            "engineVersion": "v2",
            // The parts stay beside what is put together of them.
            "mergePolicy": "Merge",
            "data": variables.composed,
        })
    });
    let data = variables.remotes.iter().map(|(key, remote)| Data {
        secret_key: key.clone(),
        remote_ref: RemoteRef {
            key: remote.key.clone(),
            property: remote.property,
        },
    });
    Some(external_secret(
        workload,
        workload.name,
        STORE,
        template,
        data.collect(),
    ))
}

/// The master access to a database, for the step that makes roles. Which secret it is only AWS knows: `key` is filled
/// from the environment's outputs.
pub(super) fn master(workload: Workload<'_>, name: &str, key: &str) -> Object {
    let data = ["password", "username"].map(|property| Data {
        secret_key: property.to_owned(),
        remote_ref: RemoteRef {
            key: key.to_owned(),
            property: Some(property),
        },
    });
    external_secret(workload, name, RDS_STORE, None, data.into())
}

fn external_secret(
    workload: Workload<'_>,
    name: &str,
    store: &'static str,
    template: Option<serde_json::Value>,
    data: Vec<Data>,
) -> Object {
    // RDS changes its master passwords by itself, and only jobs read them. All others change when somebody says so:
    // `secrets-version` then has them fetched and the pods replaced in one go. Fetched at any other time, a new value
    // would reach whichever pod happens to start next.
    let master = store == RDS_STORE;
    let object = CustomResource {
        api_version: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: ObjectMeta {
            annotations: (!master).then(outputs::secrets_version),
            ..workload.metadata_named(name)
        },
        spec: ExternalSecretSpec {
            refresh_policy: if master { "Periodic" } else { "OnChange" },
            refresh_interval: master.then_some("10m"),
            secret_store_ref: StoreRef {
                kind: "SecretStore",
                name: store,
            },
            target: Target {
                name: name.to_owned(),
                template,
            },
            data,
        },
    };
    if name == workload.name {
        Object::new(object)
    } else {
        Object::named(object)
    }
}
