//! What a stranger writes is put into the text of a command.

use seaworthy_facts::{Span, Unknown, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "untrusted-input-in-shell",
    severity: Severity::Insecure,
    page: include_str!("untrusted-input-in-shell.md"),
    check,
};

/// What strangers choose, by the events that carry it.
const STRANGERS: &[&str] = &[
    "github.head_ref",
    "github.event.pull_request.title",
    "github.event.pull_request.body",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.label",
    "github.event.pull_request.head.repo.default_branch",
    "github.event.issue.title",
    "github.event.issue.body",
    "github.event.comment.body",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.discussion.title",
    "github.event.discussion.body",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.head_commit.message",
    "github.event.head_commit.message",
    "github.event.head_commit.author.name",
    "github.event.head_commit.author.email",
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut seen: Vec<(Span, Span)> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        // Who can push to the repository is no stranger.
        let open = workflow.triggers.iter().find(|trigger| {
            matches!(
                &*trigger.event,
                "pull_request"
                    | "pull_request_target"
                    | "issues"
                    | "issue_comment"
                    | "discussion"
                    | "workflow_run"
                    | "pull_request_review"
                    | "pull_request_review_comment"
                    | "discussion_comment"
            )
        });
        let Some(trigger) = open else { continue };
        for step in workflow.jobs.iter().flat_map(|job| &job.steps) {
            let mut steps: Option<(String, Span, Vec<Span>)> = None;
            for value in &step.inserted {
                let Some(name) = stranger(value) else {
                    continue;
                };
                let origin = value.trail.origin().unwrap_or(value.span);
                match &mut steps {
                    None => steps = Some((name, origin, vec![value.span])),
                    Some((_, first, places)) if *first == origin => places.push(value.span),
                    Some(_) => {}
                }
            }
            let Some((name, origin, places)) = steps else {
                continue;
            };
            if seen.contains(&(places[0], origin)) {
                continue;
            }
            seen.push((places[0], origin));
            let mut finding = Finding::new(format!(
                "whoever sets `{name}` runs commands in `{}`: it becomes part of the script",
                workflow.name
            ))
            .at(places[0], "put into the text of the command, quotes or not")
            .hint("hand it over in `env:` and use the variable in quotes: `\"$BRANCH\"`")
            .about([workflow.name.to_string(), name.clone()]);
            if origin != places[0] {
                finding = finding.and(origin, format!("`{name}` comes from here"));
            }
            for place in places.into_iter().skip(1).take(4) {
                finding = finding.and(place, "and here");
            }
            findings.push(finding.link(trigger.span, "strangers can start it"));
        }
    }
}

/// The name of what a stranger chooses that is in a value.
fn stranger(value: &Value) -> Option<String> {
    value.text()?.holes().find_map(|hole| of_hole(hole, 0))
}

fn of_hole(hole: &Unknown, depth: usize) -> Option<String> {
    if depth > 8 {
        return None;
    }
    let name = &*hole.name;
    if STRANGERS.contains(&name)
        || name.starts_with("github.event.commits.") && name.ends_with(".message")
    {
        return Some(name.to_owned());
    }
    hole.choices
        .iter()
        .flat_map(seaworthy_facts::Text::holes)
        .find_map(|hole| of_hole(hole, depth + 1))
}
