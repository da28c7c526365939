//! A check that is green when its plan fails.

use seaworthy_facts::delivery::{Job, Step, What};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "plan-failure-ignored",
    severity: Severity::Unreliable,
    page: include_str!("plan-failure-ignored.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        for job in &workflow.jobs {
            let mut ignored = Vec::new();
            for (at, step) in job.steps.iter().enumerate() {
                let Some(span) = step.continue_on_error else {
                    continue;
                };
                let verb = step.deeds.iter().find_map(|deed| match &deed.what {
                    What::Terraform { verb, .. }
                        if matches!(&**verb, "plan" | "apply" | "validate" | "fmt") =>
                    {
                        Some(verb.clone())
                    }
                    _ => None,
                });
                let Some(verb) = verb else { continue };
                if !looked_at(job, at, step) && !seen.contains(&span) {
                    seen.push(span);
                    ignored.push((verb, span));
                }
            }
            // A format check that only warns is a choice; a plan that fails in silence is none.
            let Some(main) = ignored
                .iter()
                .position(|(verb, _)| matches!(&**verb, "plan" | "apply"))
            else {
                continue;
            };
            let (verb, span) = ignored.remove(main);
            let mut finding = Finding::new(format!(
                "job `{}` is green when its {verb} fails",
                job.id
            ))
            .at(
                span,
                format!("a failure of the {verb} is ignored, and no later step looks at it"),
            )
            .hint("drop it, or end with a step that fails: `if: steps.plan.outcome == 'failure'`")
            .about([workflow.name.to_string(), job.id.to_string()]);
            for (verb, span) in ignored {
                finding = finding.and(span, format!("{verb} is ignored too"));
            }
            findings.push(finding);
        }
    }
}

/// Whether a later step fails the job because of this one.
fn looked_at(job: &Job, at: usize, step: &Step) -> bool {
    let Some(id) = step.body.get("id").and_then(seaworthy_facts::Value::str) else {
        return false;
    };
    let outcome = format!("steps.{id}.outcome");
    job.steps[at + 1..].iter().any(|later| {
        let mut says = false;
        let mut fails = false;
        later.body.walk(&mut |value| {
            if let Some(text) = value.str() {
                says |= text.contains(&outcome);
                fails |= text.contains("exit 1")
                    || text.contains("setFailed")
                    || text.contains("exit $");
            }
        });
        says && fails
    }) || job.steps.iter().any(|other| {
        // `-detailed-exitcode` makes a change look like a failure; who asks for it reads the code.
        other.commands.iter().any(|command| {
            command
                .words
                .iter()
                .any(|word| word.str() == Some("-detailed-exitcode"))
        })
    })
}
