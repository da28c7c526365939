//! What is deployed is whatever was pushed last, and branches push there too.

use seaworthy_facts::delivery::{Doer, What};
use seaworthy_facts::{ImageReference, Same, Span, Value};
use seaworthy_link::{World, images};

use crate::rules::images::supply::{called, origin};
use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "deploy-tag-by-recency",
    severity: Severity::Unreliable,
    page: include_str!("deploy-tag-by-recency.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let mut seen: Vec<Span> = Vec::new();
    for (doer, deed) in world.facts.delivery.deeds() {
        let What::CloudCall {
            service,
            operation,
            arguments,
        } = &deed.what
        else {
            continue;
        };
        if &**service != "ecr" || &**operation != "describe-images" || doer.is_document() {
            continue;
        }
        let option = |name: &str| {
            arguments
                .iter()
                .position(|word| word.str() == Some(name))
                .and_then(|at| arguments.get(at + 1))
        };
        let newest = option("--query")
            .and_then(Value::text)
            .is_some_and(|query| query.to_string().contains("imagePushedAt"));
        let Some(repository) = option("--repository-name").and_then(Value::text) else {
            continue;
        };
        if !newest || seen.contains(&deed.span) {
            continue;
        }
        // Builds of proposals and branches push to the same place.
        let others = pushes.iter().find(|push| {
            let of_branch = matches!(push.doer, Doer::Step { workflow, .. } if workflow.triggers.iter().any(images::any_branch));
            let name: &ImageReference = &push.reference;
            of_branch && !push.is_unknown() && name.repository.same(&repository) != Same::Never
        });
        let Some(push) = others else { continue };
        seen.push(deed.span);
        findings.push(
            Finding::new(format!(
                "what is deployed is the newest image of `{repository}`, and builds of any branch push there"
            ))
            .at(deed.span, "takes what was pushed last")
            .and(origin(push.image), format!("{} pushes from branches too", called(push.doer)))
            .hint("deploy the tag that the release made: hand it over instead of looking it up")
            .about([repository.to_string()]),
        );
    }
}
