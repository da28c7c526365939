//! The role that a pipeline applies with lives in the state that is destroyed.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::Doer;
use seaworthy_link::World;
use seaworthy_link::iam::Assumption;

use super::runs;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "ci-identity-in-own-state",
    severity: Severity::Unreliable,
    page: include_str!("ci-identity-in-own-state.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    let iam = world.iam();
    for assumption in Assumption::all(&world.facts) {
        let Some(role) = iam.taken(assumption.role).role() else {
            continue;
        };
        let Some(root) = world.facts.terraform.roots.get(role.root) else {
            continue;
        };
        let applies = runs::of(world, root, &["apply"]).into_iter().find(|(doer, _)| {
            matches!(doer, Doer::Step { job, .. } if std::ptr::eq(*job, assumption.job))
        });
        let destroys = runs::of(world, root, &["destroy"]);
        let Some((doer, destroy)) = destroys.first() else {
            continue;
        };
        let Some((_, apply)) = applies else { continue };
        if seen.contains(&role.span) {
            continue;
        }
        seen.push(role.span);
        findings.push(
            Finding::new(format!(
                "`{}` deletes itself: the role that `{}` applies with is in the state that is destroyed",
                role.name, assumption.workflow.name
            ))
            .at(role.span, "after a destroy this role is gone")
            .and(runs::place(*doer, destroy), "this destroys the state that it is in")
            .and(assumption.role.span, "and then the workflow cannot log in to build it again")
            .link(apply.span, "it applies the configuration that makes its own role")
            .hint("keep the role and its provider in a configuration of their own that nobody destroys")
            .about([role.address.to_string()]),
        );
    }
}
