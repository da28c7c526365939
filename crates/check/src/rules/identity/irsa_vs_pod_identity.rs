//! Accounts that come to their role one way, and roles that are taken another.

use seaworthy_facts::{Same, Span};
use seaworthy_link::World;
use seaworthy_link::iam::{Account, Admission, POD_IDENTITY, Role};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "irsa-vs-pod-identity",
    severity: Severity::Breaks,
    page: include_str!("irsa-vs-pod-identity.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    annotated(world, findings);
    associated(world, findings);
}

/// An annotation for IRSA with a role that only Pod Identity takes.
fn annotated(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for account in Account::all(&world.facts) {
        let Some(annotation) = account.role() else {
            continue;
        };
        // With an association EKS gives the pods that, and the annotation is only left over.
        let namespace = account.namespace();
        if let Some(name) = account.name()
            && iam.associated(namespace.as_ref(), &name).next().is_some()
        {
            continue;
        }
        let called = iam.roles_called(annotation);
        let all = !called.is_empty()
            && called.iter().all(|(role, same)| {
                *same == Same::Always
                    && role.trust.document.complete
                    && role.trust.takes_pod_identity() == Admission::Yes
                    && role.trust.issuers.iter().all(Option::is_none)
            });
        if !all {
            continue;
        }
        let role = called[0].0;
        findings.push(
            Finding::new(format!(
                "service account `{}` takes role `{}` with its own token, and the role can only be taken by Pod Identity",
                account.title(),
                role.title()
            ))
            .at(annotation.span, "the annotation of IRSA")
            .and(pods(role), "the role trusts the service of Pod Identity alone")
            .trail(annotation)
            .hint(
                "take the annotation away and make a Pod Identity association, or trust the cluster's OIDC provider",
            )
            .about([account.title(), role.title()]),
        );
    }
}

/// An association of Pod Identity with a role that does not trust it.
fn associated(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for association in &iam.associations {
        let Some(reference) = &association.role else {
            continue;
        };
        let Some(role) = iam
            .roles_called(reference)
            .into_iter()
            .find(|(role, same)| *same == Same::Always && role.root == association.root)
            .map(|(role, _)| role)
        else {
            continue;
        };
        if role.trust.takes_pod_identity() != Admission::No
            || role.trust.document.statements.is_empty()
        {
            continue;
        }
        let account = format!(
            "{}/{}",
            association.namespace.text().unwrap_or_default(),
            association.account.text().unwrap_or_default()
        );
        let principal = role
            .trust
            .document
            .statements
            .iter()
            .flat_map(|statement| &statement.principals)
            .next()
            .map_or(role.trust.span, |principal| principal.id.span);
        findings.push(
            Finding::new(format!(
                "Pod Identity gives `{account}` role `{}`, which does not trust `{POD_IDENTITY}`",
                role.title()
            ))
            .at(principal, "the role trusts somebody else")
            .and(reference.span, "the association gives this role")
            .hint(format!(
                "trust service `{POD_IDENTITY}` with `sts:AssumeRole` and `sts:TagSession`"
            ))
            .about([account, role.title()]),
        );
    }
}

fn pods(role: &Role) -> Span {
    role.trust
        .document
        .statements
        .iter()
        .flat_map(|statement| &statement.principals)
        .find(|principal| principal.id.str() == Some(POD_IDENTITY))
        .map_or(role.trust.span, |principal| principal.id.span)
}
