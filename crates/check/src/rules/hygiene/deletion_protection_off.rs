//! A database that an ordinary plan may delete, outside of environments that are there to be thrown away.

use seaworthy_facts::Value;
use seaworthy_link::{World, environment};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "deletion-protection-off",
    severity: Severity::Unreliable,
    page: include_str!("deletion-protection-off.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        if environment::of_root(root, &world.sources) != Some("production") {
            continue;
        }
        for kind in ["aws_db_instance", "aws_rds_cluster"] {
            for database in root.resources(kind) {
                let replica = database
                    .at("replicate_source_db")
                    .is_some_and(|value| !value.is_null());
                let guarded = database
                    .meta
                    .get("lifecycle")
                    .and_then(|lifecycle| lifecycle.at("prevent_destroy"))
                    .and_then(Value::bool)
                    == Some(true);
                let said = database
                    .at("deletion_protection")
                    .filter(|value| !value.is_null());
                if replica || guarded || said.is_some_and(|value| value.bool() != Some(false)) {
                    continue;
                }
                let finding = Finding::new(format!(
                    "nothing protects the production database `{}` from deletion: one wrong plan takes it away",
                    database.address
                ));
                let finding = match said.filter(|value| value.span != database.span) {
                    Some(value) => finding.at(value.span, "off").trail(value),
                    None => finding.at(
                        database.span,
                        "`deletion_protection` is off unless it is set",
                    ),
                };
                findings.push(finding.about([database.address.to_string()]));
            }
        }
    }
}
