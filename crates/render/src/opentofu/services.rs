//! The root of what each service is in AWS: its role, and containers for secrets that come from outside.

use std::collections::BTreeSet;

use seaworthy_definition::model::{Resource, SecretDelivery};

use super::Root;
use super::data::{kept, recovery_window};
use super::hcl::{Body, Expression, object, reference};
use super::root::{RootName, label};
use crate::input::Scope;

/// Who writes dumps and who restores them, as service account, and what each may do, as an output of the data root.
const DUMPERS: [(&str, &str); 2] = [
    ("dumps", "dump_write_policy"),
    ("dumps-restore", "dump_restore_policy"),
];

/// Identities of an environment's services and jobs, and its secrets from outside.
pub(super) fn root(scope: &Scope<'_>) -> Root {
    let platform = scope.platform;
    let mut root = Root::of_environment(RootName::Services, scope);
    root.read(&Root::of_environment(RootName::Cluster, scope));
    let reads = reads_secrets(scope);
    if !platform.buckets.is_empty()
        || kept(scope).next().is_some()
        || (reads && !platform.databases.is_empty())
    {
        root.read(&Root::of_environment(RootName::Data, scope));
    }
    if !platform.secrets.is_empty() {
        secrets(&mut root, scope);
    }
    let services = platform
        .services
        .values()
        .map(|service| (service.name.as_str(), &service.uses));
    let jobs = platform
        .jobs
        .values()
        .map(|job| (job.name.as_str(), &job.uses));
    let mut workloads: Vec<_> = services.chain(jobs).collect();
    workloads.sort_unstable_by_key(|(name, _)| *name);
    for (name, uses) in &workloads {
        let body = identity(scope, name)
            .set_some("buckets", buckets(uses))
            .set_some("secrets", secrets_read(name, uses).filter(|_| reads));
        root.call(
            "service-identity",
            &format!("workload_{}", label(name)),
            body,
        );
    }
    for (account, output) in DUMPERS {
        let policies: Vec<_> = kept(scope)
            .map(|(database, _)| {
                let name = database.name.as_str();
                (
                    name,
                    Root::output_of(RootName::Data, &format!("{output}[\"{name}\"]")),
                )
            })
            .collect();
        if !policies.is_empty() {
            root.call(
                "service-identity",
                &label(account),
                identity(scope, account).set("policies", object(policies)),
            );
        }
    }
    root.output(
        "role_arns",
        "Role of each service and job.",
        object(workloads.iter().map(|(name, _)| {
            let module = format!("workload_{}", label(name));
            (*name, reference(format!("module.{module}.role_arn")))
        })),
    );
    root
}

/// Who a service account is in AWS.
fn identity(scope: &Scope<'_>, account: &str) -> Body {
    Body::new()
        .set("name", scope.names().role(account))
        .set(
            "cluster_name",
            Root::output_of(RootName::Cluster, "cluster_name"),
        )
        .set(
            "cluster_arn",
            Root::output_of(RootName::Cluster, "cluster_arn"),
        )
        .set("namespace", scope.platform.name.to_string())
        .set("service_account", account)
}

/// The buckets that a workload uses: whoever names a bucket reads and writes it.
fn buckets(uses: &BTreeSet<Resource>) -> Option<Expression> {
    let buckets: Vec<_> = uses
        .iter()
        .filter_map(|resource| match resource {
            Resource::Bucket(bucket) => Some(bucket.as_str()),
            _ => None,
        })
        .map(|bucket| {
            let entry = object([
                (
                    "arn",
                    Root::output_of(RootName::Data, &format!("bucket_arns[\"{bucket}\"]")),
                ),
                (
                    "kms_key_arn",
                    Root::output_of(RootName::Data, "kms_key_arn"),
                ),
                ("write", Expression::Bool(true)),
            ]);
            (bucket, entry)
        })
        .collect();
    (!buckets.is_empty()).then(|| object(buckets))
}

/// Whether pods read secrets themselves, instead of an operator for all of them.
fn reads_secrets(scope: &Scope<'_>) -> bool {
    scope.platform.cluster.secrets == SecretDelivery::SecretsStoreCsi
}

/// The secrets of what a workload uses.
fn secrets_read(workload: &str, uses: &BTreeSet<Resource>) -> Option<Expression> {
    let secrets: Vec<_> = uses
        .iter()
        .filter_map(|resource| {
            let (arn, key) = match resource {
                Resource::Database(database) => (
                    Root::output_of(
                        RootName::Data,
                        &format!("secret_arns[\"{database}\"][\"{workload}\"]"),
                    ),
                    Root::output_of(RootName::Data, "kms_key_arn"),
                ),
                Resource::Secret(secret) => (
                    reference(format!("module.secrets.arns[\"{secret}\"]")),
                    reference("module.key.arn"),
                ),
                Resource::Service(_) | Resource::Bucket(_) => return None,
            };
            let entry = object([("arn", arn), ("kms_key_arn", key)]);
            Some((resource.name(), entry))
        })
        .collect();
    (!secrets.is_empty()).then(|| object(secrets))
}

/// Containers whose values the team puts in.
fn secrets(root: &mut Root, scope: &Scope<'_>) {
    let names = scope.names();
    root.call(
        "key",
        "key",
        Body::new()
            .set("name", names.thing("secrets"))
            .set("description", format!("Secrets of {}", names.prefix())),
    );
    let containers = scope.platform.secrets.values().map(|secret| {
        let container = object([
            ("name", names.secret("secrets", secret.name.as_str())),
            (
                "description",
                secret
                    .description
                    .clone()
                    .unwrap_or_else(|| format!("{} of {}", secret.name, names.prefix())),
            ),
        ]);
        (secret.name.as_str(), container)
    });
    root.call(
        "secrets",
        "secrets",
        Body::new()
            .set("kms_key_arn", reference("module.key.arn"))
            .set("recovery_window_in_days", recovery_window(scope))
            .blank()
            .set("secrets", object(containers)),
    );
    root.output(
        "secret_arns",
        "ARN of each secret from outside; the team puts the values in.",
        reference("module.secrets.arns"),
    );
    root.output(
        "secrets_kms_key_arn",
        "Key of the secrets from outside.",
        reference("module.key.arn"),
    );
}
