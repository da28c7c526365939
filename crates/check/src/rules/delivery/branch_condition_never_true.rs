//! A job's condition asks for a branch or an event that never starts its workflow.

use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "branch-condition-never-true",
    severity: Severity::Breaks,
    page: include_str!("branch-condition-never-true.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for workflow in &world.facts.delivery.workflows {
        for job in &workflow.jobs {
            let (Some(false), Some(condition)) = (job.runs, &job.condition) else {
                continue;
            };
            let text = condition.str().unwrap_or_default();
            // `if: false` is a way to switch off.
            if condition.bool().is_some()
                || !text.contains("github.")
                || condition.span.file != workflow.file
            {
                continue;
            }
            let mut finding = Finding::new(format!(
                "job `{}` never runs: nothing that starts `{}` makes its condition true",
                job.id, workflow.name
            ))
            .at(condition.span, "never true here")
            .about([workflow.name.to_string(), job.id.to_string()]);
            for trigger in workflow.triggers.iter().take(4) {
                let (span, says) = match trigger.branches.first() {
                    Some(branch) if text.contains("github.ref") => (
                        branch.span,
                        format!("`{}` only starts it for these branches", trigger.event),
                    ),
                    _ => (trigger.span, format!("`{}` starts it", trigger.event)),
                };
                finding = finding.and(span, says);
            }
            findings.push(finding);
        }
    }
}
