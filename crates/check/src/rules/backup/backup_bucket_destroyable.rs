//! A bucket that holds backups and that a plan may destroy with everything in it.

use seaworthy_link::World;

use super::buckets::{self, Versions};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "backup-bucket-destroyable",
    severity: Severity::Unreliable,
    page: include_str!("backup-bucket-destroyable.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        if buckets::is_for_trying(world, root) {
            continue;
        }
        for bucket in buckets::all(root) {
            let Some(forced) = bucket.force_destroy else {
                continue;
            };
            if bucket.locked || bucket.kept_by_plan {
                continue;
            }
            let Some((evidence, says)) = buckets::holds_backups(world, &bucket) else {
                continue;
            };
            let mut finding = Finding::new(format!(
                "`{}` holds backups, and a destroy or a renaming takes them all away without asking",
                bucket.address
            ))
            .at(forced.span, "emptied and deleted when a plan says so")
            .and(evidence, says)
            .hint("leave `force_destroy` off for backups, and keep versions or an object lock")
            .trail(forced)
            .about([bucket.address.to_owned()]);
            match bucket.versions {
                Versions::Off(Some(span)) => {
                    finding = finding.and(span, "and old versions are not kept");
                }
                Versions::Off(None) => finding = finding.note("old versions are not kept either"),
                Versions::On | Versions::Unknown => {}
            }
            findings.push(finding);
        }
    }
}
