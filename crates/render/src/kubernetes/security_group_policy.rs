//! What lets a workload's pods reach a database: a security group of their own, which the database admits.
//!
//! Only where pods can have groups (see `opentofu::data`). The groups' ids are AWS's: they are copied from the outputs.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use seaworthy_definition::model::DatabaseName;
use serde::Serialize;

use super::kustomization::Replacement;
use super::metadata::Workload;
use super::object::{CustomResource, Object};
use super::outputs;
use crate::Scope;
use crate::opentofu::pods_have_groups;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    pod_selector: LabelSelector,
    security_groups: Groups,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Groups {
    group_ids: Vec<String>,
}

/// A database, and the client of it whose group is taken.
pub(super) type Access<'a> = (&'a DatabaseName, &'a str);

/// The policy of a workload; `None` where it uses no database, or where pods have no groups of their own.
pub(super) fn object(
    scope: Scope<'_>,
    workload: Workload<'_>,
    accesses: &[Access<'_>],
) -> Option<Object> {
    if accesses.is_empty() || !pods_have_groups(&scope) {
        return None;
    }
    let keys = keys(accesses);
    Some(Object::new(CustomResource {
        api_version: "vpcresources.k8s.aws/v1beta1",
        kind: "SecurityGroupPolicy",
        metadata: workload.metadata(),
        spec: Spec {
            pod_selector: workload.selector(),
            security_groups: Groups {
                group_ids: keys.iter().map(|key| outputs::unfilled(key)).collect(),
            },
        },
    }))
}

/// Copies the groups' ids into the policy of a workload.
pub(super) fn replacements(
    scope: Scope<'_>,
    workload: &str,
    accesses: &[Access<'_>],
) -> Vec<Replacement> {
    if accesses.is_empty() || !pods_have_groups(&scope) {
        return Vec::new();
    }
    keys(accesses)
        .iter()
        .enumerate()
        .map(|(position, key)| {
            let field = format!("spec.securityGroups.groupIds.{position}");
            outputs::replacement(key, "SecurityGroupPolicy", workload, &field)
        })
        .collect()
}

/// The cluster's own group, without which a pod could not even ask for names, and one for each database.
fn keys(accesses: &[Access<'_>]) -> Vec<String> {
    let databases = accesses
        .iter()
        .map(|(database, client)| outputs::client_group(database, client));
    std::iter::once(outputs::CLUSTER_GROUP.to_owned())
        .chain(databases)
        .collect()
}
