//! A registry expires the oldest images, whatever their tag, and what is deployed is among the oldest.

use seaworthy_facts::delivery::Doer;
use seaworthy_facts::{Same, Text, Value};
use seaworthy_link::World;
use seaworthy_link::images::{self, Pulled, Push, Repository};

use super::supply::{add, origin};
use crate::{Confidence, Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "lifecycle-expires-deployed-tag",
    severity: Severity::Unreliable,
    page: include_str!("lifecycle-expires-deployed-tag.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let pushes = images::pushes(world);
    let pulled = images::pulled(world);
    let mut seen = Vec::new();
    for repository in images::repositories(world) {
        let Some(rules) = rules(&repository) else {
            continue;
        };
        for rule in rules {
            let Some(selection) = rule.get("selection") else {
                continue;
            };
            let count = selection.get("countType").and_then(Value::str);
            if count != Some("imageCountMoreThan") {
                continue;
            }
            let Some(number) = selection.get("countNumber") else {
                continue;
            };
            let taken: Vec<&Pulled<'_>> = pulled
                .iter()
                .filter(|pulled| pulled.is_from(&repository) && selects(selection, pulled))
                .collect();
            // Who pushes without end: a tag of its own for every commit or branch.
            let endless: Vec<&Push<'_>> = pushes
                .iter()
                .filter(|push| {
                    !push.doer.is_document()
                        && push.fills(&repository)
                        && counts(selection, push)
                        && matches!(push.doer, Doer::Step { .. } | Doer::Pipeline(_))
                })
                .collect();
            let deployed: Vec<_> = taken
                .into_iter()
                .filter(|pulled| {
                    let tag = pulled.reference.pulled_tag().unwrap_or_default();
                    // A tag that each of those builds moves, or that is one of theirs, stays young.
                    !endless.iter().any(|push| {
                        push.reference.pulled_tag().is_some_and(|pushed| {
                            pushed.same(&tag) != Same::Never
                                && tag.literal().is_none_or(|tag| push.can_tag(tag))
                        })
                    })
                })
                .collect();
            if endless.is_empty() || deployed.is_empty() || seen.contains(&number.span) {
                continue;
            }
            seen.push(number.span);
            let mut finding = Finding::new(format!(
                "the registry keeps {} images of any kind, and builds of branches push the deployed tag out",
                number.scalar().unwrap_or_else(|| "so many".to_owned())
            ))
            .at(number.span, "older images go, deployed or not")
            .confidence(Confidence::Possible)
            .hint("count images of branches apart: a rule with `tagPrefixList` in front of this one")
            .about([repository.resource.plain_address.to_string()]);
            let mut places = Vec::new();
            for push in &endless {
                add(&mut places, origin(push.image));
            }
            for place in places.into_iter().take(3) {
                finding = finding.and(place, "each of these pushes counts");
            }
            let mut places = Vec::new();
            for pulled in deployed {
                add(&mut places, super::supply::place(world, pulled));
            }
            for place in places.into_iter().take(6) {
                finding = finding.and(place, "this image is pulled again whenever a pod moves");
            }
            findings.push(finding);
        }
    }
}

/// The rules of the policies of a repository.
fn rules<'a>(repository: &Repository<'a>) -> Option<Vec<&'a Value>> {
    let root = repository.root;
    let resource = repository.resource;
    let mut rules = Vec::new();
    for policy in root.resources("aws_ecr_lifecycle_policy") {
        let of = policy.at("repository")?;
        let named = of.refers_to(&resource.address)
            || of.refers_to(&resource.plain_address)
            || of
                .text()
                .is_some_and(|of| of.same(&repository.name) == Same::Always);
        if named {
            rules.extend(
                policy
                    .at("policy")
                    .and_then(|policy| policy.get("rules"))
                    .map(Value::items)
                    .unwrap_or_default(),
            );
        }
    }
    Some(rules)
}

/// Whether a rule takes the image that is deployed.
fn selects(selection: &Value, pulled: &Pulled<'_>) -> bool {
    pulled
        .reference
        .pulled_tag()
        .is_some_and(|tag| takes(selection, &tag))
}

fn takes(selection: &Value, tag: &Text) -> bool {
    match selection.get("tagStatus").and_then(Value::str) {
        Some("any") => true,
        Some("tagged") => selection
            .get("tagPrefixList")
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::str)
            .any(|prefix| tag.known_prefix().starts_with(prefix)),
        _ => false,
    }
}

/// Whether a push makes one more image that the rule counts.
fn counts(selection: &Value, push: &Push<'_>) -> bool {
    let Some(tag) = push.reference.pulled_tag() else {
        return false;
    };
    let endless = tag
        .expanded()
        .iter()
        .any(|tag| tag.holes().any(|hole| hole.choices.is_empty()));
    endless && takes(selection, &tag)
}
