//! Images are pushed to the registry of one region and pulled from that of another.

use std::collections::HashSet;

use seaworthy_facts::delivery::{Doer, Job};
use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;
use seaworthy_link::images;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "image-pushed-to-other-region",
    severity: Severity::Breaks,
    page: include_str!("image-pushed-to-other-region.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pulled = images::pulled(world);
    let mut told: HashSet<Span> = HashSet::new();
    for push in images::pushes(world) {
        let Doer::Step { job, workflow, .. } = push.doer else {
            continue;
        };
        let own = push
            .reference
            .ecr()
            .and_then(|(_, region)| Some(region.literal()?.to_owned()));
        let said = region(job).filter(|_| logs_in(job));
        // The registry itself says a region, or the job logs in to that of its own.
        let Some(name) = own.or_else(|| said?.str().map(str::to_owned)) else {
            continue;
        };
        let place = said
            .filter(|region| region.str() == Some(&*name))
            .map_or_else(
                || super::supply::origin(push.image),
                |region| region.trail.origin().unwrap_or(region.span),
            );
        let of_push: Vec<_> = pulled
            .iter()
            .filter(|pulled| {
                pulled.reference.repository.same(&push.reference.repository) != Same::Never
            })
            .filter_map(|pulled| {
                let (_, region) = pulled.reference.ecr()?;
                Some((pulled, region.literal()?.to_owned()))
            })
            .collect();
        let Some((other, theirs)) = of_push.first() else {
            continue;
        };
        if of_push.iter().any(|(_, region)| *region == name) {
            continue;
        }
        if !told.insert(place) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "workflow `{}` pushes to the registry of region `{name}`, and `{}` pulls from that of `{theirs}`",
                workflow.name,
                other.object.name.text().unwrap_or_default()
            ))
            .at(place, format!("job `{}` works in `{name}`", job.id))
            .and(
                super::supply::origin(other.image),
                format!("pulled from `{theirs}`"),
            )
            .confidence(Confidence::Likely)
            .about([workflow.name.to_string(), name]),
        );
    }
}

/// Whether a job logs in to the registry of the region it works in.
fn logs_in(job: &Job) -> bool {
    job.steps.iter().any(|step| {
        let by_action = step
            .uses
            .as_ref()
            .and_then(Value::str)
            .is_some_and(|uses| uses.starts_with("aws-actions/amazon-ecr-login"));
        by_action
            || step.commands.iter().any(|command| {
                command
                    .words
                    .iter()
                    .any(|word| word.str() == Some("get-login-password"))
            })
    })
}

/// The region that a job takes its credentials for.
fn region(job: &Job) -> Option<&Value> {
    let mut regions = job
        .steps
        .iter()
        .filter(|step| {
            step.uses
                .as_ref()
                .and_then(Value::str)
                .is_some_and(|uses| uses.starts_with("aws-actions/configure-aws-credentials"))
        })
        .filter_map(|step| step.with.get("aws-region"));
    let first = regions.next()?;
    regions
        .all(|other| other.text() == first.text())
        .then_some(first)
}
