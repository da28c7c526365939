//! Automated backups are deleted with their database, and a run that asks nobody may delete it.

use seaworthy_facts::terraform::Resource;
use seaworthy_facts::{Span, Value};
use seaworthy_link::{World, environment};

use crate::rules::delivery::runs;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "backups-die-with-database",
    severity: Severity::Unreliable,
    page: include_str!("backups-die-with-database.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for root in &world.facts.terraform.roots {
        if matches!(
            environment::of_root(root, &world.sources),
            Some("development" | "preview")
        ) {
            continue;
        }
        // Backups of the AWS service of that name outlive their databases.
        let elsewhere = [
            "aws_backup_selection",
            "aws_db_instance_automated_backups_replication",
            "aws_backup_plan",
        ]
        .iter()
        .any(|kind| root.resources(kind).next().is_some());
        if elsewhere {
            continue;
        }
        for kind in ["aws_db_instance", "aws_rds_cluster"] {
            for database in root.resources(kind) {
                let Some(kept) = kept(database) else { continue };
                let skips = value(database, "skip_final_snapshot")
                    .filter(|value| value.bool() == Some(true));
                let protected = value(database, "deletion_protection")
                    .is_some_and(|value| value.bool() != Some(false));
                let stays = value(database, "delete_automated_backups")
                    .is_some_and(|value| value.bool() != Some(true));
                let guarded = database
                    .meta
                    .get("lifecycle")
                    .and_then(|lifecycle| lifecycle.at("prevent_destroy"))
                    .and_then(Value::bool)
                    == Some(true);
                let replica = value(database, "replicate_source_db").is_some();
                let Some(skips) = skips.filter(|_| !protected && !stays && !guarded && !replica)
                else {
                    continue;
                };
                let runs: Vec<_> = runs::of(world, root, &["apply", "destroy"])
                    .into_iter()
                    .filter(|(_, deed)| runs::approves_itself(deed))
                    .collect();
                if runs.is_empty() || seen.contains(&skips.span) {
                    continue;
                }
                seen.push(skips.span);
                let days = kept.scalar().unwrap_or_default();
                let mut finding = Finding::new(format!(
                    "{days} days of backups of `{}` are deleted with it, and a run that asks nobody can delete it",
                    database.address
                ))
                .at(skips.span, "no last snapshot is taken")
                .and(kept.span, "these backups go with the database")
                .hint("set `skip_final_snapshot = false`, `deletion_protection = true` and `delete_automated_backups = false`")
                .about([database.plain_address.to_string()]);
                for name in ["deletion_protection", "delete_automated_backups"] {
                    if let Some(value) = value(database, name)
                        && value.span != skips.span
                    {
                        finding = finding.link(value.span, format!("`{name}`"));
                    }
                }
                let mut places = Vec::new();
                for (doer, deed) in runs {
                    let place = runs::place(doer, deed);
                    if !places.contains(&place) && places.len() < 3 {
                        places.push(place);
                        finding = finding.and(place, "nobody is asked here");
                    }
                }
                findings.push(finding);
            }
        }
    }
}

fn value<'a>(database: &'a Resource, name: &str) -> Option<&'a Value> {
    database.at(name).filter(|value| !value.is_null())
}

/// How many days backups are kept, where some are.
fn kept(database: &Resource) -> Option<&Value> {
    value(database, "backup_retention_period")
        .filter(|value| value.int().is_some_and(|days| days > 0))
}
