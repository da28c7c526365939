//! A proposal or any branch applies infrastructure before anyone has looked at it.

use seaworthy_facts::Span;
use seaworthy_facts::delivery::{Doer, What};
use seaworthy_link::{World, images};

use super::runs;
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "apply-without-review",
    severity: Severity::Insecure,
    page: include_str!("apply-without-review.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<Span> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let Doer::Step {
            workflow,
            job,
            step,
        } = doer
        else {
            continue;
        };
        let applies = matches!(&deed.what, What::Terraform { verb, .. } if matches!(&**verb, "apply" | "destroy"));
        if !applies || !runs::approves_itself(deed) || job.environment.is_some() {
            continue;
        }
        let Some(trigger) = workflow
            .triggers
            .iter()
            .find(|trigger| images::any_branch(trigger))
        else {
            continue;
        };
        if trigger
            .types
            .iter()
            .any(|kind| matches!(kind.str(), Some("closed" | "labeled")))
        {
            continue;
        }
        // A condition may keep proposals out.
        let conditions = job
            .condition
            .iter()
            .chain(&step.condition)
            .map(|value| value.span)
            .chain(deed.conditions.iter().copied());
        if conditions.into_iter().next().is_some()
            || job.runs == Some(false)
            || seen.contains(&deed.span)
        {
            continue;
        }
        // Something in the job may stop it: a comment bot, an approval.
        let gated = workflow.jobs.iter().flat_map(|job| &job.steps).any(|step| {
            step.uses
                .as_ref()
                .and_then(|uses| uses.str())
                .is_some_and(|uses| uses.contains("approval") || uses.contains("manual"))
        });
        if gated {
            continue;
        }
        seen.push(deed.span);
        findings.push(
            Finding::new(format!(
                "`{}` applies whatever a branch says, before anyone has reviewed it",
                workflow.name
            ))
            .at(deed.span, "nobody is asked")
            .and(
                trigger.span,
                format!("`{}` starts it for any branch", trigger.event),
            )
            .hint("apply on pushes to the main branch, or with an environment that asks a reviewer")
            .about([workflow.name.to_string(), job.id.to_string()]),
        );
    }
}
