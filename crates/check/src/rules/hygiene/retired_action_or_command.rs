//! Actions whose runtime is gone, and commands that the runner no longer takes.

use seaworthy_facts::Span;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "retired-action-or-command",
    severity: Severity::Unreliable,
    page: include_str!("retired-action-or-command.md"),
    check,
};

/// Actions, the first major version that still works, and what ended the others. GitHub's changelog, read 2026-11-21.
const ACTIONS: &[(&str, u32, &str)] = &[
    (
        "actions/checkout",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/setup-node",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/setup-python",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/setup-go",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/setup-java",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/setup-dotnet",
        2,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "actions/cache",
        // The moving tag `v3` has the new service, too.
        3,
        "needs a service that was switched off in 2025",
    ),
    (
        "actions/upload-artifact",
        4,
        "needs a service that was switched off in 2025",
    ),
    (
        "actions/download-artifact",
        4,
        "needs a service that was switched off in 2025",
    ),
    (
        "actions/github-script",
        6,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "docker/build-push-action",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "docker/login-action",
        2,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "docker/setup-buildx-action",
        2,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "docker/metadata-action",
        4,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "aws-actions/configure-aws-credentials",
        2,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "hashicorp/setup-terraform",
        2,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "azure/setup-helm",
        3,
        "is written for Node 12, which runners no longer have",
    ),
    (
        "azure/setup-kubectl",
        3,
        "is written for Node 12, which runners no longer have",
    ),
];

/// Commands that a step writes to its output, and what became of them. The end of the first two was announced for June
/// 2023 and put off.
const COMMANDS: &[(&str, &str)] = &[
    (
        "::set-output",
        "is deprecated since 2022 and may end any day",
    ),
    (
        "::save-state",
        "is deprecated since 2022 and may end any day",
    ),
    ("::set-env", "is no longer taken"),
    ("::add-path", "is no longer taken"),
];

fn check(world: &World, findings: &mut Vec<Finding>) {
    let mut places: Vec<(Span, String)> = Vec::new();
    for workflow in &world.facts.delivery.workflows {
        for step in workflow.jobs.iter().flat_map(|job| &job.steps) {
            if let Some(uses) = &step.uses
                && let Some((name, reference)) = uses.str().and_then(|uses| uses.split_once('@'))
                && let Some((_, first, why)) = ACTIONS
                    .iter()
                    .find(|(action, ..)| action.eq_ignore_ascii_case(name))
                && let Some(major) = major(reference)
                && major < *first
            {
                add(
                    &mut places,
                    uses.span,
                    format!("`{name}@{reference}` {why}"),
                );
            }
            for command in &step.commands {
                let says = command.words.iter().skip(1).find_map(|word| {
                    let text = word.text()?;
                    COMMANDS
                        .iter()
                        .find(|(command, _)| text.known_prefix().starts_with(command))
                });
                if let Some((said, became)) = says {
                    add(&mut places, command.span, format!("`{said}` {became}"));
                }
            }
        }
    }
    let mut places = places.into_iter();
    let Some((span, says)) = places.next() else {
        return;
    };
    let mut finding = Finding::new(match places.len() {
        0 => says.clone(),
        count => format!(
            "{says}, and {count} more {} what is retired",
            if count == 1 {
                "place uses"
            } else {
                "places use"
            }
        ),
    })
    .at(span, says)
    .assume("what GitHub has retired (table of 2026-11-21)")
    .hint("take the newest major version; write outputs to `$GITHUB_OUTPUT`")
    .about(["workflows"]);
    for (span, says) in places.take(30) {
        finding = finding.and(span, says);
    }
    findings.push(finding);
}

fn add(places: &mut Vec<(Span, String)>, span: Span, says: String) {
    if !places.iter().any(|(other, _)| *other == span) {
        places.push((span, says));
    }
}

/// `v2`, `v2.1.0`, `2`.
fn major(reference: &str) -> Option<u32> {
    let plain = reference.strip_prefix('v').unwrap_or(reference);
    if plain.len() >= 40 {
        return None;
    }
    plain.split('.').next()?.parse().ok()
}
