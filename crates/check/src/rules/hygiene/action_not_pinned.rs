//! Actions of others, by a name that can be moved, in jobs that hold credentials.

use seaworthy_facts::delivery::{Job, What};
use seaworthy_facts::{Span, Value};
use seaworthy_link::World;

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "action-not-pinned",
    severity: Severity::Insecure,
    page: include_str!("action-not-pinned.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut moved: Vec<(Span, String, bool)> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        for job in &workflow.jobs {
            let credentials = holds_credentials(job);
            for step in &job.steps {
                let Some(uses) = &step.uses else { continue };
                let Some(text) = uses.str() else { continue };
                let Some((name, reference)) = text.split_once('@') else {
                    continue;
                };
                let commit =
                    reference.len() >= 40 && reference.chars().all(|c| c.is_ascii_hexdigit());
                let branch = matches!(
                    reference,
                    "master" | "main" | "latest" | "develop" | "HEAD" | "trunk"
                );
                let owner = name.split('/').next().unwrap_or_default();
                let own = world
                    .sources
                    .root_of(workflow.file)
                    .remote
                    .as_deref()
                    .is_some_and(|remote| remote.split('/').next() == Some(owner));
                // GitHub's own actions are as trusted as the runner.
                let trusted =
                    matches!(owner, "actions" | "github") || own || name.starts_with("docker:");
                if commit || own || trusted && !branch || !credentials {
                    continue;
                }
                if !moved.iter().any(|(span, ..)| *span == uses.span) {
                    moved.push((uses.span, text.to_owned(), branch));
                }
            }
        }
    }
    // A branch moves with every commit; those come first.
    moved.sort_by_key(|(span, _, branch)| (!branch, *span));
    let Some((span, name, branch)) = moved.first().cloned() else {
        return;
    };
    let count = moved.len();
    let message = if count == 1 {
        format!("`{name}` can change at any time, in a job that holds credentials")
    } else {
        format!(
            "`{name}` and {} other {} of actions can change at any time, in jobs that hold credentials",
            count - 1,
            if count == 2 { "use" } else { "uses" }
        )
    };
    let mut finding = Finding::new(message)
        .at(span, if branch { "a branch" } else { "a tag can be moved" })
        .hint("pin to a commit: `owner/action@<40 digits> # v1.2.3`; Dependabot and Renovate keep it up to date")
        .confidence(Confidence::Possible)
        .about(["actions"]);
    for (span, _, branch) in moved.into_iter().skip(1).take(20) {
        finding = finding.and(span, if branch { "a branch" } else { "a tag" });
    }
    findings.push(finding);
}

/// Whether a job can get credentials of a cloud, or writes with a token.
fn holds_credentials(job: &Job) -> bool {
    let says = |value: Option<&Value>| value.and_then(Value::str) == Some("write");
    let permissions = job.permissions.as_ref();
    let mints = says(permissions.and_then(|permissions| permissions.get("id-token")))
        || permissions.and_then(Value::str) == Some("write-all");
    mints
        || job
            .steps
            .iter()
            .flat_map(|step| &step.deeds)
            .any(|deed| matches!(deed.what, What::AssumeRole { .. }))
}
