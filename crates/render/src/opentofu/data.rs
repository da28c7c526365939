//! The root of an environment's data: databases and who reaches them, buckets, and backups of both kinds.

use std::collections::BTreeSet;

use seaworthy_definition::model::{
    Bucket, Compute, Database, DatabaseService, DatabaseSize, Platform, Resource, Span,
};
use seaworthy_knowledge::Knowledge;
use seaworthy_knowledge::sizes::ByWord;

use super::hcl::{Body, Expression, list, object, reference};
use super::root::{RootName, label};
use super::{Root, backups};
use crate::input::{Note, Scope};

const DAY: u64 = 86_400;

/// Databases, buckets and backups of an environment; `None` where the definition declares neither.
pub(super) fn root(scope: &Scope<'_>) -> Option<Root> {
    let platform = scope.platform;
    if platform.databases.is_empty() && platform.buckets.is_empty() {
        return None;
    }
    let mut root = Root::of_environment(RootName::Data, scope);
    if !platform.databases.is_empty() {
        root.read(&Root::of_environment(RootName::Network, scope));
        root.read(&Root::of_environment(RootName::Cluster, scope));
    }
    key(&mut root, scope);
    for database in platform.databases.values() {
        add_database(&mut root, scope, database);
        secrets(&mut root, scope, database);
    }
    let kept: Vec<_> = kept(scope).collect();
    if let Some(longest) = kept.iter().map(|(_, days)| *days).max() {
        backups::vaults(&mut root, scope, longest);
    }
    for (database, days) in &kept {
        backups::add(&mut root, scope, database, *days);
    }
    for bucket in platform.buckets.values() {
        add_bucket(&mut root, scope, bucket);
    }
    outputs(&mut root, scope, &kept);
    Some(root)
}

/// What the definition asks for and an environment like this does not get.
pub(super) fn notes(scope: &Scope<'_>) -> Option<Note> {
    let asked = scope
        .platform
        .databases
        .values()
        .any(|database| database.backup.keep.is_some());
    (asked && !scope.environment.protected).then(|| Note {
        about: scope.key(),
        text: "`backup.keep` is not rendered for it: locked backups would outlive an environment that may be destroyed; \
               `protected: true` gives it what production has"
            .to_owned(),
    })
}

/// Databases whose backups are kept beyond point in time, and for how many days.
pub(crate) fn kept<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a Database, u64)> {
    let protected = scope.environment.protected;
    scope
        .platform
        .databases
        .values()
        .filter_map(move |database| Some((database, days(database.backup.keep?))))
        .filter(move |_| protected)
}

/// Whoever uses a database, by name: services and jobs.
pub(crate) fn clients<'a>(platform: &'a Platform, database: &Database) -> BTreeSet<&'a str> {
    let wanted = Resource::Database(database.name.clone());
    let services = platform
        .services
        .values()
        .filter(|service| service.uses.contains(&wanted))
        .map(|service| service.name.as_str());
    let jobs = platform
        .jobs
        .values()
        .filter(|job| job.uses.contains(&wanted))
        .map(|job| job.name.as_str());
    services.chain(jobs).collect()
}

fn key(root: &mut Root, scope: &Scope<'_>) {
    root.call(
        "key",
        "key",
        Body::new()
            .set("name", scope.names().thing("data"))
            .set(
                "description",
                format!(
                    "Databases, secrets, buckets and backups of {}",
                    scope.names().prefix()
                ),
            )
            .set(
                "services",
                list([format!("logs.{}.amazonaws.com", scope.region)]),
            ),
    );
}

fn add_database(root: &mut Root, scope: &Scope<'_>, database: &Database) {
    let identifier = scope.database_identifier(database);
    let protected = scope.environment.protected;
    let standby = database.high_availability.unwrap_or(protected);
    let sizes = Knowledge.sizes();
    let mut body = Body::new()
        .set("identifier", identifier)
        .set("database", scope.database_name(database))
        .set("major_version", database.version);
    let module = match database.service {
        DatabaseService::Rds => {
            let size = of_size(&sizes.rds, database.size);
            body = body
                .set("instance_class", size.class.as_str())
                .set("storage_gib", size.storage_gib)
                .set("max_storage_gib", size.max_storage_gib)
                .set("multi_az", standby);
            "rds-postgres"
        }
        DatabaseService::Aurora => {
            // A reader takes over when the writer fails, so one is enough of a standby.
            let others = database.readers.max(u32::from(standby));
            let instances = (1..=1 + others).map(|number| number.to_string());
            body = body
                .set(
                    "instance_class",
                    of_size(&sizes.aurora, database.size).as_str(),
                )
                .set("instances", list(instances));
            "aurora-postgres"
        }
    };
    body = body
        .set(
            "monitoring_role_name",
            scope.names().role(&format!("{}-monitoring", database.name)),
        )
        .blank()
        .set("vpc_id", Root::output_of(RootName::Network, "vpc_id"))
        .set(
            "subnet_ids",
            Expression::Call(
                "values",
                vec![Root::output_of(RootName::Network, "database_subnet_ids")],
            ),
        );
    let clients = clients(scope.platform, database);
    body = if pods_have_groups(scope) {
        body.set("clients", list(clients))
    } else if clients.is_empty() {
        body
    } else {
        body.comment(
            "Pods share one group here: the network policies in the cluster say which of them reach the database.",
        )
        .set(
            "source_security_groups",
            object([(
                "pods",
                Root::output_of(RootName::Cluster, "security_group_id"),
            )]),
        )
    };
    body = body
        .blank()
        .set("kms_key_arn", reference("module.key.arn"))
        .set(
            "point_in_time_days",
            whole(days(database.backup.point_in_time)),
        )
        .set("deletion_protection", protected)
        .set("final_snapshot", protected);
    let label = database_label(database.name.as_str());
    root.call(module, &label, body);
    if let Some(was) = &database.was {
        root.moved(
            &format!("module.{}", database_label(was.as_str())),
            &format!("module.{label}"),
        );
    }
}

fn secrets(root: &mut Root, scope: &Scope<'_>, database: &Database) {
    let names = scope.names();
    let name = database.name.as_str();
    let module = format!("module.{}", database_label(name));
    let secret = |secret: String, role: String| object([("name", secret), ("role", role)]);
    // No workload is named with `_`, so none is taken for the owner.
    let owner = (
        "_owner",
        secret(
            names.secret(name, "owner"),
            format!("{}_owner", database.name.sql()),
        ),
    );
    let clients = clients(scope.platform, database).into_iter().map(|client| {
        (
            client,
            secret(names.secret(client, name), client.replace('-', "_")),
        )
    });
    let body = Body::new()
        .set("host", reference(format!("{module}.address")))
        .set("port", reference(format!("{module}.port")))
        .set("database", reference(format!("{module}.database")))
        .set("kms_key_arn", reference("module.key.arn"))
        .set("recovery_window_in_days", recovery_window(scope))
        .blank()
        .set(
            "secrets",
            object(std::iter::once(owner).chain(clients).collect::<Vec<_>>()),
        );
    let label = secrets_label(name);
    root.call("database-secrets", &label, body);
    if let Some(was) = &database.was {
        root.moved(
            &format!("module.{}", secrets_label(was.as_str())),
            &format!("module.{label}"),
        );
    }
}

fn add_bucket(root: &mut Root, scope: &Scope<'_>, bucket: &Bucket) {
    let label = bucket_label(bucket.name.as_str());
    root.call(
        "bucket",
        &label,
        Body::new()
            .set("name", scope.bucket_name(bucket))
            .set("kms_key_arn", reference("module.key.arn"))
            .set("versioned", bucket.versioned)
            .set_some("expire_days", bucket.expire.map(|span| whole(days(span))))
            .set("force_destroy", !scope.environment.protected),
    );
    if let Some(was) = &bucket.was {
        root.moved(
            &format!("module.{}", bucket_label(was.as_str())),
            &format!("module.{label}"),
        );
    }
}

fn outputs(root: &mut Root, scope: &Scope<'_>, kept: &[(&Database, u64)]) {
    let platform = scope.platform;
    let databases = || platform.databases.keys();
    let of_databases = |output: &str| {
        object(databases().map(|name| {
            let module = database_label(name.as_str());
            (
                name.as_str(),
                reference(format!("module.{module}.{output}")),
            )
        }))
    };
    root.output(
        "kms_key_arn",
        "Key of databases, secrets, buckets and backups.",
        reference("module.key.arn"),
    );
    if !platform.databases.is_empty() {
        root.output(
            "master_secret_arns",
            "By database: the secret with the master password, which RDS makes and rotates.",
            of_databases("master_secret_arn"),
        );
        root.output(
            "secret_arns",
            "By database and who uses it: the secret with endpoint, role and password.",
            object(databases().map(|name| {
                let module = secrets_label(name.as_str());
                (name.as_str(), reference(format!("module.{module}.arns")))
            })),
        );
        root.output(
            "client_security_group_ids",
            "By database and workload: the security group that lets its pods reach the database.",
            of_databases("client_security_group_ids"),
        );
    }
    if !platform.buckets.is_empty() {
        root.output(
            "bucket_arns",
            "ARN of each bucket.",
            object(platform.buckets.keys().map(|name| {
                let module = bucket_label(name.as_str());
                (name.as_str(), reference(format!("module.{module}.arn")))
            })),
        );
    }
    if !kept.is_empty() {
        for (output, description) in [
            ("write_policy", "By database: what writes its dumps may do."),
            (
                "restore_policy",
                "By database: what restores its dumps may do.",
            ),
        ] {
            let policies = kept.iter().map(|(database, _)| {
                let module = format!("dumps_{}", label(database.name.as_str()));
                (
                    database.name.as_str(),
                    reference(format!("module.{module}.{output}")),
                )
            });
            root.output(&format!("dump_{output}"), description, object(policies));
        }
    }
}

/// Whether a pod can have security groups of its own. Auto Mode gives one to all pods of a node class, and burstable
/// instances have no trunk interface to hang others on.
pub(crate) fn pods_have_groups(scope: &Scope<'_>) -> bool {
    let cluster = &scope.platform.cluster;
    match cluster.compute {
        Compute::Karpenter | Compute::NodeGroups => {
            !cluster.nodes.types.iter().any(|name| name.starts_with('t'))
        }
        Compute::Auto | Compute::SelfManaged => false,
    }
}

/// Days that a deleted secret can be taken back. A thrown-away environment must be able to come back at once.
pub(super) fn recovery_window(scope: &Scope<'_>) -> i64 {
    if scope.environment.protected { 30 } else { 0 }
}

fn of_size<T>(sizes: &ByWord<T>, size: DatabaseSize) -> &T {
    match size {
        DatabaseSize::Small => &sizes.small,
        DatabaseSize::Medium => &sizes.medium,
        DatabaseSize::Large => &sizes.large,
    }
}

pub(super) fn database_label(name: &str) -> String {
    format!("database_{}", label(name))
}

fn secrets_label(name: &str) -> String {
    format!("secrets_{}", label(name))
}

fn bucket_label(name: &str) -> String {
    format!("bucket_{}", label(name))
}

/// Whole days, and one more where some of a day is left.
fn days(span: Span) -> u64 {
    span.0.as_secs().div_ceil(DAY).max(1)
}

pub(super) fn whole(number: u64) -> Expression {
    Expression::Number(i64::try_from(number).unwrap_or(i64::MAX))
}
