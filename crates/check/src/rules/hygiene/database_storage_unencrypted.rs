//! A database's storage is not encrypted. Replicas and restored copies take after their source and are left alone.

use seaworthy_facts::Value;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "database-storage-unencrypted",
    severity: Severity::Insecure,
    page: include_str!("database-storage-unencrypted.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for kind in ["aws_db_instance", "aws_rds_cluster"] {
        for (_, database) in world.facts.terraform.resources(kind) {
            let inherits = [
                "replicate_source_db",
                "snapshot_identifier",
                "restore_to_point_in_time",
                "replication_source_identifier",
                "global_cluster_identifier",
            ]
            .iter()
            .any(|name| database.at(name).is_some_and(|value| !value.is_null()));
            if inherits
                || database.str("engine_mode") == Some("serverless")
                || database
                    .at("kms_key_id")
                    .is_some_and(|value| !value.is_null())
            {
                continue;
            }
            let said = database
                .at("storage_encrypted")
                .filter(|value| !value.is_null());
            if said.is_some_and(|value| value.bool() != Some(false)) {
                continue;
            }
            let name = database
                .at("identifier")
                .or_else(|| database.at("cluster_identifier"))
                .and_then(Value::str)
                .unwrap_or(&database.address);
            let finding = Finding::new(format!(
                "the storage of database `{name}` is not encrypted, and cannot be later without a copy of all data"
            ));
            let finding = match said {
                Some(value) => finding.at(value.span, "not encrypted").trail(value),
                None => finding.at(database.span, "`storage_encrypted` is off unless it is set"),
            };
            findings.push(finding.about([database.address.to_string()]));
        }
    }
}
