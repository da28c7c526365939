//! A trust of service accounts that does not look at the token's audience, beside others that do.

use seaworthy_link::World;
use seaworthy_link::iam::{Role, Statement};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "irsa-missing-aud",
    severity: Severity::Insecure,
    page: include_str!("irsa-missing-aud.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    // Modules ask for the audience by themselves, or have an argument for it.
    let written: Vec<&Role> = iam
        .roles
        .iter()
        .filter(|role| role.module.is_none() && role.trust.document.complete)
        .collect();
    for role in &written {
        let Some(subject) = role.trust.clusters().find_map(|(statement, _)| {
            let lacks = statement.audiences().next().is_none();
            lacks.then(|| statement.subjects().next()).flatten()
        }) else {
            continue;
        };
        let sibling = written.iter().find_map(|other| {
            (other.root == role.root)
                .then(|| other.trust.clusters().find_map(audience))
                .flatten()
                .map(|span| (*other, span))
        });
        let Some((sibling, place)) = sibling else {
            continue;
        };
        let (condition, value) = subject;
        findings.push(
            Finding::new(format!(
                "role `{}` takes tokens of any audience; role `{}` beside it asks for `sts.amazonaws.com`",
                role.title(),
                sibling.title()
            ))
            .at(condition.key_span, "only the subject is looked at")
            .and(place, format!("`{}` looks at the audience as well", sibling.title()))
            .trail(value)
            .note(
                "a pod can have tokens for other audiences mounted; whoever receives one could take the role with it if \
                 the identity provider lists that audience",
            )
            .hint("add the condition that the issuer's `:aud` equals `sts.amazonaws.com`")
            .about([role.title()]),
        );
    }
}

fn audience((statement, _): (&Statement, &seaworthy_facts::Text)) -> Option<seaworthy_facts::Span> {
    statement
        .audiences()
        .next()
        .map(|(condition, _)| condition.key_span)
}
