//! Service accounts that name a role which is not the one that was made for them.

use seaworthy_diagnostics::suggest;
use seaworthy_facts::{Same, Span};
use seaworthy_link::World;
use seaworthy_link::iam::{Account, Admission, Role, role_name};

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "irsa-annotation-role-missing",
    severity: Severity::Breaks,
    page: include_str!("irsa-annotation-role-missing.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let iam = world.iam();
    for account in Account::all(&world.facts) {
        let (Some(annotation), Some(name)) = (account.role(), account.name()) else {
            continue;
        };
        let Some(wanted) = annotation.text().as_ref().and_then(role_name) else {
            continue;
        };
        // `<account>`: to be filled in by whoever copies it.
        if annotation
            .text()
            .is_some_and(|text| text.to_string().contains('<'))
        {
            continue;
        }
        if !iam.roles_called(annotation).is_empty() {
            continue;
        }
        let namespace = account.namespace();
        // With an association EKS gives the pods that, and the annotation is only left over.
        if iam.associated(namespace.as_ref(), &name).next().is_some() {
            continue;
        }
        // The role that was made for this account; else one with nearly the name, which trusts accounts.
        let made = namespace.as_ref().and_then(|namespace| {
            iam.roles.iter().find(|role| {
                role.trust.takes_account(Some(namespace), &name) == Admission::Yes && is_known(role)
            })
        });
        let near = || {
            let names: Vec<&str> = iam
                .roles
                .iter()
                .filter(|role| role.trust.clusters().next().is_some())
                .filter_map(|role| role.name.literal())
                .collect();
            let near = suggest(wanted.literal()?, names.iter().copied())?;
            iam.roles
                .iter()
                .find(|role| role.name.literal() == Some(near))
        };
        let Some(role) = made.or_else(near) else {
            continue;
        };
        if has_nearer_user(world, role, annotation.span) {
            continue;
        }
        findings.push(
            Finding::new(format!(
                "service account `{}` takes role `{wanted}`, and the role is called `{}`",
                account.title(),
                role.title()
            ))
            .at(annotation.span, "no role here has this name")
            .and(
                role.name_span,
                if made.is_some() {
                    "the role that trusts this account"
                } else {
                    "the role with the nearest name"
                },
            )
            .trail(annotation)
            .hint(format!("name role `{}`", role.title()))
            .about([account.title(), wanted.to_string()]),
        );
    }
}

/// Whether an account that stands nearer to a role names it: then the role is that one's, and this account belongs to
/// another project of the repository.
fn has_nearer_user(world: &World, role: &Role, annotation: Span) -> bool {
    let home = world.sources.folder(role.span.file);
    let shared = |span: Span| {
        let folder = world.sources.folder(span.file);
        home.split('/')
            .zip(folder.split('/'))
            .take_while(|(own, other)| own == other)
            .count()
    };
    let own = shared(annotation);
    Account::all(&world.facts)
        .filter_map(Account::role)
        .filter(|other| role.is_called(other) == Same::Always)
        .any(|other| shared(other.span) > own)
}

/// Whether a role's name is known well enough to say that another is not it.
fn is_known(role: &Role) -> bool {
    !role.name.known_prefix().is_empty() || role.name.literal().is_some()
}
