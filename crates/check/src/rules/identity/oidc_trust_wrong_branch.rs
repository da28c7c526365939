//! A role trusts another branch, tag or environment than the workflows that take it run on.

use std::collections::HashSet;

use seaworthy_facts::{Span, Text, Value};
use seaworthy_link::World;
use seaworthy_link::iam::{Assumption, Role, Statement};

use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "oidc-trust-wrong-branch",
    severity: Severity::Breaks,
    page: include_str!("oidc-trust-wrong-branch.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let all = Assumption::all(&world.facts);
    let mut told: HashSet<Span> = HashSet::new();
    for assumption in &all {
        let Some(role) = iam.taken(assumption.role).role() else {
            continue;
        };
        let Some(subjects) = subjects(role) else {
            continue;
        };
        // A role that any job can take is taken by that one.
        let takes = |assumption: &Assumption<'_>| match contexts(assumption) {
            Some(contexts) => contexts.iter().any(|context| {
                subjects
                    .iter()
                    .any(|(wanted, _)| overlap(wanted, &context.0))
            }),
            None => true,
        };
        let refused = all.iter().all(|other| {
            let same = iam
                .taken(other.role)
                .role()
                .is_some_and(|own| own.span == role.span);
            !same || !takes(other)
        });
        if !refused {
            continue;
        }
        let Some(contexts) = contexts(assumption) else {
            continue;
        };
        let (Some((wanted, subject)), Some((context, place))) =
            (subjects.first(), contexts.first())
        else {
            continue;
        };
        if !told.insert(subject.span) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "role `{}` trusts `{wanted}`, and job `{}` runs on `{context}`: it cannot take the role",
                role.title(),
                assumption.job.id
            ))
            .at(subject.span, format!("only `{wanted}` is let in"))
            .and(*place, format!("this makes it `{context}`"))
            .and(
                assumption.role.span,
                format!("job `{}` takes the role", assumption.job.id),
            )
            .trail(subject)
            .confidence(Confidence::Likely)
            .about([role.title(), wanted.clone()]),
        );
    }
}

/// What a role wants after `repo:owner/name:`; `None` where not all of it is known, or nothing is said.
fn subjects(role: &Role) -> Option<Vec<(String, &Value)>> {
    let mut found = Vec::new();
    for (_, subject) in role.trust.github().flat_map(Statement::subjects) {
        let text = subject.text()?;
        found.push((context(&text)?, subject));
    }
    (!found.is_empty()).then_some(found)
}

/// `repo:owner/name:ref:refs/heads/main` → `ref:refs/heads/main`; the owner and the name need not be known.
fn context(text: &Text) -> Option<String> {
    let known = match text.literal() {
        Some(text) => {
            let mut parts = text.splitn(3, ':');
            (parts.next()? == "repo").then_some(())?;
            parts.next()?;
            return Some(parts.next()?.to_owned());
        }
        None => text.known_suffix(),
    };
    let (_, rest) = known.split_once(':')?;
    // A hole may hold the repository and more.
    text.known_prefix()
        .starts_with("repo:")
        .then(|| rest.to_owned())
}

/// What GitHub may put into a job's token after the repository, with the place that makes it so; `None` where it may
/// be anything.
fn contexts(assumption: &Assumption<'_>) -> Option<Vec<(String, Span)>> {
    if let Some(environment) = &assumption.job.environment {
        let name = environment.get("name").unwrap_or(environment);
        return Some(vec![(format!("environment:{}", name.str()?), name.span)]);
    }
    let mut found = Vec::new();
    for trigger in &assumption.workflow.triggers {
        match &*trigger.event {
            "push" => {
                if trigger.branches.is_empty() && trigger.tags.is_empty() {
                    return None;
                }
                for branch in &trigger.branches {
                    found.push((format!("ref:refs/heads/{}", branch.str()?), branch.span));
                }
                for tag in &trigger.tags {
                    found.push((format!("ref:refs/tags/{}", tag.str()?), tag.span));
                }
            }
            "pull_request" => found.push(("pull_request".to_owned(), trigger.span)),
            _ => return None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether two patterns with `*` can be the same text: their known ends must not contradict each other.
fn overlap(a: &str, b: &str) -> bool {
    let star = |text: &str| text.find(['*', '?', '[']);
    match (star(a), star(b)) {
        (None, None) => a == b,
        (at_a, at_b) => {
            let (head_a, head_b) = (&a[..at_a.unwrap_or(a.len())], &b[..at_b.unwrap_or(b.len())]);
            head_a.starts_with(head_b) || head_b.starts_with(head_a)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn patterns_that_can_be_the_same_overlap() {
        assert!(overlap("*", "ref:refs/heads/main"));
        assert!(overlap("ref:refs/heads/*", "ref:refs/heads/main"));
        assert!(overlap("ref:refs/heads/main", "ref:refs/heads/main"));
        assert!(!overlap("ref:refs/heads/master", "ref:refs/heads/main"));
        assert!(!overlap("environment:production", "ref:refs/heads/main"));
        assert!(overlap(
            "ref:refs/heads/release-1",
            "ref:refs/heads/release-*"
        ));
    }
}
