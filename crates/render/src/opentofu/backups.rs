//! Backups that are kept: recovery points of AWS Backup and locked buckets for dumps, in the environment's region and,
//! when it names one, in another.

use seaworthy_definition::model::Database;

use super::Root;
use super::data::{database_label, whole};
use super::hcl::{Body, Expression, list, object, reference};
use super::root::label;
use crate::input::Scope;

/// The provider of the region that backups are copied to.
const COPIES: &str = "copies";

/// Where recovery points go, and the key and the place of their copies.
pub(super) fn vaults(root: &mut Root, scope: &Scope<'_>, longest: u64) {
    let names = scope.names();
    let vault = |key: &str| {
        Body::new()
            .set("name", names.backup("databases"))
            .set("kms_key_arn", reference(key))
            .set("max_retention_days", whole(longest))
    };
    root.call("backup-vault", "vault", vault("module.key.arn"));
    if let Some(region) = &scope.environment.copy_region {
        root.other_region(COPIES, region);
        root.call(
            "key",
            "copies_key",
            there(Body::new().set("name", names.thing("copies")).set(
                "description",
                format!("Copies of backups of {}", names.prefix()),
            )),
        );
        root.call(
            "backup-vault",
            "copies_vault",
            there(vault("module.copies_key.arn")),
        );
    }
}

/// Recovery points by AWS Backup, and a locked bucket for dumps that any PostgreSQL can read.
pub(super) fn add(root: &mut Root, scope: &Scope<'_>, database: &Database, keep: u64) {
    let names = scope.names();
    let name = database.name.as_str();
    let copy_region = scope.environment.copy_region.as_deref();
    let database_arn = reference(format!("module.{}.arn", database_label(name)));
    root.call(
        "backup",
        &format!("backup_{}", label(name)),
        Body::new()
            .set("name", names.backup(name))
            .set("vault_name", reference("module.vault.name"))
            .set_some(
                "copy_vault_arn",
                copy_region.map(|_| reference("module.copies_vault.arn")),
            )
            .set("resource_arns", list([database_arn]))
            .set("backup_role_name", names.role(&format!("{name}-backup")))
            .set("restore_role_name", names.role(&format!("{name}-restore")))
            .blank()
            .set("rules", rules(keep)),
    );
    let dumps = |region: &str, key: &str| {
        Body::new()
            .set("name", scope.dump_bucket_name_in(database, region))
            .set("kms_key_arn", reference(key))
            .set("keep_days", whole(keep))
            .comment("COMPLIANCE takes the way back away from everybody: rehearse a restore first.")
            .set("lock_mode", "GOVERNANCE")
    };
    let mut here = dumps(scope.region, "module.key.arn");
    if let Some(region) = copy_region {
        let module = format!("dumps_copy_{}", label(name));
        root.call(
            "dump-bucket",
            &module,
            there(dumps(region, "module.copies_key.arn")),
        );
        here = here.blank().set(
            "replica",
            object([(
                region,
                object([
                    ("bucket_arn", reference(format!("module.{module}.arn"))),
                    ("kms_key_arn", reference("module.copies_key.arn")),
                    (
                        "role_name",
                        Expression::from(names.role(&format!("{name}-dumps-copy"))),
                    ),
                ]),
            )]),
        );
    }
    root.call("dump-bucket", &format!("dumps_{}", label(name)), here);
}

/// What is kept how long. The further back, the fewer: each recovery point is paid for as long as it is kept.
fn rules(keep: u64) -> Expression {
    let rule = |schedule: &str, days: u64| {
        object([
            ("schedule", Expression::from(schedule)),
            ("keep_days", whole(days)),
        ])
    };
    let mut rules = vec![("daily", rule("cron(0 4 * * ? *)", keep.min(35)))];
    if keep > 35 {
        rules.push(("weekly", rule("cron(30 4 ? * SUN *)", keep.min(90))));
    }
    if keep > 90 {
        rules.push(("monthly", rule("cron(0 5 1 * ? *)", keep)));
    }
    object(rules)
}

/// The same module in the region of the copies.
fn there(inputs: Body) -> Body {
    let mut body = Body::new()
        .set(
            "providers",
            object([("aws", reference(format!("aws.{COPIES}")))]),
        )
        .blank();
    body.append(inputs);
    body
}
