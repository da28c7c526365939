//! A policy that names a resource for an action which takes none: the statement grants nothing.

use std::collections::HashSet;

use seaworthy_facts::{Same, Span, Value};
use seaworthy_link::World;
use seaworthy_link::iam::Statement;

use crate::finding::together;
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "action-without-resource-support",
    severity: Severity::Unreliable,
    page: include_str!("action-without-resource-support.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    let mut seen: HashSet<Span> = HashSet::new();
    for role in &iam.roles {
        for policy in &role.policies {
            // What AWS or a module writes is not the reader's to change.
            if policy.managed.is_some() || policy.assumed.is_some() {
                continue;
            }
            for statement in &policy.document.statements {
                let Some(resource) = narrow(statement) else {
                    continue;
                };
                let useless: Vec<(&Value, &str)> = statement
                    .actions
                    .iter()
                    .filter_map(|action| Some((action, action.str()?)))
                    .filter(|(_, name)| world.knowledge.is_without_resource(name))
                    // Allowed elsewhere on everything, the line is only idle.
                    .filter(|(_, name)| {
                        !role
                            .policies
                            .iter()
                            .flat_map(|policy| &policy.document.statements)
                            .any(|other| {
                                !other.denies
                                    && other.everything().is_some()
                                    && other.is_about(name) == Same::Always
                            })
                    })
                    .collect();
                let Some(((first, _), others)) = useless.split_first() else {
                    continue;
                };
                if !seen.insert(first.span) {
                    continue;
                }
                let names: Vec<String> = useless
                    .iter()
                    .map(|(_, name)| format!("`{name}`"))
                    .collect();
                let names = names.join(", ");
                let mut finding = Finding::new(format!(
                    "{names} cannot be allowed for one resource: here it allows nothing"
                ))
                .at(first.span, "no resource can be named for this action");
                for (other, _) in others {
                    finding = finding.and(other.span, "nor for this one");
                }
                findings.push(
                    finding
                        .and(resource.span, "only this resource is named")
                        .hint(format!("allow {names} in a statement of its own, on `*`"))
                        .assume(format!(
                            "which actions take resources (table of {})",
                            seaworthy_knowledge::iam::READ
                        ))
                        .confidence(Confidence::Certain)
                        .about([role.title(), names]),
                );
            }
        }
    }
    together(findings, |_| ());
}

/// The resource of a statement that names some and is sure not to name all.
fn narrow(statement: &Statement) -> Option<&Value> {
    if statement.denies || !statement.not_resources.is_empty() {
        return None;
    }
    let is_narrow = |resource: &Value| {
        resource.text().is_some_and(|text| match text.literal() {
            // `arn:aws:s3:::*` is all that the service has.
            Some(text) => text.starts_with("arn:") && !text.ends_with(":*"),
            None => {
                text.known_prefix().starts_with("arn:")
                    || text
                        .holes()
                        .next()
                        .is_some_and(|hole| hole.resource.is_some())
            }
        })
    };
    statement
        .resources
        .iter()
        .all(is_narrow)
        .then(|| statement.resources.first())
        .flatten()
}
