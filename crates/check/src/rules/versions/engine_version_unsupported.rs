//! A database's engine version is out of standard support on the day of the run, or can no longer be created.

use seaworthy_facts::Span;
use seaworthy_knowledge::support::EngineVersion;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "engine-version-unsupported",
    severity: Severity::Breaks,
    page: include_str!("engine-version-unsupported.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let support = world.knowledge.support();
    let mut told: Vec<Span> = Vec::new();
    for kind in ["aws_db_instance", "aws_rds_cluster"] {
        for (_, database) in world.facts.terraform.resources(kind) {
            let (Some(engine), Some(value)) =
                (database.str("engine"), database.at("engine_version"))
            else {
                continue;
            };
            let Some(version) = value.scalar() else {
                continue;
            };
            // Aurora's MySQL versions carry the community version in front: `5.7.mysql_aurora.2.11.1`.
            let Some(known) = support.engine(engine, &version) else {
                continue;
            };
            let Some(why) = why(known, &version, world) else {
                continue;
            };
            let place = value.trail.origin().unwrap_or(value.span);
            if told.contains(&place) {
                continue;
            }
            told.push(place);
            let finding = Finding::new(format!(
                "database `{}` asks for {engine} {version}: {why}",
                database.address
            ))
            .at(place, "out of support");
            let finding = if place == value.span || value.span == database.span {
                finding
            } else {
                finding.and(value.span, "the database takes it here")
            };
            findings.push(
                finding
                    .trail(value)
                    .assume(format!(
                        "RDS and Aurora calendars, read on {}",
                        support.read
                    ))
                    .about([database.address.to_string(), version]),
            );
        }
    }
}

fn why(known: &EngineVersion, version: &str, world: &World) -> Option<String> {
    let today = world.today;
    let last = known.extended.unwrap_or(known.standard);
    if last <= today {
        return Some(format!(
            "AWS stopped offering {} {} on {last}",
            known.engine, known.version
        ));
    }
    if known.standard <= today {
        return Some(format!(
            "standard support of {} {} ended on {}, and every vCPU hour costs extra until {last}",
            known.engine, known.version, known.standard
        ));
    }
    let first = known.first_minor?;
    let minor = version
        .strip_prefix(known.version.as_str())?
        .strip_prefix('.')?
        .parse::<u32>()
        .ok()?;
    (minor < first).then(|| {
        format!(
            "instances below {}.{first} can no longer be created, and those that run are upgraded by AWS",
            known.version
        )
    })
}
