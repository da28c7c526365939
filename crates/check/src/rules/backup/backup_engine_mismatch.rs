//! A job dumps with the tool of one engine, and the databases that are made here speak another.

use seaworthy_link::World;

use super::databases;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "backup-engine-mismatch",
    severity: Severity::Breaks,
    page: include_str!("backup-engine-mismatch.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let Some(made) = databases::all(world) else {
        return;
    };
    for (cluster, dump) in databases::dumps(world) {
        let mut near = made
            .iter()
            .filter(|database| dump.may_be_of(database))
            .peekable();
        let Some(first) = near.peek().copied() else {
            continue;
        };
        if near.any(|database| database.engine == dump.engine)
            || databases::runs_inside(cluster, dump.engine)
            || cluster.incomplete
        {
            continue;
        }
        let name = dump.object.name().unwrap_or_default();
        findings.push(
            Finding::new(format!(
                "{} `{name}` dumps with `{}`, and the database made here is another kind",
                dump.object.kind, dump.tool
            ))
            .at(dump.span, format!("`{}` cannot read it", dump.tool))
            .and(first.span, format!("the engine of `{}`", first.address))
            .about([name.to_owned(), first.address.to_owned()]),
        );
    }
}
