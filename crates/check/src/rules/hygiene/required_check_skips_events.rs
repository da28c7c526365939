//! A check of pull requests that only looks when a label changes.

use seaworthy_facts::Value;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "required-check-skips-events",
    severity: Severity::Unreliable,
    page: include_str!("required-check-skips-events.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for workflow in &world.facts.delivery.workflows {
        let [trigger] = workflow.triggers.as_slice() else {
            continue;
        };
        let types: Vec<&str> = trigger.types.iter().filter_map(Value::str).collect();
        let labels = types
            .iter()
            .all(|kind| matches!(*kind, "labeled" | "unlabeled"));
        if &*trigger.event != "pull_request" || types.len() < 2 || !labels {
            continue;
        }
        // It is a check when it can fail because of what it looks at.
        let mut fails = false;
        for job in &workflow.jobs {
            job.body.walk(&mut |value| {
                if let Some(text) = value.str() {
                    fails |= text.contains("setFailed") || text.contains("exit 1");
                }
            });
        }
        if !fails {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "`{}` does not look at a pull request that is opened or pushed to without touching a label",
                workflow.name
            ))
            .at(trigger.types[0].span, "only changes of labels")
            .and(trigger.span, "a new commit has no result of this check")
            .hint("add `opened`, `reopened` and `synchronize` to the types")
            .about([workflow.name.to_string()]),
        );
    }
}
